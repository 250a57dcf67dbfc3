//! The right edge: the tiles that are not full yet.

use super::{TILE_HEIGHT, TILE_LEVELS, TILE_WIDTH, Tile, TileId, perfect_root};
use crate::tree::{Frontier, Hash, MAX_SIZE};

/// The hashes of the unfinished tile of each level. They are all that appending needs, and with the full tiles they
/// are the whole tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    levels: [Vec<Hash>; TILE_LEVELS as usize],
}

impl Edge {
    /// The edge of the tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// An edge from what was stored: for level 0 the last hashes of leaves, for each level above the roots of the last
    /// full tiles below it. Levels that are missing at the end are empty. `None` if a tree of this size has another
    /// number of hashes in a level; whether they are the right ones only the root can tell.
    pub fn load(size: u64, levels: Vec<Vec<Hash>>) -> Option<Self> {
        let mut edge = Self { size, ..Self::default() };
        if size > MAX_SIZE || levels.len() > edge.levels.len() {
            return None;
        }
        for (place, level) in edge.levels.iter_mut().zip(levels) {
            *place = level;
        }
        let width = |level| TileId { level, number: size >> (TILE_HEIGHT * level) >> TILE_HEIGHT }.width(size);
        (0..TILE_LEVELS).all(|level| edge.level(level).len() == width(level)).then_some(edge)
    }

    /// The number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of the unfinished tile of a level: none if the tile before it is full and the last.
    pub fn level(&self, level: u8) -> &[Hash] {
        self.levels.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }

    /// Appends a leaf by its hash, and the tiles that it completes to `full`, the lowest first.
    pub fn push(&mut self, leaf_hash: Hash, full: &mut Vec<(TileId, Tile)>) {
        assert!(self.size < MAX_SIZE, "a log has fewer than 2^63 leaves");
        let mut hash = leaf_hash;
        for (level, hashes) in (0..TILE_LEVELS).zip(&mut self.levels) {
            hashes.push(hash);
            if hashes.len() < TILE_WIDTH {
                break;
            }
            let tile = Tile::from_hashes(hashes).expect("the tile has just become full");
            hashes.clear();
            hash = tile.root();
            let number = self.size >> (TILE_HEIGHT * level) >> TILE_HEIGHT;
            full.push((TileId { level, number }, tile));
        }
        self.size += 1;
    }

    /// The perfect subtrees of the tree.
    pub fn frontier(&self) -> Frontier {
        let mut hashes = Vec::with_capacity(self.size.count_ones() as usize);
        for mut level in self.levels.iter().rev().map(Vec::as_slice) {
            while !level.is_empty() {
                let (subtree, rest) = level.split_at(1 << level.len().ilog2());
                hashes.push(perfect_root(subtree));
                level = rest;
            }
        }
        Frontier::from_parts(self.size, hashes).expect("the levels spell the bits of the size")
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        self.frontier().root()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::leaf_hash;
    use std::collections::BTreeMap;

    fn leaf(index: u64) -> Hash {
        leaf_hash(&index.to_be_bytes())
    }

    #[test]
    fn the_edge_has_the_root_of_the_frontier_at_every_size() {
        let (mut edge, mut frontier, mut full) = (Edge::new(), Frontier::new(), Vec::new());
        for size in 0..70_000 {
            if size < 1100 || size % 251 == 0 || size % 256 < 2 {
                assert_eq!(edge.frontier(), frontier, "{size}");
                assert_eq!(edge.root(), frontier.root(), "{size}");
            }
            edge.push(leaf(size), &mut full);
            frontier.push(leaf(size));
        }
        let ids: Vec<TileId> = full.iter().map(|(id, _)| *id).collect();
        let mut sorted = ids.clone();
        sorted.sort();
        assert_eq!(sorted, TileId::completed(0, 70_000).collect::<Vec<_>>());
    }

    #[test]
    fn an_edge_loaded_from_what_is_stored_goes_on_as_if_never_stopped() {
        let (mut edge, mut full) = (Edge::new(), Vec::new());
        let mut tiles = BTreeMap::new();
        for size in 0..66_000 {
            if size % 977 == 0 || (65_530..65_540).contains(&size) {
                let below = |level: u8| -> Vec<Hash> {
                    let first = (size >> (8 * level)) / 256 * 256;
                    let hashes = first..size >> (8 * level);
                    match level.checked_sub(1) {
                        None => hashes.map(leaf).collect(),
                        Some(level) => hashes.map(|number| tiles[&TileId { level, number }]).collect(),
                    }
                };
                assert_eq!(Edge::load(size, vec![below(0), below(1), below(2)]).as_ref(), Some(&edge), "{size}");
            }
            edge.push(leaf(size), &mut full);
            tiles.extend(full.drain(..).map(|(id, tile)| (id, tile.root())));
        }
    }

    #[test]
    fn an_edge_of_another_shape_is_none() {
        let hashes = |count: usize| vec![[0; 32]; count];
        assert!(Edge::load(0, vec![]).is_some());
        assert!(Edge::load(257, vec![hashes(1), hashes(1)]).is_some());
        assert!(Edge::load(257, vec![hashes(1), hashes(1), hashes(0)]).is_some());
        for levels in [vec![], vec![hashes(1)], vec![hashes(2), hashes(1)], vec![hashes(1), hashes(1), hashes(1)]] {
            assert_eq!(Edge::load(257, levels), None);
        }
        assert_eq!(Edge::load(1, vec![hashes(1); 9]), None);
        assert_eq!(Edge::load(u64::MAX, vec![hashes(255); 8]), None);
    }
}
