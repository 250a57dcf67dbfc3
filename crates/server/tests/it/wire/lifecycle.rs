//! Creating, protecting, deleting, restoring.

use super::PROD;
use crate::app::{ENVIRONMENTS, TestApp};

#[tokio::test]
async fn a_protected_environment_is_not_deleted_and_the_message_says_protect() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    let (ada, settings) = (app.user("ada"), format!("{PROD}/settings"));
    ada.patch(&settings).body(r#"{"deletionProtected":true}"#).await.expect(200);

    let refused = ada.delete(PROD).await.expect(409);

    assert!(refused.message().contains("protect"));
    assert_eq!(ada.get(&settings).await.text(), "{\"deletionProtected\":true}\n");
    for unchanged in ["{}", r#"{"deletionProtected":null}"#, ""] {
        ada.patch(&settings).body(unchanged).await.expect(200);
    }
    assert_eq!(ada.get(&settings).await.json()["deletionProtected"], true);
    ada.patch(&settings).body(r#"{"deletionProtected":false}"#).await.expect(200);
    ada.delete(PROD).await.expect(204);
    ada.get(PROD).await.expect(404);
}

#[tokio::test]
async fn a_deleted_environment_is_listed_and_restored_with_its_history() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {key: {fn::secret: hunter2}}").await;
    let (ada, restore) = (app.user("ada"), format!("{ENVIRONMENTS}/acme/restore"));
    let session = app.session("ada", "web/prod").await;
    ada.delete(PROD).await.expect(204);
    ada.get(&format!("{PROD}/open/{session}")).await.expect(404);
    let deleted = ada.get(&restore).await.expect(200).json()["environments"][0].clone();
    assert_eq!((&deleted["project"], &deleted["name"]), (&"web".into(), &"prod".into()));
    let body =
        |time: &str| serde_json::json!({ "project": "web", "name": "prod", "deletionTimestamp": time }).to_string();
    let time = deleted["deletedAt"].as_str().unwrap();

    ada.put(&restore).body(body("2020-01-01T00:00:00Z")).await.expect(404).message();
    ada.put(&restore).body(body("yesterday")).await.expect(400).message();
    app.environment("ada", "web/prod", "").await;
    ada.put(&restore).body(body(time)).await.expect(409).message();
    ada.delete(PROD).await.expect(204);
    ada.put(&restore).body(body(time)).await.expect(204);

    assert_eq!(ada.get(&format!("{PROD}/decrypt")).await.text(), "values: {key: {fn::secret: hunter2}}");
    ada.put(&restore).body(body(time)).await.expect(404);
}

#[tokio::test]
async fn what_was_deleted_long_enough_ago_is_removed_for_good_with_a_record() {
    const DAY: i64 = 86_400_000_000;
    let app = TestApp::start().await;
    app.environment("ada", "web/base", "values: {b: 1}").await;
    app.environment("ada", "web/prod", "imports: [web/base]\nvalues: {key: {fn::secret: hunter2}}").await;
    let (ada, restore) = (app.user("ada"), format!("{ENVIRONMENTS}/acme/restore"));
    ada.post(&format!("{PROD}/tags")).body(r#"{"name":"team","value":"core"}"#).await.expect(200);
    ada.post(&format!("{PROD}/versions/tags")).body(r#"{"name":"stable"}"#).await.expect(204);
    app.session("ada", "web/prod").await;
    ada.delete(PROD).await.expect(204);
    let deleted = ada.get(&restore).await.expect(200).json()["environments"][0].clone();
    let time = deleted["deletedAt"].as_str().unwrap().to_owned();
    app.clock().forward(2 * 86_400);
    assert_eq!(app.engine().purge_environments(3 * DAY).await.unwrap(), 0);
    assert_eq!(ada.get(&restore).await.json()["environments"].as_array().unwrap().len(), 1);
    app.mark(Some("acme")).await;

    assert_eq!(app.engine().purge_environments(DAY).await.unwrap(), 1);
    assert_eq!(app.engine().purge_environments(DAY).await.unwrap(), 0);

    assert_eq!(app.log("acme").await, "escriba-environment-purged  acme/web/prod  system  succeeded");
    let body = serde_json::json!({ "project": "web", "name": "prod", "deletionTimestamp": time }).to_string();
    ada.put(&restore).body(body).await.expect(404);
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    assert_eq!(app.engine().purge_environments(0).await.unwrap(), 0, "one of the same name is another one");
    ada.get(PROD).await.expect(200);
}

#[tokio::test]
async fn old_typescript_sdks_get_the_200_that_they_insist_on() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let cases = [
        ("esc-sdk/ts/0.12.4", 200),
        ("esc-sdk/ts/v0.10.0", 200),
        ("esc-sdk/ts/0.9.1", 200),
        ("esc-sdk/ts/0.13.0", 204),
        ("esc-sdk/ts/v0.14.0", 204),
        ("esc-sdk/python/0.12.0", 204),
        ("esc-cli/1 (0.25.0; linux)", 204),
    ];
    for (agent, status) in cases {
        let created = ada.post(&format!("{ENVIRONMENTS}/acme")).header("user-agent", agent);
        let created = created.body(r#"{"project":"web","name":"prod"}"#).await.expect(status);
        assert_eq!(created.body.len(), 0);
        let deleted = ada.delete(PROD).header("user-agent", agent).await.expect(status);
        assert_eq!(deleted.body.len(), 0);
    }
}

#[tokio::test]
async fn environments_are_listed_in_order_page_by_page_and_only_those_one_may_see() {
    let app = TestApp::start().await;
    for name in ["web/b", "api/z", "web/a"] {
        app.environment("ada", name, "").await;
    }
    app.environment("alice", "team/mine", "").await;
    let names = |listed: &serde_json::Value| -> Vec<String> {
        let rows = listed["environments"].as_array().unwrap().iter();
        rows.map(|row| format!("{}/{}", row["project"].as_str().unwrap(), row["name"].as_str().unwrap())).collect()
    };

    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("{ENVIRONMENTS}?organization=acme&maxResults=1&continuationToken={token}");
        let page = app.user("ada").get(&path).await.expect(200).json();
        assert!(names(&page).len() <= 1 && seen.len() <= 4);
        seen.extend(names(&page));
        match page["nextToken"].as_str() {
            Some(next) if !next.is_empty() => token = next.to_owned(),
            _ => break,
        }
    }
    assert_eq!(seen, ["api/z", "team/mine", "web/a", "web/b"]);
    let listed = app.user("alice").get(ENVIRONMENTS).await.expect(200).json();
    assert_eq!(names(&listed), ["team/mine"]);
    assert_eq!(names(&app.user("mallory").get(ENVIRONMENTS).await.json()), [""; 0]);
    let bad = format!("{ENVIRONMENTS}?continuationToken=x");
    app.user("ada").get(&bad).await.expect(400).message();
}
