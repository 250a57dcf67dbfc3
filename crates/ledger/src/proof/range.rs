//! A range of leaves is complete: these, and no others, stand at `begin..end` of a tree.
//!
//! The proof is the roots of the perfect subtrees left of the range and right of it, each row from left to right, as
//! few as possible. Which subtrees those are follows from `begin`, `end` and the size, so the proof has nothing but
//! hashes, and whoever verifies it puts them where the sizes say: left row, leaves, right row, and has the root.

use std::ops::Range;

use super::{MakeError, Nodes, ProofError, perfect_subtrees};
use crate::tree::{Frontier, Hash, MAX_SIZE};

/// What stands beside a range of leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeProof {
    /// The perfect subtrees before the range: the frontier of the tree that ends where it begins.
    pub left: Vec<Hash>,
    /// The perfect subtrees after the range.
    pub right: Vec<Hash>,
}

impl RangeProof {
    /// How many hashes a proof for this range has on each side; `None` if a tree of this size does not have the range.
    pub fn shape(range: &Range<u64>, size: u64) -> Option<(usize, usize)> {
        is_there(range, size).then(|| (range.start.count_ones() as usize, perfect_subtrees(range.end, size).count()))
    }
}

/// The proof for the leaves of the range in a tree of `size` leaves.
pub fn make<N: Nodes>(nodes: &mut N, range: Range<u64>, size: u64) -> Result<RangeProof, MakeError<N::Error>> {
    if !is_there(&range, size) {
        return Err(MakeError::NotThere);
    }
    let mut row = |begin, end| {
        perfect_subtrees(begin, end).map(|(level, index)| nodes.node(level, index)).collect::<Result<_, _>>()
    };
    Ok(RangeProof { left: row(0, range.start)?, right: row(range.end, size)? })
}

/// Whether exactly these leaves stand at the range of the tree with this size and root.
pub fn verify(
    leaf_hashes: impl IntoIterator<Item = Hash>,
    range: Range<u64>,
    size: u64,
    root: &Hash,
    proof: &RangeProof,
) -> Result<(), ProofError> {
    let mut verifier = RangeVerifier::new(range, size, proof)?;
    for leaf_hash in leaf_hashes {
        verifier.push(leaf_hash)?;
    }
    if verifier.finish()? == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Verifies a range leaf by leaf, so that an export of any size needs constant memory.
#[derive(Debug)]
pub struct RangeVerifier<'a> {
    frontier: Frontier,
    end: u64,
    size: u64,
    right: &'a [Hash],
}

impl<'a> RangeVerifier<'a> {
    /// Begins before the first leaf of the range.
    pub fn new(range: Range<u64>, size: u64, proof: &'a RangeProof) -> Result<Self, ProofError> {
        let shape = RangeProof::shape(&range, size).ok_or(ProofError::NotThere)?;
        if shape != (proof.left.len(), proof.right.len()) {
            return Err(ProofError::Length);
        }
        let frontier = Frontier::from_parts(range.start, proof.left.clone()).ok_or(ProofError::Length)?;
        Ok(Self { frontier, end: range.end, size, right: &proof.right })
    }

    /// Takes the next leaf by its hash.
    pub fn push(&mut self, leaf_hash: Hash) -> Result<(), ProofError> {
        if self.frontier.size() >= self.end {
            return Err(ProofError::Length);
        }
        self.frontier.push(leaf_hash);
        Ok(())
    }

    /// The root of the tree, which is the true one if, and only if, leaves and proof are.
    pub fn finish(mut self) -> Result<Hash, ProofError> {
        if self.frontier.size() != self.end {
            return Err(ProofError::Length);
        }
        for ((level, _), hash) in perfect_subtrees(self.end, self.size).zip(self.right) {
            if !self.frontier.append_subtree(level, *hash) {
                return Err(ProofError::Length);
            }
        }
        Ok(self.frontier.root())
    }
}

fn is_there(range: &Range<u64>, size: u64) -> bool {
    range.start <= range.end && range.end <= size && size <= MAX_SIZE
}
