//! Roles of an organisation: what they are made of, who holds them, and what their holders may do by them.

use engine::Role;
use serde_json::{Value, json};

use super::PROD;
use crate::app::{Answer, ENVIRONMENTS, LOGS, TestApp, line};
use crate::catalogue::console_session_of;

const ROLES: &str = "/api/orgs/acme/roles";
const MEMBERS: &str = "/api/orgs/acme/members";
const CORE: &str = "/api/orgs/acme/teams/core";

/// An environment of the administrator's, and `bob`, who may do nothing yet.
async fn with_bob() -> TestApp {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    app.add("bob", Role::Member).await;
    app
}

/// Makes a role, and gives its identifier.
async fn made(app: &TestApp, name: &str, scopes: &[&str]) -> String {
    let details = json!({ "__type": "PermissionDescriptorAllow", "permissions": scopes });
    let body = json!({ "name": name, "description": "", "uxPurpose": "role", "details": details });
    let made = app.user("ada").post(ROLES).body(body.to_string()).await.expect(200).json();
    made["id"].as_str().unwrap().to_owned()
}

async fn give(app: &TestApp, login: &str, role: &str) -> Answer {
    let body = json!({ "fgaRoleId": role }).to_string();
    app.user("ada").patch(&format!("{MEMBERS}/{login}")).body(body).await
}

async fn permit(app: &TestApp, role: &str, scopes: &[&str]) {
    let body = json!({ "details": { "permissions": scopes } }).to_string();
    app.user("ada").patch(&format!("{ROLES}/{role}")).body(body).await.expect(200);
}

