//! Tags on revisions. The numbers in names are those of the pitfalls that the protocol is known for.

use serde_json::json;

use super::PROD;
use crate::app::{Answer, ENVIRONMENTS, TestApp, line};

const TAGS: &str = "/api/esc/environments/acme/web/prod/versions/tags";

/// An environment with revisions 1 to 4, of which the second has a secret.
async fn with_four_revisions() -> TestApp {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: {fn::secret: two}}").await;
    for number in 3..=4 {
        app.user("ada").patch(PROD).body(format!("values: {{a: {number}}}")).await.expect(200);
    }
    app.mark(Some("acme")).await;
    app
}

async fn create(app: &TestApp, name: &str, revision: u64) -> Answer {
    app.user("ada").post(TAGS).body(json!({ "name": name, "revision": revision }).to_string()).await
}

async fn names(app: &TestApp, path: &str) -> Vec<String> {
    let listed = app.user("ada").get(path).await.expect(200).json();
    assert_eq!(listed.as_object().unwrap().keys().collect::<Vec<_>>(), ["nextToken", "tags"]);
    assert_eq!(listed["nextToken"], "");
    let shown = |tag: &serde_json::Value| format!("{}@{}", tag["name"].as_str().unwrap(), tag["revision"]);
    listed["tags"].as_array().unwrap().iter().map(shown).collect()
}

#[tokio::test]
async fn tags_are_listed_by_the_bytes_of_their_names_with_latest_among_them_and_paged_by_name() {
    let app = with_four_revisions().await;
    assert_eq!(names(&app, TAGS).await, ["latest@4"]);
    for (name, revision) in [("stable", 2), ("Zeta", 1), ("alpha", 4), ("live", 2), ("a.b-c_d", 3)] {
        create(&app, name, revision).await.expect(204);
    }
    assert_eq!(names(&app, TAGS).await, ["Zeta@1", "a.b-c_d@3", "alpha@4", "latest@4", "live@2", "stable@2"]);
    assert_eq!(names(&app, &format!("{TAGS}?after=&count=")).await.len(), 6);
    assert_eq!(names(&app, &format!("{TAGS}?count=3")).await, ["Zeta@1", "a.b-c_d@3", "alpha@4"]);
    assert_eq!(names(&app, &format!("{TAGS}?after=alpha&count=1")).await, ["latest@4"]);
    assert_eq!(names(&app, &format!("{TAGS}?after=alpha&count=2")).await, ["latest@4", "live@2"]);
    assert_eq!(names(&app, &format!("{TAGS}?after=latest")).await, ["live@2", "stable@2"]);
    assert!(names(&app, &format!("{TAGS}?after=stable&count=500")).await.is_empty());
}

#[tokio::test]
async fn a_revision_is_listed_with_its_tags() {
    let app = with_four_revisions().await;
    for (name, revision) in [("stable", 2), ("live", 2), ("alpha", 4)] {
        create(&app, name, revision).await.expect(204);
    }
    assert_eq!(names(&app, &format!("{PROD}/versions/2/tags")).await, ["live@2", "stable@2"]);
    assert_eq!(names(&app, &format!("{PROD}/versions/stable/tags?after=live")).await, ["stable@2"]);
    assert_eq!(names(&app, &format!("{PROD}/versions/latest/tags")).await, ["alpha@4", "latest@4"]);
    assert!(names(&app, &format!("{PROD}/versions/3/tags")).await.is_empty());
    app.user("ada").get(&format!("{PROD}/versions/9/tags")).await.expect(404).message();

    let listed = app.user("ada").get(&format!("{PROD}/versions")).await.expect(200).json();
    let tags: Vec<_> = listed.as_array().unwrap().iter().map(|revision| &revision["tags"]).collect();
    assert_eq!(tags, [&json!(["latest", "alpha"]), &json!([]), &json!(["live", "stable"]), &json!([])]);
}

