//! Tiles: the hashes of a tree, cut as C2SP tlog-tiles cuts them, so that they are stored, served and cached as files.
//!
//! A tile holds 256 hashes that stand side by side in the tree. Those of level 0 are hashes of leaves; those of level
//! `l + 1` are roots of tiles of level `l`. The nodes in between are derived. A tile that is not full yet is a prefix
//! of the bytes that it will have.

mod edge;
mod entries;
mod path;

pub use edge::Edge;
pub use entries::{EntriesError, MAX_ENTRY, read_entries, write_entry};
pub use path::{TilePath, TilePathError};

use crate::tree::{Hash, node_hash};

/// Hashes in a tile that is full.
pub const TILE_WIDTH: usize = 256;

/// Bytes of a tile that is full.
pub const TILE_BYTES: usize = TILE_WIDTH * 32;

/// Levels of the tree in one level of tiles: a tile of 2^8 hashes.
pub const TILE_HEIGHT: u8 = 8;

/// The levels of tiles that a tree can have.
pub const TILE_LEVELS: u8 = 8;

/// Which tile of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// 0 for hashes of leaves, one more for roots of the tiles below.
    pub level: u8,
    /// Its place in the level.
    pub number: u64,
}

impl TileId {
    /// How many hashes the tile has in a tree of this size: 256 if it is full, 0 if it is not there.
    pub fn width(self, size: u64) -> usize {
        let hashes = if self.level < TILE_LEVELS { size >> (TILE_HEIGHT * self.level) } else { 0 };
        let before = self.number.saturating_mul(TILE_WIDTH as u64);
        usize::try_from(hashes.saturating_sub(before)).map_or(TILE_WIDTH, |hashes| hashes.min(TILE_WIDTH))
    }

    /// The tiles that are full in a tree of size `new` and were not in one of size `old`, level by level.
    pub fn completed(old: u64, new: u64) -> impl Iterator<Item = Self> {
        (0..TILE_LEVELS).flat_map(move |level| {
            let full = |size: u64| size.checked_shr(u32::from(TILE_HEIGHT) * (u32::from(level) + 1)).unwrap_or(0);
            (full(old)..full(new)).map(move |number| Self { level, number })
        })
    }

    /// The tiles at the right edge of a tree of this size that are not full, with their widths, level by level.
    pub fn partial(size: u64) -> impl Iterator<Item = (Self, usize)> {
        (0..TILE_LEVELS).filter_map(move |level| {
            let id = Self { level, number: size >> (TILE_HEIGHT * level) >> TILE_HEIGHT };
            let width = id.width(size);
            (width > 0).then_some((id, width))
        })
    }
}

/// A full tile.
#[derive(Clone, PartialEq, Eq)]
pub struct Tile(Box<[Hash; TILE_WIDTH]>);

impl Tile {
    /// A tile of these hashes; `None` if they are not 256.
    pub fn from_hashes(hashes: &[Hash]) -> Option<Self> {
        let hashes: Box<[Hash]> = hashes.into();
        hashes.try_into().ok().map(Self)
    }

    /// A tile as it was stored; `None` if it has another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (hashes, []) = bytes.as_chunks() else { return None };
        Self::from_hashes(hashes)
    }

    /// The bytes that are stored and served.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_flattened()
    }

    /// The hashes.
    pub fn hashes(&self) -> &[Hash] {
        &*self.0
    }

    /// A hash by its place in the tile; `None` past the last.
    pub fn hash(&self, place: usize) -> Option<Hash> {
        self.0.get(place).copied()
    }

    /// The root of the subtree that the tile spans: a hash of the level above.
    pub fn root(&self) -> Hash {
        perfect_root(&*self.0)
    }
}

impl std::fmt::Debug for Tile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tile")
    }
}

/// The root over hashes whose number is a power of two.
pub(crate) fn perfect_root(hashes: &[Hash]) -> Hash {
    debug_assert!(hashes.len().is_power_of_two());
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        for pair in 0..row.len() / 2 {
            row[pair] = node_hash(&row[2 * pair], &row[2 * pair + 1]);
        }
        row.truncate(row.len() / 2);
    }
    row[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_is_as_wide_as_the_tree_made_it() {
        let width = |level, number, size| TileId { level, number }.width(size);
        assert_eq!([width(0, 0, 0), width(0, 0, 1), width(0, 0, 256), width(0, 1, 256)], [0, 1, 256, 0]);
        assert_eq!([width(1, 0, 255), width(1, 0, 256), width(1, 0, 70_000), width(2, 0, 70_000)], [0, 1, 256, 1]);
        assert_eq!([width(8, 0, u64::MAX), width(u8::MAX, u64::MAX, u64::MAX), width(0, u64::MAX, 9)], [0; 3]);
    }

    #[test]
    fn completed_and_partial_tiles_are_those_with_their_widths() {
        for (old, new) in [(0, 0), (0, 255), (0, 256), (255, 256), (256, 511), (300, 70_000), (65_535, 65_536)] {
            for id in TileId::completed(old, new) {
                assert_eq!((id.width(new), id.width(old) < TILE_WIDTH), (TILE_WIDTH, true), "{id:?}");
            }
            let expected = (new / 256 - old / 256) + (new / 65_536 - old / 65_536);
            assert_eq!(TileId::completed(old, new).count() as u64, expected);
            assert!(TileId::partial(new).all(|(id, width)| id.width(new) == width));
        }
        let partial: Vec<_> = TileId::partial(256 * 3 + 7).map(|(id, width)| (id.level, id.number, width)).collect();
        assert_eq!(partial, [(0, 3, 7), (1, 0, 3)]);
        assert_eq!(TileId::partial(u64::MAX).count(), 8);
    }

    #[test]
    fn only_256_hashes_make_a_tile() {
        let bytes: Vec<u8> = (0..=u8::MAX).flat_map(|byte| [byte; 32]).collect();
        let tile = Tile::from_bytes(&bytes).unwrap();
        assert_eq!(tile.as_bytes(), bytes);
        assert_eq!((tile.hash(0), tile.hash(255), tile.hash(256)), (Some([0; 32]), Some([255; 32]), None));
        assert!(Tile::from_bytes(&bytes[1..]).is_none() && Tile::from_bytes(&bytes[32..]).is_none());
        assert!(Tile::from_bytes(&[]).is_none());
    }
}
