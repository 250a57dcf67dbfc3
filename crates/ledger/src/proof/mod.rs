//! Proofs about a tree: that it holds a leaf, that it extends another, that a range of its leaves is complete.
//!
//! Making a proof reads nodes of the tree through [`Nodes`]. Verifying one reads nothing: it follows from sizes,
//! hashes and roots alone, and its work is bounded by the sizes, whatever the proof's length.

pub mod consistency;
pub mod inclusion;
pub mod range;

mod nodes;

pub use nodes::{NodeMissing, TileNodes, TilesNeeded};

use crate::tree::{Hash, MAX_SIZE, node_hash};

/// Where the nodes of a tree come from.
pub trait Nodes {
    /// Why one cannot be had.
    type Error;

    /// The root of the perfect subtree over the leaves from `index · 2^level` on, 2^level of them. Only subtrees that
    /// the tree has are asked for.
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// Why a proof could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MakeError<E> {
    /// The tree does not have what should be proved.
    #[error("the tree does not have what should be proved")]
    NotThere,
    /// A node could not be had.
    #[error(transparent)]
    Nodes(#[from] E),
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A tree of this size does not have what should be proved.
    #[error("a tree of this size does not have what should be proved")]
    NotThere,
    /// Too many hashes, or too few.
    #[error("the proof has another number of hashes than the sizes ask for")]
    Length,
    /// The hashes do not lead to the root.
    #[error("the proof leads to another root")]
    Root,
}

/// The root over leaves `begin..end` of the tree, where a subtree begins at `begin` that is not smaller.
fn subtree<N: Nodes>(nodes: &mut N, begin: u64, end: u64) -> Result<Hash, N::Error> {
    let mut hashes = Vec::new();
    for (level, index) in perfect_subtrees(begin, end) {
        hashes.push(nodes.node(level, index)?);
    }
    let root = hashes.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
    Ok(root.expect("a subtree has leaves"))
}

/// The fewest perfect subtrees that cover the leaves `begin..end`, from left to right, by level and index.
fn perfect_subtrees(begin: u64, end: u64) -> impl Iterator<Item = (u8, u64)> {
    debug_assert!(end <= MAX_SIZE);
    let mut at = begin;
    std::iter::from_fn(move || {
        let left = end.checked_sub(at).filter(|left| *left > 0)?;
        // As large as its place allows, and no larger than what is left.
        let level = at.trailing_zeros().min(left.ilog2());
        let index = at >> level;
        at += 1 << level;
        Some((u8::try_from(level).expect("a size has 63 bits"), index))
    })
}

/// Where a tree of `size` leaves, at least two, divides: the largest power of two that is smaller.
const fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}
