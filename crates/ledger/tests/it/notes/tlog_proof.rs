//! Proofs that travel.

use std::fs;
use std::path::Path;

use ledger::checkpoint::{self, CheckpointError};
use ledger::leaf_hash;
use ledger::proof::{ProofError, inclusion};
use ledger::tlog_proof::{MAX_PROOF, TlogProof, TlogProofError};
use proptest::prelude::*;

use super::{ORIGIN, TestKey, flipped, origin};
use crate::tree::{Forest, entry};

/// The proof that an entry stands in a log of this size.
fn proof(index: u64, size: u64, key: &TestKey) -> TlogProof {
    let mut forest = Forest::new(size);
    let hashes = inclusion::make(&mut forest, index, size).expect("an entry of the tree");
    let checkpoint = checkpoint::sign(&origin(), size, &forest.root(size), &[key]).expect("a checkpoint");
    TlogProof { extra: None, index, hashes, checkpoint }
}

#[test]
fn a_proof_is_one_text_that_verifies_by_itself() {
    let key = TestKey::log(1);
    let text = proof(4, 7, &key).to_string();
    insta::assert_snapshot!(text, @r"
    c2sp.org/tlog-proof@v1
    index 4
    n/U3thiiV++CkIxFkVrLrrbZ3qA11tk5ZPyIwZ6YyLM=
    vhV4G2KKKEFMHIoRuG24Qi+hBBIV/g18RJbSPNoeQUI=
    l5nzB1F+9RfCIF35tndivzR1ayAJn7ffzOdrzr0nOy4=

    k3v7qh2m5x2d4t2r.escriba/org/rf26ggh4sztli7x4
    7
    mMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=

    — k3v7qh2m5x2d4t2r.escriba/org/rf26ggh4sztli7x4 QqV5JwSBiFwhemJUXuo+R9nK46pnw0tBKWm/PeNUpCGhB3kwt7gYyPkjly5kap+DQVk6KG8ZnK/7rQtfB90zysA6aw8=
    ");
    let format = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/log-format.md");
    let format = fs::read_to_string(format).unwrap();
    assert!(format.contains(&format!("```\n{text}```\n")) && format.contains(&format!("```\n{}\n```\n", key.key)));
    let read = TlogProof::parse(text.as_bytes()).unwrap();
    assert_eq!(read, proof(4, 7, &key));
    let keys = [key.key];
    let verified = read.verify(leaf_hash(&entry(4)), &keys).unwrap();
    assert_eq!((verified.checkpoint.size, verified.checkpoint.origin.as_str()), (7, ORIGIN));
    assert_eq!(read.verify(leaf_hash(&entry(5)), &keys), Err(TlogProofError::Proof(ProofError::Root)));
    let unknown = CheckpointError::Unknown { origin: ORIGIN.to_owned() };
    assert_eq!(read.verify(leaf_hash(&entry(4)), &[]), Err(TlogProofError::Checkpoint(unknown)));
}

#[test]
fn an_extra_line_is_read_and_written() {
    let key = TestKey::log(1);
    for extra in [Some(vec![]), Some(vec![1, 2, 3, 4]), None] {
        let proof = TlogProof { extra, ..proof(0, 1, &key) };
        assert_eq!(TlogProof::parse(proof.to_string().as_bytes()), Ok(proof));
    }
}

#[test]
fn no_flipped_bit_verifies() {
    let key = TestKey::log(1);
    let text = proof(4, 7, &key).to_string();
    let keys = [key.key];
    for bytes in flipped(&text) {
        let verified = TlogProof::parse(&bytes).and_then(|proof| proof.verify(leaf_hash(&entry(4)), &keys));
        assert!(verified.is_err(), "{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn what_is_no_proof_is_refused() {
    let text = proof(4, 7, &TestKey::log(1)).to_string();
    let hash = text.lines().nth(2).unwrap().to_owned();
    let change = |from: &str, to: &str| text.replacen(from, to, 1);
    for (text, why) in [
        (String::new(), "no blank line before a checkpoint"),
        (text.replace("\n\n", "\n"), "no blank line before a checkpoint"),
        (change("@v1", "@v2"), "another first line"),
        (change("c2sp", " c2sp"), "another first line"),
        (change("index 4\n", ""), "no index"),
        (change("index 4", "index"), "no index"),
        (change("index 4", "index 04"), "no index"),
        (change("index 4", "index -4"), "no index"),
        (change("index 4", "index 9223372036854775808"), "no index"),
        (change("index 4", "extra AQI\nindex 4"), "its extra line is not base64"),
        (change("index 4", "extra AQID\nextra AQID\nindex 4"), "no index"),
        (change("index 4", "index 4\nextra AQID"), "a line that is no hash"),
        (change(&hash, &hash[4..]), "a line that is no hash"),
        (change(&hash, &format!("{hash} ")), "a line that is no hash"),
        (change(&hash, format!("{hash}\n").repeat(64).trim_end()), "too many hashes"),
    ] {
        assert_eq!(TlogProof::parse(text.as_bytes()), Err(TlogProofError::Text(why)), "{text}");
    }
    let long = vec![b' '; MAX_PROOF + 1];
    assert_eq!(TlogProof::parse(&long), Err(TlogProofError::Text("it is too long")));
    assert_eq!(TlogProof::parse(b"\xff\n\n"), Err(TlogProofError::Text("it is not UTF-8")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_proof_survives_its_text(size in 1_u64..600, index: u64) {
        let (key, index) = (TestKey::log(1), index % size);
        let read = TlogProof::parse(proof(index, size, &key).to_string().as_bytes()).unwrap();
        prop_assert!(read.verify(leaf_hash(&entry(index)), &[key.key]).is_ok());
    }
}
