//! A bundle in which something was changed: by chance, by somebody who knows the format, and by the server itself.

use ledger::bundle::Events;
use ledger::note::Signer as _;
use ledger::verify::{TrustRoots, Verdict};
use ledger::{Opening, StatementName};
use serde_json::json;

use super::log::{TestLog, Wanted};
use super::{fails, verify};
use crate::notes::TestKey;
use crate::parts::{Members, Parts, zip};
use proptest::prelude::*;
use std::sync::LazyLock;

const ALTERED: &str = "it is not the entry that was exported here";
const ROOT: &str = "range.proof: entries and proof do not lead to the root of the checkpoint";

#[test]
fn no_byte_outside_of_the_readme_can_change() {
    let mut log = TestLog::of(8);
    log.destroy(&["detail"]);
    let server = log.server(4);
    let changes = [(log.signer_with(2).key().clone(), log.introduction(2), 0)];
    let wanted = Wanted { places: Some(2..7), server: Some((&server, 4)), changes: &changes, ..Wanted::default() };
    let bundle = log.bundle(&wanted);
    assert_eq!(verify(&bundle, &log.trust()).verdict, Verdict::Verified);
    let [catalogue, readme] = ["catalogue.json", "README"].map(|name| {
        let content = Parts::of(&bundle).text(name);
        let start = bundle.windows(content.len()).position(|window| window == content.as_bytes()).expect("stored");
        start..start + content.len()
    });
    for at in 0..bundle.len() {
        // The catalogue is the longest member by far, and one digest guards all of it.
        if readme.contains(&at) || catalogue.contains(&at) && !at.is_multiple_of(97) {
            continue;
        }
        let mut flipped = bundle.clone();
        flipped[at] ^= 1 << (at % 8);
        assert_eq!(verify(&flipped, &log.trust()).verdict, Verdict::Tampered, "byte {at}");
    }
    for cut in (0..bundle.len()).step_by(101) {
        assert_eq!(verify(&bundle[..cut], &log.trust()).verdict, Verdict::Tampered, "cut at {cut}");
    }
}

#[test]
fn an_altered_entry_is_found_at_its_line() {
    let log = TestLog::of(10);
    let mut parts = Parts::of(&log.range(2..9));
    parts.edit("events.jsonl", |lines| {
        lines[3] = lines[3].replace("\"outcome\":\"intended\"", "\"outcome\":\"succeeded\"");
    });
    fails(&parts.zip(), &log.trust(), &format!("events.jsonl, line 4: {ALTERED}"));
    // Whoever knows the format can hide the place, and not the change.
    fails(&parts.zip_with_sums(), &log.trust(), ROOT);

    let mut parts = Parts::of(&log.range(2..9));
    parts.edit("events.jsonl", |lines| lines[3] = lines[3].replace("\"v\":1", "\"v\": 1"));
    let report = verify(&parts.zip_with_sums(), &log.trust());
    let fault = report.fault.expect("a fault");
    assert_eq!((fault.file.as_str(), fault.line), ("events.jsonl", Some(4)));
    assert!(fault.what.starts_with("an unexpected byte at"), "{fault}");

    let mut parts = Parts::of(&log.bundle(&Wanted { rows: Some(&[1, 4, 6]), ..Wanted::default() }));
    parts.edit("events.jsonl", |lines| lines[1] = lines[1].replace("\"rev\":7", "\"rev\":8"));
    fails(&parts.zip(), &log.trust(), &format!("events.jsonl, line 2: {ALTERED}"));
    fails(&parts.zip_with_sums(), &log.trust(), "proofs.tsv, line 2: entry 4: the proof leads to another root");
}

#[test]
fn entries_that_are_deleted_swapped_repeated_or_added_are_found() {
    type Edit = fn(&mut Vec<String>);
    let log = TestLog::of(10);
    let bundle = log.range(2..9);
    let edits: [(&str, usize, Edit); 8] = [
        ("the first deleted", 1, |lines| drop(lines.remove(0))),
        ("one in the middle deleted", 4, |lines| drop(lines.remove(3))),
        ("the last deleted", 0, |lines| drop(lines.pop())),
        ("two swapped", 3, |lines| lines.swap(2, 4)),
        ("the first repeated", 2, |lines| lines.insert(0, lines[0].clone())),
        ("one in the middle repeated", 5, |lines| lines.insert(3, lines[3].clone())),
        ("one added", 4, |lines| lines.insert(3, lines[3].replace("\"rev\":7", "\"rev\":8"))),
        ("one added at the end", 8, |lines| lines.push(lines[6].replace("\"rev\":7", "\"rev\":8"))),
    ];
    for (what, line, edit) in edits {
        let mut parts = Parts::of(&bundle);
        parts.edit("events.jsonl", edit);
        let place = match line {
            0 => "events.jsonl: it has another number of entries than the manifest says".to_owned(),
            line => format!("events.jsonl, line {line}: {ALTERED}"),
        };
        fails(&parts.zip(), &log.trust(), &place);
        let report = verify(&parts.zip_with_sums(), &log.trust());
        assert_eq!(report.verdict, Verdict::Tampered, "{what}");
    }
}

