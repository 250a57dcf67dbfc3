//! What happens once in the month: what is set up, a token that leaks, an outage, somebody who leaves.

use axum::http::Method;

use super::cast::{ADMIN, BEN, CAROL, CAROL_AT_HOME, DAN, ERIN, FRANK, FRANK_AT_HOME, LAPTOP, STRANGER};
use super::stage::{Caller, Deed};
use super::{DAYS, Moment};

const DATABASE: &str = "values:
  db:
    host: db-1.acme.example
    port: 5432
    user: web
    password:
      fn::secret: demo-only-tidal-anchor-41
    poolSize: 20
  environmentVariables:
    DATABASE_URL: postgres://${db.user}:${db.password}@${db.host}:${db.port}/web
";
const MAIL: &str = "values:
  mail:
    server: smtp.acme.example
    key:
      fn::secret: demo-only-paper-lantern-07
";
const DEV: &str = "values:
  app:
    url: http://localhost:3000
    session:
      fn::secret: demo-only-dev-session
  environmentVariables:
    APP_URL: ${app.url}
    SESSION_KEY: ${app.session}
";
const STAGING: &str = "values:
  app:
    url: https://staging.acme.example
    session:
      fn::secret: demo-only-staging-session
  environmentVariables:
    APP_URL: ${app.url}
    SESSION_KEY: ${app.session}
";
const PROD: &str = "imports:
  - shared/database
  - shared/mail
values:
  app:
    url: https://www.acme.example
    session:
      fn::secret: demo-only-granite-harbor-93
  environmentVariables:
    APP_URL: ${app.url}
    SESSION_KEY: ${app.session}
    MAIL_KEY: ${mail.key}
";
const BILLING: &str = "imports:
  - shared/database
values:
  payments:
    merchant: acme
    apiKey:
      fn::secret: demo-only-copper-meadow-18
";

/// The environments, as the first day leaves them.
const ENVIRONMENTS: [(&str, &str, &str); 6] = [
    ("shared", "database", DATABASE),
    ("shared", "mail", MAIL),
    ("web", "dev", DEV),
    ("web", "staging", STAGING),
    ("web", "prod", PROD),
    ("billing", "prod", BILLING),
];

struct Team {
    name: &'static str,
    purpose: &'static str,
    members: &'static [&'static str],
    /// Project, environment, permission.
    grants: &'static [(&'static str, &'static str, &'static str)],
}

const TEAMS: [Team; 3] = [
    Team {
        name: "developers",
        purpose: "Who builds the web shop",
        members: &["ben", "dan", "frank", "grace"],
        grants: &[("web", "dev", "write"), ("web", "staging", "open")],
    },
    Team {
        name: "on-call",
        purpose: "Who may look into production",
        members: &["ben", "frank"],
        grants: &[("web", "prod", "open"), ("shared", "database", "open"), ("shared", "mail", "open")],
    },
    Team {
        name: "pipelines",
        purpose: "What tests, deploys and backs up",
        members: &[],
        grants: &[
            ("web", "dev", "open"),
            ("web", "staging", "open"),
            ("web", "prod", "open"),
            ("shared", "database", "open"),
            ("shared", "mail", "open"),
        ],
    },
];

/// The path of an environment.
pub(super) fn environment(name: &str) -> String {
    format!("/api/esc/environments/{{org}}/{name}")
}

/// Something that somebody does with their own token.
pub(super) fn deed(at: i64, who: Caller, method: Method, path: impl Into<String>) -> Deed {
    let (body, keep) = (String::new(), Vec::new());
    Deed { at, who, method, path: path.into(), body, keep, is_refused: false, then: None }
}

/// An environment is opened, and all of it or one property is read.
pub(super) fn open(at: i64, who: Caller, name: &str, property: Option<&str>) -> Deed {
    let path = environment(name);
    let query = property.map_or(String::new(), |property| format!("?property={property}"));
    let read = deed(at + 400_000, who, Method::GET, format!("{path}/open/{{session}}{query}"));
    deed(at, who, Method::POST, format!("{path}/open?duration=1h")).keeping("id", "session").and(read)
}

/// An environment gets a new definition.
pub(super) fn update(at: i64, who: Caller, name: &str, definition: &str) -> Deed {
    deed(at, who, Method::PATCH, environment(name)).with(definition)
}

/// Everything that happens once.
pub(super) fn story(moment: Moment) -> Vec<Deed> {
    let mut deeds = first_day(moment);
    deeds.extend(leak(moment));
    deeds.extend(outage(moment));
    deeds.extend(leaving(moment));
    deeds.extend(odds_and_ends(moment));
    deeds
}

