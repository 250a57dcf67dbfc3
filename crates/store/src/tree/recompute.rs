//! Everything that is stored of a log, computed again from its leaves.

use std::collections::HashMap;
use std::fmt;

use ledger::tile::{Edge, Tile, TileId};
use ledger::{EventId, Frontier, Hash, Leaf, leaf_hash};

use super::{LogState, TILE, full, state, tile};
use crate::command::{LogKey, Question, Read};
use crate::entry::{self, Shape, Stored};
use crate::snapshot::Ask;
use crate::{Store, StoreError, checkpoint};

/// How many entries one question reads.
const STRIDE: u64 = 16 * TILE;
/// How many faults are listed at most.
const LISTED: usize = 100;

/// What a log was found to be.
#[derive(Clone, Debug)]
pub struct Recomputed {
    /// How far the log was when this began.
    pub state: LogState,
    /// The frontier of the tree over its leaves, as far as they are there.
    pub frontier: Frontier,
    /// How many checkpoints were held against the tree.
    pub checkpoints: u64,
    /// What does not fit, first things first.
    pub faults: Vec<Fault>,
}

/// One thing that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no entry of this index.
    Missing(u64),
    /// An entry is no leaf, or one of another log.
    Leaf(u64),
    /// An entry has an earlier time than the one before it.
    Time(u64),
    /// An entry's event is not found, or where another one stands.
    Event(u64),
    /// A tile does not have the hashes of what is below it.
    Tile(TileId),
    /// A checkpoint of this size has another root.
    Checkpoint(u64),
    /// The log's row does not have the size, time or frontier that its entries give.
    Row,
    /// There are entries or events beyond the log's size, or some are there twice.
    Surplus,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(index) => write!(formatter, "entry {index} is missing"),
            Self::Leaf(index) => write!(formatter, "entry {index} is no leaf of this log"),
            Self::Time(index) => write!(formatter, "entry {index} is older than the one before it"),
            Self::Event(index) => write!(formatter, "the event of entry {index} is not found there"),
            Self::Tile(TileId { level, number }) => {
                write!(formatter, "tile {number} of level {level} does not have the hashes of what is below it")
            }
            Self::Checkpoint(size) => write!(formatter, "the checkpoint of size {size} has another root"),
            Self::Row => formatter.write_str("the log's row does not fit its entries"),
            Self::Surplus => formatter.write_str("there are entries or events that the log does not count"),
        }
    }
}

/// Computes a log's tree again from its leaves, up to the size that it has now, and holds everything that
/// is stored against it. Nothing is changed, and appending goes on meanwhile.
pub async fn recompute(store: &Store, log: LogKey) -> Result<Recomputed, StoreError> {
    recompute_in(store, log, &|_| {}).await
}

