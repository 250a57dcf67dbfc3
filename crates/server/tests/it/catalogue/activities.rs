//! How each event of the catalogue comes about: by what people do over the public API, in the console, at the shell of
//! the host, or by what the server does by itself.
//!
//! The list is the catalogue: a new event without an activity does not compile.

use engine::ledger::Event;
use engine::seal::SecretString;
use engine::{Anchor as _, AnchorFile, Context, NewUser, Role, Step, TreeHead};

use super::Happened;
use crate::app::{Answer, Call, ENVIRONMENTS, LOGS, Place, TestApp, TestIssuer};

/// Where people sit.
const OFFICE: &str = "198.51.100.7";
const PROD: &str = "/api/esc/environments/acme/web/prod";
const ISSUERS: &str = "/api/orgs/acme/oidc/issuers";
const INVITES: &str = "/api/orgs/acme/invites";
const ROLES: &str = "/api/orgs/acme/roles";
const DEFINITION: &str = "values: {key: {fn::secret: hunter2}}";

/// Done by the administrator, who sits in the office.
fn by_ada(sentence: &'static str) -> Happened {
    Happened { login: "ada", address: OFFICE.to_owned(), sentence, in_server_log: false }
}

/// Done by a member without permission.
fn by_mallory(sentence: &'static str) -> Happened {
    Happened { login: "mallory", ..by_ada(sentence) }
}

/// Done from the shell of the host.
fn on_the_host(sentence: &'static str) -> Happened {
    Happened { login: "setup", address: String::new(), sentence, in_server_log: false }
}

/// Done by the server by itself.
fn by_the_server(sentence: &'static str) -> Happened {
    Happened { login: "system", ..on_the_host(sentence) }
}

/// Calls of the administrator from the office.
struct Ada<'a>(&'a TestApp);

