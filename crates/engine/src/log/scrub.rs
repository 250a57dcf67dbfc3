//! The scrubber: reads old entries again, a few at a time and for ever, and computes their trees anew.
//!
//! What was signed once is not looked at by the publisher again. A disk that forgets, or somebody who writes where nobody
//! looks, is found here.

use ledger::tile::Edge;
use store::checkpoint;
use store::tree::{self, LogState};
use store::{Chore, LogKey, Question, Read, StoreError};

use super::anchor::TreeHead;
use super::fault::Fault;
use super::recompute::Grow;
use crate::Engine;

/// How long a replica holds the lease of the scrubber, in microseconds: a minute.
const LEASE: i64 = 60_000_000;

/// How far the scrubber is. A process begins at the first log again; each log is looked at from its beginning.
#[derive(Default)]
pub(crate) struct Scrubber(tokio::sync::Mutex<Position>);

#[derive(Default)]
struct Position {
    /// The log that was looked at last.
    last: Option<LogKey>,
    /// The one that is being looked at.
    current: Option<Current>,
}

/// A log on the way to the head that was signed of it.
struct Current {
    state: LogState,
    edge: Edge,
    signed: TreeHead,
}

/// The log after another one that has a signed head and is not frozen; the first if there is none after it.
struct After(Option<LogKey>);

impl Question for After {
    type Answer = Option<(LogState, TreeHead)>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let mut signed = Vec::new();
        for newest in checkpoint::newest_of_each(read).await? {
            let state = tree::state(read, newest.log).await?;
            if state.frozen.is_none() {
                signed.push((state, TreeHead { size: newest.size, root: newest.root }));
            }
        }
        let next = signed.iter().position(|(state, _)| self.0.is_none_or(|last| state.log > last));
        let next = next.or((!signed.is_empty()).then_some(0));
        Ok(next.map(|next| signed.swap_remove(next)))
    }
}

impl Engine {
    /// Looks at the next few entries, and gives how many. A log whose entries are not those that were signed is frozen.
    pub async fn scrub(&self) -> Result<u64, StoreError> {
        if self.store().has_outbox() {
            let now = self.now();
            let lease = Chore::Lease { name: "scrubber", holder: self.node().to_string(), now, until: now + LEASE };
            if self.store().chore(lease).await? != 1 {
                return Ok(0);
            }
        }
        let mut position = self.0.scrubber.0.lock().await;
        let current = match position.current.take() {
            Some(current) => current,
            None => match self.store().ask(After(position.last)).await? {
                Some((state, signed)) => Current { state, edge: Edge::new(), signed },
                None => return Ok(0),
            },
        };
        let Current { state, edge, signed } = current;
        position.last = Some(state.log);
        let before = edge.size();
        let edge = match self.store().ask(Grow { log: state.log, edge, to: signed.size }).await? {
            Ok(edge) => edge,
            Err(fault) => {
                self.freeze(&state, Some(signed), &fault).await?;
                return Ok(0);
            }
        };
        let looked_at = edge.size() - before;
        if edge.size() < signed.size {
            position.current = Some(Current { state, edge, signed });
        } else if edge.root() != signed.root {
            let fault = Fault::Forked { signed, found: edge.root() };
            self.freeze(&state, Some(signed), &fault).await?;
        }
        Ok(looked_at)
    }
}
