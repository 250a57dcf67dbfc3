//! Whose an environment is, and why somebody may do something with it.

use engine::Role;
use serde_json::{Value, json};

use super::PROD;
use crate::app::{TestApp, line};

async fn why(app: &TestApp, login: &str) -> Value {
    app.user("ada").get(&format!("{PROD}/access?user={login}")).await.expect(200).json()
}

#[tokio::test]
async fn an_environment_is_given_to_another_member_and_the_answer_names_whose_it_was() {
    let app = TestApp::start().await;
    app.add("bob", Role::Member).await;
    app.environment("bob", "web/prod", "values: {a: 1}").await;
    app.add("zoe", Role::Member).await;
    app.mark(Some("acme")).await;
    let bob = app.user("bob");
    let body = r#"{"githubLogin":"zoe","name":"Zoe","avatarUrl":""}"#;
    let before = bob.post(&format!("{PROD}/ownership")).body(body).await.expect(200).json();
    assert_eq!(before["githubLogin"], "bob");
    bob.get(PROD).await.expect(404).message();
    let metadata = app.user("zoe").get(&format!("{PROD}/metadata")).await.expect(200).json();
    assert_eq!(metadata["ownedBy"]["githubLogin"], "zoe");

    let entries = app.entries(Some("acme")).await;
    assert_eq!(line(&entries[0]).split("  ").next(), Some("escriba-environment-owner-changed"));
    assert_eq!(engine::ledger::sentence(&entries[0]), r#"Gave environment "acme/web/prod" to "zoe""#);
    let leaves: Vec<Value> =
        entries.iter().map(|entry| serde_json::from_str(entry.leaf.as_leaf().as_str()).unwrap()).collect();
    assert_eq!(
        (&leaves[0]["authz"]["by"], &leaves[0]["authz"]["need"]),
        (&"owner".into(), &"environment:admin".into())
    );
    // Whose it is decides, so that later records were decided by another version of the rules.
    let policy = |leaf: &Value| leaf["authz"]["policy"].as_u64().unwrap();
    assert_eq!(policy(&leaves[1]), policy(&leaves[0]) + 1);
}

#[tokio::test]
async fn an_environment_is_given_to_members_only() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    for login in ["otto", "nobody", ""] {
        let body = json!({ "githubLogin": login }).to_string();
        let refused = app.user("ada").post(&format!("{PROD}/ownership")).body(body).await.expect(404);
        assert_eq!(refused.message(), "user not found");
    }
}

#[tokio::test]
async fn it_is_said_by_what_somebody_may_do_something_as_its_record_will_say() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    app.add("bob", Role::Member).await;
    let body = r#"{"name":"core","displayName":"Core","description":""}"#;
    app.user("ada").post("/api/orgs/acme/teams/pulumi").body(body).await.expect(201);
    for change in [
        json!({ "member": "bob", "memberAction": "add" }),
        json!({ "addEnvironmentPermission":
            { "projectName": "web", "envName": "prod", "permission": "open", "maxOpenDuration": "30m" } }),
    ] {
        app.user("ada").patch("/api/orgs/acme/teams/core").body(change.to_string()).await.expect(204);
    }
    let default = r#"{"setDefaultEnvironmentPermission":"read"}"#;
    app.user("ada").patch("/api/orgs/acme").body(default).await.expect(200);
    app.mark(Some("acme")).await;

    let why = why(&app, "bob").await;
    app.user("bob").post(&format!("{PROD}/open")).await.expect(200);
    let entries = app.entries(Some("acme")).await;
    let opened: Value = serde_json::from_str(entries[0].leaf.as_leaf().as_str()).unwrap();
    let grant = &opened["authz"]["id"];
    let by_default = json!({ "by": "default", "level": "read" });
    let by_team =
        json!({ "by": "team-grant", "level": "open", "team": "core", "grant": grant, "maxOpenDuration": "30m0s" });
    assert_eq!((&why["role"], &why["level"]), (&"member".into(), &"open".into()));
    assert_eq!(why["grounds"], json!([by_default, by_team]));
    let operation = |index: usize| &why["operations"][index];
    assert_eq!(*operation(0), json!({ "operation": "read", "needs": "read", "allowed": true, "by": by_default }));
    assert_eq!(*operation(2), json!({ "operation": "open", "needs": "open", "allowed": true, "by": by_team }));
    assert_eq!(*operation(5), json!({ "operation": "update", "needs": "write", "allowed": false }));
}

#[tokio::test]
async fn of_somebody_outside_nothing_is_said_but_that_nothing_is_allowed() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    let (otto, nobody) = (why(&app, "otto").await, why(&app, "nobody").await);
    assert_eq!((&otto["role"], &otto["level"], &otto["grounds"]), (&"none".into(), &"none".into(), &json!([])));
    assert_eq!(otto["operations"], nobody["operations"]);
    assert_eq!(otto["user"]["name"], nobody["user"]["name"]);
    app.user("ada").get(&format!("{PROD}/access")).await.expect(400).message();
}

#[tokio::test]
async fn only_whoever_administers_an_environment_is_told_who_may_do_what() {
    let app = TestApp::start().await;
    app.add("bob", Role::Member).await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    let set = |level: &str| {
        let body = json!({ "setDefaultEnvironmentPermission": level }).to_string();
        app.user("ada").patch("/api/orgs/acme").body(body)
    };
    let ask = || app.user("bob").get(&format!("{PROD}/access?user=bob"));
    ask().await.expect(404).message();
    set("write").await.expect(200);
    ask().await.expect(403).message();
    set("admin").await.expect(200);
    assert_eq!(ask().await.expect(200).json()["level"], "admin");
}
