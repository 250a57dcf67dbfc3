//! Computing a tree again, from the stored bytes of the entries.

use ledger::leaf_hash;
use ledger::tile::{Edge, TILE_LEVELS, TILE_WIDTH, TileId};
use store::{LogKey, Question, Read, StoreError, entry, tree};

use super::anchor::TreeHead;
use super::fault::Fault;

/// How many entries are read at once.
pub(super) const STRIDE: u64 = 4_096;

/// The edge of a log's tree when it had as many entries as were signed, from the stored tiles and the hashes of the tail:
/// it is believed if its root is the signed one.
pub(super) async fn edge_at<R: Read>(
    read: &mut R,
    log: LogKey,
    signed: TreeHead,
) -> Result<Result<Edge, Fault>, StoreError> {
    let mut levels = vec![Vec::new(); usize::from(TILE_LEVELS)];
    for (id, width) in TileId::partial(signed.size) {
        let hashes = match tree::tile(read, log, id, width).await {
            // What is stored there is no tile at all.
            Err(StoreError::BadValue { .. }) => None,
            hashes => hashes?,
        };
        match hashes {
            Some(hashes) => levels[usize::from(id.level)] = hashes,
            None if id.level == 0 => {
                return Ok(Err(Fault::Missing { index: id.number * TILE_WIDTH as u64 }));
            }
            None => return Ok(Err(Fault::Tile(TileId { level: id.level - 1, ..id }))),
        }
    }
    let edge = Edge::load(signed.size, levels).expect("each level has the width that the size asks for");
    match edge.root() {
        root if root == signed.root => Ok(Ok(edge)),
        found => Ok(Err(Fault::Forked { signed, found })),
    }
}

/// Grows a tree by the next entries, at most [`STRIDE`] of them and none at or after `to`, from their stored bytes. Tiles
/// that became full by that must be the stored ones.
pub(super) async fn grow<R: Read>(
    read: &mut R,
    log: LogKey,
    edge: &mut Edge,
    to: u64,
) -> Result<Result<(), Fault>, StoreError> {
    let first = edge.size();
    let end = to.min(first.saturating_add(STRIDE));
    let entries = match entry::range(read, log, first..end).await {
        Err(StoreError::BadBundle { number, .. }) => return Ok(Err(Fault::Bundle { number })),
        entries => entries?,
    };
    let mut full = Vec::new();
    for (index, stored) in (first..end).zip(entries.iter().map(Some).chain(std::iter::repeat(None))) {
        match stored {
            Some(stored) if stored.index == index => edge.push(leaf_hash(&stored.leaf), &mut full),
            _ => return Ok(Err(Fault::Missing { index })),
        }
    }
    for (id, computed) in full {
        let stored = match tree::tile(read, log, id, TILE_WIDTH).await {
            // What is stored there is no tile at all.
            Err(StoreError::BadValue { .. }) => None,
            stored => stored?,
        };
        if stored.as_deref() != Some(computed.hashes()) {
            return Ok(Err(Fault::Tile(id)));
        }
    }
    Ok(Ok(()))
}

/// A tree, grown by the next entries.
pub(super) struct Grow {
    pub(super) log: LogKey,
    pub(super) edge: Edge,
    pub(super) to: u64,
}

impl Question for Grow {
    type Answer = Result<Edge, Fault>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let mut edge = self.edge.clone();
        Ok(grow(read, self.log, &mut edge, self.to).await?.map(|()| edge))
    }
}
