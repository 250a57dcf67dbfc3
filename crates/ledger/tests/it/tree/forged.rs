//! A proof that was changed in any way proves nothing.

use ledger::Hash;
use ledger::proof::range::{self, RangeProof};
use ledger::proof::{ProofError, consistency, inclusion};
use proptest::prelude::*;

use super::{Desert, Forest, entry};

/// Everything that one change makes of a row of hashes: one dropped, changed, doubled, swapped with the next, or a
/// foreign one put in; and the row shifted.
fn forgeries(hashes: &[Hash]) -> Vec<Vec<Hash>> {
    let mut forged = Vec::new();
    let mut forge = |change: &dyn Fn(&mut Vec<Hash>)| {
        let mut copy = hashes.to_vec();
        change(&mut copy);
        if copy != hashes {
            forged.push(copy);
        }
    };
    for place in 0..hashes.len() {
        forge(&|copy| {
            copy.remove(place);
        });
        forge(&|copy| copy[place][place % 32] ^= 1 << (place % 8));
        forge(&|copy| copy.insert(place, copy[place]));
        forge(&|copy| copy.swap(place, (place + 1) % hashes.len()));
    }
    for place in 0..=hashes.len() {
        forge(&|copy| copy.insert(place, [0; 32]));
    }
    forge(&|copy| copy.rotate_left(1.min(hashes.len())));
    forge(&|copy| copy.extend_from_slice(hashes));
    forge(&|copy| copy.extend([[0; 32]; 100]));
    forge(&Vec::clear);
    forged
}

#[test]
fn no_changed_inclusion_proof_holds() {
    let mut forest = Forest::new(66);
    for size in 1..=65 {
        let root = forest.root(size);
        for index in 0..size {
            let proof = inclusion::make(&mut forest, index, size).unwrap();
            let leaf = forest.leaf(index);
            for forged in forgeries(&proof) {
                assert!(inclusion::verify(leaf, index, size, &root, &forged).is_err(), "{index} in {size}");
            }
            for other in (0..=size + 1).filter(|other| *other != index) {
                assert!(inclusion::verify(leaf, other, size, &root, &proof).is_err(), "{index} as {other} in {size}");
            }
            assert!(inclusion::verify(forest.leaf(index + 1), index, size, &root, &proof).is_err());
            assert!(inclusion::verify(leaf, index, size, &forest.root(size + 1), &proof).is_err());
        }
    }
}

#[test]
fn no_changed_consistency_proof_holds() {
    let mut forest = Forest::new(66);
    for new in 1..=65 {
        let new_root = forest.root(new);
        for old in 0..=new {
            let old_root = forest.root(old);
            let proof = consistency::make(&mut forest, old, new).unwrap();
            for forged in forgeries(&proof) {
                assert!(consistency::verify(old, &old_root, new, &new_root, &forged).is_err(), "{old} to {new}");
            }
            assert!(consistency::verify(old, &[7; 32], new, &new_root, &proof).is_err());
            assert!(old == 0 || consistency::verify(old, &old_root, new, &[7; 32], &proof).is_err());
            assert!(consistency::verify(old + 1, &old_root, new, &new_root, &proof).is_err());
            assert!(old < 1 || consistency::verify(old - 1, &old_root, new, &new_root, &proof).is_err());
        }
    }
}

#[test]
fn every_range_of_a_small_tree_is_proved_and_no_changed_proof_holds() {
    let mut forest = Forest::new(66);
    let (mut proved, mut refused) = (0, 0);
    for size in 0..=65 {
        let root = forest.root(size);
        for begin in 0..=size {
            for end in begin..=size {
                let proof = range::make(&mut forest, begin..end, size).unwrap();
                let leaves: Vec<Hash> = forest.leaves(begin, end).collect();
                let holds = |leaves: &[Hash], begin, end, proof: &RangeProof| {
                    range::verify(leaves.iter().copied(), begin..end, size, &root, proof).is_ok()
                };
                assert!(holds(&leaves, begin, end, &proof), "{begin}..{end} of {size}");
                proved += 1;
                let mut refuse = |leaves: &[Hash], begin, end, proof: &RangeProof| {
                    assert!(!holds(leaves, begin, end, proof), "forged {begin}..{end} of {size}");
                    refused += 1;
                };
                for left in forgeries(&proof.left) {
                    refuse(&leaves, begin, end, &RangeProof { left, right: proof.right.clone() });
                }
                for right in forgeries(&proof.right) {
                    refuse(&leaves, begin, end, &RangeProof { left: proof.left.clone(), right });
                }
                if size > 0 {
                    refuse(&leaves, begin + 1, end + 1, &proof);
                }
                if begin > 0 {
                    refuse(&leaves, begin - 1, end - 1, &proof);
                    refuse(&leaves, begin - 1, end, &proof);
                }
                if begin < end {
                    // A leaf less at either side, or within; and the range that one says it is.
                    let (first, last) = (&leaves[1..], &leaves[..leaves.len() - 1]);
                    refuse(first, begin, end, &proof);
                    refuse(first, begin + 1, end, &proof);
                    refuse(last, begin, end, &proof);
                    refuse(last, begin, end - 1, &proof);
                    let mut changed = leaves.clone();
                    changed[leaves.len() / 2][0] ^= 1;
                    refuse(&changed, begin, end, &proof);
                    changed.clone_from(&leaves);
                    changed.push(leaves[0]);
                    refuse(&changed, begin, end, &proof);
                    changed.clone_from(&leaves);
                    changed.rotate_left(1);
                    if changed != leaves {
                        refuse(&changed, begin, end, &proof);
                    }
                }
            }
        }
    }
    // Counted, so that a loop that runs empty is noticed.
    assert_eq!(proved, 50_116);
    assert!(refused > 1_000_000, "{refused}");
}

