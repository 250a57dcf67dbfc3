//! The history of an environment.

use super::PROD;
use crate::app::TestApp;

async fn numbers(app: &TestApp, query: &str) -> Vec<u64> {
    let listed = app.user("ada").get(&format!("{PROD}/versions{query}")).await.expect(200).json();
    listed.as_array().unwrap().iter().map(|revision| revision["number"].as_u64().unwrap()).collect()
}

async fn with_four_revisions() -> TestApp {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    for number in 2..=4 {
        app.user("ada").patch(PROD).body(format!("values: {{a: {number}}}")).await.expect(200);
    }
    app
}

#[tokio::test]
async fn revisions_are_paged_from_the_newest_as_the_command_line_does() {
    let app = with_four_revisions().await;
    assert_eq!(numbers(&app, "").await, [4, 3, 2, 1]);
    assert_eq!(numbers(&app, "?before=&count=").await, [4, 3, 2, 1]);
    assert_eq!(numbers(&app, "?before=0&count=500").await, [4, 3, 2, 1]);
    assert_eq!(numbers(&app, "?count=2").await, [4, 3]);
    assert_eq!(numbers(&app, "?before=3&count=2").await, [2, 1]);
    assert_eq!(numbers(&app, "?before=4&count=1").await, [3]);
    assert_eq!(numbers(&app, "?before=99&count=1").await, [4]);
    assert!(numbers(&app, "?before=1").await.is_empty());
    app.user("ada").get(&format!("{PROD}/versions?before=x")).await.expect(400).message();
}

#[tokio::test]
async fn a_revision_says_who_made_it_and_the_newest_is_tagged_latest() {
    let app = with_four_revisions().await;
    let listed = app.user("ada").get(&format!("{PROD}/versions?count=2")).await.json();
    for revision in listed.as_array().unwrap() {
        let keys: Vec<&String> = revision.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["created", "creatorLogin", "creatorName", "number", "tags"]);
        assert_eq!((&revision["creatorLogin"], &revision["creatorName"]), (&"ada".into(), &"ada".into()));
    }
    assert_eq!(listed[0]["tags"], serde_json::json!(["latest"]));
    assert_eq!(listed[1]["tags"], serde_json::json!([]));
}

#[tokio::test]
async fn a_version_is_a_number_or_latest() {
    let app = with_four_revisions().await;
    let ada = app.user("ada");
    let read = |version: &str| ada.get(&format!("{PROD}/versions/{version}"));
    for (version, revision, text) in [("2", "2", "values: {a: 2}"), ("latest", "4", "values: {a: 4}"), ("1", "1", "")] {
        let answer = read(version).await.expect(200);
        assert_eq!((answer.header("pulumi-esc-revision"), answer.text().as_str()), (Some(revision), text));
    }
    for missing in ["5", "0", "stable", "18446744073709551616"] {
        let answer = read(missing).await;
        assert!([400, 404].contains(&answer.status.as_u16()), "{missing}: {}", answer.looks());
    }
    let opened = ada.post(&format!("{PROD}/versions/3/open")).await.expect(200).json();
    let values = ada.get(&format!("{PROD}/open/{}", opened["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(values["properties"]["a"]["value"], 3);
}
