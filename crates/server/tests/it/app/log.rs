//! The log, read beside the server: looking at it here adds no record.

use engine::ledger::entry::ReadText;
use engine::ledger::{self, ActorKind, Entry, Leaf, OwnedLeaf};
use engine::store::{LogKey, Question, Read, Store, StoreError, entry, log, organization};

/// The entries of a log from an index on, found sound: each index once from 0, no event twice, time never falling, each
/// leaf canonical and of this log, each commitment with an opening that fits.
pub(crate) async fn since(store: &Store, organization: Option<&str>, from: u64) -> Vec<Entry> {
    in_order(store).await;
    let found = store.ask(Since(organization.map(str::to_owned), from)).await.unwrap();
    assert!(found.shape.is_contiguous(), "{:?}", found.shape);
    assert_eq!(found.shape.entries, from + found.entries.len() as u64);
    let mut last = 0;
    for (expected, entry) in (from..).zip(&found.entries) {
        let leaf = entry.leaf.as_leaf();
        assert_eq!(entry.index, expected);
        leaf.check_log(&found.origin).unwrap();
        assert!(leaf.ts() >= last, "time fell");
        last = leaf.ts();
        for (name, commitment) in leaf.commitments() {
            let opening = entry.openings.iter().find(|opening| opening.commitment == commitment);
            let opening = opening.expect("each commitment has an opening");
            opening.verify().unwrap();
            assert_eq!(opening.name, name);
        }
    }
    found.entries
}

/// How many entries a log has.
pub(crate) async fn size(store: &Store, organization: Option<&str>) -> u64 {
    in_order(store).await;
    store.ask(Since(organization.map(str::to_owned), u64::MAX)).await.unwrap().shape.entries
}

/// Gives all that was committed its place in its log. Nothing does so behind a server of the tests, and where much waits
/// it takes longer than a reader of the log waits.
async fn in_order(store: &Store) {
    store.sequence().await.unwrap();
    assert!(store.caught_up().await.unwrap(), "the outbox was not emptied in time");
}

struct Since(Option<String>, u64);

struct Found {
    origin: ledger::Origin,
    shape: entry::Shape,
    entries: Vec<Entry>,
}

impl Question for Since {
    type Answer = Found;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Found, StoreError> {
        let key = match &self.0 {
            None => LogKey::SERVER,
            Some(name) => organization::find(read, name).await?.expect("the organization is there").log,
        };
        let size = entry::size(read, key).await?;
        let count = size.saturating_sub(self.1).cast_signed();
        let mut rows = if count == 0 { Vec::new() } else { entry::below(read, key, size, count).await? };
        rows.reverse();
        let mut entries = Vec::new();
        for row in rows {
            Leaf::parse(&row.leaf).expect("a stored leaf is a leaf");
            let leaf = OwnedLeaf::parse(row.leaf).unwrap();
            let commitments: Vec<_> = leaf.as_leaf().commitments().map(|(_, commitment)| commitment).collect();
            let openings = entry::openings(read, key, &commitments).await?.into_values().collect();
            entries.push(Entry { index: row.index, leaf, openings });
        }
        Ok(Found { origin: log::origin(read, key).await?, shape: entry::shape(read, key).await?, entries })
    }
}

/// One entry on a line: what, on what, by whom, how it ended.
pub(crate) fn line(entry: &Entry) -> String {
    let leaf = entry.leaf.as_leaf();
    let target = entry.target().text().and_then(|target| target.best()).unwrap_or_else(|| "-".to_owned());
    let mut line = format!("{}  {target}  {}  {}", leaf.event_type(), actor(entry), leaf.outcome_word().unwrap());
    if let Some(reason) = leaf.reason_word() {
        line.push_str("  ");
        line.push_str(reason);
    }
    line
}

/// Who acted: a member by login, everybody else by kind.
pub(crate) fn actor(entry: &Entry) -> String {
    let kind = entry.leaf.as_leaf().actor_kind().unwrap();
    let login = entry.actor().text().map(|actor| actor.login);
    match (kind, login) {
        (ActorKind::User, Some(login)) => login,
        (ActorKind::Outsider, Some(login)) => format!("outsider {login}"),
        (kind, _) => kind.as_str().to_owned(),
    }
}

/// The secrets that an entry says were disclosed, one environment on a line.
pub(crate) fn reads(entry: &Entry) -> Vec<String> {
    let reads = entry.reads().text().unwrap_or_default();
    let line = |read: &ReadText| {
        let via = if read.via.is_empty() { String::new() } else { format!(" via {}", read.via.join(", ")) };
        format!("{}@{}{via}: {}", read.name, read.rev, read.paths.join(", "))
    };
    reads.iter().map(line).collect()
}

/// The commitment of a statement in an entry.
pub(crate) fn commitment(entry: &Entry, name: &str) -> [u8; 32] {
    entry.leaf.as_leaf().commitment(name).expect("the leaf commits to it")
}