/// The same, in a database as it is at one moment. `progress` hears how many entries were looked at.
pub async fn recompute_in<A: Ask>(
    source: &A,
    log: LogKey,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<Recomputed, StoreError> {
    let (state, shape) = source.ask(Begin(log)).await?;
    let mut faults = Vec::new();
    if shape.entries > shape.size || shape.events > shape.size {
        faults.push(Fault::Surplus);
    }
    let mut walk = Walk { state, edge: Edge::new(), frontier: Frontier::new(), last_ts: 0, checkpoints: 0, faults };
    while walk.edge.size() < walk.state.size && walk.faults.len() < LISTED {
        let from = walk.edge.size();
        let end = walk.state.size.min(from + STRIDE);
        walk.step(&source.ask(Stride { log, from, end }).await?);
        progress(walk.edge.size());
        if walk.edge.size() < end {
            // What lies beyond a missing entry has another place than it had.
            return Ok(walk.end());
        }
    }
    let partial = source.ask(Partial { log, size: walk.state.size }).await?;
    walk.check_edge(&partial);
    Ok(walk.end())
}

/// The way through a log, from its first entry on.
struct Walk {
    state: LogState,
    edge: Edge,
    frontier: Frontier,
    last_ts: i64,
    checkpoints: u64,
    faults: Vec<Fault>,
}

impl Walk {
    /// Goes over some entries, and over what is stored of them.
    fn step(&mut self, slice: &Slice) {
        let mut full = Vec::new();
        self.check_checkpoint(slice);
        for (expected, entry) in (self.edge.size()..).zip(&slice.entries) {
            if entry.index != expected {
                break;
            }
            self.check_leaf(entry, slice);
            let hash = leaf_hash(&entry.leaf);
            self.edge.push(hash, &mut full);
            self.frontier.push(hash);
            self.check_checkpoint(slice);
        }
        if self.edge.size() < slice.end {
            self.faults.push(Fault::Missing(self.edge.size()));
        }
        for (id, tile) in full {
            if slice.tiles.get(&id).is_none_or(|stored| stored.as_bytes() != tile.as_bytes()) {
                self.faults.push(Fault::Tile(id));
            }
        }
    }

    fn check_leaf(&mut self, entry: &Stored, slice: &Slice) {
        let Ok(leaf) = Leaf::parse(&entry.leaf) else { return self.faults.push(Fault::Leaf(entry.index)) };
        if leaf.check_log(&self.state.origin).is_err() {
            self.faults.push(Fault::Leaf(entry.index));
        }
        if leaf.ts() < self.last_ts {
            self.faults.push(Fault::Time(entry.index));
        }
        if slice.events.get(&leaf.id()) != Some(&entry.index) {
            self.faults.push(Fault::Event(entry.index));
        }
        self.last_ts = leaf.ts();
    }

    fn check_checkpoint(&mut self, slice: &Slice) {
        let size = self.edge.size();
        // A slice begins where the one before it ended, and that one looked already.
        if size == slice.from && size > 0 {
            return;
        }
        let Some(root) = slice.checkpoints.get(&size) else { return };
        self.checkpoints += 1;
        if *root != self.frontier.root() {
            self.faults.push(Fault::Checkpoint(size));
        }
    }

    fn check_edge(&mut self, partial: &[(TileId, Option<Vec<Hash>>)]) {
        for (id, hashes) in partial {
            if hashes.as_deref() != Some(self.edge.level(id.level)) {
                self.faults.push(Fault::Tile(*id));
            }
        }
        let frontier = self.state.frontier();
        if frontier.is_err()
            || frontier.is_ok_and(|stored| *stored != self.frontier)
            || self.last_ts != self.state.last_ts
        {
            self.faults.push(Fault::Row);
        }
    }

    fn end(mut self) -> Recomputed {
        self.faults.truncate(LISTED);
        let Self { state, frontier, checkpoints, faults, .. } = self;
        Recomputed { state, frontier, checkpoints, faults }
    }
}

struct Begin(LogKey);

impl Question for Begin {
    type Answer = (LogState, Shape);

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok((state(read, self.0).await?, entry::shape(read, self.0).await?))
    }
}

/// Some entries, and all that is stored of them elsewhere.
struct Stride {
    log: LogKey,
    from: u64,
    end: u64,
}

struct Slice {
    from: u64,
    end: u64,
    entries: Vec<Stored>,
    /// Where the index of events says that the entries stand.
    events: HashMap<EventId, u64>,
    tiles: HashMap<TileId, Tile>,
    /// Roots by size.
    checkpoints: HashMap<u64, Hash>,
}

impl Question for Stride {
    type Answer = Slice;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Slice, StoreError> {
        let Self { log, from, end } = *self;
        let entries = entry::range(read, log, from..end).await?;
        let events: Vec<EventId> =
            entries.iter().filter_map(|entry| Some(Leaf::parse(&entry.leaf).ok()?.id())).collect();
        let events = entry::indexes_of(read, log, &events).await?;
        let mut tiles = HashMap::new();
        for id in TileId::completed(from, end) {
            if let Some(tile) = full(read, log, id).await? {
                tiles.insert(id, tile);
            }
        }
        let checkpoints = checkpoint::roots(read, log, from..=end).await?;
        Ok(Slice { from, end, entries, events, tiles, checkpoints })
    }
}

/// The tiles at the right edge.
struct Partial {
    log: LogKey,
    size: u64,
}

impl Question for Partial {
    type Answer = Vec<(TileId, Option<Vec<Hash>>)>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let mut tiles = Vec::new();
        for (id, width) in TileId::partial(self.size) {
            tiles.push((id, tile(read, self.log, id, width).await?));
        }
        Ok(tiles)
    }
}
