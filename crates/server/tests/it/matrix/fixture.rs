//! Things for a route to act on, made afresh for each call.

use std::net::Ipv4Addr;

use axum::http::Method;
use engine::Role;
use serde_json::Value;

use super::Row;
use crate::app::{Answer, ENVIRONMENTS, TestApp, TestIssuer, User};

/// The definition that environments of the matrix have.
const DEFINITION: &str = "values: {key: {fn::secret: hunter2}}";

/// What the parameters of a row mean for one call.
pub(super) struct Fixture {
    organization: String,
    environment: String,
    login: String,
    token: String,
    session: String,
    deleted: String,
    schedule: String,
    log: String,
    event: String,
    issuer: String,
    policy: String,
    identity: String,
    invite: String,
    link: String,
    role: String,
    /// Where calls come from: for each row somewhere else.
    pub(super) address: String,
}

impl Fixture {
    /// Makes what a row acts on, and no more, for each costs time: an environment of the administrator's and, where the
    /// row names one, a session of it (or, for a definition without a name, of the caller's), a tag of it and one of its
    /// revision, both of one name, a schedule of it, a deleted environment, another member, a team, a token, an issuer of
    /// identities, an invitation, a role, and a checkpoint that covers all of this.
    pub(super) async fn new(app: &TestApp, row: &Row, number: usize, caller: &str) -> Self {
        let names = |word: &str| [row.route, row.query, row.body].iter().any(|text| text.contains(word));
        let (environment, login) = (format!("e{number}"), format!("user{number}"));
        let (name, ada) = (format!("web/{environment}"), app.user("ada"));
        app.environment("ada", &name, DEFINITION).await;
        let session = match () {
            () if names("{session}") && names("/yaml/open") => anonymous_session(app, caller, &name).await,
            () if names("{session}") => app.session("ada", &name).await,
            () => String::new(),
        };
        if names("/tags") || names("{tag}") {
            let tag = r#"{"name":"stable","revision":2}"#;
            ada.post(&format!("{ENVIRONMENTS}/acme/{name}/versions/tags")).body(tag).await.expect(204);
            let tag = r#"{"name":"stable","value":"yes"}"#;
            ada.post(&format!("{ENVIRONMENTS}/acme/{name}/tags")).body(tag).await.expect(200);
        }
        let mut schedule = String::new();
        // An environment has one at most.
        if names("{schedule}") {
            let schedules = format!("{ENVIRONMENTS}/acme/{name}/schedules");
            schedule = id(&ada.post(&schedules).body(r#"{"scheduleCron":"30 2 * * *"}"#).await.expect(200));
        }
        let deleted = if names("{deleted}") { deleted(app, &environment).await } else { String::new() };
        if names("{login}") || names("{team}") {
            app.add(&login, Role::Member).await;
        }
        if row.route == "POST /api/orgs/{organization}/members/{login}" {
            app.engine().remove_member(&app.operator(), "acme".into(), login.clone()).await.unwrap();
        }
        if names("{team}") {
            let team = format!(r#"{{"name":"team-{login}","displayName":"","description":""}}"#);
            ada.post("/api/orgs/acme/teams/pulumi").body(team).await.expect(201);
        }
        let token = if names("{token}") { token(app, row, caller, &login).await } else { String::new() };
        let (mut issuer, mut policy, mut identity) = Default::default();
        if names("oidc") || names("oauth") || names("policies") {
            let known = TestIssuer::new(&login);
            (issuer, policy) = known.register(app, &login, "job", "ada").await;
            identity = known.token(&known.claims(app, "job"));
        }
        let (mut invite, mut link) = Default::default();
        if names("{invite}") {
            let made = ada.post("/api/orgs/acme/invites/link").body(r#"{"role":"member"}"#).await.expect(200);
            (invite, link) = (id(&made), link_of(&made));
        }
        let role = if names("{role}") { role(app, row, &login).await } else { String::new() };
        if names("/log/") || names("/proof") {
            app.engine().publish().await.unwrap();
        }
        app.mark(None).await;
        app.mark(Some("acme")).await;
        let (log, event) = app.newest_event("acme").await;
        let address = Ipv4Addr::from_bits(0xc633_6400 + u32::try_from(number).unwrap()).to_string();
        let organization = "acme".into();
        Self {
            organization,
            environment,
            login,
            token,
            session,
            deleted,
            schedule,
            log,
            event,
            issuer,
            policy,
            identity,
            invite,
            link,
            role,
            address,
        }
    }

    /// The same in an organisation that is not there.
    pub(super) fn in_no_organization(&self) -> Self {
        Self { organization: "nosuch".into(), ..self.clone() }
    }

    /// The same on an environment that is not there.
    pub(super) fn on_no_environment(&self) -> Self {
        Self { environment: format!("no{}", self.environment), ..self.clone() }
    }

    fn clone(&self) -> Self {
        Self {
            organization: self.organization.clone(),
            environment: self.environment.clone(),
            login: self.login.clone(),
            token: self.token.clone(),
            session: self.session.clone(),
            deleted: self.deleted.clone(),
            schedule: self.schedule.clone(),
            log: self.log.clone(),
            event: self.event.clone(),
            address: self.address.clone(),
            issuer: self.issuer.clone(),
            policy: self.policy.clone(),
            identity: self.identity.clone(),
            invite: self.invite.clone(),
            link: self.link.clone(),
            role: self.role.clone(),
        }
    }

    fn fill(&self, template: &str) -> String {
        template
            .replace("{organization}", &self.organization)
            .replace("{project}", "web")
            .replace("{environment}", &self.environment)
            .replace("{version}", "2")
            .replace("{tag}", "stable")
            .replace("{login}", &self.login)
            .replace("{team}", &format!("team-{}", self.login))
            .replace("{token}", &self.token)
            .replace("{session}", &self.session)
            .replace("{deleted}", &self.deleted)
            .replace("{schedule}", &self.schedule)
            .replace("{log}", &self.log)
            .replace("{event}", &self.event)
            .replace("{provider}", "external")
            .replace("{rotator}", "postgres")
            .replace("{issuer}", &self.issuer)
            .replace("{policy}", &self.policy)
            .replace("{identity}", &self.identity)
            .replace("{invite}", &self.invite)
            .replace("{link}", &self.link)
            .replace("{role}", &self.role)
            .replace("{*path}", "0/000.p/1")
    }

    /// Calls the route of a row.
    pub(super) async fn call(&self, row: &Row, user: &User<'_>) -> Answer {
        let method: Method = row.method().parse().unwrap();
        let path = format!("{}?{}", self.fill(row.path()), row.query);
        // What a path creates is not there yet.
        let path = path.replace(&format!("/{}?new=1", self.environment), &format!("/new-{}", self.environment));
        let path = path.replace("/stable?new=1", "/new");
        // The newest revision is never retracted.
        let path = path.replace("/versions/2/retract", "/versions/1/retract");
        let call = user.call(method, path.trim_end_matches('?')).from(&format!("{}:4711", self.address));
        call.body(self.fill(row.body)).await
    }
}

/// A session of a definition without a name, if the caller may open one; of an environment otherwise.
async fn anonymous_session(app: &TestApp, caller: &str, name: &str) -> String {
    let opened = app.user(caller).post(&format!("{ENVIRONMENTS}/acme/yaml/open")).body("values: {a: 1}").await;
    if opened.status == 200 { id(&opened) } else { app.session("ada", name).await }
}

/// When the environment that was deleted for this row was deleted.
async fn deleted(app: &TestApp, environment: &str) -> String {
    let (ada, gone) = (app.user("ada"), format!("gone-{environment}"));
    app.environment("ada", &format!("web/{gone}"), DEFINITION).await;
    ada.delete(&format!("{ENVIRONMENTS}/acme/web/{gone}")).await.expect(204);
    let listed = ada.get(&format!("{ENVIRONMENTS}/acme/restore")).await.json();
    let mut listed = listed["environments"].as_array().unwrap().iter().filter(|row| row["name"] == *gone);
    listed.next().expect("what was deleted is listed")["deletedAt"].as_str().unwrap().to_owned()
}

/// The identifier of a token: one of the caller's, or of whatever the row deletes tokens of.
async fn token(app: &TestApp, row: &Row, caller: &str, login: &str) -> String {
    let of = match row.path().strip_suffix("/{token}") {
        Some("/api/orgs/{organization}/tokens") => "/api/orgs/acme/tokens".to_owned(),
        Some("/api/orgs/{organization}/teams/{team}/tokens") => format!("/api/orgs/acme/teams/team-{login}/tokens"),
        _ => return app.token(caller, "a token", None).await.0,
    };
    let body = format!(r#"{{"name":"token-{login}"}}"#);
    id(&app.user("ada").post(&of).body(body).await.expect(200))
}

/// The identifier of a role, which the team of a row that names one takes, or has if it is to be taken from it.
async fn role(app: &TestApp, row: &Row, login: &str) -> String {
    let ada = app.user("ada");
    let body = format!(r#"{{"name":"role of {login}","details":{{"permissions":["environment:restore_deleted"]}}}}"#);
    let role = id(&ada.post("/api/orgs/acme/roles").body(body).await.expect(200));
    if row.path().contains("{team}") {
        let team = format!("/api/orgs/acme/teams/team-{login}");
        ada.post(&format!("{team}/enable-team-roles")).await.expect(204);
        if row.method() == "DELETE" {
            let body = format!(r#"{{"roleID":"{role}"}}"#);
            ada.post(&format!("{team}/roles")).body(body).await.expect(204);
        }
    }
    role
}

/// The secret of an invitation that was just made.
fn link_of(made: &Answer) -> String {
    let made = made.json();
    made["acceptInviteUrl"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

fn id(opened: &Answer) -> String {
    match &opened.json()["id"] {
        Value::String(id) => id.clone(),
        other => panic!("{other} is no session"),
    }
}
