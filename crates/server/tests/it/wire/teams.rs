//! Teams, and what their members may do by them.

use engine::Role;
use serde_json::{Value, json};

use super::PROD;
use crate::app::{Answer, ENVIRONMENTS, TestApp, line};

const TEAMS: &str = "/api/orgs/acme/teams";
const CORE: &str = "/api/orgs/acme/teams/core";

/// An environment of the administrator's, and a team with `bob` in it that may do nothing yet.
async fn with_team() -> TestApp {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    app.add("bob", Role::Member).await;
    app.add("carol", Role::Member).await;
    let body = json!({ "name": "core", "displayName": "Core", "description": "Keeps it running" });
    app.user("ada").post(&format!("{TEAMS}/pulumi")).body(body.to_string()).await.expect(201);
    update(&app, "ada", json!({ "member": "bob", "memberAction": "add" })).await.expect(204);
    app
}

async fn update(app: &TestApp, login: &str, body: Value) -> Answer {
    app.user(login).patch(CORE).body(body.to_string()).await
}

fn environment(permission: &str) -> Value {
    json!({ "projectName": "web", "envName": "prod", "permission": permission })
}

async fn grant(app: &TestApp, permission: &str) {
    update(app, "ada", json!({ "addEnvironmentPermission": environment(permission) })).await.expect(204);
}

async fn team(app: &TestApp, login: &str) -> Value {
    app.user(login).get(CORE).await.expect(200).json()
}

#[tokio::test]
async fn a_team_is_created_shown_described_and_deleted() {
    let app = with_team().await;
    grant(&app, "open").await;
    let shown = json!({
        "name": "core", "displayName": "Core", "description": "Keeps it running", "kind": "pulumi",
        "members": [{ "name": "bob", "githubLogin": "bob", "avatarUrl": team(&app, "ada").await["members"][0]["avatarUrl"], "role": "member" }],
        "environments": [{ "projectName": "web", "envName": "prod", "permission": "open" }],
        "userRole": "none",
    });
    assert_eq!(team(&app, "ada").await, shown);
    assert_eq!(team(&app, "bob").await["userRole"], "member");
    let listed = app.user("carol").get(TEAMS).await.expect(200).json();
    assert_eq!(
        listed,
        json!({ "teams": [{ "name": "core", "displayName": "Core", "description": "Keeps it running", "kind": "pulumi" }] })
    );
    let of = |login: &str| app.user("carol").get(&format!("/api/orgs/acme/members/{login}/teams"));
    assert_eq!(of("bob").await.expect(200).json(), json!({ "teams": ["core"] }));
    assert_eq!(of("carol").await.expect(200).json(), json!({ "teams": [] }));
    assert_eq!(of("nobody").await.expect(404).message(), "member not found");

    update(&app, "ada", json!({ "newDisplayName": "The core" })).await.expect(204);
    assert_eq!(team(&app, "ada").await["displayName"], "The core");
    assert_eq!(team(&app, "ada").await["description"], "Keeps it running");
    app.user("ada").delete(CORE).await.expect(204);
    assert_eq!(app.user("ada").get(CORE).await.expect(404).message(), "team not found");
    app.user("bob").get(PROD).await.expect(404).message();
}

