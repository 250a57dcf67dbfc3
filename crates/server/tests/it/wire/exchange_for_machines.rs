//! An identity becomes a token of an organisation or of one of its teams.

use serde_json::{Value, json};

use super::PROD;
use crate::app::{Answer, Call, ENVIRONMENTS, TestApp, TestIssuer};

const SUBJECT: &str = "repo:acme/web";
const DENIED: &str = "no policy of the issuer allows this token for this identity";

/// `acme` with a team `core`, and an issuer whose rules let one subject have tokens of either, but no administrator's.
struct Builds {
    app: TestApp,
    ci: TestIssuer,
    issuer: String,
    policy: String,
}

impl Builds {
    async fn start() -> Self {
        let app = TestApp::start().await;
        app.environment("ada", "web/prod", "values: {a: 1}").await;
        let team = json!({ "name": "core", "displayName": "Core", "description": "" });
        app.user("ada").post("/api/orgs/acme/teams/pulumi").body(team.to_string()).await.expect(201);
        let ci = TestIssuer::new("ci");
        let (issuer, policy) = ci.register(&app, "ci", SUBJECT, "alice").await;
        let this = Self { app, ci, issuer, policy };
        this.set_rules(json!([
            { "decision": "allow", "tokenType": "organization", "rules": { "sub": SUBJECT } },
            { "decision": "allow", "tokenType": "team", "teamName": "core", "rules": { "sub": SUBJECT } },
        ]))
        .await;
        this
    }

    async fn set_rules(&self, rules: Value) {
        let body = json!({ "policies": rules }).to_string();
        self.app
            .user("ada")
            .patch(&format!("/api/orgs/acme/auth/policies/{}", self.policy))
            .body(body)
            .await
            .expect(200);
        self.app.mark(None).await;
        self.app.mark(Some("acme")).await;
    }

    fn ask(&self, token: &str, scope: &str) -> Call {
        self.ask_in("acme", token, scope, SUBJECT)
    }

    fn ask_in(&self, organization: &str, token: &str, scope: &str, subject: &str) -> Call {
        let fields = json!({
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": format!("urn:pulumi:org:{organization}"),
            "subject_token": self.ci.token(&self.ci.claims(&self.app, subject)),
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "requested_token_type": format!("urn:pulumi:token-type:access_token:{token}"),
            "scope": scope,
        });
        self.app.anonymous().post("/api/oauth/token").body(fields.to_string())
    }

    async fn grant(&self, permission: Value) {
        let body = json!({ "addEnvironmentPermission": permission }).to_string();
        self.app.user("ada").patch("/api/orgs/acme/teams/core").body(body).await.expect(204);
    }

    /// The leaves of `acme`'s log since the mark.
    async fn leaves(&self) -> Vec<Value> {
        let entries = self.app.entries(Some("acme")).await;
        entries.iter().map(|entry| serde_json::from_str(entry.leaf.as_leaf().as_str()).unwrap()).collect()
    }
}

