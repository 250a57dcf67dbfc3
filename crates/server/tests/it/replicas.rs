//! Two replicas on one PostgreSQL: what one did holds at once on the other. On SQLite a data directory has one owner, and
//! there is nothing to test.

use engine::Role;
use serde_json::json;

use crate::app::{ENVIRONMENTS, LOGS, Place, Replica, TestApp, line};

const PROD: &str = "/api/esc/environments/acme/web/prod";

/// A server with an environment, and another replica; nothing where there cannot be two.
async fn two() -> Option<(TestApp, Replica)> {
    if !Place::is_postgres_tested() {
        return None;
    }
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {key: {fn::secret: hunter2}}").await;
    app.mark(Some("acme")).await;
    let replica = app.replica().await;
    Some((app, replica))
}

#[tokio::test]
async fn a_session_opened_on_one_is_read_on_the_other() {
    let Some((app, replica)) = two().await else { return };
    let session = app.session("ada", "web/prod").await;
    let read = app.user("ada").at(&replica).get(&format!("{PROD}/open/{session}?property=key")).await.expect(200);
    assert_eq!(read.json()["value"], "hunter2");
    let opened = app.user("ada").at(&replica).post(&format!("{PROD}/open")).await.expect(200).json();
    app.user("ada").get(&format!("{PROD}/open/{}", opened["id"].as_str().unwrap())).await.expect(200);
}

#[tokio::test]
async fn a_token_revoked_on_one_is_worth_nothing_on_the_other() {
    let Some((app, replica)) = two().await else { return };
    let (id, text) = app.token("ada", "ci", None).await;
    app.bearer(&text).at(&replica).get("/api/user").await.expect(200);
    app.user("ada").delete(&format!("/api/user/tokens/{id}")).await.expect(204);
    app.bearer(&text).at(&replica).get("/api/user").await.expect(401);
    app.bearer(&text).get("/api/user").await.expect(401);
}

#[tokio::test]
async fn permission_changed_on_one_binds_on_the_other() {
    let Some((app, replica)) = two().await else { return };
    let (ada, alice) = (app.user("ada"), app.user("alice"));
    let there = app.user("alice").at(&replica);
    let set = |permission: &str| json!({ "setDefaultEnvironmentPermission": permission }).to_string();
    for (permission, status) in [("open", 200), ("read", 403), ("none", 404), ("open", 200)] {
        ada.patch("/api/orgs/acme").body(set(permission)).await.expect(200);
        there.post(&format!("{PROD}/open")).await.expect(status);
        alice.post(&format!("{PROD}/open")).await.expect(status);
    }
    ada.patch("/api/orgs/acme").body(set("none")).await.expect(200);

    ada.post("/api/orgs/acme/teams/pulumi").body(json!({ "name": "ops" }).to_string()).await.expect(201);
    let team = "/api/orgs/acme/teams/ops";
    let environment = json!({ "projectName": "web", "envName": "prod", "permission": "open" });
    for change in
        [json!({ "member": "alice", "memberAction": "add" }), json!({ "addEnvironmentPermission": environment })]
    {
        there.post(&format!("{PROD}/open")).await.expect(404);
        ada.patch(team).body(change.to_string()).await.expect(204);
    }
    there.post(&format!("{PROD}/open")).await.expect(200);
    let change = json!({ "member": "alice", "memberAction": "remove" }).to_string();
    ada.at(&replica).patch(team).body(change).await.expect(204);
    alice.post(&format!("{PROD}/open")).await.expect(404);
    there.post(&format!("{PROD}/open")).await.expect(404);
}

#[tokio::test]
async fn a_role_given_changed_and_deleted_on_one_binds_on_the_other() {
    let Some((app, replica)) = two().await else { return };
    let ada = app.user("ada");
    let there = app.user("alice").at(&replica);
    let body = json!({ "name": "openers", "details": { "permissions": ["environment:open"] } }).to_string();
    let made = ada.post("/api/orgs/acme/roles").body(body).await.expect(200).json();
    let id = made["id"].as_str().unwrap();
    let role = format!("/api/orgs/acme/roles/{id}");
    there.post(&format!("{PROD}/open")).await.expect(404);
    ada.patch("/api/orgs/acme/members/alice").body(json!({ "fgaRoleId": id }).to_string()).await.expect(204);
    there.post(&format!("{PROD}/open")).await.expect(200);
    for (scope, status) in [("environment:read", 403), ("audit_logs:read", 404), ("environment:open", 200)] {
        let body = json!({ "details": { "permissions": [scope] } }).to_string();
        ada.patch(&role).body(body).await.expect(200);
        there.post(&format!("{PROD}/open")).await.expect(status);
    }
    ada.delete(&format!("{role}?force=true")).await.expect(204);
    there.post(&format!("{PROD}/open")).await.expect(404);
}

#[tokio::test]
async fn a_definition_changed_on_one_is_what_the_other_evaluates() {
    let Some((app, replica)) = two().await else { return };
    let there = app.user("ada").at(&replica);
    for value in ["one", "two", "three"] {
        app.user("ada").patch(PROD).body(format!("values: {{key: {value}}}")).await.expect(200);
        let opened = there.post(&format!("{PROD}/open")).await.expect(200).json();
        let read = there.get(&format!("{PROD}/open/{}?property=key", opened["id"].as_str().unwrap())).await;
        assert_eq!(read.expect(200).json()["value"], value);
    }
}

#[tokio::test]
async fn the_log_is_one_log_in_which_everybody_reads_their_own_writes() {
    let Some((app, replica)) = two().await else { return };
    app.add("bea", Role::Admin).await;
    app.mark(Some("acme")).await;
    let (here, there) = (app.user("ada"), app.user("bea").at(&replica));
    for round in 0..5 {
        let create = |name: String| json!({ "project": "web", "name": name }).to_string();
        here.post(&format!("{ENVIRONMENTS}/acme")).body(create(format!("a{round}"))).await.expect(204);
        there.post(&format!("{ENVIRONMENTS}/acme")).body(create(format!("b{round}"))).await.expect(204);
        for reader in [&here, &there] {
            let listed = reader.get(&format!("{LOGS}/v2?eventFilter=environment-created")).await.expect(200).json();
            let newest = listed["auditLogEvents"][0]["description"].as_str().unwrap();
            assert_eq!(newest, format!("Created environment \"acme/web/b{round}\""));
        }
    }
    // Each entry was found sound, once and in its place, by looking at them.
    let entries = app.entries(Some("acme")).await;
    let created: Vec<String> = entries.iter().map(line).filter(|line| line.contains("environment-created")).collect();
    assert_eq!(created.len(), 10);
    app.engine().publish().await.unwrap();
    replica.engine.publish().await.unwrap();
}
