//! One event, and its proof.

use engine::ledger::leaf_hash;
use engine::ledger::note::VerifierKey;
use engine::ledger::tlog_proof::TlogProof;

use super::with_some_history;
use crate::app::{LOGS, TestApp};

async fn keys(app: &TestApp) -> Vec<VerifierKey> {
    let named = app.engine().verifier_keys().await.unwrap();
    named.iter().flat_map(|named| &named.keys).map(|key| key.parse().unwrap()).collect()
}

#[tokio::test]
async fn every_event_has_a_proof_at_once() {
    let app = with_some_history().await;
    for entry in app.all_entries(Some("acme")).await {
        let id = entry.leaf.as_leaf().id();
        let proof = app.user("ada").get(&format!("{LOGS}/events/{id}/proof")).await.expect(200);
        let proof = TlogProof::parse(&proof.body).unwrap();

        assert_eq!(proof.index, entry.index);
        let verified = proof.verify(leaf_hash(entry.leaf.as_leaf().as_bytes()), &keys(&app).await).unwrap();
        assert!(verified.checkpoint.size > entry.index);
        assert!(proof.verify(leaf_hash(b"{}"), &keys(&app).await).is_err());
    }
}

#[tokio::test]
async fn the_event_that_an_answer_names_can_be_read_and_proved() {
    let app = with_some_history().await;
    let answer = app.user("mallory").post("/api/esc/environments/acme/web/prod/open").await.expect(404);
    let id = answer.event().expect("a refusal is recorded").to_owned();
    app.mark(Some("acme")).await;

    let read = app.user("ada").get(&format!("{LOGS}/events/{id}")).await.expect(200);

    let event = read.json();
    let entries = app.all_entries(Some("acme")).await;
    let entry = entries.iter().find(|entry| entry.leaf.as_leaf().id().to_string() == id).unwrap();
    let leaf = std::str::from_utf8(entry.leaf.as_leaf().as_bytes()).unwrap();
    assert!(read.text().contains(&format!(r#""leaf":{leaf}"#)), "its bytes stand there as they are hashed");
    assert_eq!(event["index"], entry.index);
    assert_eq!(app.log("acme").await, "escriba-audit-log-read  acme  ada  succeeded");
    app.user("ada").get(&format!("{LOGS}/events/{id}/proof")).await.expect(200);
}

#[tokio::test]
async fn an_event_that_is_not_there_is_not_found() {
    let app = with_some_history().await;
    let ada = app.user("ada");
    let absent = "019ca8ad-fa9b-7e29-8367-f904b1a56908";
    ada.get(&format!("{LOGS}/events/{absent}")).await.expect(404);
    ada.get(&format!("{LOGS}/events/{absent}/proof")).await.expect(404);
    ada.get(&format!("{LOGS}/events/nonsense")).await.expect(400);
}
