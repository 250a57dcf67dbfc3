//! Tags on environments. The numbers in names are those of the pitfalls that the protocol is known for.

use serde_json::{Value, json};

use super::PROD;
use crate::app::{Answer, ENVIRONMENTS, TestApp, line};

const TAGS: &str = "/api/esc/environments/acme/web/prod/tags";

async fn with_prod() -> TestApp {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    app.mark(Some("acme")).await;
    app
}

async fn create(app: &TestApp, name: &str, value: &str) -> Answer {
    app.user("ada").post(TAGS).body(json!({ "name": name, "value": value }).to_string()).await
}

async fn update(app: &TestApp, tag: &str, body: Value) -> Answer {
    app.user("ada").patch(&format!("{TAGS}/{tag}")).body(body.to_string()).await
}

/// The names on a page, and what the next one is asked with.
async fn page(app: &TestApp, query: &str) -> (Vec<String>, String) {
    let page = app.user("ada").get(&format!("{TAGS}{query}")).await.expect(200).json();
    assert_eq!(page.as_object().unwrap().keys().collect::<Vec<_>>(), ["nextToken", "tags"]);
    let names = page["tags"].as_object().unwrap().keys().cloned().collect();
    (names, page["nextToken"].as_str().expect("a text, as two clients demand").to_owned())
}

#[tokio::test]
async fn pitfalls_10_and_11_the_list_ends_with_a_token_that_is_the_text_0() {
    let app = with_prod().await;
    let none: (Vec<String>, String) = (Vec::new(), "0".into());
    assert_eq!(page(&app, "").await, none);
    for name in ["team", "Zone", "cost:center", "a.b-c_d"] {
        create(&app, name, "x").await.expect(200);
    }
    let all = vec!["Zone".to_owned(), "a.b-c_d".into(), "cost:center".into(), "team".into()];
    assert_eq!(page(&app, "?after=&count=500").await, (all.clone(), "0".into()));
    assert_eq!(page(&app, "?count=3").await, (all[..3].to_vec(), "3".into()));
    assert_eq!(page(&app, "?after=3&count=3").await, (all[3..].to_vec(), "0".into()));
    assert_eq!(page(&app, "?count=4").await, (all, "0".into()));
    assert_eq!(page(&app, "?after=99").await, none);
    app.user("ada").get(&format!("{TAGS}?after=team")).await.expect(400).message();
}

#[tokio::test]
async fn pitfall_32_a_tag_has_exactly_the_keys_that_the_strictest_client_knows() {
    let app = with_prod().await;
    let created = create(&app, "team", "payments").await.expect(200).json();
    let read = app.user("ada").get(&format!("{TAGS}/team")).await.expect(200).json();
    let listed = app.user("ada").get(TAGS).await.expect(200).json()["tags"]["team"].clone();
    for tag in [&created, &read, &listed] {
        let keys: Vec<_> = tag.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["created", "editorLogin", "editorName", "modified", "name", "value"]);
        assert_eq!((&tag["name"], &tag["value"]), (&"team".into(), &"payments".into()));
        assert_eq!((&tag["editorLogin"], &tag["editorName"]), (&"ada".into(), &"ada".into()));
    }
}

#[tokio::test]
async fn pitfall_17_a_tag_is_asked_for_then_created_or_updated_with_the_value_that_was_seen() {
    let app = with_prod().await;
    let ada = app.user("ada");
    assert_eq!(ada.get(&format!("{TAGS}/team")).await.expect(404).message(), "tag not found");
    create(&app, "team", "payments").await.expect(200);
    assert_eq!(create(&app, "team", "other").await.expect(409).message(), "tag already exists");
    let body =
        json!({ "currentTag": { "name": "", "value": "payments" }, "newTag": { "name": "team", "value": "core" } });
    let updated = update(&app, "team", body.clone()).await.expect(200).json();
    assert_eq!(updated["value"], "core");
    update(&app, "team", body).await.expect(409).message();
    assert_eq!(ada.get(&format!("{TAGS}/team")).await.expect(200).json()["value"], "core");
}

