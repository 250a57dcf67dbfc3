//! The Merkle tree of RFC 6962 section 2.1 over SHA-256: its hashes, and the little of it that a growing log keeps.
//!
//! A tree of any size is a row of perfect subtrees, one for each bit of the size, the largest first. Their roots are
//! the [`Frontier`]: at most 63 hashes, from which follow the root of the tree and of every tree that extends it.

use aws_lc_rs::digest::{Context, SHA256, digest};

/// A hash of the tree: SHA-256.
pub type Hash = [u8; 32];

/// The most leaves that a tree can have.
pub const MAX_SIZE: u64 = (1 << 63) - 1;

/// A leaf up to this length is hashed in one call, which costs a third less than in three.
const ONE_CALL: usize = 1023;

/// The hash of a leaf: SHA-256 over a zero byte and the leaf.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    let mut buffer = [0; 1 + ONE_CALL];
    if leaf.len() <= ONE_CALL {
        buffer[1..=leaf.len()].copy_from_slice(leaf);
        return sha256(&buffer[..=leaf.len()]);
    }
    let mut context = Context::new(&SHA256);
    context.update(&[0]);
    context.update(leaf);
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// The hash of an inner node: SHA-256 over a byte of one and both children. The byte keeps a leaf from passing as a
/// node.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut buffer = [1; 65];
    buffer[1..33].copy_from_slice(left);
    buffer[33..].copy_from_slice(right);
    sha256(&buffer)
}

/// The root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// The perfect subtrees of a tree, the largest first: all that appending needs to know of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash>,
}

impl Frontier {
    /// The frontier of the tree without leaves.
    pub const fn new() -> Self {
        Self { size: 0, hashes: Vec::new() }
    }

    /// A frontier as it was kept; `None` if a tree of this size has another number of subtrees.
    pub fn from_parts(size: u64, hashes: Vec<Hash>) -> Option<Self> {
        (size <= MAX_SIZE && hashes.len() == size.count_ones() as usize).then_some(Self { size, hashes })
    }

    /// Reads what [`Frontier::to_bytes`] wrote.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (hashes, []) = bytes.as_chunks() else { return None };
        Self::from_parts(size, hashes.to_vec())
    }

    /// The hashes one after the other, 32 bytes each.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes.as_flattened().to_vec()
    }

    /// The number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the perfect subtrees, the largest first.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Appends a leaf by its hash.
    pub fn push(&mut self, leaf_hash: Hash) {
        assert!(self.append_subtree(0, leaf_hash), "a log has fewer than 2^63 leaves");
    }

    /// Appends a perfect subtree of 2^`level` leaves by its root. False, and nothing changes, if one cannot stand
    /// there: the size must be a multiple of its own.
    #[must_use]
    pub fn append_subtree(&mut self, level: u8, root: Hash) -> bool {
        let Some(leaves) = 1_u64.checked_shl(level.into()) else { return false };
        let size = self.size.checked_add(leaves).filter(|size| *size <= MAX_SIZE);
        let Some(size) = size.filter(|size| size.is_multiple_of(leaves)) else { return false };
        // Each subtree that this one completes has the size of what was merged so far.
        let (mut root, mut merged) = (root, leaves);
        while self.size & merged != 0 {
            let left = self.hashes.pop().expect("the frontier has a hash for each bit of its size");
            root = node_hash(&left, &root);
            merged <<= 1;
        }
        self.hashes.push(root);
        self.size = size;
        true
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let root = self.hashes.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
        root.unwrap_or_else(empty_root)
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    digest(&SHA256, bytes).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition of RFC 6962 section 2.1, word by word.
    fn merkle_tree_hash(leaves: &[Vec<u8>]) -> Hash {
        match leaves {
            [] => empty_root(),
            [leaf] => leaf_hash(leaf),
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&merkle_tree_hash(left), &merkle_tree_hash(right))
            }
        }
    }

    fn leaves(count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|index| index.to_string().into_bytes()).collect()
    }

    #[test]
    fn a_grown_tree_has_the_root_that_the_standard_defines() {
        let leaves = leaves(300);
        let mut frontier = Frontier::new();
        for size in 0..=leaves.len() {
            assert_eq!(frontier.root(), merkle_tree_hash(&leaves[..size]), "{size}");
            assert_eq!(frontier.size(), size as u64);
            assert_eq!(Frontier::from_bytes(size as u64, &frontier.to_bytes()), Some(frontier.clone()));
            if let Some(leaf) = leaves.get(size) {
                frontier.push(leaf_hash(leaf));
            }
        }
    }

    #[test]
    fn a_leaf_of_any_length_has_the_same_hash_in_one_call_and_in_three() {
        for length in [0, 1, 64, ONE_CALL - 1, ONE_CALL, ONE_CALL + 1, 4096] {
            let leaf = vec![7; length];
            let prefixed: Vec<u8> = std::iter::once(0).chain(leaf.iter().copied()).collect();
            assert_eq!(leaf_hash(&leaf), sha256(&prefixed), "{length}");
        }
    }

    #[test]
    fn a_frontier_of_another_size_is_none() {
        let hashes = vec![[7; 32]; 2];
        assert!(Frontier::from_parts(3, hashes.clone()).is_some());
        for size in [0, 1, 7, u64::MAX, (1 << 63) | 1] {
            assert_eq!(Frontier::from_parts(size, hashes.clone()), None, "{size}");
        }
        assert_eq!(Frontier::from_bytes(1, &[0; 31]), None);
        assert_eq!(Frontier::from_bytes(1, &[0; 33]), None);
    }

    #[test]
    fn a_subtree_stands_only_where_its_size_divides() {
        let mut frontier = Frontier::new();
        frontier.push([1; 32]);
        let before = frontier.clone();
        assert!(!frontier.append_subtree(1, [2; 32]));
        assert!(!frontier.append_subtree(63, [2; 32]));
        assert!(!frontier.append_subtree(64, [2; 32]));
        assert!(!frontier.append_subtree(u8::MAX, [2; 32]));
        assert_eq!(frontier, before);
        let mut full = Frontier::from_parts(MAX_SIZE, vec![[0; 32]; 63]).unwrap();
        assert!(!full.append_subtree(0, [2; 32]));
    }

    proptest! {
        #[test]
        fn subtrees_grow_the_tree_that_their_leaves_grow(cuts in prop::collection::vec(0_u8..5, 0..30)) {
            let (mut by_leaves, mut by_subtrees) = (Frontier::new(), Frontier::new());
            for level in cuts {
                let level = level.min(u8::try_from(by_leaves.size().trailing_zeros()).unwrap());
                let mut subtree = Frontier::new();
                for _ in 0..1_u64 << level {
                    let hash = leaf_hash(&by_leaves.size().to_be_bytes());
                    subtree.push(hash);
                    by_leaves.push(hash);
                }
                prop_assert!(by_subtrees.append_subtree(level, subtree.root()));
                prop_assert_eq!(&by_subtrees, &by_leaves);
            }
        }
    }
}
