//! Another implementation of RFC 6962 gives the same roots and the same proofs, and believes ours.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use ledger::Frontier;
use ledger::leaf_hash;
use ledger::proof::{consistency, inclusion};
use proptest::prelude::*;
use sha2::Sha256;

use super::{Desert, Forest, entry};

#[test]
fn every_root_and_proof_of_a_small_tree_is_the_same() {
    let (mut theirs, mut ours) = (MemoryBackedTree::<Sha256, Vec<u8>>::new(), Frontier::new());
    let mut forest = Forest::new(300);
    for size in 1..=300 {
        theirs.push(entry(size - 1));
        ours.push(leaf_hash(&entry(size - 1)));
        assert_eq!(theirs.root().as_bytes().as_slice(), ours.root(), "{size}");
        for index in 0..size {
            let proof = inclusion::make(&mut forest, index, size).unwrap();
            let place = usize::try_from(index).unwrap();
            assert_eq!(theirs.prove_inclusion(place).as_bytes(), proof.as_flattened(), "{index} in {size}");
            assert_eq!(inclusion::verify(forest.leaf(index), index, size, &ours.root(), &proof), Ok(()));
        }
        for old in 1..=size {
            let proof = consistency::make(&mut forest, old, size).unwrap();
            let added = usize::try_from(size - old).unwrap();
            assert_eq!(theirs.prove_consistency(added).as_bytes(), proof.as_flattened(), "{old} to {size}");
        }
    }
}

#[test]
fn every_consistency_proof_of_a_small_tree_holds() {
    let mut forest = Forest::new(130);
    let roots: Vec<_> = (0..=130).map(|size| forest.root(size)).collect();
    for (new, new_root) in (0..).zip(&roots) {
        for (old, old_root) in (0..=new).zip(&roots) {
            let proof = consistency::make(&mut forest, old, new).unwrap();
            assert_eq!(consistency::verify(old, old_root, new, new_root, &proof), Ok(()), "{old} to {new}");
        }
    }
}

proptest! {
    #[test]
    fn proofs_of_large_trees_are_believed(size in 1_u64..1 << 40, index in 0_u64..1 << 40, old in 1_u64..1 << 40) {
        let (index, old) = (index % size, (old - 1) % size + 1);
        let mut desert = Desert::new([index, old - 1, size - 1]);
        let (root, old_root) = (desert.root(size), desert.root(old));
        let theirs = |root: [u8; 32], size| RootHash::<Sha256>::new(root.into(), size);

        let proof = inclusion::make(&mut desert, index, size).unwrap();
        prop_assert_eq!(inclusion::verify(leaf_hash(&entry(index)), index, size, &root, &proof), Ok(()));
        let proof = InclusionProof::try_from_bytes(proof.as_flattened().to_vec()).unwrap();
        prop_assert!(theirs(root, size).verify_inclusion(&entry(index), index, &proof).is_ok());

        let proof = consistency::make(&mut desert, old, size).unwrap();
        prop_assert_eq!(consistency::verify(old, &old_root, size, &root, &proof), Ok(()));
        let proof = ConsistencyProof::try_from_bytes(proof.as_flattened().to_vec()).unwrap();
        prop_assert!(theirs(root, size).verify_consistency(&theirs(old_root, old), &proof).is_ok());
    }
}
