//! What imports an environment.

use serde_json::{Value, json};

use super::PROD;
use crate::app::{ENVIRONMENTS, TestApp};

/// Environments of `ada` that import `web/prod`, in one way each, and one that does so no more.
async fn with_referrers() -> TestApp {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    app.user("ada").patch(PROD).body("values: {a: 2}").await.expect(200);
    let tag = r#"{"name":"stable","revision":2}"#;
    app.user("ada").post(&format!("{PROD}/versions/tags")).body(tag).await.expect(204);
    app.environment("ada", "web/base", "").await;
    for (name, imports) in [
        ("app/latest", "[web/prod, web/prod@latest, web/base]"),
        ("app/number", "[web/prod@2]"),
        ("app/tag", "[web/prod@stable]"),
        ("app/was", "[web/prod@3]"),
    ] {
        app.environment("ada", name, &format!("imports: {imports}\nvalues: {{b: 1}}")).await;
    }
    app.user("ada").patch(&format!("{ENVIRONMENTS}/acme/app/was")).body("values: {b: 1}").await.expect(200);
    app
}

async fn referrers(app: &TestApp, login: &str, path: &str) -> Value {
    app.user(login).get(&format!("{PROD}/{path}")).await.expect(200).json()
}

fn referrer(name: &str, revision: u64) -> Value {
    json!({ "environment": { "project": "app", "name": name, "revision": revision } })
}

#[tokio::test]
async fn referrers_are_listed_by_the_version_that_they_import() {
    let app = with_referrers().await;
    assert_eq!(
        referrers(&app, "ada", "referrers").await,
        json!({ "referrers": {
            "2": [referrer("number", 2)],
            "latest": [referrer("latest", 2)],
            "stable": [referrer("tag", 2)],
        } })
    );
    let all = referrers(&app, "ada", "referrers?allRevisions=true&count=&continuationToken=").await;
    assert_eq!(all["referrers"]["3"], json!([referrer("was", 2)]));
    app.environment("ada", "app/inline", "values: {c: '${environments.web.base}'}").await;
    let base = app.user("ada").get(&format!("{ENVIRONMENTS}/acme/web/base/referrers")).await.expect(200).json();
    assert_eq!(base, json!({ "referrers": { "latest": [referrer("inline", 2), referrer("latest", 2)] } }));
}

#[tokio::test]
async fn the_referrers_of_a_version_are_those_that_mean_it() {
    let app = with_referrers().await;
    let of = async |version: &str| referrers(&app, "ada", &format!("versions/{version}/referrers")).await;
    let both = json!({ "referrers": { "2": [referrer("number", 2)], "stable": [referrer("tag", 2)] } });
    assert_eq!(of("2").await, both, "by its number or by a tag that is on it");
    assert_eq!(of("stable").await, json!({ "referrers": { "stable": [referrer("tag", 2)] } }));
    let latest = json!({ "referrers": { "latest": [referrer("latest", 2)] } });
    assert_eq!([of("latest").await, of("3").await], [latest.clone(), latest]);
    assert_eq!(of("1").await, json!({ "referrers": {} }));
    let retract = app.user("ada").post(&format!("{PROD}/versions/2/retract")).body(r#"{"replacement":3}"#);
    retract.await.expect(204);
    assert_eq!(of("2").await, json!({ "referrers": { "2": [referrer("number", 2)] } }), "those are to be mended");
    for missing in ["9", "nothing"] {
        app.user("ada").get(&format!("{PROD}/versions/{missing}/referrers")).await.expect(404).message();
    }
}

#[tokio::test]
async fn pages_of_referrers_go_on_where_the_last_one_ended() {
    let app = with_referrers().await;
    let mut token = String::new();
    let mut pages = Vec::new();
    loop {
        let page = referrers(&app, "ada", &format!("referrers?allRevisions=1&count=2&continuationToken={token}")).await;
        let names = page["referrers"].as_object().unwrap().values().flat_map(|list| list.as_array().unwrap());
        let mut names: Vec<_> = names.map(|one| one["environment"]["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        pages.push(names);
        match page["continuationToken"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(pages, [["latest", "number"], ["tag", "was"]]);
    for bad in ["count=0", "count=501", "count=x", "count=-1", "continuationToken=nonsense", "allRevisions=maybe"] {
        app.user("ada").get(&format!("{PROD}/referrers?{bad}")).await.expect(400).message();
    }
    referrers(&app, "ada", "referrers?count=500&latestStackVersionOnly=true").await;
}

#[tokio::test]
async fn nobody_learns_of_a_referrer_that_it_may_not_see() {
    let app = with_referrers().await;
    app.environment("mallory", "app/own", "").await;
    app.environment("mallory", "web/hers", "").await;
    let own = format!("{ENVIRONMENTS}/acme/app/own");
    let imports = "imports: [web/hers]\nvalues: {}";
    app.user("mallory").patch(&own).body(imports).await.expect(200);
    app.environment("ada", "app/secret", imports).await;
    let path = format!("{ENVIRONMENTS}/acme/web/hers/referrers?count=1");
    let seen = app.user("mallory").get(&path).await.expect(200).json();
    assert_eq!(seen, json!({ "referrers": { "latest": [referrer("own", 2)] } }), "and not that there are more");
    app.user("ada").delete(&format!("{ENVIRONMENTS}/acme/app/secret")).await.expect(204);
    let seen = app.user("ada").get(&path).await.expect(200).json();
    assert_eq!(seen, json!({ "referrers": { "latest": [referrer("own", 2)] } }), "what is deleted refers to nothing");
}

#[tokio::test]
async fn clones_refer_to_what_they_import_and_what_was_stored_without_an_index_is_indexed() {
    let app = with_referrers().await;
    let clone = format!("{ENVIRONMENTS}/acme/app/number/clone");
    app.user("ada").post(&clone).body(r#"{"name":"copy"}"#).await.expect(204);
    app.user("ada").post(&clone).body(r#"{"name":"history","preserveHistory":true}"#).await.expect(204);
    let expected = json!([referrer("copy", 1), referrer("history", 2), referrer("number", 2)]);
    assert_eq!(referrers(&app, "ada", "referrers").await["referrers"]["2"], expected);
    let before = referrers(&app, "ada", "referrers?allRevisions=true").await;
    app.tamper("DELETE FROM import").await;
    app.tamper("UPDATE revision SET imports_indexed = 0").await;
    assert_eq!(referrers(&app, "ada", "referrers?allRevisions=true").await, before);
    assert_eq!(app.engine().index_imports().await.unwrap(), 0);
}
