//! Checkpoints, and what witnesses say about them.

use ledger::checkpoint::{Checkpoint, CheckpointError, open, sign};
use ledger::cosign;
use ledger::note::{Note, NoteError, VerifierKey};
use proptest::prelude::*;

use super::{ORIGIN, TestKey, flipped, origin};

#[test]
fn a_checkpoint_is_three_lines_and_a_signature() {
    let key = TestKey::log(1);
    let note = sign(&origin(), 4720, &[7; 32], &[&key]).unwrap();
    insta::assert_snapshot!(note, @r"
    k3v7qh2m5x2d4t2r.escriba/org/rf26ggh4sztli7x4
    4720
    BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=

    — k3v7qh2m5x2d4t2r.escriba/org/rf26ggh4sztli7x4 QqV5Jyofk8JMo1ILbGOo/kDQUcYKPxnFhghUq9tx6kY4nhUhENM9uGc8cGs9jVgxqG1RaSkubOviILdpVMfQXeF82w4=
    ");
    insta::assert_snapshot!(key.key, @"k3v7qh2m5x2d4t2r.escriba/org/rf26ggh4sztli7x4+42a57927+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c");
    let verified = open(note.as_bytes(), &[key.key]).unwrap();
    let expected = Checkpoint { origin: ORIGIN.to_owned(), size: 4720, root: [7; 32], extensions: Vec::new() };
    assert_eq!(verified.checkpoint, expected);
    assert_eq!(Checkpoint::read(note.as_bytes()), Ok(expected));
}

#[test]
fn only_a_key_of_the_log_makes_it_trusted() {
    let (old, new, stranger) = (TestKey::log(1), TestKey::log(2), TestKey::log(3));
    let note = sign(&origin(), 1, &[7; 32], &[&old, &new]).unwrap();
    let signed_by = |keys: &[&TestKey]| {
        let keys: Vec<VerifierKey> = keys.iter().map(|key| key.key.clone()).collect();
        open(note.as_bytes(), &keys).map(|verified| verified.signatures.len())
    };
    let unknown = Err(CheckpointError::Unknown { origin: ORIGIN.to_owned() });
    assert_eq!(signed_by(&[&old]), Ok(1));
    assert_eq!(signed_by(&[&new]), Ok(1));
    assert_eq!(signed_by(&[&old, &new, &stranger]), Ok(2));
    assert_eq!(signed_by(&[&stranger]), unknown);
    assert_eq!(signed_by(&[]), unknown);

    // A known key of another log signs its own checkpoints only.
    let other = TestKey::new("other.example", ledger::note::Algorithm::Ed25519, [1; 32]);
    let unfit = NoteError::Unfit("other.example".to_owned());
    assert_eq!(sign(&origin(), 1, &[7; 32], &[&other]), Err(unfit));
    let foreign = ledger::note::sign(&Checkpoint::read(note.as_bytes()).unwrap().to_string(), &[&other]).unwrap();
    assert!(matches!(open(foreign.as_bytes(), &[other.key]), Err(CheckpointError::Unknown { .. })));
}

#[test]
fn further_lines_are_read_and_shown() {
    let text = format!("{ORIGIN}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\nand more\n");
    let checkpoint = Checkpoint::parse(&text).unwrap();
    assert_eq!(checkpoint.extensions, ["more", "and more"]);
    assert_eq!(checkpoint.root, ledger::empty_root());
    assert_eq!(checkpoint.to_string(), text);
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    for text in [
        String::new(),
        "\n".to_owned(),
        format!("{ORIGIN}\n"),
        format!("{ORIGIN}\n5\n"),
        format!("{ORIGIN}\n5\n{root}"),
        format!("\n5\n{root}\n"),
        format!("{ORIGIN}\n05\n{root}\n"),
        format!("{ORIGIN}\n+5\n{root}\n"),
        format!("{ORIGIN}\n-5\n{root}\n"),
        format!("{ORIGIN}\n\n{root}\n"),
        format!("{ORIGIN}\n5 \n{root}\n"),
        format!("{ORIGIN}\n0x5\n{root}\n"),
        format!("{ORIGIN}\n9223372036854775808\n{root}\n"),
        format!("{ORIGIN}\n18446744073709551616\n{root}\n"),
        format!("{ORIGIN}\n5\n{root}=\n"),
        format!("{ORIGIN}\n5\n{}\n", root.trim_end_matches('=')),
        // Unused bits that are not zero.
        format!("{ORIGIN}\n5\n{}\n", root.replace("FU=", "FV=")),
        format!("{ORIGIN}\n5\n{}\n", &root[4..]),
        format!("{ORIGIN}\n5\n{root}\n\n"),
        format!("{ORIGIN}\n5\n{root}\nmore\n\nmore\n"),
    ] {
        assert_eq!(Checkpoint::parse(&text), Err(CheckpointError::Text), "{text:?}");
    }
    assert!(Checkpoint::parse(&format!("{ORIGIN}\n9223372036854775807\n{root}\n")).is_ok());
}

#[test]
fn no_flipped_bit_is_trusted() {
    let key = TestKey::log(1);
    let note = sign(&origin(), 4720, &[7; 32], &[&key]).unwrap();
    let keys = [key.key];
    for bytes in flipped(&note) {
        assert!(open(&bytes, &keys).is_err(), "{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn a_cosignature_says_when_and_counts_for_no_log() {
    let (log, witness) = (TestKey::log(1), TestKey::witness("witness.example/w1", 9));
    let note = sign(&origin(), 4720, &[7; 32], &[&log]).unwrap();
    let text = Note::parse(note.as_bytes()).unwrap().text();
    let line = cosign::sign(text, 1_772_356_500, &witness).unwrap();
    insta::assert_snapshot!(line, @"— witness.example/w1 JLXZ/gAAAABppAOU11x8+6jjpFqxzG21Cds3Umh4MziOgm6Z0WFNiGW/TJwO80tHBJops/sn/Q8dSMX3eR7uZyrVzxsVsMFzEzjdCA==");
    let cosigned = format!("{note}{line}");

    let keys = [log.key.clone(), witness.key.clone()];
    let verified = open(cosigned.as_bytes(), &keys).unwrap();
    let times: Vec<_> = verified.signatures.iter().map(|signed| (signed.key.name(), signed.time)).collect();
    assert_eq!(times, [(ORIGIN, None), ("witness.example/w1", Some(1_772_356_500))]);
    assert!(matches!(open(cosigned.as_bytes(), &keys[1..]), Err(CheckpointError::Unknown { .. })));
    for line in flipped(&line) {
        let bytes = [note.as_bytes(), &line].concat();
        let times = open(&bytes, &keys).map(|verified| verified.signatures.len());
        assert!(times.is_err() || times == Ok(1), "{}", String::from_utf8_lossy(&line));
    }

    // Of the log's name, a witness's key is still no key of the log.
    let posing = TestKey::witness(ORIGIN, 9);
    let line = cosign::sign(text, 1, &posing).unwrap();
    let posed = format!("{text}\n{line}");
    assert!(matches!(open(posed.as_bytes(), &[posing.key]), Err(CheckpointError::Unknown { .. })));
    assert_eq!(cosign::sign(text, 1, &log), Err(NoteError::Unfit(ORIGIN.to_owned())));
}

proptest! {
    #[test]
    fn what_is_signed_is_opened(size in 0..1_u64 << 63, root: [u8; 32]) {
        let key = TestKey::log(4);
        let note = sign(&origin(), size, &root, &[&key]).unwrap();
        let checkpoint = open(note.as_bytes(), &[key.key]).unwrap().checkpoint;
        prop_assert_eq!((checkpoint.size, checkpoint.root), (size, root));
        prop_assert_eq!(&checkpoint.origin, ORIGIN);
        prop_assert!(checkpoint.extensions.is_empty());
    }
}