#[tokio::test]
async fn a_grant_of_a_team_binds_at_once_and_the_record_names_it_and_the_version_of_the_access() {
    let app = with_team().await;
    let bob = app.user("bob");
    bob.get(PROD).await.expect(404).message();
    grant(&app, "read").await;
    app.mark(Some("acme")).await;
    bob.get(PROD).await.expect(200);
    bob.post(&format!("{PROD}/open")).await.expect(403).message();
    assert_eq!(bob.get(&format!("{ENVIRONMENTS}/acme")).await.expect(200).json()["environments"][0]["name"], "prod");
    update(&app, "ada", json!({ "editEnvironmentPermission": environment("open") })).await.expect(204);
    bob.post(&format!("{PROD}/open")).await.expect(200);
    update(&app, "ada", json!({ "removeEnvironment": { "projectName": "web", "envName": "prod" } })).await.expect(204);
    bob.get(PROD).await.expect(404).message();
    assert_eq!(bob.get(&format!("{ENVIRONMENTS}/acme")).await.expect(200).json()["environments"], json!([]));

    let entries = app.entries(Some("acme")).await;
    let leaves: Vec<Value> =
        entries.iter().map(|entry| serde_json::from_str(entry.leaf.as_leaf().as_str()).unwrap()).collect();
    let [read, refused, regranted, opened, revoked, hidden] = &leaves[..] else { panic!("{} entries", leaves.len()) };
    let id = &regranted["detail"]["grant"];
    for (leaf, need) in [(read, "environment:read"), (opened, "environment:open")] {
        let policy = &leaf["authz"]["policy"];
        assert_eq!(leaf["authz"], json!({ "by": "team-grant", "id": id, "need": need, "policy": policy }));
    }
    assert_eq!((&refused["authz"]["by"], &refused["authz"]["held"]), (&"none".into(), &"read".into()));
    assert_eq!(hidden["authz"]["held"], "none");
    assert_eq!(revoked["detail"]["grant"], *id);
    let versions: Vec<_> = leaves.iter().map(|leaf| leaf["authz"]["policy"].as_u64().unwrap()).collect();
    let first = versions[0];
    assert_eq!(versions, [first, first, first, first + 1, first + 1, first + 2]);
}

#[tokio::test]
async fn an_opening_lives_no_longer_than_the_grant_that_decided_allows() {
    let app = with_team().await;
    let bounded = json!({ "projectName": "web", "envName": "prod", "permission": "open", "maxOpenDuration": "30m" });
    update(&app, "ada", json!({ "addEnvironmentPermission": bounded })).await.expect(204);
    assert_eq!(team(&app, "bob").await["environments"][0]["maxOpenDuration"], "30m0s");
    app.environment("bob", "web/app", "imports: [web/prod]").await;
    app.mark(Some("acme")).await;

    let open = |path: String| app.user("bob").post(&path);
    let opened = open(format!("{PROD}/open?duration=2h")).await.expect(200).json();
    open(format!("{PROD}/open?duration=10m")).await.expect(200);
    open(format!("{ENVIRONMENTS}/acme/web/app/open?duration=2h")).await.expect(200);
    let yaml = app.user("bob").post(&format!("{ENVIRONMENTS}/acme/yaml/open?duration=2h"));
    yaml.body("imports: [web/prod]").await.expect(200);
    app.user("ada").post(&format!("{PROD}/open?duration=2h")).await.expect(200);

    let entries = app.entries(Some("acme")).await;
    let leaves: Vec<Value> =
        entries.iter().map(|entry| serde_json::from_str(entry.leaf.as_leaf().as_str()).unwrap()).collect();
    let said: Vec<_> =
        leaves.iter().map(|leaf| (leaf["detail"]["lifetime"].as_u64(), leaf["authz"]["by"].clone())).collect();
    let said: Vec<_> = said.iter().map(|(lifetime, by)| (lifetime.unwrap(), by.as_str().unwrap())).collect();
    assert_eq!(
        said,
        [(1_800, "team-grant"), (600, "team-grant"), (1_800, "owner"), (1_800, "team-grant"), (7_200, "org-role")]
    );
    let session = format!("{PROD}/open/{}", opened["id"].as_str().unwrap());
    app.clock().forward(1_790);
    app.user("bob").get(&session).await.expect(200);
    app.clock().forward(20);
    assert_ne!(app.user("bob").get(&session).await.status, 200);
}

