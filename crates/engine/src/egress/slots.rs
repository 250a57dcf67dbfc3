//! Taking turns: how many calls of one organisation there are at once, and how many of them to one host.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, Weak};

use ledger::OrganizationId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A turn. It ends when the last of its copies is dropped.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    _turn: Arc<(OwnedSemaphorePermit, OwnedSemaphorePermit)>,
}

/// Whose turn it is: an organisation's, or the server's own.
type Whose = Option<OrganizationId>;

/// The turns of all organisations and of the server, each with its own: who calls what hangs waits for nobody but
/// itself. A host has only a part of them, so that one that hangs leaves the others to the rest of its organisation.
pub(super) struct Slots {
    organizations: Turns<Whose>,
    hosts: Turns<(Whose, String, u16)>,
}

impl Slots {
    pub(super) fn new(at_once: usize, at_once_to_host: usize) -> Self {
        Self { organizations: Turns::new(at_once), hosts: Turns::new(at_once_to_host) }
    }

    /// Waits for a turn.
    pub(super) async fn take(&self, whose: Whose, host: &str, port: u16) -> Slot {
        // The host's first: who waits for that must not hold what others of the organisation could use.
        let to_host = self.hosts.take((whose, host.to_ascii_lowercase(), port)).await;
        let of_organization = self.organizations.take(whose).await;
        Slot { _turn: Arc::new((to_host, of_organization)) }
    }
}

/// So many at once for each key.
struct Turns<K> {
    at_once: usize,
    /// Those whose turns somebody has or waits for, and at most one more.
    of: Mutex<HashMap<K, Weak<Semaphore>>>,
}

impl<K: Eq + Hash> Turns<K> {
    fn new(at_once: usize) -> Self {
        Self { at_once, of: Mutex::default() }
    }

    async fn take(&self, key: K) -> OwnedSemaphorePermit {
        let turns = self.turns(key);
        turns.acquire_owned().await.expect("turns are never closed")
    }

    fn turns(&self, key: K) -> Arc<Semaphore> {
        let mut of = self.of.lock().expect("counting does not panic");
        if let Some(turns) = of.get(&key).and_then(Weak::upgrade) {
            return turns;
        }
        // Users name the hosts, so those that nobody calls any more must go.
        of.retain(|_, turns| turns.strong_count() > 0);
        let turns = Arc::new(Semaphore::new(self.at_once));
        of.insert(key, Arc::downgrade(&turns));
        turns
    }
}

#[cfg(test)]
mod tests {
    use super::Turns;

    #[test]
    fn what_nobody_calls_any_more_is_forgotten() {
        let turns = Turns::new(1);
        let held = turns.turns(0);
        for key in 1..100 {
            drop(turns.turns(key));
        }
        assert!(turns.of.lock().unwrap().len() <= 3);
        assert!(std::sync::Arc::ptr_eq(&held, &turns.turns(0)));
    }
}
