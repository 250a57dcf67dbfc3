//! Cloning environments.

use serde_json::{Value, json};

use super::PROD;
use crate::app::{Answer, ENVIRONMENTS, TestApp, reads};

/// An environment with revisions 1 to 3, the second retracted, with tags of both kinds.
async fn with_prod() -> TestApp {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    app.environment("ada", "web/prod", "# kept\nvalues:\n  a: {fn::secret: two}\n").await;
    ada.patch(PROD).body("values: {a: {fn::secret: three}}").await.expect(200);
    ada.patch(PROD).body("values: {a: 4}").await.expect(200);
    let tags = format!("{PROD}/versions/tags");
    ada.post(&tags).body(r#"{"name":"stable","revision":3}"#).await.expect(204);
    ada.post(&tags).body(r#"{"name":"next","revision":4}"#).await.expect(204);
    ada.post(&format!("{PROD}/tags")).body(r#"{"name":"team","value":"core"}"#).await.expect(200);
    ada.post(&format!("{PROD}/versions/2/retract")).body(r#"{"replacement":4}"#).await.expect(204);
    app.mark(Some("acme")).await;
    app
}

async fn clone(app: &TestApp, body: Value) -> Answer {
    app.user("ada").post(&format!("{PROD}/clone")).body(body.to_string()).await
}

async fn opened(app: &TestApp, name: &str) -> Value {
    let session = app.session("ada", name).await;
    let read = app.user("ada").get(&format!("{ENVIRONMENTS}/acme/{name}/open/{session}")).await;
    read.expect(200).json()["properties"]["a"]["value"].clone()
}

/// Revisions with their tags, and the tags of the environment.
async fn kept(app: &TestApp, name: &str) -> (Vec<(u64, Value)>, usize) {
    let (ada, path) = (app.user("ada"), format!("{ENVIRONMENTS}/acme/{name}"));
    let listed = ada.get(&format!("{path}/versions")).await.expect(200).json();
    let listed = listed.as_array().unwrap().iter();
    let revisions = listed.map(|revision| (revision["number"].as_u64().unwrap(), revision["tags"].clone())).collect();
    let tags = ada.get(&format!("{path}/tags")).await.expect(200).json()["tags"].as_object().unwrap().len();
    (revisions, tags)
}

#[tokio::test]
async fn a_clone_has_one_revision_whose_secrets_are_sealed_with_a_key_of_its_own() {
    let app = with_prod().await;
    assert!(clone(&app, json!({ "name": "copy", "version": 3 })).await.expect(204).body.is_empty());
    assert_eq!(kept(&app, "web/copy").await, (vec![(1, json!(["latest"]))], 0));
    assert_eq!(opened(&app, "web/copy").await, "three");
    let source = app.user("ada").get(&format!("{PROD}/versions/3")).await.expect(200).text();
    let copy = app.user("ada").get(&PROD.replace("prod", "copy")).await.expect(200).text();
    assert!(source != copy && copy.contains("ciphertext") && !copy.contains("three"), "{copy}");
    app.user("ada").delete(PROD).await.expect(204);
    assert_eq!(opened(&app, "web/copy").await, "three", "the source is not needed any more");
}

#[tokio::test]
async fn a_clone_keeps_what_was_asked_for() {
    let app = with_prod().await;
    let all = json!({
        "project": "shop", "name": "all", "preserveHistory": true, "preserveAccess": true,
        "preserveEnvironmentTags": true, "preserveRevisionTags": true,
    });
    clone(&app, all).await.expect(204);
    let revisions = vec![(4, json!(["latest", "next"])), (3, json!(["stable"])), (2, json!([])), (1, json!([]))];
    assert_eq!(kept(&app, "shop/all").await, (revisions, 1));
    let ada = app.user("ada");
    let at = |version: &str| ada.get(&format!("{ENVIRONMENTS}/acme/shop/all/versions/{version}/decrypt"));
    assert_eq!(at("stable").await.expect(200).text(), "values: {a: {fn::secret: three}}");
    assert!(at("2").await.expect(400).message().contains("use revision 4"));

    clone(&app, json!({ "name": "part", "version": "stable", "preserveHistory": true, "preserveRevisionTags": true }))
        .await
        .expect(204);
    let revisions = vec![(3, json!(["latest", "stable"])), (2, json!([])), (1, json!([]))];
    assert_eq!(kept(&app, "web/part").await, (revisions, 0));
    let beyond = ada.get(&format!("{ENVIRONMENTS}/acme/web/part/versions/2")).await.expect(400).message();
    assert!(beyond.contains("use revision 3"), "{beyond}");

    clone(&app, json!({ "name": "tagged", "version": "3", "preserveRevisionTags": true })).await.expect(204);
    assert_eq!(kept(&app, "web/tagged").await, (vec![(1, json!(["latest", "stable"]))], 0));
    assert_eq!(opened(&app, "web/tagged").await, "three");
}

#[tokio::test]
async fn a_clone_is_recorded_with_the_secrets_that_it_copied_and_with_the_environment_that_it_made() {
    let app = with_prod().await;
    clone(&app, json!({ "name": "copy", "version": 3, "preserveHistory": true })).await.expect(204);
    let entries = app.entries(Some("acme")).await;
    let [cloned, created] = entries.as_slice() else { panic!("{} entries", entries.len()) };
    assert_eq!(reads(cloned), ["web/prod@2: a", "web/prod@3: a"]);
    let leaf = cloned.leaf.as_leaf();
    let detail = |key: &str| leaf.detail(key).unwrap().to_string();
    assert_eq!((detail("reads"), detail("revisions"), leaf.target_rev()), ("2".into(), "3".into(), Some(3)));
    assert_eq!(detail("clone"), created.leaf.as_leaf().target_id().unwrap().to_string());
    assert_eq!(
        [cloned, created].map(engine::ledger::sentence),
        [r#"Cloned environment "acme/web/prod" at revision 3 to "web/copy""#, r#"Created environment "acme/web/copy""#]
    );
}

#[tokio::test]
async fn a_clone_needs_a_source_a_free_name_and_the_permission_to_open() {
    let app = with_prod().await;
    clone(&app, json!({ "name": "prod" })).await.expect(409).message();
    for bad in
        [json!({}), json!({ "name": "open" }), json!({ "name": "a b" }), json!({ "name": "x", "version": "a b" })]
    {
        clone(&app, bad).await.expect(400).message();
    }
    clone(&app, json!({ "name": "x", "version": 2 })).await.expect(400).message();
    clone(&app, json!({ "name": "x", "version": 9 })).await.expect(404).message();
    let missing = format!("{ENVIRONMENTS}/acme/web/nothing/clone");
    app.user("ada").post(&missing).body(r#"{"name":"x"}"#).await.expect(404).message();
    let settings = r#"{"setDefaultEnvironmentPermission":"read"}"#;
    app.user("ada").patch("/api/orgs/acme").body(settings).await.expect(200);
    app.add("bob", engine::Role::Member).await;
    app.mark(Some("acme")).await;
    app.user("bob").post(&format!("{PROD}/clone")).body(r#"{"name":"x"}"#).await.expect(403).message();
    let log = app.log("acme").await;
    assert_eq!(log, "environment-unauthorized-open  acme/web/prod  bob  denied  permission-missing");
    app.user("ada").get(&PROD.replace("prod", "x")).await.expect(404);
}
