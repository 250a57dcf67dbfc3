//! Bundles: what a server hands out verifies without it, and nothing that was changed does.

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use axum::body::Bytes;
use engine::ledger::note::VerifierKey;
use engine::ledger::verify::{Report, TrustRoots, Verdict, verify_bundle};

use super::with_some_history;
use crate::app::{LOGS, TestApp};

/// A bundle, by the query that asks for it.
async fn bundle(app: &TestApp, query: &str) -> Bytes {
    let answer = app.user("ada").get(&format!("{LOGS}/v2/export?format=bundle{query}")).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/zip"));
    assert_eq!(answer.header("content-encoding"), None);
    answer.body
}

/// The keys of a server, as its administrator keeps them elsewhere.
async fn trusted(app: &TestApp) -> TrustRoots {
    let keys = app.engine().verifier_keys().await.unwrap();
    let keys: Vec<VerifierKey> = keys.iter().flat_map(|named| &named.keys).map(|key| key.parse().unwrap()).collect();
    TrustRoots::new(keys, None)
}

async fn verified(app: &TestApp, query: &str) -> Report {
    verify_bundle(Cursor::new(bundle(app, query).await), &trusted(app).await).unwrap()
}

#[tokio::test]
async fn a_bundle_of_the_whole_log_verifies_without_the_server() {
    let app = with_some_history().await;
    let size = app.all_entries(Some("acme")).await.len() as u64;
    let report = verified(&app, "").await;
    assert_eq!((report.verdict, report.entries), (Verdict::Verified, size), "{report}");
    assert!(report.shown[0].starts_with("Every entry from 0 on"), "{report}");
    assert_eq!((report.texts.missing, report.texts.destroyed), (0, 0));
    assert!(report.texts.opened > size);
    // Somebody who knows no key learns that it fits together, and not more.
    let unknown = verify_bundle(Cursor::new(bundle(&app, "").await), &TrustRoots::default()).unwrap();
    assert_eq!(unknown.verdict, Verdict::SignerUnknown, "{unknown}");
}

#[tokio::test]
async fn a_part_of_the_log_verifies_by_places_and_by_times() {
    let app = TestApp::start().await;
    let mut times = Vec::new();
    for _ in 0..4 {
        app.clock().forward(3_600);
        let before = app.clock_now() / 1_000_000;
        let body = r#"{"setDefaultEnvironmentPermission":"none"}"#;
        app.user("ada").patch("/api/orgs/acme").body(body).await.expect(200);
        app.entries(Some("acme")).await;
        // A second may pass meanwhile.
        times.push((before, app.clock_now() / 1_000_000));
    }
    app.clock().forward(3_600);
    let size = app.all_entries(Some("acme")).await.len() as u64;

    let report = verified(&app, "&from=2&to=5").await;
    assert_eq!((report.verdict, report.entries), (Verdict::Verified, 3), "{report}");
    // Two changes, and one entry on each side, which show that there was none besides.
    let report = verified(&app, &format!("&startTime={}&endTime={}", times[1].0, times[2].1)).await;
    assert_eq!((report.verdict, report.entries), (Verdict::Verified, 4), "{report}");
    // Up to the newest there is none on that side.
    let report = verified(&app, &format!("&startTime={}", times[3].0)).await;
    assert_eq!((report.verdict, report.entries > 1), (Verdict::Verified, true), "{report}");
    let report = verified(&app, &format!("&endTime={}", times[0].1)).await;
    assert_eq!((report.verdict, report.entries), (Verdict::Verified, size - 2), "{report}");
    let ada = app.user("ada");
    let future = format!("{LOGS}/v2/export?format=bundle&startTime={}", times[3].1 + 1_000_000);
    assert!(ada.get(&future).await.expect(400).message().contains("no entry shows"));
    assert!(
        ada.get(&format!("{LOGS}/v2/export?format=bundle&from=5&to=5")).await.expect(400).message().contains("prove")
    );
}

