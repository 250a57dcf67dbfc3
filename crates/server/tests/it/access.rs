//! What everybody may do with an environment, held against the table that operators read.

use std::fmt::Write as _;

use engine::Role;
use serde_json::json;

use crate::app::{Answer, ENVIRONMENTS, TestApp, User};

const PAGE: &str = include_str!("../../../../docs/operating/access.md");

/// By what somebody may do something.
#[derive(Clone, Copy)]
enum Holder {
    Outsider,
    Default(&'static str),
    Team(&'static str),
    Role(&'static str),
    TeamRole(&'static str),
    Owner,
    Administrator,
}

const HOLDERS: [(&str, Holder); 19] = [
    ("nobody of the organization", Holder::Outsider),
    ("default `none`", Holder::Default("none")),
    ("default `read`", Holder::Default("read")),
    ("default `open`", Holder::Default("open")),
    ("default `write`", Holder::Default("write")),
    ("default `admin`", Holder::Default("admin")),
    ("team with `read`", Holder::Team("read")),
    ("team with `open`", Holder::Team("open")),
    ("team with `write`", Holder::Team("write")),
    ("team with `admin`", Holder::Team("admin")),
    ("role with `environment:read`", Holder::Role("environment:read")),
    ("role with `environment:open`", Holder::Role("environment:open")),
    ("role with `environment:write`", Holder::Role("environment:write")),
    ("role with `environment:admin`", Holder::Role("environment:admin")),
    ("role with `environment:delete`", Holder::Role("environment:delete")),
    ("role with `audit_logs:read`", Holder::Role("audit_logs:read")),
    ("team's role with `environment:open`", Holder::TeamRole("environment:open")),
    ("owner", Holder::Owner),
    ("administrator", Holder::Administrator),
];

#[derive(Clone, Copy)]
enum Operation {
    Read,
    Check,
    Open,
    Decrypt,
    Clone,
    Update,
    Tag,
    Retract,
    Settings,
    Grant,
    Ownership,
    Delete,
}

const OPERATIONS: [(&str, Operation); 12] = [
    ("read", Operation::Read),
    ("check", Operation::Check),
    ("open", Operation::Open),
    ("decrypt", Operation::Decrypt),
    ("clone", Operation::Clone),
    ("update", Operation::Update),
    ("tag", Operation::Tag),
    ("retract", Operation::Retract),
    ("settings", Operation::Settings),
    ("grant", Operation::Grant),
    ("ownership", Operation::Ownership),
    ("delete", Operation::Delete),
];

impl Operation {
    async fn attempt(self, user: &User<'_>, name: &str) -> Answer {
        let path = format!("{ENVIRONMENTS}/acme/web/{name}");
        match self {
            Self::Read => user.get(&path).await,
            Self::Check => user.post(&format!("{path}/check")).await,
            Self::Open => user.post(&format!("{path}/open")).await,
            Self::Decrypt => user.get(&format!("{path}/decrypt")).await,
            Self::Clone => user.post(&format!("{path}/clone")).body(format!(r#"{{"name":"copy-{name}"}}"#)).await,
            Self::Retract => user.post(&format!("{path}/versions/1/retract")).body(r#"{"replacement":2}"#).await,
            Self::Ownership => user.post(&format!("{path}/ownership")).body(r#"{"githubLogin":"grace"}"#).await,
            Self::Update => user.patch(&path).body("values: {a: 2}").await,
            Self::Tag => user.post(&format!("{path}/tags")).body(r#"{"name":"team","value":"core"}"#).await,
            Self::Settings => user.patch(&format!("{path}/settings")).body(r#"{"deletionProtected":true}"#).await,
            Self::Grant => {
                let grant = json!({ "projectName": "web", "envName": name, "permission": "read" });
                let body = json!({ "addEnvironmentPermission": grant }).to_string();
                user.patch("/api/orgs/acme/teams/other").body(body).await
            }
            Self::Delete => user.delete(&path).await,
        }
    }
}

/// `yes`, `no`, or `-` where the caller does not even learn that it is there.
fn cell(answer: &Answer) -> &'static str {
    match answer.status.as_u16() {
        200..=299 => "yes",
        403 => "no",
        404 => "-",
        other => panic!("a status of {other}"),
    }
}

async fn team(app: &TestApp, name: &str) {
    let body = json!({ "name": name, "displayName": "", "description": "" }).to_string();
    app.user("ada").post("/api/orgs/acme/teams/pulumi").body(body).await.expect(201);
}

async fn change(app: &TestApp, name: &str, body: serde_json::Value) {
    app.user("ada").patch(&format!("/api/orgs/acme/teams/{name}")).body(body.to_string()).await.expect(204);
}

/// The identifier of a new role with one scope.
async fn role(app: &TestApp, name: &str, scope: &str) -> String {
    let body = json!({ "name": name, "details": { "permissions": [scope] } }).to_string();
    let made = app.user("ada").post("/api/orgs/acme/roles").body(body).await.expect(200).json();
    made["id"].as_str().unwrap().to_owned()
}

/// The login of a holder.
async fn holder(app: &TestApp, holder: Holder, number: usize) -> String {
    let login = match holder {
        Holder::Outsider => return "otto".to_owned(),
        Holder::Administrator => return "ada".to_owned(),
        Holder::Default(_) | Holder::Team(_) | Holder::Role(_) | Holder::TeamRole(_) | Holder::Owner => {
            format!("user{number}")
        }
    };
    app.add(&login, Role::Member).await;
    let ada = app.user("ada");
    if let Holder::Role(scope) = holder {
        let body = json!({ "fgaRoleId": role(app, &login, scope).await }).to_string();
        ada.patch(&format!("/api/orgs/acme/members/{login}")).body(body).await.expect(204);
    }
    if let Holder::TeamRole(scope) = holder {
        team(app, &login).await;
        let path = format!("/api/orgs/acme/teams/{login}");
        ada.post(&format!("{path}/enable-team-roles")).await.expect(204);
        let body = json!({ "roleID": role(app, &login, scope).await }).to_string();
        ada.post(&format!("{path}/roles")).body(body).await.expect(204);
        change(app, &login, json!({ "member": login, "memberAction": "add" })).await;
    }
    if let Holder::Team(permission) = holder {
        team(app, permission).await;
        change(app, permission, json!({ "member": login, "memberAction": "add" })).await;
    }
    let default = if let Holder::Default(permission) = holder { permission } else { "none" };
    let body = json!({ "setDefaultEnvironmentPermission": default }).to_string();
    app.user("ada").patch("/api/orgs/acme").body(body).await.expect(200);
    login
}

#[tokio::test]
async fn the_table_of_operators_says_what_everybody_may_do() {
    let app = TestApp::start().await;
    app.add("grace", Role::Admin).await;
    team(&app, "other").await;
    let names: Vec<_> = OPERATIONS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, engine::OPERATIONS.map(|(name, _)| name));
    let mut table = format!("| by | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for (number, (label, by)) in HOLDERS.into_iter().enumerate() {
        let login = holder(&app, by, number).await;
        write!(table, "| {label} |").unwrap();
        for (operation, (_, act)) in OPERATIONS.into_iter().enumerate() {
            let name = format!("e{number}-{operation}");
            // Of somebody else than the administrator in the table, so that it is not the owner.
            let owner = if matches!(by, Holder::Owner) { &login } else { "grace" };
            app.environment(owner, &format!("web/{name}"), "values: {a: 1}").await;
            if let Holder::Team(permission) = by {
                let grant = json!({ "projectName": "web", "envName": name, "permission": permission });
                change(&app, permission, json!({ "addEnvironmentPermission": grant })).await;
            }
            let why = app.user("grace").get(&format!("{ENVIRONMENTS}/acme/web/{name}/access?user={login}")).await;
            let why = why.expect(200).json();
            let said = cell(&act.attempt(&app.user(&login), &name).await);
            write!(table, " {said} |").unwrap();
            // What is said of the decision is the decision.
            assert_eq!(why["operations"][operation]["operation"], names[operation]);
            assert_eq!(why["operations"][operation]["allowed"], said == "yes", "{label}: {why}");
            // And it names the role that permits.
            if matches!(by, Holder::Role(_) | Holder::TeamRole(_)) && said == "yes" {
                assert_eq!(why["operations"][operation]["by"]["role"]["name"], *login, "{label}: {why}");
            }
        }
        table.push('\n');
    }
    assert!(PAGE.contains(&table), "the page lacks this table:\n{table}");
}