#[test]
fn what_a_tree_does_not_have_is_neither_proved_nor_believed() {
    let mut forest = Forest::new(8);
    assert!(inclusion::make(&mut forest, 8, 8).is_err());
    assert!(inclusion::make(&mut forest, 0, 0).is_err());
    assert!(inclusion::make(&mut forest, 0, u64::MAX).is_err());
    assert!(consistency::make(&mut forest, 9, 8).is_err());
    assert!(consistency::make(&mut forest, 1, u64::MAX).is_err());
    assert!(range::make(&mut forest, 3..9, 8).is_err());
    #[expect(clippy::reversed_empty_ranges, reason = "this is what must be refused")]
    let reversed = 5..3;
    assert!(range::make(&mut forest, reversed.clone(), 8).is_err());
    assert_eq!(RangeProof::shape(&reversed, 8), None);
    let hash = [0; 32];
    assert_eq!(inclusion::verify(hash, 8, 8, &hash, &[]), Err(ProofError::NotThere));
    assert_eq!(inclusion::verify(hash, 0, u64::MAX, &hash, &[hash; 64]), Err(ProofError::NotThere));
    assert_eq!(consistency::verify(9, &hash, 8, &hash, &[]), Err(ProofError::NotThere));
    assert_eq!(consistency::verify(1, &hash, u64::MAX, &hash, &[]), Err(ProofError::NotThere));
}

proptest! {
    #[test]
    fn hostile_sizes_and_proofs_are_refused_without_a_panic(
        a: u64, b: u64, c: u64, hashes in prop::collection::vec(any::<Hash>(), 0..80), more in 0_usize..80,
    ) {
        let root = [7; 32];
        prop_assert!(inclusion::verify([1; 32], a, b, &root, &hashes).is_err());
        prop_assert!(consistency::verify(a, &[1; 32], b, &root, &hashes).is_err());
        let proof = RangeProof { left: hashes.clone(), right: vec![[1; 32]; more] };
        prop_assert!(range::verify(hashes, a..b, c, &root, &proof).is_err());
    }

    #[test]
    fn changed_range_proofs_of_large_trees_fail(
        size in 1_u64..1 << 40, begin: u64, length in 0_u64..300, place: prop::sample::Index,
    ) {
        let begin = begin % size;
        let end = (begin + length).min(size);
        let mut desert = Desert::new(begin..end);
        let root = desert.root(size);
        let proof = range::make(&mut desert, begin..end, size).unwrap();
        prop_assert!(proof.left.len() + proof.right.len() <= 3 * 40);
        let leaves: Vec<Hash> = (begin..end).map(|index| ledger::leaf_hash(&entry(index))).collect();
        let holds = |leaves: &[Hash], begin, end, proof: &RangeProof| {
            range::verify(leaves.iter().copied(), begin..end, size, &root, proof).is_ok()
        };
        prop_assert!(holds(&leaves, begin, end, &proof));
        prop_assert!(!holds(&leaves, begin + 1, end + 1, &proof));
        if !leaves.is_empty() {
            let mut changed = leaves.clone();
            changed.remove(place.index(leaves.len()));
            prop_assert!(!holds(&changed, begin, end, &proof));
            prop_assert!(!holds(&changed, begin, end - 1, &proof));
        }
        for (left, right) in [(1, 0), (0, 1)] {
            let mut forged = proof.clone();
            forged.left.iter_mut().take(left).chain(forged.right.iter_mut().take(right)).for_each(|hash| hash[31] ^= 128);
            prop_assert!(forged == proof || !holds(&leaves, begin, end, &forged));
        }
    }
}
