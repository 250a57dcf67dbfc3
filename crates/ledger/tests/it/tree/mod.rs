//! What holds of trees, tiles and proofs: against the standard's definition, another implementation, and forgers.

mod forged;
mod growing;
mod oracle;

use std::collections::BTreeMap;
use std::convert::Infallible;

use ledger::proof::Nodes;
use ledger::proof::range::{self, RangeVerifier};
use ledger::{Hash, leaf_hash, node_hash};

/// The entry at an index.
pub(crate) fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

/// The place of a node in memory.
fn place(index: u64) -> usize {
    usize::try_from(index).expect("a tree in memory is small")
}

/// A tree with all of its perfect subtrees.
pub(crate) struct Forest(Vec<Vec<Hash>>);

impl Forest {
    pub(crate) fn new(size: u64) -> Self {
        let mut levels: Vec<Vec<Hash>> = vec![(0..size).map(|index| leaf_hash(&entry(index))).collect()];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            let (pairs, _) = level.as_chunks::<2>();
            levels.push(pairs.iter().map(|[left, right]| node_hash(left, right)).collect());
        }
        Self(levels)
    }

    fn leaf(&self, index: u64) -> Hash {
        self.0[0][place(index)]
    }

    fn leaves(&self, begin: u64, end: u64) -> impl Iterator<Item = Hash> {
        (begin..end).map(|index| self.leaf(index))
    }

    /// The root of the tree of the first leaves, by the definition of RFC 6962 section 2.1.
    pub(crate) fn root(&self, size: u64) -> Hash {
        if size == 0 { ledger::empty_root() } else { self.root_of(0, size) }
    }

    fn root_of(&self, begin: u64, end: u64) -> Hash {
        if end - begin == 1 {
            return self.leaf(begin);
        }
        let middle = begin + (end - begin).next_power_of_two() / 2;
        node_hash(&self.root_of(begin, middle), &self.root_of(middle, end))
    }
}

impl Nodes for Forest {
    type Error = Infallible;

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Infallible> {
        Ok(self.0[usize::from(level)][place(index)])
    }
}

/// A tree of any size in which all leaves are alike but a few.
struct Desert {
    alike: Vec<Hash>,
    few: BTreeMap<u64, Hash>,
}

impl Desert {
    fn new(few: impl IntoIterator<Item = u64>) -> Self {
        let alike = std::iter::successors(Some(leaf_hash(b"sand")), |below| Some(node_hash(below, below)));
        let few = few.into_iter().map(|index| (index, leaf_hash(&entry(index)))).collect();
        Self { alike: alike.take(63).collect(), few }
    }

    fn root(&mut self, size: u64) -> Hash {
        let proof = range::make(self, 0..0, size).expect("an empty range is there");
        RangeVerifier::new(0..0, size, &proof).and_then(RangeVerifier::finish).expect("a proof just made")
    }
}

impl Nodes for Desert {
    type Error = Infallible;

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Infallible> {
        let (begin, end) = (index << level, (index + 1) << level);
        if self.few.range(begin..end).next().is_none() {
            return Ok(self.alike[usize::from(level)]);
        }
        let Some(below) = level.checked_sub(1) else { return Ok(self.few[&index]) };
        let Ok(left) = self.node(below, 2 * index);
        let Ok(right) = self.node(below, 2 * index + 1);
        Ok(node_hash(&left, &right))
    }
}
