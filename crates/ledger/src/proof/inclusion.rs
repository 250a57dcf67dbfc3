//! A leaf stands in a tree (RFC 9162 sections 2.1.3.1 and 2.1.3.2).

use super::{MakeError, Nodes, ProofError, split, subtree};
use crate::tree::{Hash, MAX_SIZE, node_hash};

/// The hashes beside the way from leaf `index` to the root of a tree of `size` leaves, the lowest first.
pub fn make<N: Nodes>(nodes: &mut N, index: u64, size: u64) -> Result<Vec<Hash>, MakeError<N::Error>> {
    if index >= size || size > MAX_SIZE {
        return Err(MakeError::NotThere);
    }
    let (mut begin, mut end, mut proof) = (0, size, Vec::new());
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if index < middle {
            proof.push(subtree(nodes, middle, end)?);
            end = middle;
        } else {
            proof.push(subtree(nodes, begin, middle)?);
            begin = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Whether the leaf with this hash is number `index` of the tree with this size and root.
pub fn verify(leaf_hash: Hash, index: u64, size: u64, root: &Hash, proof: &[Hash]) -> Result<(), ProofError> {
    if index >= size || size > MAX_SIZE {
        return Err(ProofError::NotThere);
    }
    let (mut place, mut last, mut hash) = (index, size - 1, leaf_hash);
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            // At the right edge the way skips the levels on which it has no sibling.
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    match last {
        0 if hash == *root => Ok(()),
        0 => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}
