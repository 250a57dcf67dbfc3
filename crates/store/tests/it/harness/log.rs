//! A whole log, read back and checked.

use std::collections::{HashMap, HashSet};

use ledger::{EventId, Frontier, Opening, OwnedLeaf};
use store::entry::{self, Stored};
use store::{LogKey, Question, Read, Sql, Store, StoreError, log, tree};

/// A log that was found sound: indexes from 0 without a gap, no event twice, time never falling,
/// leaves of this log in canonical form, an opening for each commitment, the tree that of the entries.
pub(crate) struct Log {
    pub(crate) entries: Vec<Written>,
}

/// One entry.
pub(crate) struct Written {
    pub(crate) leaf: OwnedLeaf,
    pub(crate) event: EventId,
}

impl Written {
    pub(crate) fn ts(&self) -> i64 {
        self.leaf.as_leaf().ts()
    }

    pub(crate) fn wall(&self) -> i64 {
        self.leaf.as_leaf().wall()
    }

    pub(crate) fn outcome(&self) -> &str {
        self.leaf.as_leaf().outcome_word().expect("every leaf has an outcome")
    }

    pub(crate) fn commitment(&self, name: &str) -> [u8; 32] {
        self.leaf.as_leaf().commitment(name).expect("the leaf commits to it")
    }
}

impl Log {
    pub(crate) async fn read(store: &Store, key: LogKey) -> Self {
        assert!(store.caught_up().await.unwrap(), "the outbox was not emptied in time");
        let found = store.ask(Whole(key)).await.unwrap();
        assert!(found.shape.is_contiguous(), "{:?}", found.shape);
        assert_eq!(found.shape.waiting, 0);
        assert_eq!(found.shape.entries, found.rows.len() as u64);

        let mut entries = Vec::with_capacity(found.rows.len());
        let (mut last, mut events, mut tree) = (0, HashSet::new(), Frontier::new());
        for (expected, row) in found.rows.into_iter().enumerate() {
            assert_eq!(row.index, expected as u64);
            tree.push(ledger::leaf_hash(&row.leaf));
            let leaf = OwnedLeaf::parse(row.leaf).unwrap();
            leaf.as_leaf().check_log(&found.origin).unwrap();
            let event = leaf.as_leaf().id();
            assert_eq!(found.events.get(&event), Some(&row.index), "the event is not found where it stands");
            assert!(events.insert(event), "an event twice");
            assert!(leaf.as_leaf().ts() >= last, "time fell");
            last = leaf.as_leaf().ts();
            for (name, commitment) in leaf.as_leaf().commitments() {
                let opening = found.openings.get(&commitment).expect("each commitment has an opening");
                opening.verify().unwrap();
                assert_eq!(opening.name, name);
            }
            entries.push(Written { leaf, event });
        }
        assert_eq!(tree, found.frontier, "the tree is not that of the entries");
        Self { entries }
    }

    pub(crate) fn last(&self) -> &Written {
        self.entries.last().expect("the log has an entry")
    }
}

/// Everything that the database holds of a log.
struct Whole(LogKey);

struct Found {
    origin: ledger::Origin,
    shape: entry::Shape,
    rows: Vec<Stored>,
    frontier: Frontier,
    /// Where the index of events says that each of them stands.
    events: HashMap<EventId, u64>,
    openings: HashMap<[u8; 32], Opening>,
}

impl Question for Whole {
    type Answer = Found;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Found, StoreError> {
        static EVENTS: Sql = Sql::new("SELECT event_id, seq FROM log_event WHERE log_id = $1");
        let mut rows = entry::below(read, self.0, u64::MAX, i64::MAX).await?;
        rows.reverse();
        let frontier = tree::frontier_at(read, self.0, rows.len() as u64).await?.expect("the tree is there");
        let stored = tree::state(read, self.0).await?;
        assert_eq!(*stored.frontier()?, frontier, "tiles and frontier differ");
        let leaves = rows.iter().map(|row| OwnedLeaf::parse(row.leaf.clone()).expect("a stored leaf is a leaf"));
        let commitments: HashSet<[u8; 32]> = leaves
            .flat_map(|leaf| leaf.as_leaf().commitments().map(|(_, commitment)| commitment).collect::<Vec<_>>())
            .collect();
        let commitments: Vec<_> = commitments.into_iter().collect();
        let events = read.query(&EVENTS, &[self.0.0.into()], |row| Ok((row.event(0)?, row.count(1)?))).await?;
        Ok(Found {
            frontier,
            events: events.into_iter().collect(),
            origin: log::origin(read, self.0).await?,
            shape: entry::shape(read, self.0).await?,
            openings: entry::openings(read, self.0, &commitments).await?,
            rows,
        })
    }
}
