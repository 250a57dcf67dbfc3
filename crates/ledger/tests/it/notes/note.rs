//! Signed notes and the keys that verify them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::note::{Algorithm, KeyError, MAX_NOTE, MAX_SIGNATURES, Note, NoteError, VerifierKey, sign};
use proptest::prelude::*;

use super::{ORIGIN, TestKey, flipped};

/// The example in the documentation of Go's golang.org/x/mod/sumdb/note, which the specification is a description of.
const EXAMPLE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const EXAMPLE_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
/// What stands after the id in its private key: the algorithm and the seed.
const EXAMPLE_SEED: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

const TEXT: &str = "first line\n\nsecond line, after a blank one\n";

#[test]
fn the_known_example_is_signed_and_verified() {
    let seed = STANDARD.decode(EXAMPLE_SEED).unwrap()[1..].try_into().unwrap();
    let signer = TestKey::new("PeterNeumann", Algorithm::Ed25519, seed);
    assert_eq!(signer.key.to_string(), EXAMPLE_KEY);
    let note = Note::parse(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(sign(note.text(), &[&signer]).unwrap(), EXAMPLE);
    let verified = note.verify(&[EXAMPLE_KEY.parse().unwrap()]).unwrap();
    assert_eq!((verified.len(), verified[0].key.name(), verified[0].time), (1, "PeterNeumann", None));
}

#[test]
fn a_key_has_one_spelling() {
    let key = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    assert_eq!(key.parse::<VerifierKey>().unwrap().to_string(), key);
    let witness = TestKey::witness("witness.example/w1", 9).key;
    assert_eq!(witness.to_string().parse::<VerifierKey>().unwrap(), witness);
    for (text, error) in [
        ("", KeyError::Shape),
        ("PeterNeumann", KeyError::Shape),
        ("PeterNeumann+c74f20a3", KeyError::Shape),
        ("PeterNeumann+c74f20a3+", KeyError::Shape),
        ("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW=", KeyError::Shape),
        ("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T", KeyError::Shape),
        ("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10", KeyError::Shape),
        (" PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Name),
        ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Name),
        ("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Id),
        ("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Id),
        ("PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Id),
        ("PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Id),
        ("PeterNeumann+c74f20a3+Bhpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Algorithm(6)),
        ("PeterNeumann+c74f20a3+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Id),
    ] {
        assert_eq!(text.parse::<VerifierKey>(), Err(error), "{text}");
    }
}

#[test]
fn unknown_signatures_are_ignored_and_wrong_ones_of_known_keys_refuse_the_note() {
    let (known, other) = (TestKey::log(1), TestKey::log(2));
    let note = sign(TEXT, &[&other, &known]).unwrap();
    let keys = [known.key.clone()];
    let verify = |note: &str, keys: &[VerifierKey]| Note::parse(note.as_bytes()).and_then(|note| note.verify(keys));

    let signed = verify(&note, &keys).unwrap();
    assert_eq!(signed.iter().map(|signed| &signed.key).collect::<Vec<_>>(), [&known.key]);
    assert_eq!(verify(&note, &[]), Ok(Vec::new()));
    assert_eq!(verify(&note, &[known.key.clone(), other.key.clone()]).unwrap().len(), 2);

    // A grease line of an algorithm that nobody knows.
    let greased = format!("{note}\u{2014} grease.example {}\n", STANDARD.encode([7; 2424]));
    assert_eq!(verify(&greased, &keys).unwrap().len(), 1);

    let changed = note.replacen("first", "other", 1);
    let forged = NoteError::Forged(ORIGIN.to_owned());
    assert_eq!(verify(&changed, &keys), Err(forged.clone()));
    // One good signature does not heal a bad one.
    let foreign = sign("other text\n", &[&other]).unwrap();
    let mixed = format!("{}{}", sign(TEXT, &[&known]).unwrap(), foreign.lines().last().unwrap()) + "\n";
    assert_eq!(verify(&mixed, &keys).unwrap().len(), 1);
    assert_eq!(verify(&mixed, &[known.key.clone(), other.key]), Err(forged));
}

#[test]
fn a_key_that_signed_twice_refuses_the_note() {
    let key = TestKey::log(1);
    let note = sign(TEXT, &[&key]).unwrap();
    let line = note.lines().last().unwrap();
    let twice = format!("{note}{line}\n");
    let note = Note::parse(twice.as_bytes()).unwrap();
    assert_eq!(note.verify(&[key.key]), Err(NoteError::Repeated(ORIGIN.to_owned())));
    assert_eq!(note.verify(&[]), Ok(Vec::new()));
}

#[test]
fn many_signatures_are_read_and_too_many_are_not() {
    let keys: Vec<TestKey> = (0..=100).map(TestKey::log).collect();
    let signers = |count: usize| keys[..count].iter().map(|key| key as &dyn ledger::note::Signer).collect::<Vec<_>>();
    let public: Vec<VerifierKey> = keys.iter().map(|key| key.key.clone()).collect();
    for count in [1, 16, MAX_SIGNATURES] {
        let note = sign(TEXT, &signers(count)).unwrap();
        assert_eq!(Note::parse(note.as_bytes()).unwrap().verify(&public).unwrap().len(), count);
    }
    assert_eq!(sign(TEXT, &signers(MAX_SIGNATURES + 1)), Err(NoteError::TooMany));
    assert_eq!(Note::parse(&vec![b'a'; MAX_NOTE + 1]), Err(NoteError::TooLong(MAX_NOTE + 1)));
}

#[test]
fn what_is_no_note_is_refused() {
    let line = EXAMPLE.lines().last().unwrap();
    let (text, _) = EXAMPLE.split_at(EXAMPLE.rfind("\n\n").unwrap() + 1);
    let whole = |text: &str, lines: &str| format!("{text}{lines}");
    for (note, error) in [
        (String::new(), NoteError::Text),
        (text.to_owned(), NoteError::Unsigned),
        (whole(text, "\n"), NoteError::Unsigned),
        (whole(text, "\n\n"), NoteError::Unsigned),
        (whole(text, &format!("{line}\n")), NoteError::Unsigned),
        (whole(text, &format!("\n{line}")), NoteError::Text),
        (whole(text, &format!("\n{line}\n\n")), NoteError::Unsigned),
        (whole(text, &format!("\n{line}\r\n")), NoteError::Text),
        (whole(text, &format!("\n{line}\nmore\n")), NoteError::Line(2)),
        (whole(text, &format!("\n-{line}\n")), NoteError::Line(1)),
        (whole(text, &format!("\n{line} \n")), NoteError::Line(1)),
        (whole(text, "\n\u{2014} name\n"), NoteError::Line(1)),
        (whole(text, "\n\u{2014} name x08g\n"), NoteError::Line(1)),
        (whole(text, "\n\u{2014} name x08goA==\n"), NoteError::Line(1)),
        (whole(text, "\n\u{2014} name x08go\n"), NoteError::Line(1)),
        (whole(text, "\n\u{2014} na+me x08goAA=\n"), NoteError::Line(1)),
        (whole(text, "\n\u{2014}  x08goAA=\n"), NoteError::Line(1)),
        (whole(text, "\n\u{2014} na\u{a0}me x08goAA=\n"), NoteError::Line(1)),
        (whole(&text.replace("know", "kn\tow"), &format!("\n{line}\n")), NoteError::Text),
        (whole(&text.replace("know", "kn\0ow"), &format!("\n{line}\n")), NoteError::Text),
    ] {
        assert_eq!(Note::parse(note.as_bytes()).err(), Some(error), "{note:?}");
    }
    assert_eq!(Note::parse(b"te\xffxt\n\n\xe2\x80\x94 name x08goAA=\n").err(), Some(NoteError::Text));
    assert!(Note::parse(whole(text, "\n\u{2014} name x08goAA=\n").as_bytes()).is_ok());
}

#[test]
fn what_could_not_be_read_is_not_written() {
    let (key, witness) = (TestKey::log(1), TestKey::witness("witness.example", 2));
    assert_eq!(sign("no line feed", &[&key]), Err(NoteError::Text));
    assert_eq!(sign("a\ttab\n", &[&key]), Err(NoteError::Text));
    assert_eq!(sign("", &[&key]), Err(NoteError::Text));
    assert_eq!(sign(TEXT, &[]), Err(NoteError::Unsigned));
    assert_eq!(sign(TEXT, &[&witness]), Err(NoteError::Unfit("witness.example".to_owned())));
}

#[test]
fn no_flipped_bit_verifies() {
    let key = TestKey::log(1);
    let note = sign(TEXT, &[&key]).unwrap();
    let keys = [key.key];
    let mut unknown = 0;
    for bytes in flipped(&note) {
        // A flip in the name or the id makes the key another one, which nobody knows.
        let verified = Note::parse(&bytes).and_then(|note| note.verify(&keys));
        if let Ok(signed) = verified {
            assert_eq!(signed, [], "{}", String::from_utf8_lossy(&bytes));
            unknown += 1;
        }
    }
    assert!(unknown > 0);
}

proptest! {
    #[test]
    fn what_is_signed_is_read_back(lines in prop::collection::vec("[^\\x00-\\x1f]{0,20}", 1..6)) {
        let text = lines.join("\n") + "\n";
        let key = TestKey::log(3);
        let signed = sign(&text, &[&key]).unwrap();
        let note = Note::parse(signed.as_bytes()).unwrap();
        prop_assert_eq!(note.text(), text);
        prop_assert_eq!(note.verify(&[key.key]).unwrap().len(), 1);
    }
}