#[test]
fn an_opening_that_is_changed_replaced_or_deleted_is_found() {
    let log = TestLog::of(10);
    let bundle = log.range(2..9);
    let mut parts = Parts::of(&bundle);
    parts.edit("openings.tsv", |lines| lines[2] = lines[2].replace("acme", "acne"));
    fails(&parts.zip(), &log.trust(), "openings.tsv, line 3: an opening does not match its commitment");

    let mut parts = Parts::of(&bundle);
    parts.edit("openings.tsv", |lines| {
        let value = "{\"login\":\"mallory\",\"name\":\"Mallory\"}".into();
        lines[0] = Opening::new([1; 32], StatementName::Actor, value).line().trim_end().to_owned();
    });
    fails(&parts.zip(), &log.trust(), "openings.tsv, line 1: no entry commits to this opening");

    let mut parts = Parts::of(&bundle);
    parts.edit("openings.tsv", |lines| drop(lines.remove(0)));
    let report = verify(&parts.zip(), &log.trust());
    let first = report.texts.first_missing.clone().expect("one is missing");
    assert_eq!((report.verdict, report.verdict.exit_code()), (Verdict::OpeningsMissing, 4));
    assert_eq!((first.entry, first.name.as_str()), (2, "actor"));
}

#[test]
fn a_forged_explanation_explains_nothing() {
    let mut log = TestLog::of(6);
    log.destroy(&["detail"]);
    let bundle = log.range(0..4);
    let with = |edit: &dyn Fn(&str) -> String| {
        let mut parts = Parts::of(&bundle);
        parts.edit("explain/entries.jsonl", |lines| lines[0] = edit(&lines[0]));
        parts.zip()
    };
    let place = "explain/entries.jsonl, line 1";
    fails(
        &with(&|line| line.replace("\"index\":6", "\"index\":5")),
        &log.trust(),
        &format!("{place}: the proof has another number of hashes than the sizes ask for"),
    );
    fails(
        &with(&|line| line.replace("\"chosen\":\"subject\"", "\"chosen\":\"age\"")),
        &log.trust(),
        &format!("{place}: the proof leads to another root"),
    );
    let text = Parts::of(&bundle).text("explain/entries.jsonl");
    let first = &text[text.find("destroyed\\t[\\\"").expect("a list") + 14..][..44];
    let other = super::log::base64(&[0; 32]);
    fails(
        &with(&|line| line.replace(first, &other)),
        &log.trust(),
        &format!("{place}: an opening does not match its commitment"),
    );

    let mut parts = Parts::of(&bundle);
    parts.set("explain/entries.jsonl", "");
    let report = verify(&parts.zip(), &log.trust());
    assert_eq!((report.verdict, report.texts.missing), (Verdict::OpeningsMissing, 4));
}

#[test]
fn a_changed_proof_or_checkpoint_is_found() {
    let log = TestLog::of(10);
    let bundle = log.range(3..9);
    for line in 1..Parts::of(&bundle).lines("range.proof").len() {
        let mut parts = Parts::of(&bundle);
        parts.edit("range.proof", |lines| {
            let other = if lines[line].starts_with('A') { "B" } else { "A" };
            lines[line].replace_range(..1, other);
        });
        fails(&parts.zip(), &log.trust(), ROOT);
    }
    let mut parts = Parts::of(&bundle);
    parts.edit("range.proof", |lines| drop(lines.pop()));
    fails(&parts.zip(), &log.trust(), "range.proof: it is not a proof of a range");

    let forged = format!("checkpoint: the signature of {} is not over this text", log.origin);
    for line in [1, 2] {
        let mut parts = Parts::of(&bundle);
        parts.edit("checkpoint", |lines| {
            lines[line] = if line == 1 { "11".to_owned() } else { super::log::base64(&[7; 32]) };
        });
        fails(&parts.zip(), &log.trust(), &forged);
    }
    let mut parts = Parts::of(&bundle);
    parts.edit("checkpoint", |lines| lines.truncate(4));
    fails(&parts.zip(), &log.trust(), "checkpoint: a note without signatures");

    let mut parts = Parts::of(&log.bundle(&Wanted { rows: Some(&[1, 4, 6]), ..Wanted::default() }));
    parts.edit("proofs.tsv", |lines| lines.swap(0, 2));
    fails(&parts.zip(), &log.trust(), "proofs.tsv, line 1: entry 6: the proof leads to another root");
}

