//! A tree extends another: its first leaves are those of the other (RFC 9162 sections 2.1.4.1 and 2.1.4.2).
//!
//! Every tree extends the empty one and itself, and the proof of that is empty.

use super::{MakeError, Nodes, ProofError, split, subtree};
use crate::tree::{Hash, MAX_SIZE, empty_root, node_hash};

/// The proof that the tree of `new` leaves extends the one of `old`.
pub fn make<N: Nodes>(nodes: &mut N, old: u64, new: u64) -> Result<Vec<Hash>, MakeError<N::Error>> {
    if old > new || new > MAX_SIZE {
        return Err(MakeError::NotThere);
    }
    let (mut begin, mut end, mut proof) = (0, new, Vec::new());
    if old == 0 {
        return Ok(proof);
    }
    while old != end {
        let middle = begin + split(end - begin);
        if old <= middle {
            proof.push(subtree(nodes, middle, end)?);
            end = middle;
        } else {
            proof.push(subtree(nodes, begin, middle)?);
            begin = middle;
        }
    }
    // A subtree that begins the tree is the old tree, whose root the verifier has.
    if begin > 0 {
        proof.push(subtree(nodes, begin, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Whether the tree with `new` leaves and root `new_root` extends the one with `old` leaves and root `old_root`.
pub fn verify(old: u64, old_root: &Hash, new: u64, new_root: &Hash, proof: &[Hash]) -> Result<(), ProofError> {
    if old > new || new > MAX_SIZE {
        return Err(ProofError::NotThere);
    }
    if (old == 0 && *old_root != empty_root()) || (new == 0 && *new_root != empty_root()) {
        return Err(ProofError::Root);
    }
    if old == 0 || old == new {
        return match proof {
            [] if old == new && old_root != new_root => Err(ProofError::Root),
            [] => Ok(()),
            _ => Err(ProofError::Length),
        };
    }
    // Both roots grow from the last complete subtree of the old tree: the old one over what stands left of the way,
    // the new one over everything.
    let (mut place, mut last) = (old - 1, new - 1);
    let shared = place.trailing_ones();
    place >>= shared;
    last >>= shared;
    let (start, rest) = match proof {
        _ if old.is_power_of_two() => (old_root, proof),
        [start, rest @ ..] => (start, rest),
        [] => return Err(ProofError::Length),
    };
    let (mut old_hash, mut new_hash) = (*start, *start);
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if place & 1 == 1 || place == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    match last {
        0 if old_hash == *old_root && new_hash == *new_root => Ok(()),
        0 => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}
