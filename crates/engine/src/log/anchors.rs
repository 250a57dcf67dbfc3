//! Anchoring the logs of the organisations in the server's log: one entry commits to all their heads.
//!
//! Whoever holds a head of the server's log so holds one head of every other, each at its place in the list for ever.
//! That a log stood still is proved as well as how it grew.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::{Detail, Event, Frontier, Hash, LogKind, Origin, Target, TargetKind, leaf_hash};
use store::anchor_list::{self, AnchorList};
use store::{Command, Done, Failure, Question, Read, Records, StoreError, Tx, checkpoint, tree};

use super::anchor::TreeHead;
use crate::Engine;
use crate::audit::Attempt;
use crate::error::Error;

/// How long after a list the next one is made at the earliest, if something moved: a minute, in microseconds.
const EARLIEST: i64 = 60_000_000;
/// How long after a list the next one is made even if nothing moved: an hour.
const LATEST: i64 = 3_600_000_000;

/// A line of the list: the head of one log, at its slot.
fn line(slot: usize, origin: &Origin, head: TreeHead) -> String {
    format!("{slot}\n{origin}\n{}\n{}\n", head.size, STANDARD.encode(head.root))
}

/// The tree over the lines of a list (RFC 6962): its root is what the entry commits to.
pub(super) fn root_of<'a>(lines: impl IntoIterator<Item = &'a str>) -> Hash {
    let mut frontier = Frontier::new();
    lines.into_iter().for_each(|line| frontier.push(leaf_hash(line.as_bytes())));
    frontier.root()
}

/// The lines of a list, each of four; none where it is no list.
pub(super) fn lines(list: &str) -> Option<Vec<&str>> {
    let (mut lines, mut rest) = (Vec::new(), list);
    while !rest.is_empty() {
        let (end, _) = rest.match_indices('\n').nth(3)?;
        let (line, after) = rest.split_at(end + 1);
        lines.push(line);
        rest = after;
    }
    Some(lines)
}

/// What a line says: the log, and its head.
pub(super) fn said(line: &str) -> Option<(usize, Origin, TreeHead)> {
    let mut parts = line.strip_suffix('\n')?.split('\n');
    let (slot, origin, size, root) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let root = STANDARD.decode(root).ok()?.try_into().ok()?;
    Some((slot.parse().ok()?, origin.parse().ok()?, TreeHead { size: size.parse().ok()?, root }))
}

/// The list as it would be now, and the newest one there is.
struct Now;

impl Question for Now {
    type Answer = (Vec<String>, Option<AnchorList>);

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let newest = checkpoint::newest_of_each(read).await?;
        // Logs are numbered as they are made and never removed: a log's place among those of organisations stays.
        let logs = tree::states(read).await?;
        let of_organizations = logs.iter().filter(|state| state.origin.kind() == LogKind::Organization);
        let list = of_organizations.enumerate().map(|(slot, state)| {
            let signed = newest.iter().find(|newest| newest.log == state.log);
            let head = signed.map_or(TreeHead { size: 0, root: ledger::empty_root() }, |signed| TreeHead {
                size: signed.size,
                root: signed.root,
            });
            line(slot, &state.origin, head)
        });
        Ok((list.collect(), anchor_list::newest(read).await?))
    }
}

/// Commits to a list, and keeps it.
struct Commit {
    attempt: Attempt,
    lines: Vec<String>,
}

impl Command for Commit {
    type Output = u64;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<u64>, Error> {
        let number = anchor_list::newest(tx).await?.map_or(0, |newest| newest.number + 1);
        let root = root_of(self.lines.iter().map(String::as_str));
        let list = AnchorList {
            number,
            event: self.attempt.id(),
            root,
            list: self.lines.concat().into_bytes(),
            created_at: self.attempt.context().now,
        };
        anchor_list::insert(tx, &list).await?;
        let detail = Detail::new().integer("logs", self.lines.len() as u64).integer("number", number);
        self.attempt.detail(detail.digest("root", root));
        Ok(self.attempt.done(number))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Commits to the signed heads of all organisations' logs, if they moved since a minute ago or it is an hour since the
    /// last time. Gives the number of the list, if there is a new one.
    pub async fn anchor_logs(&self) -> Result<Option<u64>, StoreError> {
        let (lines, newest) = self.store().ask(Now).await?;
        let is_due = newest.is_none_or(|newest| {
            let age = self.now() - newest.created_at;
            let has_moved = newest.list != lines.concat().as_bytes();
            age >= LATEST || (has_moved && age >= EARLIEST)
        });
        if lines.is_empty() || !is_due {
            return Ok(None);
        }
        let attempt = self.attempt(&self.system_context(), Event::LogsAnchored);
        attempt.target(Target::unresolved(TargetKind::Log));
        match self.commit(Commit { attempt, lines }).await {
            Ok(number) => Ok(Some(*number.get())),
            // Another replica was faster, and said the same.
            Err(Failure::Refused(_)) => Ok(None),
            Err(Failure::Unrecorded(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_was_written() {
        let origin: Origin = "aaaaaaaaaaaaaaaa.escriba/org/bbbbbbbbbbbbbbbb".parse().unwrap();
        let heads = [TreeHead { size: 0, root: ledger::empty_root() }, TreeHead { size: 4711, root: [7; 32] }];
        let written: Vec<String> = heads.iter().enumerate().map(|(slot, head)| line(slot, &origin, *head)).collect();
        let list = written.concat();
        let read = lines(&list).unwrap();
        assert_eq!(read, written);
        for (slot, line) in read.iter().enumerate() {
            assert_eq!(said(line), Some((slot, origin.clone(), heads[slot])));
        }
        assert_eq!(lines(&list[..list.len() - 1]), None);
    }
}