#[tokio::test]
async fn a_tag_is_renamed_and_an_empty_text_keeps_what_there_was() {
    let app = with_prod().await;
    create(&app, "team", "payments").await.expect(200);
    create(&app, "zone", "eu").await.expect(200);
    let renamed = json!({ "currentTag": { "value": "payments" }, "newTag": { "name": "owner", "value": "" } });
    let tag = update(&app, "team", renamed.clone()).await.expect(200).json();
    assert_eq!((&tag["name"], &tag["value"]), (&"owner".into(), &"payments".into()));
    update(&app, "team", renamed).await.expect(404).message();
    let taken = json!({ "currentTag": { "value": "eu" }, "newTag": { "name": "owner" } });
    update(&app, "zone", taken).await.expect(409).message();
    let same = update(&app, "zone", json!({ "newTag": {} })).await.expect(200).json();
    assert_eq!((&same["name"], &same["value"]), (&"zone".into(), &"eu".into()));
    let ada = app.user("ada");
    ada.delete(&format!("{TAGS}/owner")).await.expect(204);
    ada.delete(&format!("{TAGS}/owner")).await.expect(404).message();
    assert_eq!(page(&app, "").await.0, ["zone"]);
}

#[tokio::test]
async fn names_and_values_are_checked() {
    let app = with_prod().await;
    for bad in ["", ".", "..", "a b", "a/b", "a?b", "a#b", "a%b", "ä", &"x".repeat(41)] {
        create(&app, bad, "x").await.expect(400).message();
    }
    for bad in ["", "a\nb", "\0", &"x".repeat(257)] {
        create(&app, "team", bad).await.expect(400).message();
    }
    create(&app, &"x".repeat(40), &"ä".repeat(256)).await.expect(200);
    update(&app, &"x".repeat(40), json!({ "newTag": { "name": "a b" } })).await.expect(400).message();
    assert_eq!(app.log("acme").await, "environment-tag-created  acme/web/prod  ada  succeeded");
}

#[tokio::test]
async fn tags_are_listed_with_environments_and_for_the_whole_organization_as_far_as_they_may_be_seen() {
    let app = with_prod().await;
    app.add("bob", engine::Role::Member).await;
    app.environment("bob", "web/dev", "").await;
    create(&app, "team", "payments").await.expect(200);
    create(&app, "zone", "eu").await.expect(200);
    let dev = format!("{ENVIRONMENTS}/acme/web/dev/tags");
    app.user("bob").post(&dev).body(r#"{"name":"team","value":"core"}"#).await.expect(200);

    let values = format!("{ENVIRONMENTS}/acme/tags");
    let ada = app.user("ada");
    assert_eq!(ada.get(&values).await.expect(200).json(), json!({ "team": ["core", "payments"], "zone": ["eu"] }));
    assert_eq!(app.user("bob").get(&values).await.expect(200).json(), json!({ "team": ["core"] }));
    let old = ada.get("/api/preview/environments/acme/tags").await.expect(200).json();
    assert_eq!(old["zone"], json!(["eu"]));
    let listed = ada.get(&format!("{ENVIRONMENTS}/acme")).await.expect(200).json();
    let tags: Vec<_> = listed["environments"].as_array().unwrap().iter().map(|row| &row["tags"]).collect();
    assert_eq!(tags, [&json!({ "team": "core" }), &json!({ "team": "payments", "zone": "eu" })]);

    ada.delete(PROD).await.expect(204);
    assert_eq!(ada.get(&values).await.expect(200).json(), json!({ "team": ["core"] }));
    let deleted = ada.get(&format!("{ENVIRONMENTS}/acme/restore")).await.expect(200).json();
    assert_eq!(deleted["environments"][0]["tags"]["zone"], "eu");
}

#[tokio::test]
async fn names_and_values_stand_in_openings_only() {
    let app = with_prod().await;
    create(&app, "platform", "payments").await.expect(200);
    update(&app, "platform", json!({ "newTag": { "value": "core" } })).await.expect(200);
    update(&app, "platform", json!({ "newTag": { "name": "owner" } })).await.expect(200);
    app.user("ada").delete(&format!("{TAGS}/owner")).await.expect(204);

    let entries = app.entries(Some("acme")).await;
    for word in ["platform", "payments"] {
        assert!(entries.iter().all(|entry| !entry.leaf.as_leaf().as_str().contains(word)), "{word}");
    }
    let said: Vec<_> = entries.iter().map(engine::ledger::sentence).collect();
    assert_eq!(
        said,
        [
            r#"Created tag "platform" of environment "acme/web/prod" with value "payments""#,
            r#"Updated tag "platform" of environment "acme/web/prod", set to "core""#,
            r#"Updated tag "platform" of environment "acme/web/prod", renamed to "owner""#,
            r#"Deleted tag "owner" of environment "acme/web/prod""#,
        ],
        "{:?}",
        entries.iter().map(line).collect::<Vec<_>>()
    );
    assert_eq!(entries[1].parameter("before").text().as_deref(), Some("payments"));
}
