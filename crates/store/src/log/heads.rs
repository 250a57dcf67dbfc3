//! The ends of the logs as SQLite's writing thread sees them, inside its open transaction.
//!
//! Entries are inserted one by one, as their commands run; the tree grows and the log's row is written
//! once a commit. Until then the hashes of the new leaves wait beside the tip, so that undoing a command
//! is forgetting the last few of them.

use std::collections::HashMap;

use ledger::{EventId, Hash, Origin, Pending, leaf_hash};

use super::freeze::freeze;
use super::tip::{Tip, advance, insert_tiles};
use crate::StoreError;
use crate::command::{LogKey, Tx};
use crate::organization::count;
use crate::sql::{Sql, Value};
use crate::tree;

/// How many logs are kept in mind between transactions: a few KiB each.
const KEPT: usize = 4_096;

/// The ends of the logs. Dropped when the transaction is lost.
#[derive(Default)]
pub(crate) struct Heads {
    known: HashMap<LogKey, Head>,
    /// Grows when what others wrote must be looked at: with each transaction, and after a chore.
    turn: u64,
    /// What the running command changed, to be undone with it.
    changes: Vec<(LogKey, Before)>,
    /// Logs that were found damaged, to be frozen by this commit.
    damaged: Vec<(LogKey, &'static str)>,
}

struct Head {
    origin: Origin,
    tip: Tip,
    /// Hashes of the leaves that the open transaction has inserted.
    added: Vec<Hash>,
    /// The time of the last of them, or of the tip.
    last_ts: i64,
    /// When its row was last looked at.
    turn: u64,
}

/// A head before a command.
enum Before {
    Unknown,
    Known { added: usize, last_ts: i64 },
}

impl Heads {
    /// A transaction begins: what was written beside this thread must be looked at.
    pub(crate) fn begin(&mut self) {
        if self.known.len() > KEPT {
            self.known.clear();
        }
        self.doubt();
    }

    /// Something may have frozen a log.
    pub(crate) fn doubt(&mut self) {
        self.turn += 1;
    }

    /// The log's name, once it is certain that the log may be appended to.
    pub(crate) async fn enter<T: Tx>(&mut self, tx: &mut T, log: LogKey) -> Result<Origin, StoreError> {
        if let Some(head) = self.known.get(&log)
            && head.turn == self.turn
        {
            return Ok(head.origin.clone());
        }
        let state = tree::state(tx, log).await?;
        if let Some(reason) = state.frozen {
            return Err(StoreError::Frozen { origin: state.origin, reason });
        }
        match self.known.get_mut(&log) {
            Some(head) if head.tip.is_at(&state) => {
                head.turn = self.turn;
                return Ok(state.origin);
            }
            // Only `flush` writes there, and it leaves nothing added.
            Some(head) if !head.added.is_empty() => return Err(state.damaged("its row changed meanwhile")),
            _ => {}
        }
        let tip = match Tip::load(tx, &state).await {
            Ok(tip) => tip,
            Err(StoreError::Damaged { origin, what }) => {
                self.damaged.push((log, what));
                return Err(StoreError::Frozen { origin, reason: what.to_owned() });
            }
            Err(other) => return Err(other),
        };
        let (origin, last_ts) = (state.origin.clone(), tip.last_ts());
        self.known.insert(log, Head { origin: state.origin, tip, added: Vec::new(), last_ts, turn: self.turn });
        self.changes.push((log, Before::Unknown));
        Ok(origin)
    }

    /// Finishes a leaf and puts it at the end of its log, which was entered.
    pub(crate) async fn append<T: Tx>(
        &mut self,
        tx: &mut T,
        log: LogKey,
        event: EventId,
        pending: &Pending,
        now: i64,
    ) -> Result<(), StoreError> {
        static ENTRY: Sql = Sql::new("INSERT INTO log_entry (log_id, seq, leaf, leaf_hash) VALUES ($1, $2, $3, $4)");
        static EVENT: Sql = Sql::new("INSERT INTO log_event (log_id, event_id, seq) VALUES ($1, $2, $3)");
        let head = self.known.get_mut(&log).expect("a log is entered before it is appended to");
        // Time never falls within a log.
        let ts = now.max(head.last_ts);
        let leaf = pending.finish(ts);
        let hash = leaf_hash(&leaf);
        let index = count(head.tip.size() + head.added.len() as u64);
        tx.execute(&ENTRY, &[log.0.into(), index.into(), Value::Bytes(&leaf), (&hash).into()]).await?;
        tx.execute(&EVENT, &[log.0.into(), event.as_bytes().into(), index.into()]).await?;
        self.changes.push((log, Before::Known { added: head.added.len(), last_ts: head.last_ts }));
        head.added.push(hash);
        head.last_ts = ts;
        Ok(())
    }

    /// The running command stays.
    pub(crate) fn keep(&mut self) {
        self.changes.clear();
    }

    /// The running command is undone. A head that it read is forgotten: the log may have been made by
    /// this very command.
    pub(crate) fn undo(&mut self) {
        while let Some((log, before)) = self.changes.pop() {
            match before {
                Before::Unknown => {
                    self.known.remove(&log);
                }
                Before::Known { added, last_ts } => {
                    let head = self.known.get_mut(&log).expect("what was appended to is undone before it is forgotten");
                    head.added.truncate(added);
                    head.last_ts = last_ts;
                }
            }
        }
    }

    /// Grows the trees by what the transaction appended, and writes the logs' rows: once a commit.
    pub(crate) async fn flush<T: Tx>(&mut self, tx: &mut T) -> Result<(), StoreError> {
        for (log, head) in self.known.iter_mut().filter(|(_, head)| !head.added.is_empty()) {
            let from = head.tip.size();
            let tiles = head.tip.grow(&head.added, head.last_ts);
            head.added.clear();
            insert_tiles(tx, *log, &tiles).await?;
            advance(tx, *log, from, &head.tip).await?;
        }
        for (log, reason) in self.damaged.drain(..) {
            freeze(tx, log, reason).await?;
        }
        Ok(())
    }
}
