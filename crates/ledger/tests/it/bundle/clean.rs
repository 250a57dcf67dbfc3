//! A bundle as the server made it.

use ledger::StatementName;
use ledger::note::Signer as _;
use ledger::policy::Policy;
use ledger::verify::{MissingText, TextsFound, TrustRoots, Verdict};
use proptest::prelude::*;

use super::log::{STEP, TIME, TestLog, Wanted};
use super::verify;
use crate::notes::TestKey;

#[test]
fn a_range_shows_every_entry_and_says_what_it_does_not_show() {
    let log = TestLog::of(20);
    let report = verify(&log.range(3..17), &log.trust());
    let key = log.signer().key().to_string();
    insta::assert_snapshot!(report.to_string().replace(&key, "<key>"), @r#"
    Verified: all of it is as it was written.

    Shown:
    - Every entry from 3 on, before 17, is there, unchanged and in order: 14 entries of 20 in the log.
    - 56 texts are those that the entries commit to.
    - The checkpoint of size 20 is signed by <key>, which you trust.

    Not shown:
    - That the log was right to say what it says: it is the word of the server that wrote it.
    - When the entries were written: only a witness could say that they were there at a time.
    - Who made this bundle, when, and for what: that it is of "ada, at esc.example.net" is its own word.
    "#);
    assert_eq!((report.entries, report.verdict.exit_code()), (14, 0));
}

#[test]
fn a_choice_of_entries_is_authentic_and_not_complete() {
    let log = TestLog::of(20);
    let report = verify(&log.bundle(&Wanted { rows: Some(&[0, 7, 19]), ..Wanted::default() }), &log.trust());
    assert_eq!((report.verdict, report.entries), (Verdict::Verified, 3));
    assert!(report.not_shown[0].contains("no entry is missing"), "{report}");
}

#[test]
fn an_unknown_signer_is_no_proof_and_no_tampering() {
    let log = TestLog::of(5);
    let bundle = log.range(0..5);
    let others = [TrustRoots::default(), TrustRoots::new(vec![TestKey::log(1).key().clone()], None)];
    for trust in others {
        let report = verify(&bundle, &trust);
        assert_eq!((report.verdict, report.verdict.exit_code()), (Verdict::SignerUnknown, 3), "{report}");
    }
}

#[test]
fn what_was_destroyed_with_a_record_is_explained_inside_and_outside_of_the_range() {
    let mut log = TestLog::of(6);
    log.destroy(&["client", "detail"]);
    log.open_environment(0, "later");
    for places in [0..8, 0..4, 2..7, 7..8] {
        let report = verify(&log.range(places.clone()), &log.trust());
        let gone = 2 * places.clone().filter(|place| *place < 6).count() as u64;
        assert_eq!(
            (report.verdict, report.texts.destroyed, report.texts.missing),
            (Verdict::Verified, gone, 0),
            "{places:?}"
        );
    }
}

#[test]
fn what_is_missing_without_a_record_is_named() {
    let mut log = TestLog::of(6);
    log.entries[4].openings.retain(|opening| opening.name != "detail");
    let report = verify(&log.range(2..6), &log.trust());
    let first = MissingText { entry: 4, name: "detail".to_owned() };
    let found = TextsFound { opened: 15, missing: 1, first_missing: Some(first), ..TextsFound::default() };
    assert_eq!((report.verdict, report.verdict.exit_code(), report.texts), (Verdict::OpeningsMissing, 4, found));

    // A record explains what was there before it, nothing that came after.
    log.destroy(&["client"]);
    log.open_environment(0, "later");
    log.entries[7].openings.retain(|opening| opening.name != "client");
    let report = verify(&log.range(5..8), &log.trust());
    assert_eq!(report.texts.first_missing, Some(MissingText { entry: 7, name: "client".to_owned() }));
}

#[test]
fn what_a_bundle_withholds_it_says() {
    let mut log = TestLog::of(6);
    log.destroy(&["detail"]);
    let wanted = Wanted { withheld: &[StatementName::Actor, StatementName::Client], ..Wanted::default() };
    let report = verify(&log.bundle(&wanted), &log.trust());
    assert_eq!((report.verdict, report.texts.withheld, report.texts.destroyed), (Verdict::Verified, 13, 6), "{report}");
    // What was destroyed must be readable for ever.
    let wanted = Wanted { withheld: &[StatementName::Destroyed], ..Wanted::default() };
    assert_eq!(verify(&log.bundle(&wanted), &log.trust()).verdict, Verdict::OpeningsMissing);
}

#[test]
fn a_span_of_time_is_complete_if_the_entries_reach_beyond_it() {
    let log = TestLog::of(9);
    let bundle =
        |places, window| log.bundle(&Wanted { places: Some(places), window: Some(window), ..Wanted::default() });
    let second = |number: i64| TIME + number * STEP;
    for (places, window) in [(2..6, second(3)..second(5)), (0..9, 0..second(99)), (4..6, second(4) + 1..second(4) + 2)]
    {
        assert_eq!(verify(&bundle(places, window), &log.trust()).verdict, Verdict::Verified);
    }
    for (places, window) in [(2..6, second(2)..second(5)), (2..6, second(3)..second(6)), (3..3, second(3)..second(4))] {
        let report = verify(&bundle(places, window), &log.trust());
        assert_eq!(report.fault.expect("a fault").file, "manifest.json");
    }
}

#[test]
fn the_log_of_the_server_names_this_log() {
    let log = TestLog::of(9);
    for size in [0, 1, 5, 9] {
        let server = log.server(size);
        let report = verify(&log.bundle(&Wanted { server: Some((&server, size)), ..Wanted::default() }), &log.trust());
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert!(report.shown.iter().any(|line| line.contains(&format!("names this log at size {size}"))), "{report}");
    }
}

#[test]
fn a_witness_of_the_server_log_counts_for_the_logs_that_it_anchors() {
    let log = TestLog::of(9);
    let server = log.server(9);
    let witness = TestKey::witness("w.example/w", 40);
    let policy = |log: &TestLog| {
        let text = format!("log {}\nwitness w {}\nquorum w\n", log.signer().key(), witness.key());
        Some(Policy::parse(&text).expect("a policy"))
    };
    let bundle = log.bundle(&Wanted { server: Some((&server, 9)), ..Wanted::default() });
    let trust = TrustRoots::new(Vec::new(), policy(&log));
    let report = verify(&bundle, &trust);
    assert_eq!(report.verdict, Verdict::SignerUnknown, "{report}");

    let mut parts = crate::parts::Parts::of(&bundle);
    let note = parts.text("server/checkpoint");
    let text = &note[..=note.find("\n\n").expect("a blank line")];
    let line = ledger::cosign::sign(text, 1_772_356_500, &witness).expect("a cosignature");
    parts.set("server/checkpoint", note.clone() + &line);
    let report = verify(&parts.zip(), &trust);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[test]
fn a_key_that_a_trusted_key_introduced_is_trusted() {
    let old = TestLog::of(5);
    let changes = [2, 3].map(|new| (old.signer_with(new).key().clone(), old.signed_by(new - 1).introduction(new), 0));
    let log = old.signed_by(3);
    let bundle = |changes| log.bundle(&Wanted { changes, ..Wanted::default() });
    assert_eq!(verify(&bundle(&changes), &old.trust()).verdict, Verdict::Verified);
    assert_eq!(verify(&bundle(&changes), &log.trust()).verdict, Verdict::Verified);
    for broken in [&changes[..1], &changes[1..], &[]] {
        assert_eq!(verify(&bundle(broken), &old.trust()).verdict, Verdict::SignerUnknown);
    }
}

#[test]
fn an_entry_of_a_later_version_is_checked_as_far_as_it_can_be() {
    let mut log = TestLog::of(3);
    log.alter(1, |leaf| leaf.replace("environment-read-open", "environment-of-the-future"));
    let report = verify(&log.range(0..3), &log.trust());
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert!(report.not_shown[0].starts_with("What 1 of the entries mean"), "{report}");
}

proptest! {
    // As many cases as `PROPTEST_CASES` asks for.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_is_no_false_alarm(
        count in 0_usize..40,
        cut in any::<[prop::sample::Index; 2]>(),
        rows in prop::collection::btree_set(0_u64..40, 0..8),
        destroyed in prop::option::of(prop::sample::subsequence(vec!["actor", "client", "target", "detail"], 1..4)),
        withheld in prop::sample::subsequence(StatementName::ALL[..3].to_vec(), 0..3),
        anchored in prop::option::of(any::<prop::sample::Index>()),
        by_rows: bool,
    ) {
        let mut log = TestLog::of(count);
        if let Some(names) = destroyed {
            log.destroy(&names);
            log.open_environment(1, "later");
        }
        let size = log.size();
        let mut cut = cut.map(|index| index.index(log.entries.len() + 1) as u64);
        cut.sort_unstable();
        let rows: Vec<u64> = rows.into_iter().filter(|row| *row < size).collect();
        let server = anchored.map(|index| index.index(log.entries.len() + 1) as u64).map(|size| (log.server(size), size));
        let wanted = Wanted {
            places: Some(cut[0]..cut[1]),
            rows: by_rows.then_some(&rows),
            withheld: &withheld,
            server: server.as_ref().map(|(server, size)| (server, *size)),
            ..Wanted::default()
        };
        let report = verify(&log.bundle(&wanted), &log.trust());
        prop_assert_eq!(report.verdict, Verdict::Verified, "{}", report);
    }
}
