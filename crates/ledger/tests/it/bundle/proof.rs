//! A proof and its event, checked without the server.

use ledger::formats::{Device, Format, Writer};
use ledger::note::Signer;
use ledger::verify::{Report, TrustRoots, Verdict, verify_proof};

use super::log::TestLog;

fn event(log: &TestLog, index: usize) -> String {
    let mut line = String::new();
    let device = Device { host: "", organization: "" };
    Writer::new(Format::Ndjson, device).entry(&mut line, &log.entries[index], None);
    line
}

fn verify(proof: &str, event: &str, trust: &TrustRoots) -> Report {
    verify_proof(proof.as_bytes(), event.as_bytes(), trust)
}

#[track_caller]
fn fails(report: &Report, place: &str) {
    let found = report.fault.as_ref().map(ToString::to_string);
    assert_eq!((report.verdict, found.as_deref()), (Verdict::Tampered, Some(place)));
}

#[test]
fn a_proof_shows_that_the_log_holds_its_event_and_what_that_says() {
    let log = TestLog::of(7);
    let report = verify(&log.tlog_proof(3), &event(&log, 3), &log.trust());
    let signer = log.signer();
    let key = Signer::key(&signer);
    insta::assert_snapshot!(report.to_string().replace(&key.to_string(), "KEY"), @r#"
    Verified: all of it is as it was written.

    Shown:
    - The log of 7 entries holds this one, unchanged, at index 3.
    - It says: Read "db.password" of open environment "acme/web/pro\u2028d\"0".
    - The checkpoint of size 7 is signed by KEY, which you trust.

    Not shown:
    - That the log was right to say what it says: it is the word of the server that wrote it.
    - What else happened: a proof is about one entry.
    "#);
    assert_eq!(report.texts.opened, 4);

    let unknown = verify(&log.tlog_proof(3), &event(&log, 3), &TrustRoots::default());
    assert_eq!((unknown.verdict, unknown.entries), (Verdict::SignerUnknown, 1));
    // A leaf alone proves as much, and tells less.
    let leaf = log.entries[3].leaf.as_leaf().as_str();
    let alone = verify(&log.tlog_proof(3), leaf, &log.trust());
    assert_eq!((alone.verdict, alone.texts.opened), (Verdict::Verified, 0));
    assert!(alone.not_shown.iter().any(|sentence| sentence.starts_with("What 4 of its texts said")), "{alone}");
}

#[test]
fn no_byte_can_be_changed_in_an_event_and_none_that_counts_in_its_proof() {
    let log = TestLog::of(7);
    let (proof, event, trust) = (log.tlog_proof(3), event(&log, 3), log.trust());
    let flipped = |text: &str, at: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] ^= 1;
        bytes
    };
    for at in 0..event.len() {
        let report = verify_proof(proof.as_bytes(), &flipped(&event, at), &trust);
        assert_eq!(report.verdict, Verdict::Tampered, "byte {at}");
    }
    for at in 0..proof.len() {
        // A changed name or id of the key is a signature of somebody unknown.
        let report = verify_proof(&flipped(&proof, at), event.as_bytes(), &trust);
        assert_ne!(report.verdict, Verdict::Verified, "byte {at}");
    }
}

#[test]
fn the_first_place_says_what_does_not_fit() {
    let log = TestLog::of(7);
    let (proof_3, event_3, trust) = (log.tlog_proof(3), event(&log, 3), log.trust());
    let other = TestLog::new(2);

    fails(
        &verify(&log.tlog_proof(4), &event_3, &trust),
        "proof: it is not the proof of this event: the proof leads to another root",
    );
    fails(&verify("x", &event_3, &trust), "proof: not a tlog-proof: no blank line before a checkpoint");
    fails(&verify(&proof_3, "x", &trust), "event: it is not an event");
    let changed = event_3.replacen("\"index\":3", "\"index\":4", 1);
    fails(&verify(&proof_3, &changed, &trust), "event: its `index` is not what leaf, openings and proof say");
    let changed = event_3.replacen("\"description\":\"", "\"description\":\"Not ", 1);
    fails(&verify(&proof_3, &changed, &trust), "event: its `description` is not what leaf, openings and proof say");
    let foreign = event_3.replace(log.origin.as_str(), other.origin.as_str());
    fails(&verify(&proof_3, &foreign, &trust), "event: it is an event of another log than the proof");
}

#[test]
fn what_a_later_version_adds_is_named_and_not_believed() {
    let log = TestLog::of(7);
    let later = event(&log, 3).replacen('{', "{\"weather\":\"fine\",", 1);
    let report = verify(&log.tlog_proof(3), &later, &log.trust());
    assert_eq!(report.verdict, Verdict::Verified);
    assert!(report.not_shown.iter().any(|sentence| sentence.contains("`weather`")), "{report}");
}