impl Ada<'_> {
    fn get(&self, path: &str) -> Call {
        self.0.user("ada").get(path).from(&office())
    }

    fn post(&self, path: &str) -> Call {
        self.0.user("ada").post(path).from(&office())
    }

    fn put(&self, path: &str) -> Call {
        self.0.user("ada").put(path).from(&office())
    }

    fn patch(&self, path: &str) -> Call {
        self.0.user("ada").patch(path).from(&office())
    }

    fn delete(&self, path: &str) -> Call {
        self.0.user("ada").delete(path).from(&office())
    }

    /// An environment of the administrator's at revision 2.
    async fn prod(&self) {
        self.0.environment("ada", "web/prod", DEFINITION).await;
    }

    /// An environment with a schedule, whose path it gives.
    async fn scheduled(&self) -> String {
        self.prod().await;
        let schedules = format!("{PROD}/schedules");
        let made = self.post(&schedules).body(r#"{"scheduleCron":"0 3 * * *"}"#).await.expect(200).json();
        format!("{schedules}/{}", made["id"].as_str().unwrap())
    }

    /// An environment whose revision 1 has a tag.
    async fn tagged(&self) {
        self.prod().await;
        self.post(&at("/versions/tags")).body(r#"{"name":"stable","revision":1}"#).await.expect(204);
    }

    /// An invitation, and the secret of its link.
    async fn invite(&self) -> (String, String) {
        let body = r#"{"role":"member","email":"lin@acme.example"}"#;
        let made = self.post(&format!("{INVITES}/link")).body(body).await.expect(200);
        let url = made.json()["acceptInviteUrl"].as_str().unwrap().to_owned();
        (id(&made), url.rsplit('/').next().unwrap().to_owned())
    }

    /// A token that is made for an identity, by an issuer whose rules let it be anybody.
    async fn exchange(&self, token: &str, scope: &str) {
        let ci = TestIssuer::new("ci");
        let (_, policy) = ci.register_as(self.0, "ci", "job", "ada", &office()).await;
        let any = serde_json::json!({ "decision": "allow", "tokenType": token, "teamName": "ops", "userLogin": "ada",
            "authorizedPermissions": ["admin"], "rules": { "sub": "job" } });
        let rules = serde_json::json!({ "policies": [any] }).to_string();
        self.patch(&format!("/api/orgs/acme/auth/policies/{policy}")).body(rules).await.expect(200);
        let body = serde_json::json!({
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": "urn:pulumi:org:acme",
            "subject_token": ci.token(&ci.claims(self.0, "job")), "scope": scope,
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "requested_token_type": format!("urn:pulumi:token-type:access_token:{token}"),
        });
        self.0.anonymous().post("/api/oauth/token").from(&office()).body(body.to_string()).await.expect(200);
    }

    /// A role, whose path it gives.
    async fn role(&self) -> String {
        let body = r#"{"name":"auditors","details":{"permissions":["audit_logs:read"]}}"#;
        format!("{ROLES}/{}", id(&self.post(ROLES).body(body).await.expect(200)))
    }

    /// A team.
    async fn team(&self) {
        let body = r#"{"name":"ops","displayName":"ops","description":""}"#;
        self.post("/api/orgs/acme/teams/pulumi").body(body).await.expect(201);
    }

    /// The same, with a tag of the environment.
    async fn labelled(&self) {
        self.prod().await;
        self.post(&at("/tags")).body(r#"{"name":"team","value":"web"}"#).await.expect(200);
    }
}

fn office() -> String {
    format!("{OFFICE}:4711")
}

fn at(path: &str) -> String {
    format!("{PROD}{path}")
}

fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// Makes an event happen.
#[expect(clippy::too_many_lines, reason = "one paragraph an event")]
pub(super) async fn happen(event: Event, app: &TestApp) -> Happened {
    let ada = Ada(app);
    let (engine, operator) = (app.engine(), app.operator());
    match event {
        Event::AuthFailureEnvironment => {
            ada.prod().await;
            app.user("mallory").get(&at("/tags")).from(&office()).await.expect(404);
            by_mallory(r#"Tried to list tags on environment "acme/web/prod": permission missing"#)
        }
        Event::AuthFailureOrganizationRole => {
            app.user("mallory").get(&format!("{LOGS}/event-types")).from(&office()).await.expect(403);
            by_mallory(r#"Tried to list event types in organization "acme": permission missing"#)
        }
        Event::AuthorizationPolicyUpdated => {
            TestIssuer::new("ci").register_as(app, "ci", "job", "ada", &office()).await;
            by_ada(r#"Changed the policy of issuer "ci" to 1 rules"#)
        }
        Event::OidcIssuerRegistered => {
            ada.post(ISSUERS).body(TestIssuer::new("ci").registration("ci")).await.expect(200);
            by_ada(r#"Registered issuer "ci""#)
        }
        Event::OidcIssuerUpdated => {
            let issuer = id(&ada.post(ISSUERS).body(TestIssuer::new("ci").registration("ci")).await.expect(200));
            ada.patch(&format!("{ISSUERS}/{issuer}")).body(r#"{"maxExpiration":60}"#).await.expect(200);
            by_ada(r#"Updated issuer "ci""#)
        }
        Event::OidcIssuerDeleted => {
            let issuer = id(&ada.post(ISSUERS).body(TestIssuer::new("ci").registration("ci")).await.expect(200));
            ada.delete(&format!("{ISSUERS}/{issuer}")).await.expect(204);
            by_ada(r#"Deleted issuer "ci""#)
        }
        Event::OidcIssuerValidationFailed => {
            // The way out does not lead to this machine.
            let body = r#"{"name":"ci","url":"https://127.0.0.1:9"}"#;
            let issuer = id(&ada.post(ISSUERS).body(body).await.expect(200));
            ada.post(&format!("{ISSUERS}/{issuer}/regenerate-thumbprints")).await.expect(400);
            by_ada(r#"Tried to have the keys of issuer "ci": provider failed"#)
        }
        Event::PersonalTokenCreatedForOidcIssuer => {
            ada.exchange("personal", "user:ada").await;
            by_ada(r#"Created personal token "ci: job" for "job""#)
        }
        Event::OrganizationTokenCreatedForOidcIssuer => {
            ada.exchange("organization", "admin").await;
            let sentence = r#"Created organization token "ci: job (…)" as admin for "job""#;
            Happened { login: "organization:acme", ..by_ada(sentence) }
        }
        Event::TeamTokenCreatedForOidcIssuer => {
            ada.team().await;
            ada.exchange("team", "team:ops").await;
            let sentence = r#"Created token "ci: job (…)" of team "ops" for "job""#;
            Happened { login: "team:acme:ops", ..by_ada(sentence) }
        }
        Event::CustomRoleCreated => {
            ada.role().await;
            by_ada(r#"Created role "auditors""#)
        }
        Event::CustomRoleDeleted => {
            let role = ada.role().await;
            ada.delete(&role).await.expect(204);
            by_ada(r#"Deleted role "auditors""#)
        }
        Event::CustomRoleUpdated => {
            let role = ada.role().await;
            ada.patch(&role).body(r#"{"details":{"permissions":[]}}"#).await.expect(200);
            by_ada(r#"Updated role "auditors""#)
        }
        Event::EnvironmentCloned => {
            ada.prod().await;
            ada.post(&at("/clone")).body(r#"{"name":"copy"}"#).await.expect(204);
            by_ada(r#"Cloned environment "acme/web/prod" at revision 2 to "web/copy""#)
        }
        Event::EnvironmentCreated => {
            let body = r#"{"project":"web","name":"prod"}"#;
            ada.post(&format!("{ENVIRONMENTS}/acme")).body(body).await.expect(204);
            by_ada(r#"Created environment "acme/web/prod""#)
        }
        Event::EnvironmentDecrypted => {
            ada.prod().await;
            ada.get(&at("/decrypt")).await.expect(200);
            by_ada(r#"Decrypted environment "acme/web/prod" at revision 2"#)
        }
        Event::EnvironmentDeleted => {
            ada.prod().await;
            ada.delete(PROD).await.expect(204);
            by_ada(r#"Deleted environment "acme/web/prod""#)
        }
        Event::EnvironmentDeletionProtectionDisabled => {
            ada.prod().await;
            ada.patch(&at("/settings")).body(r#"{"deletionProtected":true}"#).await.expect(200);
            ada.patch(&at("/settings")).body(r#"{"deletionProtected":false}"#).await.expect(200);
            by_ada(r#"Disabled deletion protection of environment "acme/web/prod""#)
        }
        Event::EnvironmentDeletionProtectionEnabled => {
            ada.prod().await;
            ada.patch(&at("/settings")).body(r#"{"deletionProtected":true}"#).await.expect(200);
            by_ada(r#"Enabled deletion protection of environment "acme/web/prod""#)
        }
        Event::EnvironmentOidcTokenIssued => {
            let call = r#"values: {it: {fn::open::external: {url: "https://127.0.0.1:1/"}}}"#;
            app.environment("ada", "web/prod", call).await;
            ada.post(&at("/open")).await.expect(400);
            by_ada(r#"Tried to issue an ID token to external of environment "acme/web/prod": provider failed"#)
        }
        Event::EnvironmentOpen => {
            ada.prod().await;
            ada.post(&at("/open")).await.expect(200);
            by_ada(r#"Opened environment "acme/web/prod""#)
        }
        Event::EnvironmentRead => {
            ada.prod().await;
            ada.get(PROD).await.expect(200);
            by_ada(r#"Read environment "acme/web/prod" at revision 2"#)
        }
        Event::EnvironmentReadOpen => {
            ada.prod().await;
            let session = app.session("ada", "web/prod").await;
            ada.get(&at(&format!("/open/{session}?property=key"))).await.expect(200);
            by_ada(r#"Read "key" of open environment "acme/web/prod""#)
        }
        Event::EnvironmentRestored => {
            ada.prod().await;
            ada.delete(PROD).await.expect(204);
            let deleted = ada.get(&format!("{ENVIRONMENTS}/acme/restore")).await.json();
            let deleted = &deleted["environments"][0]["deletedAt"];
            let body = serde_json::json!({ "project": "web", "name": "prod", "deletionTimestamp": deleted });
            ada.put(&format!("{ENVIRONMENTS}/acme/restore")).body(body.to_string()).await.expect(204);
            by_ada(r#"Restored environment "acme/web/prod""#)
        }
        Event::EnvironmentRevisionRetracted => {
            ada.prod().await;
            ada.patch(PROD).body("values: {a: 1}").await.expect(200);
            ada.post(&at("/versions/2/retract")).body("{}").await.expect(204);
            by_ada(r#"Retracted revision 2 of environment "acme/web/prod" in favor of revision 1"#)
        }
        Event::EnvironmentRevisionTagCreated => {
            ada.tagged().await;
            by_ada(r#"Created revision tag "stable" of environment "acme/web/prod" at revision 1"#)
        }
        Event::EnvironmentRevisionTagDelete => {
            ada.tagged().await;
            ada.delete(&at("/versions/tags/stable")).await.expect(204);
            by_ada(r#"Deleted revision tag "stable" of environment "acme/web/prod" at revision 1"#)
        }
        Event::EnvironmentRevisionTagOpen => {
            ada.tagged().await;
            ada.post(&at("/versions/stable/open")).await.expect(200);
            by_ada(r#"Opened environment "acme/web/prod" at tag "stable""#)
        }
        Event::EnvironmentRevisionTagRead => {
            ada.tagged().await;
            ada.get(&at("/versions/stable")).await.expect(200);
            by_ada(r#"Read environment "acme/web/prod" at tag "stable""#)
        }
        Event::EnvironmentRevisionTagUpdate => {
            ada.tagged().await;
            ada.patch(&at("/versions/tags/stable")).body(r#"{"revision":2}"#).await.expect(204);
            by_ada(r#"Moved revision tag "stable" of environment "acme/web/prod" to revision 2"#)
        }
        Event::EnvironmentPurged => {
            ada.prod().await;
            ada.delete(PROD).await.expect(204);
            app.clock().forward(1);
            assert_eq!(engine.purge_environments(0).await.unwrap(), 1);
            by_the_server(r#"Purged environment "acme/web/prod""#)
        }
        Event::EnvironmentRotated => {
            ada.prod().await;
            ada.post(&at("/rotate")).body(r#"{"Paths":[]}"#).await.expect(200);
            by_ada(r#"Rotated environment "acme/web/prod"…"#)
        }
        Event::EnvironmentScheduleCreated => {
            ada.scheduled().await;
            by_ada(r#"Created a schedule ("0 3 * * *") of environment "acme/web/prod""#)
        }
        Event::EnvironmentScheduleDeleted => {
            let schedule = ada.scheduled().await;
            ada.delete(&schedule).await.expect(200);
            by_ada(r#"Deleted the schedule ("0 3 * * *") of environment "acme/web/prod""#)
        }
        Event::EnvironmentScheduleUpdated => {
            let schedule = ada.scheduled().await;
            ada.post(&format!("{schedule}/pause")).await.expect(200);
            by_ada(r#"Updated the schedule ("0 3 * * *") of environment "acme/web/prod": paused"#)
        }
        Event::EnvironmentTagCreated => {
            ada.labelled().await;
            by_ada(r#"Created tag "team" of environment "acme/web/prod" with value "web""#)
        }
        Event::EnvironmentTagDeleted => {
            ada.labelled().await;
            ada.delete(&at("/tags/team")).await.expect(204);
            by_ada(r#"Deleted tag "team" of environment "acme/web/prod""#)
        }
        Event::EnvironmentTagUpdated => {
            ada.labelled().await;
            let body = r#"{"currentTag":{"value":"web"},"newTag":{"name":"owner","value":"ops"}}"#;
            ada.patch(&at("/tags/team")).body(body).await.expect(200);
            by_ada(r#"Updated tag "team" of environment "acme/web/prod", renamed to "owner", set to "ops""#)
        }
        Event::EnvironmentUnauthorizedOpen => {
            ada.prod().await;
            app.user("mallory").post(&at("/open")).from(&office()).await.expect(404);
            by_mallory(r#"Tried to open environment "acme/web/prod": permission missing"#)
        }
        Event::EnvironmentUpdated => {
            ada.prod().await;
            ada.patch(PROD).body("values: {a: 1}").await.expect(200);
            by_ada(r#"Updated environment "acme/web/prod" to revision 3"#)
        }
        Event::AuditLogExported => {
            ada.get(&format!("{LOGS}/v2/export?format=cef")).await.expect(200);
            by_ada(r#"Exported the audit log of "acme" as cef: … rows"#)
        }
        Event::AuditLogRead => {
            ada.get(LOGS).await.expect(200);
            by_ada(r#"Read the audit log of "acme""#)
        }
        Event::AuthenticationFailed => {
            app.anonymous().get("/api/user").from(&office()).await.expect(401);
            Happened { login: "", ..by_ada("Tried to authenticate…").in_the_server_s_log() }
        }
        Event::BackupMade => {
            let made = engine.back_up(&operator, app.folder().join("copy"), |_| ()).await;
            // PostgreSQL makes its own backups, and that is what the log says then.
            let sentence = if made.is_ok() { "Made a backup" } else { "Tried to make a backup…" };
            assert_eq!(made.is_ok(), !Place::is_postgres_tested());
            on_the_host(sentence).in_the_server_s_log()
        }
        Event::ClockAdopted => {
            engine.clock_adopted().await.unwrap();
            by_the_server("Adopted the clock's reading").in_the_server_s_log()
        }
        Event::CredentialMinted => {
            let call = r#"values: {it: {fn::open::vault-login: {address: "http://127.0.0.1:1", token: {token: t}}}}"#;
            app.environment("ada", "web/prod", call).await;
            ada.post(&at("/open")).await.expect(400);
            by_ada(r#"Tried to have vault login of environment "acme/web/prod" mint a credential: provider failed"#)
        }
        Event::DefaultOrganizationSet => {
            ada.post("/api/user/organizations/acme/default").await.expect(204);
            by_ada(r#"Made organization "acme" the default"#)
        }
        Event::EnvironmentOwnerChanged => {
            ada.prod().await;
            ada.post(&at("/ownership")).body(r#"{"githubLogin":"alice"}"#).await.expect(200);
            by_ada(r#"Gave environment "acme/web/prod" to "alice""#)
        }
        Event::LogAdopted => {
            engine.publish().await.unwrap();
            std::fs::remove_file(app.folder().join("escriba.anchor")).unwrap();
            engine.adopt_logs(&operator).await.unwrap();
            on_the_host("Adopted log … at size …").in_the_server_s_log()
        }
        Event::LogFrozen => {
            app.organization("other", &["otto"]).await;
            engine.publish().await.unwrap();
            app.user("otto").post("/api/user/organizations/other/default").await.expect(204);
            engine.sequence_all().await.unwrap();
            app.tamper(
                "UPDATE log SET frontier = x'00'
                 WHERE organization_id = (SELECT id FROM organization WHERE name = 'other')",
            )
            .await;
            assert_eq!(engine.publish().await.unwrap().frozen, 1);
            by_the_server("Froze log … at size …").in_the_server_s_log()
        }
        Event::LogKeyChanged => {
            engine.rotate_log_key(&operator).await.unwrap();
            on_the_host("Changed the key that signs the logs to …")
        }
        Event::LogOpened => by_the_server(r#"Opened the log of "acme""#),
        Event::LogResumed => {
            lose_the_end(app).await;
            engine.resume_logs(&operator).await.unwrap();
            on_the_host("Resumed log …, anchored at size … and found at size …")
        }
        Event::LogVisibilityChanged => {
            engine.set_log_visibility(&operator, "acme".into(), true).await.unwrap();
            on_the_host(r#"Changed who may read the tree of the log of "acme""#)
        }
        Event::LogsAnchored => {
            engine.anchor_logs().await.unwrap();
            by_the_server("Anchored … logs").in_the_server_s_log()
        }
        Event::OneTimeLinkCreated => {
            engine.create_link(&operator, "alice".into()).await.unwrap();
            on_the_host(r#"Created a one-time link for "alice""#)
        }
        Event::OpeningsDestroyed => {
            erase(app, &operator).await;
            on_the_host("Destroyed … openings, chosen by …")
        }
        Event::OrganizationCreated => by_the_server(r#"Created organization "acme""#),
        Event::PasswordSet => {
            engine.set_password(&operator, "alice".into(), password()).await.unwrap();
            on_the_host(r#"Set the password of "alice""#)
        }
        Event::PersonalTokenCreated => {
            let body = r#"{"description":"ci","expires":0}"#;
            ada.post("/api/user/tokens").body(body).await.expect(200);
            by_ada(r#"Created personal token "ci""#)
        }
        Event::PersonalTokenDeleted => {
            let body = r#"{"description":"ci","expires":0}"#;
            let token = id(&ada.post("/api/user/tokens").body(body).await.expect(200));
            ada.delete(&format!("/api/user/tokens/{token}")).await.expect(204);
            by_ada(r#"Deleted personal token "ci""#)
        }
        Event::ScheduleRun => {
            ada.scheduled().await;
            app.clock().forward(86_400);
            app.engine().run_due_schedules().await.unwrap();
            by_the_server(r#"Ran the schedule ("0 3 * * *") of environment "acme/web/prod""#)
        }
        Event::ServerStarted => {
            engine.started([7; 32]).await.unwrap();
            by_the_server("Started the server, version …").in_the_server_s_log()
        }
        Event::ServerStopped => {
            engine.stopped().await.unwrap();
            by_the_server("Stopped the server").in_the_server_s_log()
        }
        Event::UserCreated => {
            let user = NewUser { login: "lin".to_owned(), name: None, email: None };
            engine.add_user(&operator, user, "acme".into(), Role::Member).await.unwrap();
            on_the_host(r#"Created user "lin""#)
        }
        Event::UserSignedOut => {
            let (cookie, csrf) = sign_in(app, "correct horse battery staple").await;
            post_form(app, "/sign-out", &cookie, &format!("csrf={csrf}")).await.expect(303);
            by_ada("Signed out")
        }
        Event::UserUpdated => {
            erase(app, &operator).await;
            on_the_host(r#"Updated user "[erased]""#)
        }
        Event::YamlChecked => {
            ada.post(&format!("{ENVIRONMENTS}/acme/yaml/check")).body(DEFINITION).await.expect(200);
            by_ada(r#"Checked a definition in organization "acme""#)
        }
        Event::MemberAdded => {
            let otto = "/api/orgs/acme/members/otto";
            ada.post(otto).body(r#"{"role":"member"}"#).await.expect(200);
            by_ada(r#"Added "otto" to organization "acme" as member"#)
        }
        Event::OrganizationInviteSent => {
            ada.invite().await;
            by_ada(r#"Invited "lin@acme.example" to organization "acme" as member"#)
        }
        Event::OrganizationInviteCanceled => {
            let (invite, _) = ada.invite().await;
            ada.delete(&format!("{INVITES}/{invite}")).await.expect(204);
            by_ada(r#"Canceled the invitation of "lin@acme.example" to organization "acme" as member"#)
        }
        Event::OrganizationInviteAccepted => {
            let (invite, link) = ada.invite().await;
            let accepted = app.user("otto").patch(&format!("{INVITES}/{invite}")).from(&office());
            accepted.body(format!(r#"{{"token":"{link}"}}"#)).await.expect(204);
            Happened { login: "otto", ..by_ada(r#"Accepted an invitation to organization "acme" as member"#) }
        }
        Event::MemberRemoved => {
            ada.delete("/api/orgs/acme/members/alice").await.expect(204);
            by_ada(r#"Removed "alice" from organization "acme""#)
        }
        Event::MemberRoleChanged => {
            ada.patch("/api/orgs/acme/members/alice").body(r#"{"role":"admin"}"#).await.expect(204);
            by_ada(r#"Changed the role of "alice" from member to admin"#)
        }
        Event::OrganizationSettingsChanged => {
            ada.patch("/api/orgs/acme").body(r#"{"setDefaultEnvironmentPermission":"read"}"#).await.expect(200);
            by_ada(r#"Changed the settings of organization "acme""#)
        }
        Event::OrganizationTokenCreated => {
            let body = r#"{"name":"ci","description":"","admin":false,"expires":0}"#;
            ada.post("/api/orgs/acme/tokens").body(body).await.expect(200);
            by_ada(r#"Created organization token "ci" as member"#)
        }
        Event::OrganizationTokenDeleted => {
            let body = r#"{"name":"ci","description":"","admin":false,"expires":0}"#;
            let token = id(&ada.post("/api/orgs/acme/tokens").body(body).await.expect(200));
            ada.delete(&format!("/api/orgs/acme/tokens/{token}")).await.expect(204);
            by_ada(r#"Deleted organization token "ci""#)
        }
        Event::TeamTokenCreated => {
            ada.team().await;
            let body = r#"{"name":"ci","description":"","expires":0}"#;
            ada.post("/api/orgs/acme/teams/ops/tokens").body(body).await.expect(200);
            by_ada(r#"Created token "ci" of team "ops""#)
        }
        Event::TeamTokenDeleted => {
            ada.team().await;
            let body = r#"{"name":"ci","description":"","expires":0}"#;
            let token = id(&ada.post("/api/orgs/acme/teams/ops/tokens").body(body).await.expect(200));
            ada.delete(&format!("/api/orgs/acme/teams/ops/tokens/{token}")).await.expect(204);
            by_ada(r#"Deleted token "ci" of team "ops""#)
        }
        Event::TeamCreated => {
            ada.team().await;
            by_ada(r#"Created team "ops""#)
        }
        Event::TeamDeleted => {
            ada.team().await;
            ada.delete("/api/orgs/acme/teams/ops").await.expect(204);
            by_ada(r#"Deleted team "ops""#)
        }
        Event::TeamUpdated => {
            ada.team().await;
            ada.patch("/api/orgs/acme/teams/ops").body(r#"{"newDescription":"on call"}"#).await.expect(204);
            by_ada(r#"Updated team "ops": described"#)
        }
        Event::UserLogin => {
            sign_in(app, "correct horse battery staple").await;
            by_ada("Signed in")
        }
        Event::UserLoginFailed => {
            sign_in(app, "wrong").await;
            Happened { login: "", ..by_ada(r#"Tried to sign in as "ada": password wrong"#) }
        }
    }
}

fn password() -> SecretString {
    SecretString::new("correct horse battery staple".to_owned())
}

/// Posts a form of the console from the office.
async fn post_form(app: &TestApp, path: &str, cookie: &str, fields: &str) -> Answer {
    let call = app.anonymous().post(path).from(&office()).header("cookie", cookie);
    call.header("content-type", "application/x-www-form-urlencoded").body(fields.to_owned()).await
}

/// The form's hidden word on a page.
fn csrf(page: &str) -> String {
    page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned()
}

/// Signs the administrator in on the page for that. Gives the session's cookie and its hidden word, if it went well.
async fn sign_in(app: &TestApp, typed: &str) -> (String, String) {
    app.engine().set_password(&app.operator(), "ada".into(), password()).await.unwrap();
    let page = app.anonymous().get("/sign-in").await.expect(200);
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let fields = format!("csrf={}&login=ada&password={}", csrf(&page.text()), typed.replace(' ', "+"));
    let answer = post_form(app, "/sign-in", &cookie, &fields).await;
    let cookies: Vec<&str> =
        answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    let Some(session) = cookies.iter().find(|cookie| cookie.starts_with("escriba_session=")) else {
        return (cookie, String::new());
    };
    let session = session.split(';').next().unwrap().to_owned();
    let page = app.anonymous().get("/acme/environments").header("cookie", &session).await.expect(200);
    let hidden = csrf(&page.text());
    (session, hidden)
}

/// Erases a member who did something.
async fn erase(app: &TestApp, operator: &Context) {
    app.environment("alice", "team/mine", "").await;
    app.engine().erase_user(operator, "alice".into(), None).await.unwrap();
}

/// The anchor knows more of the organisation's log than the database does, as after the return of an old backup.
async fn lose_the_end(app: &TestApp) {
    let entries = app.all_entries(Some("acme")).await;
    let origin: engine::ledger::Origin = entries[0].leaf.as_leaf().log().parse().unwrap();
    let lost = TreeHead { size: entries.len() as u64 + 3, root: [7; 32] };
    let anchor = AnchorFile::new(app.folder().join("escriba.anchor"));
    anchor.advance(&[Step { origin, from: None, to: Some(lost) }]).await.unwrap();
}
