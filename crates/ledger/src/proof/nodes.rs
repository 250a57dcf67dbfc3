//! Nodes out of tiles: first which tiles a proof needs, then the proof from them.

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::Nodes;
use crate::tile::{TILE_HEIGHT, TILE_WIDTH, TileId, perfect_root};
use crate::tree::Hash;

/// Remembers which tiles the nodes of a proof stand in, so that they can be fetched before it is made.
///
/// The proof that is made with it has the right length and no true hash.
#[derive(Debug)]
pub struct TilesNeeded {
    size: u64,
    tiles: BTreeMap<TileId, usize>,
}

impl TilesNeeded {
    /// For proofs about a tree of this size, or a smaller one.
    pub const fn new(size: u64) -> Self {
        Self { size, tiles: BTreeMap::new() }
    }

    /// The tiles, each with the width that it has in the tree.
    pub fn tiles(&self) -> impl Iterator<Item = (TileId, usize)> {
        self.tiles.iter().map(|(id, width)| (*id, *width))
    }
}

impl Nodes for TilesNeeded {
    type Error = Infallible;

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Infallible> {
        let (id, _) = place(level, index);
        self.tiles.insert(id, id.width(self.size));
        Ok([0; 32])
    }
}

/// A node that stands in no tile at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("node {index} of level {level} stands in no tile at hand")]
pub struct NodeMissing {
    /// The level of the node.
    pub level: u8,
    /// Its place in the level.
    pub index: u64,
}

/// Nodes of a tree, derived from tiles, full or not.
#[derive(Debug, Default)]
pub struct TileNodes(BTreeMap<TileId, Vec<Hash>>);

impl TileNodes {
    /// No tiles yet.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds the hashes that a tile has so far.
    pub fn insert(&mut self, id: TileId, hashes: Vec<Hash>) {
        self.0.insert(id, hashes);
    }

    /// Adds a tile, full or not, as it was stored or served; false if that is no whole number of hashes, or too many.
    #[must_use]
    pub fn insert_bytes(&mut self, id: TileId, bytes: &[u8]) -> bool {
        let (hashes, rest) = bytes.as_chunks();
        let fits = rest.is_empty() && hashes.len() <= TILE_WIDTH;
        if fits {
            self.insert(id, hashes.to_vec());
        }
        fits
    }
}

impl Nodes for TileNodes {
    type Error = NodeMissing;

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, NodeMissing> {
        let (id, hashes) = place(level, index);
        let hashes = self.0.get(&id).and_then(|tile| tile.get(hashes));
        hashes.map(perfect_root).ok_or(NodeMissing { level, index })
    }
}

/// In which tile a node stands, and over which of its hashes.
fn place(level: u8, index: u64) -> (TileId, std::ops::Range<usize>) {
    let height = level % TILE_HEIGHT;
    let tiles_below = TILE_HEIGHT - height;
    let id = TileId { level: level / TILE_HEIGHT, number: index >> tiles_below };
    let within = usize::try_from(index & ((1 << tiles_below) - 1)).expect("a tile is small");
    (id, within << height..(within + 1) << height)
}
