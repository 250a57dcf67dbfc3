//! Which exports of a log may hold what was destroyed: they are out of reach, but not unknown.

use std::collections::HashSet;
use std::sync::Arc;

use ledger::{Event, Leaf, Outcome};
use store::{LogKey, Question, Read, StoreError, entry};

use super::ErasedLog;
use crate::Engine;
use crate::log::LogName;

/// How many entries are read at once.
const STRIDE: u64 = 1_024;

/// The exports of a log that began after the first entry with a destroyed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exports {
    /// The log.
    pub name: LogName,
    /// How many.
    pub count: u64,
    /// When the newest one began: microseconds UTC.
    pub newest: i64,
}

/// How far the search is.
#[derive(Clone, Copy, Default)]
struct Searched {
    next: u64,
    /// Whether an entry with a destroyed text was seen.
    began: bool,
    count: u64,
    newest: i64,
}

struct Search {
    log: LogKey,
    destroyed: Arc<HashSet<[u8; 32]>>,
    searched: Searched,
}

impl Question for Search {
    type Answer = Searched;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Searched, StoreError> {
        let mut searched = self.searched;
        for stored in entry::range(read, self.log, searched.next..searched.next + STRIDE).await? {
            searched.next = stored.index + 1;
            // What is no leaf is for the verifiers to find.
            let Ok(leaf) = Leaf::parse(&stored.leaf) else { continue };
            searched.began |= leaf.commitments().any(|(_, commitment)| self.destroyed.contains(&commitment));
            // Whether it came to its end or not, some of it may have been read.
            let is_export = leaf.event() == Some(Event::AuditLogExported) && leaf.outcome() == Some(Outcome::Intended);
            if searched.began && is_export {
                searched.count += 1;
                searched.newest = leaf.ts();
            }
        }
        Ok(searched)
    }
}

impl Engine {
    /// The exports of these logs that may hold what was destroyed of them.
    pub(super) async fn exports_since(&self, logs: &[ErasedLog]) -> Result<Vec<Exports>, StoreError> {
        let mut exports = Vec::new();
        for ErasedLog { name, commitments, log, .. } in logs {
            let destroyed: Arc<HashSet<[u8; 32]>> = Arc::new(commitments.iter().copied().collect());
            let mut searched = Searched::default();
            loop {
                let before = searched.next;
                let question = Search { log: *log, destroyed: Arc::clone(&destroyed), searched };
                searched = self.store().ask(question).await?;
                if searched.next == before {
                    break;
                }
            }
            if searched.count > 0 {
                exports.push(Exports { name: name.clone(), count: searched.count, newest: searched.newest });
            }
        }
        Ok(exports)
    }
}