#[test]
fn another_signer_is_no_signer() {
    let log = TestLog::of(10);
    let other = log.signed_by(66);
    assert_eq!(verify(&other.range(2..9), &log.trust()).verdict, Verdict::SignerUnknown);
    // Both sign, as after a change of keys: the one that is known counts.
    let mut parts = Parts::of(&log.range(2..9));
    let theirs = Parts::of(&other.range(2..9)).lines("checkpoint");
    parts.edit("checkpoint", |lines| lines.push(theirs[4].clone()));
    assert_eq!(verify(&parts.zip(), &log.trust()).verdict, Verdict::Verified);
}

#[test]
fn no_server_introduces_keys_of_another() {
    let log = TestLog::of(5);
    let foreign = TestKey::log(2);
    let changes = [(foreign.key().clone(), log.introduction(2), 0)];
    let trust = TrustRoots::new(vec![log.signer().key().clone(), TestKey::log(7).key().clone()], None);
    let bundle = log.bundle(&Wanted { changes: &changes, ..Wanted::default() });
    fails(&bundle, &trust, "explain/keys.jsonl, line 1: its key is one of another server");
}

#[test]
fn what_belongs_to_another_log_is_found() {
    let log = TestLog::of(10);
    let mut other = TestLog::new(2);
    for _ in 0..10 {
        other.open_environment(0, "prod");
    }
    let (ours, theirs) = (Parts::of(&log.range(2..9)), Parts::of(&other.range(2..9)));
    let mut parts = ours.clone();
    parts.set("checkpoint", theirs.get("checkpoint"));
    fails(&parts.zip(), &log.trust(), "checkpoint: it is the checkpoint of another log");
    let mut parts = ours.clone();
    for name in ["events.jsonl", "events.sums", "openings.tsv"] {
        parts.set(name, theirs.get(name));
    }
    fails(&parts.zip(), &log.trust(), "events.jsonl, line 1: it is an entry of another log");
    // The whole of the other log under this one's name.
    let mut parts = theirs.clone();
    let mut manifest = parts.manifest();
    manifest["origin"] = json!(log.origin.as_str());
    parts.set_manifest(&manifest);
    fails(&parts.zip(), &log.trust(), "checkpoint: it is the checkpoint of another log");
}

#[test]
fn a_log_that_was_cut_and_continued_contradicts_what_the_server_anchored() {
    let log = TestLog::of(10);
    let server = log.server(9);
    let mut continued = TestLog::of(7);
    for _ in 0..4 {
        continued.open_environment(2, "instead");
    }
    // The server signs both, and anchors the first.
    let honest = log.bundle(&Wanted { server: Some((&server, 9)), ..Wanted::default() });
    assert_eq!(verify(&honest, &log.trust()).verdict, Verdict::Verified);
    let mut parts =
        Parts::of(&continued.bundle(&Wanted { server: Some((&continued.server(9), 9)), ..Wanted::default() }));
    for name in ["server/anchor.json", "server/checkpoint"] {
        parts.set(name, Parts::of(&honest).get(name));
    }
    fails(
        &parts.zip(),
        &log.trust(),
        "server/anchor.json: both trees of this log: the proof has another number of hashes than the sizes ask for",
    );
}

#[test]
fn a_forged_anchor_is_found() {
    let log = TestLog::of(10);
    let server = log.server(9);
    let bundle = log.bundle(&Wanted { server: Some((&server, 9)), ..Wanted::default() });
    let root = super::log::base64(&log.root(9));
    let edits: [(&str, &str, &str); 5] = [
        ("\"index\":1", "\"index\":0", "its entry: the proof leads to another root"),
        ("\"logs\":2,\"number\"", "\"logs\":3,\"number\"", "its entry: the proof leads to another root"),
        ("\"place\":0", "\"place\":1", "the line of this log: the proof leads to another root"),
        (&root, &super::log::base64(&[3; 32]), "the line of this log: the proof leads to another root"),
        ("\"slot\":0", "\"slot\":5", "the line of this log: the proof leads to another root"),
    ];
    for (from, to, what) in edits {
        let mut parts = Parts::of(&bundle);
        let anchor = parts.text("server/anchor.json");
        assert!(anchor.contains(from), "{from}");
        parts.set("server/anchor.json", anchor.replace(from, to));
        fails(&parts.zip(), &log.trust(), &format!("server/anchor.json: {what}"));
    }
}

#[test]
fn a_row_that_was_taken_out_with_its_proof_left_is_found() {
    let log = TestLog::of(10);
    let bundle = log.bundle(&Wanted { rows: Some(&[1, 4, 6]), ..Wanted::default() });
    let mut parts = Parts::of(&bundle);
    parts.edit("events.jsonl", |lines| drop(lines.remove(1)));
    fails(&parts.zip(), &log.trust(), &format!("events.jsonl, line 2: {ALTERED}"));
    fails(&parts.zip_with_sums(), &log.trust(), "proofs.tsv, line 2: entry 4: the proof leads to another root");
}