#[tokio::test]
async fn a_choice_of_entries_is_authentic_and_says_that_others_may_be_missing() {
    let app = with_some_history().await;
    let report = verified(&app, "&user=alice&eventFilter=environment-open").await;
    assert_eq!((report.verdict, report.entries), (Verdict::Verified, 1), "{report}");
    assert!(report.not_shown.iter().any(|sentence| sentence.starts_with("That no entry is missing")), "{report}");
    let nothing = verified(&app, "&eventFilter=stack-deleted").await;
    assert_eq!((nothing.verdict, nothing.entries), (Verdict::Verified, 0), "{nothing}");
}

#[tokio::test]
async fn a_bundle_in_which_anything_was_changed_does_not_verify() {
    let app = with_some_history().await;
    let (bytes, trust) = (bundle(&app, "").await, trusted(&app).await);
    let step = (bytes.len() / 150).max(1);
    for at in (0..bytes.len()).step_by(step) {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1;
        let report = verify_bundle(Cursor::new(changed), &trust).unwrap();
        // The README proves nothing, and says so.
        assert!(report.verdict == Verdict::Tampered || is_readme(&bytes, at), "byte {at}: {report}");
    }
}

/// Whether a byte is in the content of the README, which is stored as it is.
fn is_readme(bytes: &[u8], at: usize) -> bool {
    let find = |text: &[u8]| bytes.windows(text.len()).position(|window| window == text);
    let start = find(b"A part of the audit log ").expect("the README is there");
    let end = find(b"This file proves nothing.\n").expect("the README is there") + 26;
    (start..end).contains(&at)
}

#[tokio::test]
async fn whoever_knows_only_the_key_before_learns_the_new_one_from_the_bundle() {
    let app = with_some_history().await;
    app.engine().publish().await.unwrap();
    let before = trusted(&app).await;
    app.engine().rotate_log_key(&app.operator()).await.unwrap();
    let report = verify_bundle(Cursor::new(bundle(&app, "").await), &before).unwrap();
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[tokio::test]
async fn what_was_erased_is_explained_by_its_record_wherever_that_stands() {
    let app = with_some_history().await;
    let size = app.all_entries(Some("acme")).await.len();
    app.engine().erase_user(&app.operator(), "mallory".into(), None).await.unwrap();
    // The record is among the entries, comes after them, or is no match.
    for query in [String::new(), format!("&to={size}"), "&eventFilter=environment-unauthorized-open".to_owned()] {
        let report = verified(&app, &query).await;
        assert_eq!(report.verdict, Verdict::Verified, "{query}: {report}");
        assert!(report.texts.destroyed > 0 && report.texts.missing == 0, "{query}: {report}");
    }
}

#[tokio::test]
async fn the_log_of_the_server_vouches_for_the_bundle_once_it_has_anchored_the_log() {
    let app = with_some_history().await;
    app.engine().publish().await.unwrap();
    let number = app.engine().anchor_logs().await.unwrap();
    assert_eq!(number, Some(0));
    // The log is longer than it was then.
    app.session("alice", "web/prod").await;
    let report = verified(&app, "").await;
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert!(report.shown.iter().any(|sentence| sentence.starts_with("The log of the server, at entry")), "{report}");
}

#[tokio::test]
async fn the_verifier_of_the_documents_judges_the_same() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there is no python3");
        return;
    }
    let app = with_some_history().await;
    let keys = app.engine().verifier_keys().await.unwrap();
    let of_acme = keys.iter().find(|named| named.name.organization.as_deref() == Some("acme")).unwrap();
    let judge = |bytes: &[u8]| {
        let file = app.folder().join("bundle.zip");
        std::fs::write(&file, bytes).unwrap();
        let mut verifier = Command::new("python3");
        verifier.env("PYTHONDONTWRITEBYTECODE", "1");
        verifier.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/verify.py"));
        let output = verifier.arg(file).arg(&of_acme.keys[0]).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for query in ["", "&from=2&to=5", "&user=alice"] {
        let bytes = bundle(&app, query).await;
        let (code, said) = judge(&bytes);
        assert_eq!(code, Some(0), "{query}: {said}");
        let mut changed = bytes.to_vec();
        changed[60] ^= 1;
        assert_eq!(judge(&changed).0, Some(1), "{query}");
    }
}
