//! The tip of a log: what the next entry must continue.

use ledger::tile::{Edge, Tile, TileId};
use ledger::{Frontier, Hash, Leaf, leaf_hash};

use crate::command::{LogKey, Read, Tx};
use crate::organization::count;
use crate::sql::Sql;
use crate::tree::{LogState, TILE};
use crate::{StoreError, entry, tree};

/// The right edge of a log's tree, and the time of its last entry.
///
/// Whoever appends keeps it in memory, and believes that only as long as the log's row says the same.
pub(crate) struct Tip {
    edge: Edge,
    frontier: Frontier,
    last_ts: i64,
}

impl Tip {
    /// That of a log without entries.
    pub(crate) fn empty() -> Self {
        Self { edge: Edge::new(), frontier: Frontier::new(), last_ts: 0 }
    }

    /// Reads it from the entries and the tiles, and holds it against what the log's row says. What
    /// differs makes a [`StoreError::Damaged`]: a log that continued from there would fork.
    pub(crate) async fn load<R: Read>(read: &mut R, state: &LogState) -> Result<Self, StoreError> {
        let (log, size) = (state.log, state.size);
        let mut levels = vec![tail(read, state).await?];
        for (id, width) in TileId::partial(size).filter(|(id, _)| id.level > 0) {
            levels.resize(usize::from(id.level), Vec::new());
            levels.push(tree::below(read, log, id, width).await?);
        }
        let edge = Edge::load(size, levels).ok_or_else(|| state.damaged("a tile is missing"))?;
        let frontier = edge.frontier();
        if frontier != *state.frontier()? {
            return Err(state.damaged("its entries and tiles are not those that the last commit left"));
        }
        let last_ts = match size.checked_sub(1) {
            None => 0,
            Some(last) => {
                let stored =
                    entry::at(read, log, last).await?.ok_or_else(|| state.damaged("its last entry is gone"))?;
                Leaf::parse(&stored.leaf).map_err(|_| StoreError::BadLeaf { log: log.0, index: last })?.ts()
            }
        };
        if last_ts != state.last_ts {
            return Err(state.damaged("its last entry has another time than the last commit left"));
        }
        Ok(Self { edge, frontier, last_ts })
    }

    /// Whether the log still is where memory has it.
    pub(crate) fn is_at(&self, state: &LogState) -> bool {
        state.frontier().is_ok_and(|frontier| *frontier == self.frontier)
    }

    /// The index of the next entry.
    pub(crate) fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The time of the last entry.
    pub(crate) fn last_ts(&self) -> i64 {
        self.last_ts
    }

    /// The roots of the perfect subtrees, as the log's row keeps them.
    pub(crate) fn frontier_bytes(&self) -> Vec<u8> {
        self.frontier.to_bytes()
    }

    /// Appends the hashes of leaves, the last of this time, and gives the tiles that became full.
    pub(crate) fn grow(&mut self, hashes: &[Hash], last_ts: i64) -> Vec<(TileId, Tile)> {
        let mut full = Vec::new();
        for hash in hashes {
            self.edge.push(*hash, &mut full);
            self.frontier.push(*hash);
        }
        self.last_ts = last_ts;
        full
    }
}

/// The hashes of the leaves under the tile that is not full yet, from the leaves themselves.
async fn tail<R: Read>(read: &mut R, state: &LogState) -> Result<Vec<Hash>, StoreError> {
    static TAIL: Sql =
        Sql::new("SELECT seq, leaf, leaf_hash FROM log_entry WHERE log_id = $1 AND seq >= $2 ORDER BY seq");
    let first = state.size / TILE * TILE;
    let rows = read
        .query(&TAIL, &[state.log.0.into(), count(first).into()], |row| {
            let hash: Hash = row.array(2)?;
            Ok((row.count(0)?, hash, hash == leaf_hash(row.bytes(1)?)))
        })
        .await?;
    let mut hashes = Vec::with_capacity(rows.len());
    for (expected, (seq, hash, is_its_own)) in (first..).zip(rows) {
        if seq >= state.size {
            return Err(state.damaged("it has entries that no commit counted"));
        }
        if seq != expected {
            return Err(state.damaged("an entry is missing"));
        }
        if !is_its_own {
            return Err(state.damaged("an entry was changed"));
        }
        hashes.push(hash);
    }
    let is_whole = hashes.len() as u64 == state.size - first;
    if is_whole { Ok(hashes) } else { Err(state.damaged("an entry is missing")) }
}

/// Stores tiles that became full.
pub(crate) async fn insert_tiles<T: Tx>(tx: &mut T, log: LogKey, tiles: &[(TileId, Tile)]) -> Result<(), StoreError> {
    static INSERT: Sql =
        Sql::new("INSERT INTO log_tile (log_id, level, number, root, hashes) VALUES ($1, $2, $3, $4, $5)");
    for (id, tile) in tiles {
        let root = tile.root();
        let params =
            [log.0.into(), i64::from(id.level).into(), count(id.number).into(), (&root).into(), tile.as_bytes().into()];
        tx.execute(&INSERT, &params).await?;
    }
    Ok(())
}

/// Notes in the log's row how far it is now. Whoever appended holds the row, so nobody moved it meanwhile;
/// if somebody did all the same, this fails and the commit with it.
pub(crate) async fn advance<T: Tx>(tx: &mut T, log: LogKey, from: u64, tip: &Tip) -> Result<(), StoreError> {
    static ADVANCE: Sql = Sql::new("UPDATE log SET size = $2, last_ts = $3, frontier = $4 WHERE id = $1 AND size = $5");
    let frontier = tip.frontier_bytes();
    let params = [log.0.into(), count(tip.size()).into(), tip.last_ts().into(), (&frontier).into(), count(from).into()];
    match tx.execute(&ADVANCE, &params).await? {
        1 => Ok(()),
        _ => Err(StoreError::bad_value("the size that the log had", 4)),
    }
}