#[test]
fn an_archive_with_other_members_is_refused() {
    let log = TestLog::of(3);
    let parts = Parts::of(&log.range(0..3));
    let refused = |edit: &dyn Fn(&mut Members), place: &str| {
        let mut parts = parts.clone();
        edit(&mut parts.0);
        fails(&zip(&parts.0), &log.trust(), place);
    };
    let alien = "it has a member that does not belong there";
    for name in
        ["../events.jsonl", "/etc/passwd", "events.jsonl", "extra", "explain/../README", "C:\\x", "EVENTS.jsonl", ""]
    {
        refused(&|members| members.push((name.to_owned(), Vec::new())), alien);
    }
    refused(&|members| members.swap(0, 1), alien);
    refused(&|members| drop(members.remove(1)), "it has other members than a bundle of its kind");
    refused(&|members| drop(members.pop()), "it has no manifest.json");
}

#[test]
fn a_manifest_that_says_something_else_is_refused() {
    let log = TestLog::of(5);
    let parts = Parts::of(&log.range(1..4));
    let with = |key: &str, value: serde_json::Value| {
        let mut parts = parts.clone();
        let mut manifest = parts.manifest();
        manifest[key] = value;
        parts.set_manifest(&manifest);
        parts.zip()
    };
    fails(
        &with("extra", json!(1)),
        &log.trust(),
        "manifest.json: it lacks a member, or has one that it should not have",
    );
    fails(
        &with("format", json!("escriba-bundle-v2")),
        &log.trust(),
        "manifest.json: it is of a format that this version does not know",
    );
    fails(&with("kind", json!("filtered")), &log.trust(), "it has other members than a bundle of its kind");
    fails(
        &with("range", json!({"begin": 1, "end": 5})),
        &log.trust(),
        "range.proof: it is about another range than the manifest",
    );

    let mut edited = parts.clone();
    let manifest = edited.text("manifest.json");
    edited.set("manifest.json", manifest.replace("ada", "eve"));
    fails(&zip(&edited.0), &log.trust(), "manifest.json: it is not what its own digest says");
}

#[test]
fn a_bundle_is_not_finished_with_another_number_of_entries() {
    let log = TestLog::of(5);
    let about = ledger::bundle::About {
        origin: &log.origin,
        range: 0..3,
        window: None,
        exporter: "ada",
        made: 0,
        withheld: &[],
    };
    let mut events = Events::begin(Vec::new(), &about).expect("a vector takes everything");
    events.leaf(&log.entries[0].leaf.as_leaf()).expect("a vector takes everything");
    let openings = events.end().expect("a vector takes everything");
    let error = openings.complete(5, &log.range_proof(0..3, 5)).err().expect("two are missing");
    assert_eq!(error.to_string(), "the bundle has 1 entries where 3 were announced");
}

/// A bundle with something in each member.
static FULL: LazyLock<(TestLog, Parts)> = LazyLock::new(|| {
    let mut log = TestLog::of(8);
    log.destroy(&["detail"]);
    let server = log.server(4);
    let changes = [(log.signer_with(2).key().clone(), log.introduction(2), 0)];
    let wanted = Wanted { places: Some(2..7), server: Some((&server, 4)), changes: &changes, ..Wanted::default() };
    let parts = Parts::of(&log.bundle(&wanted));
    (log, parts)
});

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn whatever_stands_in_a_member_it_verifies_only_if_it_is_what_was_written(
        member in 0_usize..9,
        place in any::<prop::sample::Index>(),
        length in 0_usize..40,
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            "[ -~\\n\\t]{0,40}".prop_map(String::into_bytes),
        ],
        repaired: bool,
    ) {
        let (log, clean) = &*FULL;
        let mut parts = clean.clone();
        let (name, content) = &mut parts.0[member];
        // Who signs besides, and which keys were introduced, are no part of what was written.
        let free = ["checkpoint", "server/checkpoint", "explain/keys.jsonl"].contains(&name.as_str());
        let start = place.index(content.len() + 1);
        let end = (start + length).min(content.len());
        content.splice(start..end, bytes);
        prop_assume!(name != "events.jsonl" || std::str::from_utf8(content).is_ok());
        let is_sums = name == "events.sums";
        let same = parts.0 == clean.0 || repaired && is_sums;
        let bundle = if repaired { parts.zip_with_sums() } else { parts.zip() };
        let report = verify(&bundle, &log.trust());
        prop_assert!(same || free || report.verdict != Verdict::Verified, "{}", report);
    }
}
