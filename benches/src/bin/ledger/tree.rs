//! Growing trees, and proofs about them.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::rc::Rc;

use benches::clock::Random;
use ledger::proof::{TileNodes, consistency, inclusion, range};
use ledger::tile::{Edge, Tile, TileId};
use ledger::{Frontier, Hash, leaf_hash};

use crate::measure::Work;

/// The length of a leaf of the audit log, as most are.
const LEAF: usize = 320;

/// How many proofs one round makes, or verifies.
const PROOFS: u64 = 100_000;

/// What is measured of trees.
pub(crate) fn works(entries: u64) -> Vec<Work> {
    let tree = Rc::new(Tree::grow(entries));
    let (making, inclusions, ranges) = (Rc::clone(&tree), Rc::clone(&tree), Rc::clone(&tree));
    vec![
        Work::new("leaves of 320 bytes hashed and appended, with tiles", entries, move || {
            let (mut edge, mut full) = (Edge::new(), Vec::new());
            for index in 0..entries {
                edge.push(leaf_hash(&leaf(index)), &mut full);
                // As a store writes them: at the end of a batch.
                if full.len() > 16 {
                    black_box(full.drain(..).count());
                }
            }
            black_box(edge.root());
        }),
        Work::new("leaves of 320 bytes hashed and appended, without tiles", entries, move || {
            let mut frontier = Frontier::new();
            (0..entries).for_each(|index| frontier.push(leaf_hash(&leaf(index))));
            black_box(frontier.root());
        }),
        Work::new("inclusion proofs made from tiles in memory", PROOFS, move || {
            let mut random = Random::new(1);
            let mut nodes = making.nodes();
            for _ in 0..PROOFS {
                let proof = inclusion::make(&mut nodes, random.below(entries), entries);
                black_box(proof.expect("all tiles are there"));
            }
        }),
        {
            let mut random = Random::new(2);
            let mut nodes = tree.nodes();
            let proofs: Vec<(u64, Vec<Hash>)> = (0..PROOFS)
                .map(|_| random.below(entries))
                .map(|index| (index, inclusion::make(&mut nodes, index, entries).expect("all tiles are there")))
                .collect();
            Work::new("inclusion proofs verified", PROOFS, move || {
                for (index, proof) in &proofs {
                    let hash = leaf_hash(&leaf(*index));
                    inclusion::verify(hash, *index, entries, &inclusions.root, proof).expect("a true proof");
                }
            })
        },
        {
            let old = entries / 2 + 1;
            let old_root = Tree::grow(old).root;
            let proof = consistency::make(&mut tree.nodes(), old, entries).expect("all tiles are there");
            Work::new("consistency proofs verified", PROOFS, move || {
                for _ in 0..PROOFS {
                    consistency::verify(old, &old_root, entries, &tree.root, black_box(&proof)).expect("a true proof");
                }
            })
        },
        {
            let proof = range::make(&mut ranges.nodes(), 0..entries, entries).expect("all tiles are there");
            Work::new("leaves of 320 bytes hashed and verified as a range", entries, move || {
                let hashes = (0..entries).map(|index| leaf_hash(&leaf(index)));
                range::verify(hashes, 0..entries, entries, &ranges.root, &proof).expect("a true proof");
            })
        },
    ]
}

/// A leaf of the length of one, different at each index.
fn leaf(index: u64) -> [u8; LEAF] {
    let mut leaf = [b'x'; LEAF];
    leaf[..8].copy_from_slice(&index.to_le_bytes());
    leaf
}

/// A tree with its tiles in memory.
struct Tree {
    tiles: BTreeMap<TileId, Tile>,
    edge: Edge,
    root: Hash,
}

impl Tree {
    fn grow(entries: u64) -> Self {
        let (mut edge, mut full) = (Edge::new(), Vec::new());
        (0..entries).for_each(|index| edge.push(leaf_hash(&leaf(index)), &mut full));
        Self { tiles: full.into_iter().collect(), root: edge.root(), edge }
    }

    fn nodes(&self) -> TileNodes {
        let mut nodes = TileNodes::new();
        for (id, tile) in &self.tiles {
            nodes.insert(*id, tile.hashes().to_vec());
        }
        for (id, _) in TileId::partial(self.edge.size()) {
            nodes.insert(id, self.edge.level(id.level).to_vec());
        }
        nodes
    }
}