fn text(answer: &Answer) -> String {
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_identity_becomes_a_token_of_the_organization_that_a_rule_allows() {
    let builds = Builds::start().await;
    let app = &builds.app;
    let answer = builds.ask("organization", "").await.expect(200);
    let body = answer.json();
    assert_eq!(body["issued_token_type"], "urn:pulumi:token-type:access_token:organization");
    assert_eq!((&body["scope"], &body["expires_in"]), (&json!(""), &json!(7_200)));
    let job = app.bearer(&text(&answer));
    let me = job.get("/api/user").await.expect(200).json();
    assert_eq!((&me["githubLogin"], &me["organizations"][0]["role"]), (&json!("organization:acme"), &json!("member")));

    let leaves = builds.leaves().await;
    let [leaf] = leaves.as_slice() else { panic!("{leaves:?}") };
    assert_eq!(leaf["type"], "organization-token-created-for-oidc-issuer");
    assert_eq!((&leaf["actor"]["kind"], &leaf["cred"]), (&json!("organization"), &json!({ "kind": "oidc-token" })));
    assert_eq!((&leaf["detail"]["issuer"], &leaf["detail"]["role"]), (&json!(builds.issuer), &json!("member")));
    app.mark(Some("acme")).await;
    job.post(&format!("{ENVIRONMENTS}/acme")).body(r#"{"project":"web","name":"built"}"#).await.expect(204);
    let used = builds.leaves().await.remove(0);
    let credential = json!({ "from": leaf["id"], "id": leaf["target"]["id"], "kind": "oidc-token" });
    assert_eq!((&used["cred"], &used["actor"]), (&credential, &leaf["actor"]));

    // The name that a token has is its own, however often an identity comes.
    builds.ask("organization", "").await.expect(200);
    let listed = app.user("ada").get("/api/orgs/acme/tokens").await.expect(200).json();
    let names: Vec<&str> =
        listed["tokens"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.len() == 2 && names[0] != names[1], "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("ci: repo:acme/web (t_")), "{names:?}");

    app.clock().forward(7_201);
    job.get("/api/user").await.expect(401);
    let listed = app.user("ada").get("/api/orgs/acme/tokens").await.expect(200).json();
    assert_eq!(listed["tokens"], json!([]));
}

#[tokio::test]
async fn an_administrator_s_token_needs_a_rule_that_says_so() {
    let builds = Builds::start().await;
    assert_eq!(builds.ask("organization", "admin").await.expect(403).message(), DENIED);
    let leaf = builds.leaves().await.remove(0);
    assert_eq!((&leaf["actor"]["kind"], &leaf["outcome"]), (&json!("anonymous"), &json!("denied")));
    assert_eq!(leaf["type"], "organization-token-created-for-oidc-issuer");
    let admin = json!({ "decision": "allow", "tokenType": "organization", "authorizedPermissions": ["admin"],
        "rules": { "sub": SUBJECT } });
    builds.set_rules(json!([admin])).await;
    let answer = builds.ask("organization", "admin").await.expect(200);
    assert_eq!(answer.json()["scope"], "admin");
    let job = builds.app.bearer(&text(&answer));
    job.get(PROD).await.expect(200);
    job.get("/api/orgs/acme/tokens").await.expect(200);
    job.get("/api/orgs/acme/auditlogs").await.expect(200);
    // Whoever keeps the server is a person.
    job.get("/api/orgs/acme/auditlogs?log=server").await.expect(404);
}

#[tokio::test]
async fn an_identity_becomes_a_token_of_a_team_with_what_the_team_was_granted() {
    let builds = Builds::start().await;
    let app = &builds.app;
    let answer = builds.ask("team", "team:core").await.expect(200);
    let body = answer.json();
    assert_eq!(body["issued_token_type"], "urn:pulumi:token-type:access_token:team");
    assert_eq!(body["scope"], "team:core");
    let leaf = builds.leaves().await.remove(0);
    assert_eq!((&leaf["actor"]["kind"], &leaf["cred"]["kind"]), (&json!("team"), &json!("oidc-token")));
    assert_eq!(
        (&leaf["type"], &leaf["detail"]["issuer"]),
        (&json!("team-token-created-for-oidc-issuer"), &json!(builds.issuer))
    );

    let job = app.bearer(&text(&answer));
    assert_eq!(job.get("/api/user").await.expect(200).json()["tokenInfo"]["team"], "core");
    job.get(PROD).await.expect(404);
    builds.grant(json!({ "projectName": "web", "envName": "prod", "permission": "open" })).await;
    job.post(&format!("{PROD}/open")).await.expect(200);
    job.delete(PROD).await.expect(403);

    for team in ["team:other", "team:nosuch"] {
        assert_eq!(builds.ask("team", team).await.expect(403).message(), DENIED);
    }
    // A rule for a team that is not there lets nobody be it, and looks the same.
    let rule = json!({ "decision": "allow", "tokenType": "team", "teamName": "nosuch", "rules": { "sub": SUBJECT } });
    builds.set_rules(json!([rule])).await;
    assert_eq!(builds.ask("team", "team:nosuch").await.expect(403).message(), DENIED);
    // Deleting the team ends what it was given.
    app.user("ada").delete("/api/orgs/acme/teams/core").await.expect(204);
    job.get("/api/user").await.expect(401);
}

#[tokio::test]
async fn tokens_of_machines_end_with_the_issuer_that_they_came_from_or_when_they_are_deleted() {
    let builds = Builds::start().await;
    let app = &builds.app;
    let mut texts = Vec::new();
    for (token, scope) in [("organization", ""), ("organization", ""), ("team", "team:core")] {
        texts.push(text(&builds.ask(token, scope).await.expect(200)));
    }
    let id = app.bearer(&texts[0]).get("/api/user").await.expect(200).json()["tokenInfo"]["name"].clone();
    let (_, id) = id.as_str().unwrap().rsplit_once(" (").unwrap();
    let id = id.trim_end_matches(')');
    app.user("ada").delete(&format!("/api/orgs/acme/tokens/{id}")).await.expect(204);
    app.bearer(&texts[0]).get("/api/user").await.expect(401);
    app.bearer(&texts[1]).get("/api/user").await.expect(200);

    app.mark(Some("acme")).await;
    app.user("ada").delete(&format!("/api/orgs/acme/oidc/issuers/{}", builds.issuer)).await.expect(204);
    assert_eq!(builds.leaves().await[0]["detail"]["tokens"], 2);
    for text in &texts {
        app.bearer(text).get("/api/user").await.expect(401);
    }
    builds.ask("organization", "").await.expect(401);
}

#[tokio::test]
async fn a_token_of_a_machine_is_worth_nothing_elsewhere_and_makes_nothing_that_outlives_it() {
    let builds = Builds::start().await;
    let app = &builds.app;
    app.organization("other", &["alice"]).await;
    let theirs = json!({ "project": "web", "name": "theirs" }).to_string();
    app.user("alice").post("/api/esc/environments/other").body(theirs).await.expect(204);
    let admin = json!({ "decision": "allow", "tokenType": "organization", "authorizedPermissions": ["admin"],
        "rules": { "sub": SUBJECT } });
    builds.set_rules(json!([admin])).await;
    let job = text(&builds.ask("organization", "admin").await.expect(200));
    let job = app.bearer(&job);
    for path in ["/api/orgs/other", "/api/esc/environments/other", "/api/esc/environments/other/web/theirs"] {
        job.get(path).await.expect(404);
    }
    // Another organisation does not know the issuer.
    builds.ask_in("other", "organization", "", SUBJECT).await.expect(401);

    // No program makes a schedule.
    job.post(&format!("{PROD}/schedules")).body(r#"{"scheduleCron":"30 2 * * *"}"#).await.expect(403);
    let (issuer, policy) = (&builds.issuer, &builds.policy);
    let calls = [
        job.post("/api/orgs/acme/tokens").body(r#"{"name":"for ever","admin":true,"expires":0}"#),
        job.post("/api/orgs/acme/teams/core/tokens").body(r#"{"name":"for ever","expires":0}"#),
        job.post("/api/orgs/acme/invites/link").body(r#"{"role":"admin"}"#),
        job.patch(&format!("/api/orgs/acme/oidc/issuers/{issuer}")).body(r#"{"maxExpiration":86400}"#),
        job.patch(&format!("/api/orgs/acme/auth/policies/{policy}")).body(r#"{"policies":[]}"#),
    ];
    for call in calls {
        let message = call.await.expect(403).message();
        assert!(message.contains("came of an identity"), "{message}");
    }
}

#[tokio::test]
async fn an_identity_that_is_not_believed_is_refused_under_the_event_that_it_asked_for() {
    let builds = Builds::start().await;
    for (token, scope) in [("organization", ""), ("team", "team:core")] {
        builds.app.mark(None).await;
        builds.ask_in("nosuch", token, scope, SUBJECT).await.expect(401);
        let log = builds.app.server_log().await;
        assert_eq!(log, format!("{token}-token-created-for-oidc-issuer  -  anonymous  denied  credential-unknown"));
    }
    builds.app.mark(Some("acme")).await;
    assert_eq!(builds.ask_in("acme", "team", "team:core", "repo:evil/web").await.expect(403).message(), DENIED);
    let log = builds.app.log("acme").await;
    assert!(log.ends_with("anonymous  denied  permission-missing"), "{log}");
}
