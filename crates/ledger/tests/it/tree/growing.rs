//! However a tree grows, and whatever its nodes are read from, it is one tree.

use std::collections::BTreeMap;

use ledger::proof::{TileNodes, TilesNeeded, consistency, inclusion, range};
use ledger::tile::{Edge, Tile, TileId};
use ledger::{Frontier, Hash, leaf_hash};
use proptest::prelude::*;

use super::{Forest, entry, place};

/// A log as a store keeps it: full tiles, and beside them what the last ones are loaded from.
#[derive(Default)]
struct Store {
    leaves: Vec<Hash>,
    tiles: BTreeMap<TileId, Tile>,
}

impl Store {
    fn edge(&self) -> Edge {
        let size = self.leaves.len() as u64;
        let mut levels = vec![Vec::new(); 8];
        for (id, width) in TileId::partial(size) {
            levels[usize::from(id.level)] = self.hashes(id, width);
        }
        Edge::load(size, levels).expect("the tiles make up the size")
    }

    fn append(&mut self, edge: &mut Edge, entries: std::ops::Range<u64>) {
        let mut full = Vec::new();
        for index in entries {
            let hash = leaf_hash(&entry(index));
            self.leaves.push(hash);
            edge.push(hash, &mut full);
        }
        for (id, tile) in full {
            assert!(self.tiles.insert(id, tile).is_none(), "a tile is written once");
        }
    }

    /// The first hashes of a tile, whether it is full or not.
    fn hashes(&self, id: TileId, width: usize) -> Vec<Hash> {
        if let Some(tile) = self.tiles.get(&id) {
            return tile.hashes()[..width].to_vec();
        }
        let first = id.number * 256;
        let hashes = first..first + width as u64;
        match id.level.checked_sub(1) {
            None => hashes.map(|index| self.leaves[place(index)]).collect(),
            Some(level) => hashes.map(|number| self.tiles[&TileId { level, number }].root()).collect(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_batching_of_the_same_entries_gives_the_same_tree(
        batches in prop::collection::vec((0_u64..600, any::<bool>()), 0..12),
    ) {
        let (mut store, mut edge, mut size) = (Store::default(), Edge::new(), 0);
        for (count, is_restarted) in batches {
            store.append(&mut edge, size..size + count);
            size += count;
            if is_restarted {
                edge = store.edge();
            }
        }
        let (mut at_once, mut whole) = (Store::default(), Edge::new());
        at_once.append(&mut whole, 0..size);
        prop_assert_eq!(&edge, &whole);
        prop_assert_eq!(edge.root(), Forest::new(size).root(size));
        prop_assert!(store.tiles == at_once.tiles);
        prop_assert!(store.tiles.keys().copied().eq(TileId::completed(0, size)));
    }

    #[test]
    fn a_batch_taken_back_leaves_no_trace(kept in 0_u64..600, lost in 0_u64..600, after in 0_u64..600) {
        let mut frontier = Frontier::new();
        (0..kept).for_each(|index| frontier.push(leaf_hash(&entry(index))));
        let mut other = frontier.clone();
        (0..lost).for_each(|_| other.push(leaf_hash(b"lost")));
        (kept..kept + after).for_each(|index| frontier.push(leaf_hash(&entry(index))));
        prop_assert_eq!(frontier.root(), Forest::new(kept + after).root(kept + after));
    }

    #[test]
    fn a_partial_tile_is_a_prefix_of_every_later_one(early in 1_u64..2000, late in 1_u64..70_000) {
        let (mut store, mut edge) = (Store::default(), Edge::new());
        store.append(&mut edge, 0..early);
        let partial: Vec<_> = TileId::partial(early).collect();
        let before: Vec<_> = partial.iter().map(|(id, width)| store.hashes(*id, *width)).collect();
        store.append(&mut edge, early..early + late);
        for ((id, _), before) in partial.iter().zip(before) {
            let after = store.hashes(*id, id.width(early + late));
            prop_assert!(after.starts_with(&before));
        }
    }

    #[test]
    fn proofs_from_exactly_the_tiles_they_need_are_those_from_the_tree(
        size in 1_u64..70_000, first in any::<u64>(), second in any::<u64>(),
    ) {
        let (a, b) = (first % size, second % (size + 1));
        let (begin, end) = (a.min(b), a.max(b));
        let mut needed = TilesNeeded::new(size);
        let lengths = (
            inclusion::make(&mut needed, a, size).unwrap().len(),
            consistency::make(&mut needed, b, size).unwrap().len(),
            range::make(&mut needed, begin..end, size).unwrap(),
        );

        let (mut store, mut edge) = (Store::default(), Edge::new());
        store.append(&mut edge, 0..size);
        let mut nodes = TileNodes::new();
        for (id, width) in needed.tiles() {
            prop_assert!((1..=256).contains(&width));
            prop_assert!(nodes.insert_bytes(id, store.hashes(id, width).as_flattened()));
        }

        let (mut forest, root) = (Forest::new(size), edge.root());
        let proof = inclusion::make(&mut nodes, a, size).unwrap();
        prop_assert_eq!(&proof, &inclusion::make(&mut forest, a, size).unwrap());
        prop_assert_eq!(proof.len(), lengths.0);
        prop_assert_eq!(inclusion::verify(forest.leaf(a), a, size, &root, &proof), Ok(()));
        let proof = consistency::make(&mut nodes, b, size).unwrap();
        prop_assert_eq!(&proof, &consistency::make(&mut forest, b, size).unwrap());
        prop_assert_eq!(proof.len(), lengths.1);
        prop_assert_eq!(consistency::verify(b, &forest.root(b), size, &root, &proof), Ok(()));
        let proof = range::make(&mut nodes, begin..end, size).unwrap();
        prop_assert_eq!((proof.left.len(), proof.right.len()), (lengths.2.left.len(), lengths.2.right.len()));
        prop_assert_eq!(range::verify(forest.leaves(begin, end), begin..end, size, &root, &proof), Ok(()));
    }
}

#[test]
fn a_node_that_no_tile_holds_is_said_to_be_missing() {
    let mut nodes = TileNodes::new();
    assert!(nodes.insert_bytes(TileId { level: 0, number: 0 }, &[7; 3 * 32]));
    assert!(!nodes.insert_bytes(TileId { level: 0, number: 0 }, &[7; 33]));
    assert!(!nodes.insert_bytes(TileId { level: 0, number: 0 }, &[7; 257 * 32]));
    assert!(inclusion::make(&mut nodes, 1, 3).is_ok());
    let missing = inclusion::make(&mut nodes, 1, 300).unwrap_err().to_string();
    assert_eq!(missing, "node 8 of level 5 stands in no tile at hand");
}
