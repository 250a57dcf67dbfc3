//! No bytes make a parser panic, and what is read is written as it was.

use ledger::checkpoint::{self, Checkpoint};
use ledger::note::{Note, VerifierKey};
use ledger::policy::Policy;
use ledger::tile::TilePath;
use ledger::tlog_proof::TlogProof;
use proptest::prelude::*;

use super::{TestKey, origin};

/// Reads the bytes as everything that they could be.
fn read(bytes: &[u8], keys: &[VerifierKey]) -> Result<(), TestCaseError> {
    if let Ok(note) = Note::parse(bytes) {
        let lines = bytes.len() - note.text().len();
        prop_assert!(lines > 1 && bytes.starts_with(note.text().as_bytes()));
        let _ = note.verify(keys);
    }
    let _ = checkpoint::open(bytes, keys);
    if let Ok(proof) = TlogProof::parse(bytes) {
        prop_assert_eq!(proof.to_string().into_bytes(), bytes);
        let _ = proof.verify([0; 32], keys);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        prop_assert_eq!(checkpoint.to_string(), text);
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        prop_assert_eq!(key.to_string(), text);
    }
    if let Ok(path) = text.parse::<TilePath>() {
        prop_assert_eq!(path.to_string(), text);
    }
    if let Ok(policy) = Policy::parse(text) {
        let _ = policy.open(bytes);
    }
    Ok(())
}

/// A valid text of each kind.
fn samples(log: &TestKey) -> Vec<String> {
    let checkpoint = checkpoint::sign(&origin(), 1, &[7; 32], &[log]).expect("a checkpoint");
    let text = Checkpoint::read(checkpoint.as_bytes()).expect("a checkpoint").to_string();
    let witness = TestKey::witness("witness.example", 2).key;
    let proof = TlogProof { extra: Some(vec![1]), index: 0, hashes: vec![[7; 32]; 2], checkpoint: checkpoint.clone() };
    let policy = format!("log {} # the log\nwitness w {witness} address\ngroup g any w\nquorum g\n", log.key);
    vec![checkpoint, text, proof.to_string(), policy, log.key.to_string(), "tile/2/x001/234.p/5".to_owned()]
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read(&bytes, &[TestKey::log(1).key])?;
    }

    #[test]
    fn any_text_of_the_signs_that_matter(text in "[\u{2014} \n+=#/.a0x\u{e9}]{0,60}") {
        read(text.as_bytes(), &[TestKey::log(1).key])?;
    }

    #[test]
    fn valid_texts_with_anything_put_in_or_cut_out(
        which in 0..6_usize, at: prop::sample::Index, cut in 0..4_usize, put in prop::collection::vec(any::<u8>(), 0..4),
    ) {
        let log = TestKey::log(1);
        let mut bytes = samples(&log)[which].clone().into_bytes();
        let at = at.index(bytes.len());
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, put);
        read(&bytes, &[log.key])?;
    }
}
