//! Taking turns: how many calls of one organisation there are at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use ledger::OrganizationId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A turn. It ends when this is dropped.
pub(super) type Slot = OwnedSemaphorePermit;

/// The turns of all organisations, each with its own: who calls what hangs waits for nobody but itself.
pub(super) struct Slots {
    at_once: usize,
    /// Grows to the number of organisations that ever called something.
    of: Mutex<HashMap<OrganizationId, Arc<Semaphore>>>,
}

impl Slots {
    pub(super) fn new(at_once: usize) -> Self {
        Self { at_once, of: Mutex::default() }
    }

    /// Waits for a turn.
    pub(super) async fn take(&self, organization: OrganizationId) -> Slot {
        let turns = {
            let mut of = self.of.lock().expect("counting does not panic");
            Arc::clone(of.entry(organization).or_insert_with(|| Arc::new(Semaphore::new(self.at_once))))
        };
        turns.acquire_owned().await.expect("turns are never closed")
    }
}
