//! Stored entries: what was written once reads the same for ever.
//!
//! The files under `tests/vectors/v1` are never rewritten. An event that is new gets its vectors in a new file: run this
//! test with `LEDGER_NEW_VECTORS=<name>.jsonl`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ledger::formats::{Format, Writer, json};
use ledger::{Entry, Event, Opening, Outcome, OwnedLeaf, leaf_hash, sentence};
use serde_json::{Value, json};

use crate::sample::{self, OUTCOMES};

#[test]
fn every_stored_entry_reads_and_shows_as_it_did() {
    let mut seen = BTreeMap::new();
    for (place, vector) in stored() {
        let text = |key: &str| vector[key].as_str().unwrap_or_else(|| panic!("{place}: no {key}"));
        let leaf = OwnedLeaf::parse(text("leaf").into()).unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_eq!(hex(&leaf_hash(leaf.as_leaf().as_bytes())), text("hash"), "{place}");
        let openings: Vec<_> = vector["openings"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|line| Opening::parse_line(line.as_str().expect("a line")).expect("an opening"))
            .collect();
        let mut committed: Vec<_> =
            leaf.as_leaf().commitments().map(|(name, value)| (name.to_owned(), value)).collect();
        for opening in &openings {
            opening.verify().unwrap_or_else(|error| panic!("{place}: {error}"));
            committed.retain(|(name, commitment)| *name != opening.name || *commitment != opening.commitment);
        }
        assert!(committed.is_empty(), "{place}: {committed:?} are not opened");
        let entry = Entry { index: 0, leaf, openings };
        assert_eq!(shown(&entry), vector["shown"], "{place}");
        assert_eq!(shown(&Entry { openings: Vec::new(), ..entry.clone() }), vector["erased"], "{place}");
        seen.insert((text("event").to_owned(), text("outcome").to_owned()), vector["leaf"].clone());
    }

    let missing: Vec<_> = OUTCOMES
        .iter()
        .flat_map(|outcome| Event::ALL.iter().map(move |event| (*event, *outcome)))
        .filter(|(event, outcome)| !seen.contains_key(&(event.id().to_owned(), outcome.as_str().to_owned())))
        .collect();
    if let Some(name) = std::env::var_os("LEDGER_NEW_VECTORS").filter(|_| !missing.is_empty()) {
        let path = folder().join(name);
        assert!(!path.exists(), "{} is frozen", path.display());
        let lines: Vec<_> = missing.iter().map(|(event, outcome)| vector(*event, *outcome).to_string()).collect();
        fs::write(path, lines.join("\n") + "\n").expect("the vectors can be written");
    } else {
        assert!(missing.is_empty(), "no stored vector of {missing:?}");
    }
}

#[test]
fn every_stored_leaf_is_written_to_the_same_bytes_again() {
    for (place, stored) in stored() {
        let event = stored["event"].as_str().and_then(Event::from_word).expect("an event");
        let outcome = OUTCOMES.into_iter().find(|outcome| stored["outcome"] == outcome.as_str()).expect("an outcome");
        assert_eq!(vector(event, outcome)["leaf"], stored["leaf"], "{place}");
    }
}

fn vector(event: Event, outcome: Outcome) -> Value {
    let seed = seed(event);
    let entry = sample::entry(&sample::record(event, outcome, seed), seed);
    let openings: Vec<_> = entry.openings.iter().map(Opening::line).collect();
    json!({
        "event": event.id(),
        "outcome": outcome.as_str(),
        "leaf": entry.leaf.as_leaf().as_str(),
        "hash": hex(&leaf_hash(entry.leaf.as_leaf().as_bytes())),
        "openings": openings,
        "shown": shown(&entry),
        "erased": shown(&Entry { openings: Vec::new(), ..entry }),
    })
}

fn shown(entry: &Entry) -> Value {
    let row = |format| {
        let mut text = String::new();
        Writer::new(format, sample::DEVICE).entry(&mut text, entry, Some("ci laptop"));
        text
    };
    json!({
        "sentence": sentence(entry),
        "csv": row(Format::Csv),
        "cef": row(Format::Cef),
        "json": json::AuditLogEvent::new(entry, "https://esc.example.net/avatars/", Some("ci laptop")),
    })
}

/// A number that stays the same when the catalogue grows.
fn seed(event: Event) -> u8 {
    event.id().bytes().fold(0, |seed: u8, byte| seed.wrapping_mul(31).wrapping_add(byte))
}

fn stored() -> Vec<(String, Value)> {
    let mut paths: Vec<_> =
        fs::read_dir(folder()).expect("the folder is there").map(|file| file.expect("a file").path()).collect();
    paths.sort();
    let mut vectors = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "jsonl")) {
        let text = fs::read_to_string(path).expect("the file can be read");
        let lines = text.lines().enumerate();
        let name = path.file_name().expect("a file has a name").to_string_lossy();
        vectors.extend(
            lines.map(|(line, text)| {
                (format!("{name}:{}", line + 1), serde_json::from_str(text).expect("a line of JSON"))
            }),
        );
    }
    vectors
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/v1")
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.concat()
}