#[tokio::test]
async fn an_administrator_of_a_team_changes_its_members_and_whoever_administers_an_environment_grants_it() {
    let app = with_team().await;
    let add = json!({ "member": "carol", "memberAction": "add" });
    update(&app, "bob", add.clone()).await.expect(403).message();
    update(&app, "ada", json!({ "member": "bob", "memberAction": "promote" })).await.expect(204);
    assert_eq!(team(&app, "bob").await["userRole"], "admin");
    update(&app, "bob", add.clone()).await.expect(204);
    assert_eq!(update(&app, "bob", add).await.expect(409).message(), "member already exists");
    update(&app, "bob", json!({ "member": "carol", "memberAction": "remove" })).await.expect(204);
    update(&app, "bob", json!({ "addEnvironmentPermission": environment("admin") })).await.expect(404).message();
    app.user("bob").delete(CORE).await.expect(403).message();

    app.environment("carol", "web/own", "values: {a: 1}").await;
    let own = json!({ "projectName": "web", "envName": "own", "permission": "write" });
    update(&app, "carol", json!({ "addEnvironmentPermission": own })).await.expect(204);
    app.user("bob").get(&format!("{ENVIRONMENTS}/acme/web/own")).await.expect(200);
    // Whoever may not know of an environment does not see it with the team either.
    grant(&app, "read").await;
    let seen = team(&app, "carol").await["environments"].as_array().unwrap().len();
    assert_eq!((seen, team(&app, "bob").await["environments"].as_array().unwrap().len()), (1, 2));
    update(&app, "bob", json!({ "member": "bob", "memberAction": "demote" })).await.expect(204);
    update(&app, "bob", json!({ "newDescription": "mine" })).await.expect(403).message();
}

#[tokio::test]
async fn a_clone_keeps_the_grants_of_teams_if_that_was_asked_for() {
    let app = with_team().await;
    grant(&app, "open").await;
    let clone = |body: Value| app.user("ada").post(&format!("{PROD}/clone")).body(body.to_string());
    clone(json!({ "name": "bare" })).await.expect(204);
    app.mark(Some("acme")).await;
    clone(json!({ "name": "kept", "preserveAccess": true })).await.expect(204);
    let cloned: Value = serde_json::from_str(app.entries(Some("acme")).await[0].leaf.as_leaf().as_str()).unwrap();
    assert_eq!(cloned["detail"]["kept"], json!(["access"]));
    let of = |name: &str| app.user("bob").get(&format!("{ENVIRONMENTS}/acme/web/{name}"));
    of("bare").await.expect(404).message();
    of("kept").await.expect(200);
    // It is a grant of its own: to change it changes nothing of the source.
    let kept = json!({ "projectName": "web", "envName": "kept" });
    update(&app, "ada", json!({ "removeEnvironment": kept })).await.expect(204);
    of("kept").await.expect(404).message();
    of("prod").await.expect(200);
}

