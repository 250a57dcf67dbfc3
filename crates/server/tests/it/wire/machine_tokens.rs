//! Tokens of organisations and teams: what programs may do with them, and what the log calls them.

use engine::Role;
use serde_json::{Value, json};

use super::PROD;
use crate::app::{ENVIRONMENTS, TestApp, User, line};

const TOKENS: &str = "/api/orgs/acme/tokens";
const OF_CORE: &str = "/api/orgs/acme/teams/core/tokens";

/// Makes a token, and gives its identifier and its text.
async fn made(app: &TestApp, path: &str, body: Value) -> (String, String) {
    let made = app.user("ada").post(path).body(body.to_string()).await.expect(200).json();
    (made["id"].as_str().unwrap().to_owned(), made["tokenValue"].as_str().unwrap().to_owned())
}

async fn with_team() -> TestApp {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    let body = json!({ "name": "core", "displayName": "Core", "description": "" });
    app.user("ada").post("/api/orgs/acme/teams/pulumi").body(body.to_string()).await.expect(201);
    app
}

async fn set_default(app: &TestApp, level: &str) {
    let body = json!({ "setDefaultEnvironmentPermission": level }).to_string();
    app.user("ada").patch("/api/orgs/acme").body(body).await.expect(200);
}

async fn team(app: &TestApp, body: Value) {
    app.user("ada").patch("/api/orgs/acme/teams/core").body(body.to_string()).await.expect(204);
}