#[tokio::test]
async fn pitfall_32_a_tag_has_exactly_the_keys_that_the_strictest_client_knows() {
    let app = with_four_revisions().await;
    create(&app, "stable", 2).await.expect(204);
    for name in ["stable", "latest"] {
        let tag = app.user("ada").get(&format!("{TAGS}/{name}")).await.expect(200).json();
        let keys: Vec<_> = tag.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["created", "editorLogin", "editorName", "modified", "name", "revision"]);
        assert_eq!(
            (&tag["name"], &tag["editorLogin"], &tag["editorName"]),
            (&name.into(), &"ada".into(), &"ada".into())
        );
    }
}

#[tokio::test]
async fn pitfall_16_a_tag_is_moved_or_after_a_404_with_its_code_created() {
    let app = with_four_revisions().await;
    let ada = app.user("ada");
    let stable = format!("{TAGS}/stable");
    assert_eq!(ada.patch(&stable).body(r#"{"revision":2}"#).await.expect(404).message(), "tag not found");
    create(&app, "stable", 2).await.expect(204);
    let exists = create(&app, "stable", 3).await.expect(409);
    assert_eq!(exists.message(), "tag already exists");
    let answer = ada.patch(&stable).body(r#"{"revision":3}"#).await.expect(204);
    assert!(answer.body.is_empty());
    assert_eq!(names(&app, &stable.replace("/stable", "")).await, ["latest@4", "stable@3"]);
    ada.patch(&stable).body("{}").await.expect(204);
    assert_eq!(ada.get(&stable).await.expect(200).json()["revision"], 4, "no revision means the newest");
    ada.delete(&stable).await.expect(204);
    ada.delete(&stable).await.expect(404).message();
    ada.get(&stable).await.expect(404).message();

    assert_eq!(
        app.log("acme").await,
        "environment-revision-tag-update  acme/web/prod  ada  failed  absent
environment-revision-tag-created  acme/web/prod  ada  succeeded
environment-revision-tag-created  acme/web/prod  ada  failed  exists
environment-revision-tag-update  acme/web/prod  ada  succeeded
environment-revision-tag-update  acme/web/prod  ada  succeeded
environment-revision-tag-read  acme/web/prod  ada  succeeded
environment-revision-tag-delete  acme/web/prod  ada  succeeded
environment-revision-tag-delete  acme/web/prod  ada  failed  absent
environment-revision-tag-read  acme/web/prod  ada  failed  absent"
    );
}

#[tokio::test]
async fn the_name_of_a_tag_stands_in_the_opening_only() {
    let app = with_four_revisions().await;
    create(&app, "stable", 2).await.expect(204);
    app.user("ada").patch(&format!("{TAGS}/stable")).body(r#"{"revision":3}"#).await.expect(204);

    let entries = app.entries(Some("acme")).await;
    for entry in &entries {
        assert_eq!(entry.parameter("tag").text().as_deref(), Some("stable"));
        assert!(!entry.leaf.as_leaf().as_str().contains("stable"), "{}", line(entry));
    }
    let said: Vec<_> = entries.iter().map(engine::ledger::sentence).collect();
    assert_eq!(
        said,
        [
            r#"Created revision tag "stable" of environment "acme/web/prod" at revision 2"#,
            r#"Moved revision tag "stable" of environment "acme/web/prod" to revision 3"#
        ]
    );
}

#[tokio::test]
async fn latest_is_reserved_and_names_are_checked() {
    let app = with_four_revisions().await;
    let (ada, latest) = (app.user("ada"), format!("{TAGS}/latest"));
    create(&app, "latest", 2).await.expect(400).message();
    ada.patch(&latest).body(r#"{"revision":2}"#).await.expect(400).message();
    ada.delete(&latest).await.expect(400).message();
    assert_eq!(ada.get(&latest).await.expect(200).json()["revision"], 4);
    let long = "x".repeat(101);
    for bad in ["", "1st", "2", "tags", "..", "a b", "a/b", "ä", "a?b", "a%b", "a#b", &long] {
        create(&app, bad, 2).await.expect(400).message();
    }
    for missing in [0, 5] {
        create(&app, "stable", missing).await.expect(404).message();
    }
    assert_eq!(names(&app, TAGS).await, ["latest@4"]);
}

#[tokio::test]
async fn an_environment_is_read_checked_decrypted_and_opened_at_a_tag() {
    let app = with_four_revisions().await;
    create(&app, "stable", 2).await.expect(204);
    app.mark(Some("acme")).await;
    let (ada, stable) = (app.user("ada"), format!("{PROD}/versions/stable"));

    let read = ada.get(&stable).await.expect(200);
    assert_eq!(read.header("pulumi-esc-revision"), Some("2"));
    let plain = ada.get(&format!("{stable}/decrypt")).await.expect(200);
    assert_eq!((plain.header("pulumi-esc-revision"), plain.text().contains("two")), (Some("2"), true));
    ada.post(&format!("{stable}/check")).await.expect(200);
    let opened = ada.post(&format!("{stable}/open")).await.expect(200).json();
    let values = ada.get(&format!("{PROD}/open/{}", opened["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(values["properties"]["a"]["value"], "two");
    ada.get(&format!("{PROD}/versions/unstable")).await.expect(404).message();
    ada.post(&format!("{PROD}/versions/unstable/open")).await.expect(404).message();

    assert_eq!(
        app.log("acme").await,
        "environment-revision-tag-read  acme/web/prod  ada  succeeded
environment-decrypted  acme/web/prod  ada  succeeded
environment-read  acme/web/prod  ada  succeeded
environment-revision-tag-open  acme/web/prod  ada  succeeded
environment-read-open  acme/web/prod  ada  succeeded
environment-revision-tag-read  acme/web/prod  ada  failed  absent
environment-revision-tag-open  acme/web/prod  ada  failed  absent"
    );
}

#[tokio::test]
async fn a_revision_is_imported_by_its_number_and_by_each_of_its_tags() {
    let app = with_four_revisions().await;
    let ada = app.user("ada");
    create(&app, "stable", 2).await.expect(204);
    create(&app, "live", 2).await.expect(204);
    for (number, version) in ["stable", "2", "live", "stable"].into_iter().enumerate() {
        let name = format!("web/by{number}");
        app.environment("ada", &name, &format!("imports: [web/prod@{version}]\nvalues: {{b: \"${{a}}\"}}")).await;
        let session = app.session("ada", &name).await;
        let read = ada.get(&format!("{ENVIRONMENTS}/acme/{name}/open/{session}")).await.expect(200).json();
        assert_eq!(read["properties"]["b"]["value"], "two", "{version}");
        let named = format!("web/prod@{version}");
        assert_eq!(read["properties"]["a"]["trace"]["def"]["environment"], named);
    }
    ada.patch(&format!("{TAGS}/live")).body(r#"{"revision":3}"#).await.expect(204);
    let session = app.session("ada", "web/by2").await;
    let read = ada.get(&format!("{ENVIRONMENTS}/acme/web/by2/open/{session}")).await.expect(200).json();
    assert_eq!(read["properties"]["b"]["value"], 3, "a moved tag is followed");
    let absent = ada.patch(&format!("{ENVIRONMENTS}/acme/web/by0")).body("imports: [web/prod@unstable]").await;
    absent.expect(400).message();
}

#[tokio::test]
async fn the_old_path_creates_a_tag_by_its_name_in_the_path() {
    let app = TestApp::start().await;
    app.environment("ada", "default/prod", "values: {a: 1}").await;
    let old = "/api/preview/environments/acme/prod/versions/tags";
    app.user("ada").post(&format!("{old}/stable")).body(r#"{"revision":1}"#).await.expect(204);
    assert_eq!(names(&app, old).await, ["latest@2", "stable@1"]);
}