fn first_day(moment: Moment) -> Vec<Deed> {
    let admin = |minute: i64, second: i64, method, path: String| {
        deed(moment.at(DAYS, 8, minute) + second * 1_000_000, ADMIN, method, path)
    };
    let mut deeds = vec![
        admin(2, 0, Method::PATCH, "/api/orgs/{org}".into()).with(r#"{"setDefaultEnvironmentPermission":"none"}"#),
    ];
    for (number, (project, name, definition)) in (0..).zip(ENVIRONMENTS) {
        let body = format!(r#"{{"project":"{project}","name":"{name}"}}"#);
        deeds.push(admin(5 + number, 0, Method::POST, "/api/esc/environments/{org}".into()).with(body));
        let path = environment(&format!("{project}/{name}"));
        deeds.push(admin(5 + number, 20, Method::PATCH, path).with(definition));
    }
    for (number, Team { name: team, purpose, members, grants }) in (0..).zip(TEAMS) {
        let body = format!(r#"{{"name":"{team}","displayName":"{team}","description":"{purpose}"}}"#);
        deeds.push(admin(15 + number, 0, Method::POST, "/api/orgs/{org}/teams/pulumi".into()).with(body));
        let path = format!("/api/orgs/{{org}}/teams/{team}");
        for (second, member) in (5..).zip(members) {
            let body = format!(r#"{{"member":"{member}","memberAction":"add"}}"#);
            deeds.push(admin(15 + number, second, Method::PATCH, path.clone()).with(body));
        }
        for (second, (project, name, permission)) in (20..).zip(grants) {
            let grant = format!(r#"{{"projectName":"{project}","envName":"{name}","permission":"{permission}"}}"#);
            let body = format!(r#"{{"addEnvironmentPermission":{grant}}}"#);
            deeds.push(admin(15 + number, second, Method::PATCH, path.clone()).with(body));
        }
    }
    for (second, (name, purpose)) in (0..).zip([("deploy", "tests and deploys"), ("backup", "copies the database")]) {
        let body = format!(r#"{{"name":"{name}","description":"{purpose}","expires":0}}"#);
        let path = "/api/orgs/{org}/teams/pipelines/tokens".into();
        deeds.push(admin(21, second, Method::POST, path).with(body).keeping("tokenValue", name));
    }
    deeds.extend([
        admin(25, 0, Method::POST, environment("web/prod") + "/tags").with(r#"{"name":"tier","value":"production"}"#),
        admin(25, 9, Method::POST, environment("billing/prod") + "/tags")
            .with(r#"{"name":"tier","value":"production"}"#),
        admin(26, 0, Method::PATCH, environment("web/prod") + "/settings").with(r#"{"deletionProtected":true}"#),
        admin(26, 9, Method::PATCH, environment("billing/prod") + "/settings").with(r#"{"deletionProtected":true}"#),
        admin(27, 0, Method::POST, environment("web/prod") + "/versions/tags")
            .with(r#"{"name":"stable","revision":2}"#),
        admin(28, 0, Method::POST, environment("shared/mail") + "/schedules")
            .with(r#"{"scheduleCron":"0 3 * * 1","secretRotationRequest":{"environmentPath":""}}"#),
    ]);
    deeds
}

/// A token is left in a repository, found at night, and revoked in the morning.
fn leak(moment: Moment) -> Vec<Deed> {
    let night = |minute, method, path: String| deed(moment.at(9, 2, minute), STRANGER, method, path);
    let mut deeds = vec![
        deed(moment.at(20, 16, 40), BEN, Method::POST, "/api/user/tokens")
            .with(r#"{"description":"laptop-backup","expires":0}"#)
            .keeping("tokenValue", "laptop")
            .keeping("id", "laptop's id"),
    ];
    deeds.push(open(moment.at(19, 10, 5), LAPTOP, "web/dev", None));
    deeds.push(open(moment.at(12, 11, 31), LAPTOP, "web/staging", None));
    deeds.extend([
        night(13, Method::GET, "/api/user".into()),
        night(13, Method::GET, "/api/esc/environments/{org}".into()),
        night(15, Method::GET, environment("billing/prod")).refused(),
        night(16, Method::POST, environment("billing/prod") + "/open").refused(),
    ]);
    deeds.push(open(moment.at(9, 2, 18), STRANGER, "web/staging", None));
    deeds.push(open(moment.at(9, 2, 21), STRANGER, "web/prod", None));
    deeds.push(open(moment.at(9, 2, 24), STRANGER, "shared/database", Some("db.password")));
    deeds.extend([
        night(29, Method::GET, environment("shared/database") + "/decrypt"),
        night(33, Method::DELETE, environment("web/staging")).refused(),
        night(34, Method::GET, "/api/orgs/{org}/auditlogs".into()).refused(),
    ]);
    // In the morning the log is read, the token revoked, and what it had seen is replaced.
    let carol = |hour, minute, method, path: String| deed(moment.at(9, hour, minute), CAROL, method, path);
    deeds.extend([
        carol(9, 12, Method::GET, "/api/orgs/{org}/auditlogs/v2?userFilter=ben".into()),
        deed(moment.at(9, 9, 20), BEN, Method::DELETE, "/api/user/tokens/{laptop's id}"),
        deed(moment.at(9, 9, 44), STRANGER, Method::GET, "/api/user").refused(),
    ]);
    deeds.push(update(moment.at(9, 9, 40), CAROL, "shared/database", &DATABASE.replace("anchor-41", "beacon-77")));
    deeds.push(update(moment.at(9, 9, 52), CAROL, "shared/mail", &MAIL.replace("lantern-07", "kite-12")));
    deeds.push(open(moment.at(9, 9, 58), CAROL, "web/prod", None));
    deeds
}

/// Somebody shrinks the pool of database connections, and takes it back half an hour later.
fn outage(moment: Moment) -> Vec<Deed> {
    let pool = |size| DATABASE.replace("anchor-41", "beacon-77").replace("poolSize: 20", &format!("poolSize: {size}"));
    let database = environment("shared/database");
    vec![
        update(moment.at(5, 14, 2), CAROL, "shared/database", &pool(2)),
        open(moment.at(5, 14, 19), FRANK, "web/prod", Some("db.poolSize")),
        open(moment.at(5, 14, 24), CAROL, "web/prod", None),
        deed(moment.at(5, 14, 27), CAROL, Method::GET, format!("{database}/versions")),
        update(moment.at(5, 14, 31), CAROL, "shared/database", &pool(40)),
        deed(moment.at(5, 14, 36), CAROL, Method::POST, format!("{database}/versions/4/retract"))
            .with(r#"{"replacement":5,"reason":"the pool was too small"}"#),
    ]
}

/// Somebody looks at more than usual, and leaves.
fn leaving(moment: Moment) -> Vec<Deed> {
    let dan =
        |hour, minute, path: &str| deed(moment.at(4, hour, minute), DAN, Method::POST, environment(path) + "/open");
    let mut deeds = vec![
        dan(17, 2, "web/prod").refused(),
        dan(17, 3, "billing/prod").refused(),
        dan(17, 3, "shared/database").refused(),
    ];
    deeds.push(open(moment.at(4, 17, 5), DAN, "web/staging", None));
    deeds.push(deed(moment.at(3, 9, 0), ADMIN, Method::DELETE, "/api/orgs/{org}/members/dan"));
    deeds.push(dan(0, 0, "web/dev").refused());
    if let Some(last) = deeds.last_mut() {
        last.at = moment.at(3, 11, 47);
    }
    deeds
}

fn odds_and_ends(moment: Moment) -> Vec<Deed> {
    let export = "/api/orgs/{org}/auditlogs/v2/export?format=csv";
    let mut deeds: Vec<Deed> = [28, 21, 14, 7].map(|day| deed(moment.at(day, 10, 0), ERIN, Method::GET, export)).into();
    // Yesterday: production is looked at from home, and a copy comes and goes.
    deeds.push(open(moment.at(1, 8, 50), CAROL_AT_HOME, "web/prod", Some("app.session")));
    deeds.push(open(moment.at(1, 20, 14), FRANK_AT_HOME, "web/prod", Some("db.password")));
    deeds.extend([
        deed(moment.at(6, 13, 0), FRANK, Method::POST, environment("web/dev") + "/clone")
            .with(r#"{"project":"web","name":"dev-frank"}"#),
        deed(moment.at(2, 15, 8), FRANK, Method::DELETE, environment("web/dev-frank")),
        deed(moment.at(1, 15, 30), FRANK, Method::DELETE, environment("web/prod")).refused(),
        deed(moment.at(10, 10, 3), CAROL, Method::PATCH, environment("web/prod") + "/versions/tags/stable")
            .with(r#"{"revision":2}"#),
    ]);
    deeds
}
