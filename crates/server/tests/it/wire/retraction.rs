//! Retracting revisions.

use serde_json::{Value, json};

use super::PROD;
use crate::app::{Answer, ENVIRONMENTS, TestApp};

/// An environment with revisions 1 to 5.
async fn with_five_revisions() -> TestApp {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    for number in 2..=5 {
        app.user("ada").patch(PROD).body(format!("values: {{a: {number}}}")).await.expect(200);
    }
    app.mark(Some("acme")).await;
    app
}

async fn retract(app: &TestApp, version: &str, body: &str) -> Answer {
    app.user("ada").post(&format!("{PROD}/versions/{version}/retract")).body(body.to_owned()).await
}

async fn retracted(app: &TestApp) -> Vec<(u64, Value)> {
    let listed = app.user("ada").get(&format!("{PROD}/versions")).await.expect(200).json();
    let listed = listed.as_array().unwrap().iter();
    listed
        .filter(|revision| revision.get("retracted").is_some())
        .map(|revision| (revision["number"].as_u64().unwrap(), revision["retracted"].clone()))
        .collect()
}

#[tokio::test]
async fn a_retracted_revision_is_listed_but_neither_read_nor_opened_and_the_answer_names_its_replacement() {
    let app = with_five_revisions().await;
    let ada = app.user("ada");
    assert!(retract(&app, "3", "{}").await.expect(204).body.is_empty());

    let [(3, shown)] = &*retracted(&app).await else { panic!("only revision 3 is retracted") };
    assert_eq!(shown.as_object().unwrap().keys().collect::<Vec<_>>(), ["at", "byLogin", "byName", "replacement"]);
    assert_eq!((&shown["replacement"], &shown["byLogin"]), (&2.into(), &"ada".into()));
    let version = format!("{PROD}/versions/3");
    let refusals = [
        ada.get(&version).await,
        ada.get(&format!("{version}/decrypt")).await,
        ada.post(&format!("{version}/check")).await,
        ada.post(&format!("{version}/open")).await,
        ada.post(&format!("{PROD}/versions/tags")).body(r#"{"name":"stable","revision":3}"#).await,
        retract(&app, "3", "{}").await,
    ];
    for refused in refusals {
        assert_eq!(refused.expect(400).message(), "revision 3 was retracted; use revision 2 instead");
    }
    ada.get(&format!("{PROD}/versions/2")).await.expect(200);
    let events = [
        "environment-revision-retracted  acme/web/prod  ada  succeeded",
        "environment-read  acme/web/prod  ada  failed  retracted",
        "environment-decrypted  acme/web/prod  ada  failed  retracted",
        "environment-read  acme/web/prod  ada  failed  retracted",
        "environment-open  acme/web/prod  ada  failed  retracted",
        "environment-revision-tag-created  acme/web/prod  ada  failed  retracted",
        "environment-revision-retracted  acme/web/prod  ada  failed  retracted",
        "environment-read  acme/web/prod  ada  succeeded",
    ];
    assert_eq!(app.log("acme").await, events.join("\n"));
}

#[tokio::test]
async fn the_replacement_is_the_nearest_before_that_is_not_retracted_or_the_one_that_is_named() {
    let app = with_five_revisions().await;
    retract(&app, "3", "").await.expect(204);
    retract(&app, "4", r#"{"reason":""}"#).await.expect(204);
    retract(&app, "1", r#"{"replacement":5,"reason":"a typo"}"#).await.expect(204);
    let found = retracted(&app).await;
    let replacements: Vec<_> = found.iter().map(|(number, shown)| (*number, shown["replacement"].as_u64())).collect();
    assert_eq!(replacements, [(4, Some(2)), (3, Some(2)), (1, Some(5))]);
    assert_eq!(found[2].1["reason"], "a typo");
    retract(&app, "2", "{}").await.expect(400).message();
}

#[tokio::test]
async fn what_cannot_be_retracted_or_take_the_place_is_refused() {
    let app = with_five_revisions().await;
    retract(&app, "2", "{}").await.expect(204);
    let long = json!({ "reason": "x".repeat(1_001) }).to_string();
    let refused = [
        ("latest", "{}"),
        ("5", r#"{"replacement":1}"#),
        ("1", "{}"),
        ("3", r#"{"replacement":3}"#),
        ("3", r#"{"replacement":2}"#),
        ("3", r#"{"replacement":9}"#),
        ("3", r#"{"replacement":0}"#),
        ("3", &long),
    ];
    for (version, body) in refused {
        retract(&app, version, body).await.expect(400).message();
    }
    retract(&app, "9", "{}").await.expect(404).message();
    retract(&app, "stable", "{}").await.expect(404).message();
    assert_eq!(retracted(&app).await.len(), 1);
}

#[tokio::test]
async fn tags_move_to_the_replacement_and_a_tag_can_name_what_is_retracted() {
    let app = with_five_revisions().await;
    let ada = app.user("ada");
    for (name, revision) in [("stable", 3), ("live", 3), ("old", 2)] {
        let body = json!({ "name": name, "revision": revision }).to_string();
        ada.post(&format!("{PROD}/versions/tags")).body(body).await.expect(204);
    }
    app.environment("ada", "web/by-tag", "imports: [web/prod@stable]\nvalues: {}").await;
    app.environment("ada", "web/by-number", "imports: [web/prod@3]\nvalues: {}").await;
    app.mark(Some("acme")).await;
    retract(&app, "live", r#"{"reason":"it leaked"}"#).await.expect(204);

    let entries = app.entries(Some("acme")).await;
    let leaf = entries[0].leaf.as_leaf();
    let detail = ["by", "replacement", "tags"].map(|key| leaf.detail(key).unwrap().to_string());
    assert_eq!((leaf.target_rev(), detail), (Some(3), ["tag".into(), "2".into(), "2".into()]));
    assert_eq!(entries[0].parameter("reason").text().as_deref(), Some("it leaked"));
    assert!(!leaf.as_str().contains("leaked"));
    assert_eq!(
        engine::ledger::sentence(&entries[0]),
        r#"Retracted revision 3 of environment "acme/web/prod" in favor of revision 2"#
    );
    let tagged = ada.get(&format!("{PROD}/versions/2/tags")).await.expect(200).json();
    let names: Vec<_> = tagged["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    assert_eq!(names, ["live", "old", "stable"]);
    assert_eq!(ada.get(&format!("{PROD}/versions/stable")).await.expect(200).text(), "values: {a: 2}");

    let session = app.session("ada", "web/by-tag").await;
    let read = ada.get(&format!("{ENVIRONMENTS}/acme/web/by-tag/open/{session}")).await.expect(200).json();
    assert_eq!(read["properties"]["a"]["value"], 2);
    let refused = ada.post(&format!("{ENVIRONMENTS}/acme/web/by-number/open")).await.expect(400).message();
    assert!(refused.contains("revision 3 was retracted; use revision 2 instead"), "{refused}");
}

#[tokio::test]
async fn a_session_of_a_revision_that_is_retracted_later_ends_as_it_would_have() {
    let app = with_five_revisions().await;
    let ada = app.user("ada");
    let opened = ada.post(&format!("{PROD}/versions/3/open")).await.expect(200).json();
    retract(&app, "3", "{}").await.expect(204);
    ada.get(&format!("{PROD}/open/{}", opened["id"].as_str().unwrap())).await.expect(200);
}