#[tokio::test]
async fn members_create_teams_where_that_was_set_and_administer_them() {
    let app = with_team().await;
    let body = r#"{"name":"own","displayName":"","description":""}"#;
    let create = || app.user("bob").post(&format!("{TEAMS}/pulumi")).body(body);
    create().await.expect(403).message();
    let set = |login: &str, body: &'static str| app.user(login).patch("/api/orgs/acme").body(body);
    set("bob", r#"{"setMembersCanCreateTeams":true}"#).await.expect(403).message();
    app.mark(Some("acme")).await;
    let metadata = set("ada", r#"{"setMembersCanCreateTeams":true}"#).await.expect(200).json();
    assert_eq!((&metadata["membersCanCreateTeams"], &metadata["userRole"]), (&true.into(), &"admin".into()));
    create().await.expect(201);
    let own = app.user("bob").get(&format!("{TEAMS}/own")).await.expect(200).json();
    assert_eq!((&own["userRole"], &own["members"][0]["role"]), (&"admin".into(), &"admin".into()));
    app.user("bob").delete(&format!("{TEAMS}/own")).await.expect(403).message();

    let entries = app.entries(Some("acme")).await;
    let said: Vec<_> = entries.iter().take(3).map(engine::ledger::sentence).collect();
    assert!(said[0].contains("Changed the settings of organization"), "{said:?}");
    assert_eq!(said[1..], [r#"Created team "own""#, r#"Updated team "own": added "bob""#]);
    for body in
        [r#"{"setMaxAccessTokenExpiryDays":-1}"#, r#"{"setMembersCanCreateTeams":true,"setAuditLogTreePublic":true}"#]
    {
        set("ada", body).await.expect(400).message();
    }
}

#[tokio::test]
async fn whoever_leaves_the_organization_leaves_its_teams() {
    let app = with_team().await;
    grant(&app, "write").await;
    app.user("ada").delete("/api/orgs/acme/members/bob").await.expect(204);
    assert_eq!(team(&app, "ada").await["members"], json!([]));
    app.user("ada").post("/api/orgs/acme/members/bob").body(r#"{"role":"member"}"#).await.expect(200);
    app.user("bob").get(PROD).await.expect(404).message();
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let app = with_team().await;
    for name in ["", "a b", "a/b", "..", "pulumi", "github", &"x".repeat(101)] {
        let body = json!({ "name": name, "displayName": "x", "description": "" }).to_string();
        app.user("ada").post(&format!("{TEAMS}/pulumi")).body(body).await.expect(400).message();
    }
    let same = json!({ "name": "core", "displayName": "x", "description": "" }).to_string();
    let again = app.user("ada").post(&format!("{TEAMS}/pulumi")).body(same).await.expect(409);
    assert_eq!(again.message(), "team already exists");
    let bounded = |duration: &str| json!({ "projectName": "web", "envName": "prod", "permission": "open", "maxOpenDuration": duration });
    for body in [
        json!({}),
        json!({ "member": "bob" }),
        json!({ "member": "bob", "memberAction": "crown" }),
        json!({ "newDescription": "x", "member": "bob", "memberAction": "remove" }),
        json!({ "newDisplayName": "x".repeat(101) }),
        json!({ "addEnvironmentPermission": environment("approve") }),
        json!({ "addEnvironmentPermission": bounded("soon") }),
        json!({ "addEnvironmentPermission": bounded("169h") }),
    ] {
        update(&app, "ada", body).await.expect(400).message();
    }
    update(&app, "ada", json!({ "editEnvironmentPermission": environment("read") })).await.expect(404).message();
    update(&app, "ada", json!({ "member": "carol", "memberAction": "promote" })).await.expect(404).message();
    grant(&app, "read").await;
    update(&app, "ada", json!({ "addEnvironmentPermission": environment("read") })).await.expect(409).message();
}

#[tokio::test]
async fn each_change_of_a_team_is_one_sentence_and_names_stand_in_openings_only() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    app.add("zoe", Role::Member).await;
    app.mark(Some("acme")).await;
    let body = json!({ "name": "core", "displayName": "Kernel", "description": "Running" });
    app.user("ada").post(&format!("{TEAMS}/pulumi")).body(body.to_string()).await.expect(201);
    for change in [
        json!({ "member": "zoe", "memberAction": "add" }),
        json!({ "member": "zoe", "memberAction": "promote" }),
        json!({ "addEnvironmentPermission": environment("write") }),
        json!({ "editEnvironmentPermission": environment("open") }),
        json!({ "removeEnvironment": environment("") }),
        json!({ "newDescription": "Resting" }),
    ] {
        update(&app, "ada", change).await.expect(204);
    }
    app.user("ada").delete(CORE).await.expect(204);

    let entries = app.entries(Some("acme")).await;
    for word in ["core", "zoe", "Kernel", "Resting", "prod"] {
        assert!(entries.iter().all(|entry| !entry.leaf.as_leaf().as_str().contains(word)), "{word}");
    }
    let said: Vec<_> = entries.iter().map(engine::ledger::sentence).collect();
    assert_eq!(
        said,
        [
            r#"Created team "core""#,
            r#"Updated team "core": added "zoe""#,
            r#"Updated team "core": promoted "zoe""#,
            r#"Updated team "core": granted write on environment "web/prod""#,
            r#"Updated team "core": regranted open on environment "web/prod""#,
            r#"Updated team "core": revoked open on environment "web/prod""#,
            r#"Updated team "core": described"#,
            r#"Deleted team "core""#,
        ],
        "{:?}",
        entries.iter().map(line).collect::<Vec<_>>()
    );
}
