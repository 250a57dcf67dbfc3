//! Pages that stay where they are while the log grows.

use super::events;
use crate::app::{LOGS, TestApp};

#[tokio::test]
async fn pages_of_a_growing_log_show_each_entry_once() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    for _ in 0..230 {
        app.user("mallory")
            .patch("/api/orgs/acme")
            .body(r#"{"setDefaultEnvironmentPermission":"none"}"#)
            .await
            .expect(403);
    }
    let (mut seen, mut token) = (Vec::new(), String::new());
    let mut pages = 0;
    loop {
        pages += 1;
        let page = ada.get(&format!("{LOGS}/v2?userFilter=mallory&continuationToken={token}")).await.expect(200);
        let body = page.json();
        let ids = body["auditLogEvents"].as_array().unwrap().iter();
        seen.extend(ids.map(|event| event["id"].as_str().unwrap().to_owned()));
        // The log grows while it is read, by more than a page.
        for _ in 0..120 {
            let body = r#"{"setDefaultEnvironmentPermission":"none"}"#;
            app.user("mallory").patch("/api/orgs/acme").body(body).await.expect(403);
        }
        match body["continuationToken"].as_str() {
            Some(next) if !next.is_empty() => token = next.to_owned(),
            _ => break,
        }
        assert!(pages < 20);
    }

    let written = app.entries(Some("acme")).await;
    let of_mallory = written.iter().filter(|entry| crate::app::actor(entry) == "mallory").take(230);
    let mut expected: Vec<String> = of_mallory.map(|entry| entry.leaf.as_leaf().id().to_string()).collect();
    expected.reverse();
    assert_eq!(seen, expected, "newest first, each once, nothing that came later");
}

#[tokio::test]
async fn a_list_does_not_hold_the_record_that_it_causes_but_the_next_does() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let first = ada.get(&format!("{LOGS}/v2")).await.expect(200);
    let second = ada.get(&format!("{LOGS}/v2")).await.expect(200);

    assert!(!events(&first).contains(&"ada escriba-audit-log-read".to_owned()));
    assert_eq!(events(&second)[0], "ada escriba-audit-log-read");
    assert_eq!(second.json()["auditLogEvents"][0]["id"].as_str(), first.event());
}

#[tokio::test]
async fn an_event_has_the_documented_fields() {
    let app = TestApp::start().await;
    app.user("mallory").get(&format!("{LOGS}/v2")).await.expect(403);
    let listed = app.user("ada").get(&format!("{LOGS}/v2?userFilter=mallory")).await.expect(200).json();
    let event = &listed["auditLogEvents"][0];

    assert!(event["timestamp"].is_i64());
    assert_eq!(event["sourceIP"], "203.0.113.7");
    assert_eq!(event["event"], "escriba-audit-log-read");
    assert_eq!(event["user"]["githubLogin"], "mallory");
    assert!(event["description"].as_str().unwrap().starts_with("Tried to "));
    assert_eq!(event["authFailure"], true);
    assert!(event["tokenID"].is_string() && event["tokenName"] == "first token");
}

#[tokio::test]
async fn the_catalogue_is_sorted_and_tells_of_every_event() {
    let app = TestApp::start().await;
    let types = app.user("ada").get(&format!("{LOGS}/event-types")).await.expect(200).json();
    let types: Vec<&str> =
        types["eventTypes"].as_array().unwrap().iter().map(|kind| kind["event"].as_str().unwrap()).collect();
    assert!(types.is_sorted());
    assert_eq!(types.len(), engine::ledger::Event::ALL.len());
    assert!(types.contains(&"environment-unauthorized-open"));
}