async fn listed(user: &User<'_>) -> Vec<String> {
    let listed = user.get(ENVIRONMENTS).await.expect(200).json();
    listed["environments"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_token_of_an_organization_acts_as_it_and_may_do_what_members_may() {
    let app = with_team().await;
    let (_, text) = made(&app, TOKENS, json!({ "name": "ci", "description": "the pipeline" })).await;
    let ci = app.bearer(&text);
    let me = ci.get("/api/user").await.expect(200).json();
    assert_eq!(me["githubLogin"], "organization:acme");
    assert_eq!(me["tokenInfo"], json!({ "name": "ci", "organization": "acme", "team": "" }));
    assert_eq!(
        (&me["organizations"][0]["githubLogin"], &me["organizations"][0]["role"]),
        (&"acme".into(), &"member".into())
    );
    assert_eq!(ci.get("/api/user/organizations/default").await.expect(200).json()["GitHubLogin"], "acme");

    ci.get(PROD).await.expect(404).message();
    set_default(&app, "open").await;
    ci.post(&format!("{PROD}/open")).await.expect(200);
    assert_eq!(listed(&ci).await, ["prod"]);
    let body = r#"{"project":"web","name":"built"}"#;
    ci.post(&format!("{ENVIRONMENTS}/acme")).body(body).await.expect(204);
    // All tokens of the organisation are one owner.
    let (_, other) = made(&app, TOKENS, json!({ "name": "other" })).await;
    let built = format!("{ENVIRONMENTS}/acme/web/built");
    app.bearer(&other).patch(&built).body("values: {b: 2}").await.expect(200);
    let owner = app.user("ada").get(&format!("{built}/metadata")).await.expect(200).json();
    assert_eq!(owner["ownedBy"]["githubLogin"], "organization:acme");
    ci.delete("/api/orgs/acme/members/mallory").await.expect(403).message();
    ci.post(TOKENS).body(r#"{"name":"more"}"#).await.expect(403).message();
}

#[tokio::test]
async fn a_token_with_the_role_of_an_administrator_administers() {
    let app = with_team().await;
    let (_, text) = made(&app, TOKENS, json!({ "name": "root", "admin": true })).await;
    let root = app.bearer(&text);
    root.get(PROD).await.expect(200);
    let body = r#"{"role":"admin"}"#;
    root.patch("/api/orgs/acme/members/mallory").body(body).await.expect(204);
    let tokens = root.get(TOKENS).await.expect(200).json();
    assert_eq!((&tokens["tokens"][0]["admin"], &tokens["tokens"][0]["type"]), (&true.into(), &"organization".into()));
}

#[tokio::test]
async fn a_token_of_a_team_may_do_what_the_team_was_granted_and_nothing_by_the_default() {
    let app = with_team().await;
    let (_, text) = made(&app, OF_CORE, json!({ "name": "core-ci" })).await;
    let core = app.bearer(&text);
    set_default(&app, "admin").await;
    core.get(PROD).await.expect(404).message();
    assert!(listed(&core).await.is_empty());
    let granted = json!({ "projectName": "web", "envName": "prod", "permission": "open", "maxOpenDuration": "30m" });
    team(&app, json!({ "addEnvironmentPermission": granted })).await;
    app.mark(Some("acme")).await;
    core.post(&format!("{PROD}/open")).await.expect(200);
    assert_eq!(listed(&core).await, ["prod"]);
    core.delete(PROD).await.expect(403).message();

    let entries = app.entries(Some("acme")).await;
    let leaf: Value = serde_json::from_str(entries[0].leaf.as_leaf().as_str()).unwrap();
    assert_eq!((&leaf["actor"]["kind"], &leaf["cred"]["kind"]), (&"team".into(), &"team-token".into()));
    assert_eq!((&leaf["authz"]["by"], &leaf["detail"]["lifetime"]), (&"team-grant".into(), &1_800.into()));
    let me = core.get("/api/user").await.expect(200).json();
    assert_eq!(me["tokenInfo"], json!({ "name": "core-ci", "organization": "acme", "team": "core" }));
}

#[tokio::test]
async fn an_administrator_of_a_team_makes_its_tokens_and_another_member_does_not() {
    let app = with_team().await;
    app.add("bob", Role::Member).await;
    team(&app, json!({ "member": "bob", "memberAction": "add" })).await;
    let body = r#"{"name":"bobs"}"#;
    app.user("bob").post(OF_CORE).body(body).await.expect(403).message();
    team(&app, json!({ "member": "bob", "memberAction": "promote" })).await;
    app.user("bob").post(OF_CORE).body(body).await.expect(200);
    let listed = app.user("bob").get(OF_CORE).await.expect(200).json();
    let token = &listed["tokens"][0];
    assert_eq!(
        (&token["name"], &token["type"], &token["createdBy"], &token["admin"]),
        (&"bobs".into(), &"team".into(), &"bob".into(), &false.into())
    );
    app.user("bob").get(TOKENS).await.expect(403).message();
    assert_eq!(app.user("ada").get(TOKENS).await.expect(200).json(), json!({ "tokens": [] }));
    let path = format!("{OF_CORE}/{}", token["id"].as_str().unwrap());
    app.user("bob").delete(&path).await.expect(204);
    app.user("bob").delete(&path).await.expect(404).message();
}

#[tokio::test]
async fn a_token_ends_when_it_is_deleted_or_expires_or_its_team_is_deleted() {
    let app = with_team().await;
    let (id, deleted) = made(&app, TOKENS, json!({ "name": "one" })).await;
    let expires = app.clock_now() / 1_000_000 + 60;
    let (_, expiring) = made(&app, TOKENS, json!({ "name": "two", "expires": expires })).await;
    let (_, of_team) = made(&app, OF_CORE, json!({ "name": "three" })).await;
    for text in [&deleted, &expiring, &of_team] {
        app.bearer(text).get("/api/orgs/acme").await.expect(200);
    }
    app.mark(Some("acme")).await;
    app.user("ada").delete(&format!("{TOKENS}/{id}")).await.expect(204);
    assert_eq!(app.bearer(&deleted).get("/api/orgs/acme").await.expect(401).message(), "the access token was revoked");
    app.user("ada").delete("/api/orgs/acme/teams/core").await.expect(204);
    assert_eq!(app.bearer(&of_team).get("/api/orgs/acme").await.expect(401).message(), "the access token was revoked");
    let said: Vec<_> = app.entries(Some("acme")).await.iter().map(engine::ledger::sentence).collect();
    assert!(said.contains(&r#"Deleted organization token "one""#.to_owned()), "{said:?}");
    assert!(said.contains(&r#"Deleted token "three" of team "core""#.to_owned()), "{said:?}");
    app.clock().forward(61);
    assert_eq!(app.bearer(&expiring).get("/api/orgs/acme").await.expect(401).message(), "the access token has expired");

    // A later team of the same name owns nothing of the first one's.
    let body = json!({ "name": "core", "displayName": "Core", "description": "" });
    app.user("ada").post("/api/orgs/acme/teams/pulumi").body(body.to_string()).await.expect(201);
    let (_, again) = made(&app, OF_CORE, json!({ "name": "four" })).await;
    app.bearer(&again).get("/api/orgs/acme").await.expect(200);
}

#[tokio::test]
async fn a_token_belongs_to_one_organization_and_is_no_person() {
    let app = with_team().await;
    app.organization("beta", &["mallory"]).await;
    let (_, text) = made(&app, TOKENS, json!({ "name": "ci", "admin": true })).await;
    let ci = app.bearer(&text);
    app.mark(Some("beta")).await;
    ci.get("/api/orgs/beta").await.expect(404).message();
    let entries = app.entries(Some("beta")).await;
    assert_eq!(entries.len(), 1, "{:?}", entries.iter().map(line).collect::<Vec<_>>());
    assert!(line(&entries[0]).contains("outsider"), "{}", line(&entries[0]));
    ci.post("/api/user/tokens").body(r#"{"description":"mine"}"#).await.expect(403).message();
    ci.get("/api/user/tokens").await.expect(403).message();
    ci.post("/api/user/organizations/acme/default").await.expect(403).message();
    app.user("ada").post("/api/orgs/acme/members/organization:acme").body(r#"{"role":"admin"}"#).await.expect(404);
}

#[tokio::test]
async fn a_token_that_makes_no_sense_is_refused_and_a_name_is_given_once() {
    let app = with_team().await;
    for (path, body) in [
        (TOKENS, json!({ "name": "" })),
        (TOKENS, json!({ "name": "x".repeat(41) })),
        (TOKENS, json!({ "name": "x", "description": "y".repeat(501) })),
        (TOKENS, json!({ "name": "x", "expires": 1 })),
        (TOKENS, json!({ "name": "x", "expires": i64::MAX })),
        (TOKENS, json!({ "name": "x", "roleID": "r1" })),
        (OF_CORE, json!({ "name": "x", "admin": true })),
    ] {
        app.user("ada").post(path).body(body.to_string()).await.expect(400).message();
    }
    let (id, _) = made(&app, TOKENS, json!({ "name": "once" })).await;
    app.user("ada").delete(&format!("{OF_CORE}/{id}")).await.expect(400).message();
    app.user("ada").delete(&format!("{TOKENS}/{id}")).await.expect(204);
    app.user("ada").post(OF_CORE).body(r#"{"name":"once"}"#).await.expect(400).message();
    app.user("ada").post("/api/orgs/acme/teams/nosuch/tokens").body(r#"{"name":"x"}"#).await.expect(404).message();
}

#[tokio::test]
async fn the_text_of_a_token_is_nowhere_but_in_the_answer_and_the_log_names_who_made_it_and_who_acts() {
    let app = with_team().await;
    app.mark(Some("acme")).await;
    let (_, text) = made(&app, TOKENS, json!({ "name": "ci", "description": "pipes" })).await;
    app.bearer(&text).get(PROD).await.expect(404).message();
    let entries = app.entries(Some("acme")).await;
    let said: Vec<_> = entries.iter().map(line).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(engine::ledger::sentence(&entries[0]), r#"Created organization token "ci" as member"#);
    for entry in &entries {
        let leaf = entry.leaf.as_leaf().as_str();
        assert!(!leaf.contains(&text) && !leaf.contains("pipes"), "{leaf}");
    }
    let leaf: Value = serde_json::from_str(entries[1].leaf.as_leaf().as_str()).unwrap();
    assert_eq!((&leaf["actor"]["kind"], &leaf["cred"]["kind"]), (&"organization".into(), &"organization-token".into()));
    let made: Value = serde_json::from_str(entries[0].leaf.as_leaf().as_str()).unwrap();
    assert_eq!((&leaf["cred"]["id"], &leaf["cred"]["from"]), (&made["detail"]["token"], &made["id"]));
}