async fn with_team(app: &TestApp) {
    let ada = app.user("ada");
    let body = json!({ "name": "core", "displayName": "", "description": "" }).to_string();
    ada.post("/api/orgs/acme/teams/pulumi").body(body).await.expect(201);
    ada.patch(CORE).body(r#"{"member":"bob","memberAction":"add"}"#).await.expect(204);
}

async fn member(app: &TestApp, login: &str) -> Value {
    let members = app.user("ada").get(MEMBERS).await.expect(200).json();
    let mut members = members["members"].as_array().unwrap().iter();
    members.find(|member| member["user"]["githubLogin"] == login).cloned().unwrap()
}

async fn leaves(app: &TestApp) -> Vec<Value> {
    let entries = app.entries(Some("acme")).await;
    entries.iter().map(|entry| serde_json::from_str(entry.leaf.as_leaf().as_str()).unwrap()).collect()
}

async fn sentences(app: &TestApp) -> Vec<String> {
    app.entries(Some("acme")).await.iter().map(engine::ledger::sentence).collect()
}

#[tokio::test]
async fn a_role_is_made_shown_changed_and_deleted_and_the_log_has_its_scopes() {
    let app = with_bob().await;
    let (ada, bob) = (app.user("ada"), app.user("bob"));
    app.mark(Some("acme")).await;
    let group = json!({ "__type": "PermissionDescriptorGroup", "entries": [
        { "__type": "PermissionDescriptorAllow", "permissions": ["audit_logs:read", "environment:open"] },
        { "__type": "PermissionDescriptorAllow", "permissions": ["environment:open"] },
    ] });
    let body =
        json!({ "name": "Auditors", "description": "Who look", "resourceType": "organization", "details": group });
    let made = ada.post(ROLES).body(body.to_string()).await.expect(200).json();
    let id = made["id"].as_str().unwrap();
    let shown = json!({
        "id": id, "name": "Auditors", "description": "Who look", "resourceType": "organization", "uxPurpose": "role",
        "details": {
            "__type": "PermissionDescriptorAllow", "permissions": ["environment:open", "audit_logs:read"],
        },
        "created": made["created"], "modified": made["created"], "orgId": made["orgId"], "version": 1,
        "isOrgDefault": false,
    });
    assert_eq!(made, shown);
    assert_eq!(bob.get(&format!("{ROLES}/{id}")).await.expect(200).json(), shown);

    let body = r#"{"name":"Watchers","details":{"permissions":["audit_logs:read"]}}"#;
    let changed = ada.patch(&format!("{ROLES}/{id}")).body(body).await.expect(200).json();
    assert_eq!((&changed["name"], &changed["version"]), (&"Watchers".into(), &2.into()));
    assert_eq!((&changed["description"], &changed["orgId"]), (&shown["description"], &shown["orgId"]));
    ada.delete(&format!("{ROLES}/{id}")).await.expect(204);
    assert_eq!(bob.get(&format!("{ROLES}/{id}")).await.expect(404).message(), "role not found");

    let said = [r#"Created role "Auditors""#, r#"Updated role "Auditors""#, r#"Deleted role "Watchers""#];
    assert_eq!(sentences(&app).await[..3], said);
    let leaves = leaves(&app).await;
    let (before, after) = (json!(["environment:open", "audit_logs:read"]), json!(["audit_logs:read"]));
    assert_eq!(leaves[0]["detail"], json!({ "custom": id, "scopes": before }));
    let fields = ["name", "scopes"];
    assert_eq!(leaves[1]["detail"], json!({ "custom": id, "fields": fields, "scopes": after, "scopesbefore": before }));
    assert_eq!(leaves[2]["detail"], json!({ "custom": id, "holders": 0, "scopes": after }));
}

#[tokio::test]
async fn the_roles_that_every_organization_has_are_listed_and_fixed() {
    let app = with_bob().await;
    let ada = app.user("ada");
    made(&app, "Zoo keepers", &[]).await;
    made(&app, "Auditors", &["audit_logs:read"]).await;
    let listed = app.user("bob").get(&format!("{ROLES}?uxPurpose=role")).await.expect(200).json();
    let said: Vec<_> = listed["roles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| (role["name"].as_str().unwrap(), role["defaultIdentifier"].as_str(), role["isOrgDefault"] == true))
        .collect();
    let expected = [
        ("Admin", Some("admin"), false),
        ("Member", Some("member"), true),
        ("Auditors", None, false),
        ("Zoo keepers", None, false),
    ];
    assert_eq!(said, expected);
    assert_eq!(listed["roles"][0]["details"]["permissions"].as_array().unwrap().len(), engine::Scope::ALL.len());
    assert_eq!(ada.get(&format!("{ROLES}?uxPurpose=set")).await.expect(200).json(), json!({ "roles": [] }));
    ada.get(ROLES).await.expect(400).message();
    let scopes = app.user("bob").get(&format!("{ROLES}/scopes")).await.expect(200).json();
    let words: Vec<_> =
        scopes["scopes"].as_array().unwrap().iter().map(|scope| scope["name"].as_str().unwrap()).collect();
    assert_eq!(words, engine::Scope::ALL.map(engine::Scope::as_str));

    for role in ["admin", "member"] {
        assert_eq!(ada.get(&format!("{ROLES}/{role}")).await.expect(200).json()["defaultIdentifier"], role);
        ada.patch(&format!("{ROLES}/{role}")).body(r#"{"name":"x"}"#).await.expect(400).message();
        ada.delete(&format!("{ROLES}/{role}?force=true")).await.expect(400).message();
        let body = json!({ "name": role.to_uppercase() }).to_string();
        ada.post(ROLES).body(body).await.expect(400).message();
    }
    ada.patch(&format!("{ROLES}/admin/default")).await.expect(400).message();
    let of = |role: &str| ada.get(&format!("{ROLES}/{role}/users"));
    assert_eq!(of("admin").await.expect(200).json()["users"][0]["githubLogin"], "ada");
    assert!(of("member").await.expect(200).text().contains(r#""githubLogin":"bob""#));
    app.user("bob").get(&format!("{ROLES}/member/users")).await.expect(403).message();
}

#[tokio::test]
async fn a_role_binds_at_once_and_the_record_names_it_and_the_version_of_the_access() {
    let app = with_bob().await;
    let bob = app.user("bob");
    let role = made(&app, "Readers", &["environment:read"]).await;
    bob.get(PROD).await.expect(404).message();
    app.mark(Some("acme")).await;
    give(&app, "bob", &role).await.expect(204);
    bob.get(PROD).await.expect(200);
    bob.post(&format!("{PROD}/open")).await.expect(403).message();
    assert_eq!(bob.get(&format!("{ENVIRONMENTS}/acme")).await.expect(200).json()["environments"][0]["name"], "prod");
    permit(&app, &role, &["environment:open"]).await;
    bob.post(&format!("{PROD}/open")).await.expect(200);
    permit(&app, &role, &["audit_logs:read"]).await;
    bob.get(PROD).await.expect(404).message();
    assert_eq!(bob.get(&format!("{ENVIRONMENTS}/acme")).await.expect(200).json()["environments"], json!([]));

    let leaves = leaves(&app).await;
    let [given, read, refused, changed, opened, taken, hidden] = &leaves[..] else {
        panic!("{} entries", leaves.len())
    };
    assert_eq!(given["detail"]["custom"], role);
    assert_eq!((&given["detail"]["before"], &given["detail"]["role"]), (&"member".into(), &"custom".into()));
    for (leaf, need) in [(read, "environment:read"), (opened, "environment:open")] {
        let policy = &leaf["authz"]["policy"];
        assert_eq!(leaf["authz"], json!({ "by": "org-role", "id": role, "need": need, "policy": policy }));
    }
    assert_eq!((&refused["authz"]["by"], &refused["authz"]["held"]), (&"none".into(), &"read".into()));
    assert_eq!(hidden["authz"]["held"], "none");
    let version = |leaf: &Value| leaf["authz"]["policy"].as_u64().unwrap();
    let first = version(read);
    assert_eq!(
        [given, changed, opened, taken, hidden].map(version),
        [first - 1, first, first + 1, first + 1, first + 2]
    );
    let said = sentences(&app).await;
    assert_eq!(said[0], r#"Changed the role of "bob" from member to custom "Readers""#);
}

#[tokio::test]
async fn a_member_has_one_role_which_its_membership_shows_and_why_somebody_may_do_something_names_it() {
    let app = with_bob().await;
    let ada = app.user("ada");
    let role = made(&app, "Openers", &["environment:open"]).await;
    give(&app, "bob", &role).await.expect(204);
    let bob = member(&app, "bob").await;
    assert_eq!(
        (&bob["role"], &bob["fgaRole"]["id"], &bob["fgaRole"]["name"]),
        (&"member".into(), &json!(role), &"Openers".into())
    );
    let why = ada.get(&format!("{PROD}/access?user=bob")).await.expect(200).json();
    let ground = json!({ "by": "org-role", "level": "open", "role": { "id": role, "name": "Openers" } });
    assert_eq!(why["grounds"], json!([ground]));
    assert_eq!(why["operations"][2]["by"], ground);
    let cookie = console_session_of(&app, "ada").await;
    let page = app.anonymous().get("/acme/environments/web/prod/access").header("cookie", &cookie).await.expect(200);
    assert!(page.text().contains(&format!("Role Openers: open ({role})")), "{}", page.text());

    let page = app.anonymous().get("/acme/settings/roles").header("cookie", &cookie).await.expect(200).text();
    assert!(page.contains("Openers") && page.contains("environment:open") && page.contains(">bob<"), "{page}");
    // Who holds what is for administrators.
    let cookie = console_session_of(&app, "mallory").await;
    let page = app.anonymous().get("/acme/settings/roles").header("cookie", &cookie).await.expect(200).text();
    assert!(page.contains("Openers") && !page.contains(">bob<"), "{page}");

    give(&app, "bob", "admin").await.expect(204);
    let bob = member(&app, "bob").await;
    assert_eq!((&bob["role"], &bob["fgaRole"]["id"]), (&"admin".into(), &"admin".into()));
    give(&app, "bob", &role).await.expect(204);
    assert_eq!(member(&app, "bob").await["role"], "member");
    ada.patch(&format!("{MEMBERS}/bob")).body(r#"{"role":"member"}"#).await.expect(204);
    app.user("bob").get(PROD).await.expect(404).message();
    // The last administrator keeps being one.
    give(&app, "ada", &role).await.expect(409).message();
}

#[tokio::test]
async fn only_administrators_have_to_do_with_roles() {
    let app = with_bob().await;
    let role = made(&app, "All", &engine::Scope::ALL.map(engine::Scope::as_str)).await;
    give(&app, "bob", &role).await.expect(204);
    let bob = app.user("bob");
    bob.post(ROLES).body(r#"{"name":"Mine"}"#).await.expect(403).message();
    bob.patch(&format!("{ROLES}/{role}")).body(r#"{"name":"Mine"}"#).await.expect(403).message();
    bob.delete(&format!("{ROLES}/{role}")).await.expect(403).message();
    let body = json!({ "fgaRoleId": role }).to_string();
    bob.patch(&format!("{MEMBERS}/mallory")).body(body).await.expect(403).message();
    bob.post("/api/orgs/acme/tokens")
        .body(json!({ "name": "t", "roleID": role }).to_string())
        .await
        .expect(403)
        .message();
    bob.patch("/api/orgs/acme").body(r#"{"setDefaultEnvironmentPermission":"admin"}"#).await.expect(403).message();
}

#[tokio::test]
async fn a_role_that_is_held_is_deleted_only_by_force_and_taken_from_all_who_hold_it() {
    let app = with_bob().await;
    with_team(&app).await;
    let ada = app.user("ada");
    let role = made(&app, "Openers", &["environment:open"]).await;
    let path = format!("{ROLES}/{role}");
    let is_held = async || {
        let refused = app.user("ada").delete(&path).await.expect(409).message();
        assert!(refused.contains("in use"), "{refused}");
    };
    give(&app, "mallory", &role).await.expect(204);
    is_held().await;
    ada.post(&format!("{CORE}/enable-team-roles")).await.expect(204);
    ada.post(&format!("{CORE}/roles")).body(json!({ "roleID": role }).to_string()).await.expect(204);
    let token = json!({ "name": "ci", "roleID": role }).to_string();
    let token = ada.post("/api/orgs/acme/tokens").body(token).await.expect(200).json();
    let token = app.bearer(token["tokenValue"].as_str().unwrap());
    let invite = json!({ "role": "member", "roleId": role }).to_string();
    ada.post("/api/orgs/acme/invites/link").body(invite).await.expect(200);
    ada.patch(&format!("{path}/default")).await.expect(204);
    for caller in [&app.user("mallory"), &app.user("bob"), &token] {
        caller.post(&format!("{PROD}/open")).await.expect(200);
    }
    let of = |what: &str| ada.get(&format!("{path}/{what}"));
    assert_eq!(of("users").await.expect(200).json()["users"][0]["githubLogin"], "mallory");
    assert_eq!(of("teams").await.expect(200).json()["teams"][0]["name"], "core");
    let listed = of("tokens").await.expect(200).json();
    assert_eq!((&listed["tokens"][0]["name"], &listed["tokens"][0]["role"]["id"]), (&"ci".into(), &json!(role)));

    app.mark(Some("acme")).await;
    is_held().await;
    ada.delete(&format!("{path}?force=true")).await.expect(204);
    for caller in [&app.user("mallory"), &app.user("bob"), &token] {
        caller.post(&format!("{PROD}/open")).await.expect(404).message();
    }
    let leaves = leaves(&app).await;
    assert_eq!((&leaves[0]["outcome"], &leaves[0]["reason"]), (&"failed".into(), &"precondition".into()));
    assert_eq!((&leaves[1]["type"], &leaves[1]["detail"]["holders"]), (&"custom-role-deleted".into(), &4.into()));
    assert!(leaves[2..4].iter().all(|leaf| leaf["cause"] == json!([leaves[1]["id"]])));
    let said = sentences(&app).await;
    let expected =
        [r#"Changed the role of "mallory" from custom to member"#, r#"Updated team "core": unassigned role "Openers""#];
    assert_eq!(said[2..4], expected);
    assert_eq!(member(&app, "mallory").await["fgaRole"]["id"], "member");
    assert_eq!(ada.get(&format!("{ROLES}/member")).await.expect(200).json()["isOrgDefault"], true);
}

#[tokio::test]
async fn whoever_may_read_the_audit_log_reads_it_and_does_nothing_else() {
    let app = with_bob().await;
    app.engine().publish().await.unwrap();
    let (log, event) = app.newest_event("acme").await;
    let cookie = console_session_of(&app, "bob").await;
    let page = |path: &str| app.anonymous().get(&format!("/acme/settings/{path}")).header("cookie", &cookie);
    let list = [LOGS.to_owned(), format!("{LOGS}/v2"), format!("{LOGS}/event-types"), format!("{LOGS}/reader-kind")];
    let one = [
        format!("{LOGS}/events/{event}"),
        format!("{LOGS}/events/{event}/proof"),
        format!("/log/{log}/checkpoint"),
        format!("/log/{log}/tile/0/000.p/1"),
        format!("/log/{log}/tile/entries/000.p/1"),
    ];
    let exports = [format!("{LOGS}/export"), format!("{LOGS}/v2/export")];
    let role = made(&app, "Auditors", &[]).await;
    give(&app, "bob", &role).await.expect(204);
    for (scope, reads, exported) in [
        ("environment:admin", 403, 403),
        ("audit_logs:read", 200, 403),
        ("audit_logs:export", 403, 200),
        ("environment:restore_deleted", 403, 403),
    ] {
        permit(&app, &role, &[scope]).await;
        for path in list.iter().chain(&one) {
            let answer = app.user("bob").get(path).await;
            assert_eq!(answer.status, reads, "{path} with {scope}: {}", answer.text());
        }
        for path in &exports {
            let answer = app.user("bob").get(path).await;
            assert_eq!(answer.status, exported, "{path} with {scope}");
        }
        for (path, status) in [("audit-logs", reads), ("log-key", reads), ("audit-logs.csv", exported)] {
            assert_eq!(page(path).await.status, status, "{path} with {scope}");
        }
        app.user("bob").get("/api/orgs/acme/invites").await.expect(403).message();
        app.user("bob").patch("/api/orgs/acme").body(r#"{"setAuditLogTreePublic":true}"#).await.expect(403).message();
    }
    permit(&app, &role, &["audit_logs:read", "audit_logs:export"]).await;
    app.user("bob").get(PROD).await.expect(404).message();
    app.mark(Some("acme")).await;
    app.user("bob").get(LOGS).await.expect(200);
    let leaf = &leaves(&app).await[0];
    assert_eq!((&leaf["authz"]["by"], &leaf["authz"]["id"]), (&"org-role".into(), &json!(role)));
    assert_eq!(leaf["authz"]["need"], "audit_logs:read");
}

#[tokio::test]
async fn whoever_may_restore_what_was_deleted_does_so() {
    let app = with_bob().await;
    let role = made(&app, "Restorers", &["environment:read", "environment:restore_deleted"]).await;
    app.user("ada").delete(PROD).await.expect(204);
    let restore = || async {
        let listed = app.user("ada").get(&format!("{ENVIRONMENTS}/acme/restore")).await.json();
        let deleted = &listed["environments"][0]["deletedAt"];
        let body = json!({ "project": "web", "name": "prod", "deletionTimestamp": deleted }).to_string();
        app.user("bob").put(&format!("{ENVIRONMENTS}/acme/restore")).body(body).await
    };
    restore().await.expect(403).message();
    give(&app, "bob", &role).await.expect(204);
    restore().await.expect(204);
    app.user("bob").get(PROD).await.expect(200);
    app.user("bob").delete(PROD).await.expect(403).message();
}

#[tokio::test]
async fn a_token_of_an_organization_may_do_what_its_role_says() {
    let app = with_bob().await;
    let ada = app.user("ada");
    let role = made(&app, "Openers", &["environment:open"]).await;
    app.mark(Some("acme")).await;
    let token = async |body: Value| {
        let made = app.user("ada").post("/api/orgs/acme/tokens").body(body.to_string()).await.expect(200).json();
        app.bearer(made["tokenValue"].as_str().unwrap())
    };
    let with = token(json!({ "name": "with", "roleID": role })).await;
    let without = token(json!({ "name": "without" })).await;
    let explicit = token(json!({ "name": "explicit", "roleID": "member" })).await;
    with.post(&format!("{PROD}/open")).await.expect(200);
    with.delete(PROD).await.expect(403).message();
    // All act as one account of the organisation, and each with what it was given.
    for other in [without, explicit] {
        other.get(PROD).await.expect(404).message();
        assert_eq!(other.get(&format!("{ENVIRONMENTS}/acme")).await.expect(200).json()["environments"], json!([]));
    }
    let log: Vec<String> = app.entries(Some("acme")).await.iter().map(line).collect();
    assert!(log[0].contains("organization-token-created"), "{log:?}");
    assert_eq!(leaves(&app).await[0]["detail"]["custom"], role);
    let both = json!({ "name": "both", "admin": true, "roleID": role }).to_string();
    ada.post("/api/orgs/acme/tokens").body(both).await.expect(400).message();
    let unknown = json!({ "name": "unknown", "roleID": "r_aaaaaaaaaaaaaaaa" }).to_string();
    ada.post("/api/orgs/acme/tokens").body(unknown).await.expect(404).message();
    let listed = ada.get("/api/orgs/acme/tokens").await.expect(200).json();
    let roles: Vec<_> =
        listed["tokens"].as_array().unwrap().iter().map(|token| token["role"]["name"].as_str().unwrap()).collect();
    assert_eq!(roles, ["member", "member", "Openers"]);
}

#[tokio::test]
async fn newcomers_get_the_default_role_unless_another_one_is_named() {
    let app = with_bob().await;
    let ada = app.user("ada");
    let (readers, openers) =
        (made(&app, "Readers", &["environment:read"]).await, made(&app, "Openers", &["environment:open"]).await);
    app.mark(Some("acme")).await;
    ada.patch(&format!("{ROLES}/{readers}/default")).await.expect(204);
    assert_eq!(leaves(&app).await[0]["detail"], json!({ "custom": readers, "fields": ["default-role"] }));
    assert_eq!(ada.get(&format!("{ROLES}/{readers}")).await.expect(200).json()["isOrgDefault"], true);
    // Who was there before holds what they held.
    app.user("bob").get(PROD).await.expect(404).message();

    for (body, role) in [
        (json!({ "role": "member" }), readers.as_str()),
        (json!({ "role": "member", "fgaRoleId": openers }), &openers),
        (json!({ "fgaRoleId": "member" }), "member"),
        (json!({ "role": "admin" }), "admin"),
    ] {
        ada.post(&format!("{MEMBERS}/otto")).body(body.to_string()).await.expect(200);
        assert_eq!(member(&app, "otto").await["fgaRole"]["id"], role, "{body}");
        ada.delete(&format!("{MEMBERS}/otto")).await.expect(204);

        let invites = "/api/orgs/acme/invites";
        let mut body = body;
        let id = body.as_object_mut().unwrap().remove("fgaRoleId").unwrap_or_default();
        let word = if role == "admin" { "admin" } else { "member" };
        let body = json!({ "role": word, "roleId": id }).to_string();
        let invite = ada.post(&format!("{invites}/link")).body(body).await.expect(200).json();
        let link = invite["acceptInviteUrl"].as_str().unwrap().rsplit('/').next().unwrap();
        let path = format!("{invites}/{}", invite["id"].as_str().unwrap());
        let shown = ada.get(&path).await.expect(200).json();
        assert_eq!(shown["roleId"].as_str(), Some(role).filter(|role| role.starts_with("r_")));
        app.user("otto").patch(&path).body(json!({ "token": link }).to_string()).await.expect(204);
        assert_eq!(member(&app, "otto").await["fgaRole"]["id"], role);
        ada.delete(&format!("{MEMBERS}/otto")).await.expect(204);
    }
    ada.patch(&format!("{ROLES}/member/default")).await.expect(204);
    ada.post(&format!("{MEMBERS}/otto")).body(r#"{"role":"member"}"#).await.expect(200);
    app.user("otto").get(PROD).await.expect(404).message();
}

#[tokio::test]
async fn the_roles_of_a_team_are_for_its_members_and_tokens_once_they_are_enabled() {
    let app = with_bob().await;
    with_team(&app).await;
    let ada = app.user("ada");
    let role = made(&app, "Openers", &["environment:open"]).await;
    let body = || json!({ "roleID": role }).to_string();
    let roles = format!("{CORE}/roles");
    let refused = ada.post(&roles).body(body()).await.expect(400).message();
    assert!(refused.contains("enable"), "{refused}");
    // Whoever only administers the team does not give it anything.
    ada.patch(CORE).body(r#"{"member":"bob","memberAction":"promote"}"#).await.expect(204);
    app.user("bob").post(&format!("{CORE}/enable-team-roles")).await.expect(403).message();
    app.mark(Some("acme")).await;
    ada.post(&format!("{CORE}/enable-team-roles")).await.expect(204);
    app.user("bob").post(&roles).body(body()).await.expect(403).message();
    ada.post(&roles).body(body()).await.expect(204);
    ada.post(&roles).body(body()).await.expect(409).message();
    let listed = app.user("mallory").get(&roles).await.expect(200).json();
    assert_eq!(listed["roles"][0]["id"], role);

    let token = app.user("bob").post(&format!("{CORE}/tokens")).body(r#"{"name":"ci"}"#).await.expect(200).json();
    let token = app.bearer(token["tokenValue"].as_str().unwrap());
    for caller in [&app.user("bob"), &token] {
        caller.post(&format!("{PROD}/open")).await.expect(200);
    }
    app.user("mallory").post(&format!("{PROD}/open")).await.expect(404).message();
    let why = ada.get(&format!("{PROD}/access?user=bob")).await.expect(200).json();
    let ground =
        json!({ "by": "team-grant", "level": "open", "team": "core", "role": { "id": role, "name": "Openers" } });
    assert_eq!(why["operations"][2]["by"], ground);
    ada.delete(&format!("{roles}/{role}")).await.expect(204);
    ada.delete(&format!("{roles}/{role}")).await.expect(404).message();
    for caller in [&app.user("bob"), &token] {
        caller.post(&format!("{PROD}/open")).await.expect(404).message();
    }
    let said = sentences(&app).await;
    let updated: Vec<_> = said.iter().filter(|said| said.starts_with("Updated team")).collect();
    assert_eq!(
        updated,
        [
            r#"Updated team "core": roles-enabled"#,
            r#"Updated team "core": assigned role "Openers""#,
            r#"Updated team "core": unassigned role "Openers""#,
        ]
    );
    ada.post(&roles).body(body()).await.expect(204);
    ada.delete(CORE).await.expect(204);
    ada.delete(&format!("{ROLES}/{role}")).await.expect(204);
}

#[tokio::test]
async fn a_role_of_another_organization_cannot_be_given() {
    let app = with_bob().await;
    let role = made(&app, "Openers", &["environment:open"]).await;
    app.organization("other", &["otto"]).await;
    let engine = app.engine();
    engine.set_member_role(&app.operator(), "other".into(), "otto".into(), Role::Admin).await.unwrap();
    let otto = app.user("otto");
    let body = json!({ "fgaRoleId": role }).to_string();
    otto.patch("/api/orgs/other/members/otto").body(body).await.expect(404).message();
    otto.get(&format!("/api/orgs/other/roles/{role}")).await.expect(404).message();
    otto.delete(&format!("/api/orgs/other/roles/{role}?force=true")).await.expect(404).message();
    let token = json!({ "name": "ci", "roleID": role }).to_string();
    otto.post("/api/orgs/other/tokens").body(token).await.expect(404).message();
    let invites = json!({ "invites": [{ "role": "member", "roleId": role }, { "role": "member" }] }).to_string();
    let sent = otto.post("/api/orgs/other/invites/batch").body(invites).await.expect(200).json();
    assert_eq!(sent["failedInvites"][0]["error"], "role not found");
    assert_eq!(sent["sentInvites"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let app = with_bob().await;
    let ada = app.user("ada");
    let role = made(&app, "Openers", &["environment:open"]).await;
    let allow = |scope: &str| json!({ "__type": "PermissionDescriptorAllow", "permissions": [scope] });
    for (body, status) in [
        (json!({ "name": "" }), 400),
        (json!({ "name": " x" }), 400),
        (json!({ "name": "x".repeat(101) }), 400),
        (json!({ "name": "x", "description": "x".repeat(501) }), 400),
        (json!({ "name": "x", "uxPurpose": "policy" }), 400),
        (json!({ "name": "x", "resourceType": "environment" }), 400),
        (json!({ "name": "x", "details": allow("environment:approve") }), 400),
        (json!({ "name": "x", "details": allow("stack:write") }), 400),
        (json!({ "name": "x", "details": { "__type": "PermissionDescriptorCompose", "permissions": [] } }), 400),
        // What bounds a role to one environment is not dropped in silence.
        (
            json!({ "name": "x", "details": { "__type": "PermissionDescriptorCondition", "subNode": allow("environment:open") } }),
            400,
        ),
        (json!({ "name": "Openers" }), 409),
    ] {
        let answer = ada.post(ROLES).body(body.to_string()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
    let path = format!("{ROLES}/{role}");
    ada.patch(&path).body("{}").await.expect(400).message();
    let other = made(&app, "Others", &[]).await;
    ada.patch(&format!("{ROLES}/{other}")).body(r#"{"name":"Openers"}"#).await.expect(409).message();
    ada.patch(&path).body(r#"{"name":"Openers"}"#).await.expect(200);
    ada.delete(&format!("{path}?force=perhaps")).await.expect(400).message();
    for id in ["nonsense", "r_aaaaaaaaaaaaaaaa"] {
        ada.get(&format!("{ROLES}/{id}")).await.expect(404).message();
        ada.delete(&format!("{ROLES}/{id}")).await.expect(404).message();
        ada.get(&format!("{ROLES}/{id}/users")).await.expect(404).message();
    }
    give(&app, "bob", "nonsense").await.expect(400).message();
    give(&app, "bob", "r_aaaaaaaaaaaaaaaa").await.expect(404).message();
    let two = json!({ "role": "admin", "fgaRoleId": role }).to_string();
    ada.patch(&format!("{MEMBERS}/bob")).body(two).await.expect(400).message();
}
