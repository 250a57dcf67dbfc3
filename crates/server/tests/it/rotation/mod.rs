//! Rotation: what rotators do to real servers, what is kept of it, and what it costs to be killed.
//! The numbers in names are those of the pitfalls that the protocol is known for.

mod authors;
mod external;
mod interrupted;
mod moved;
mod mysql;
mod postgres;
mod scheduled;

use std::sync::atomic::{AtomicU32, Ordering};

use engine::egress::EgressSettings;
use engine::store::{Fault, Faults, Step};
use engine::{Client, EnvironmentName, RotationOrder};
use serde_json::{Value, json};

use crate::app::{Answer, ENVIRONMENTS, TestApp};

/// The environment whose secrets are rotated.
const LOGIN: &str = "/api/esc/environments/acme/web/login";

/// A server that may call this machine.
async fn app() -> TestApp {
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    TestApp::calling(EgressSettings { allow, ..EgressSettings::default() }).await
}

/// A definition with a rotator of this name, at a port of this machine.
fn definition(rotator: &str, port: u16, password: &str) -> String {
    format!(
        "# Who may use the database.
values:
  login:
    fn::rotate::{rotator}:
      inputs:
        database:
          host: 127.0.0.1
          port: {port}
          database: postgres
          managingUser:
            username: manager
            password: {{fn::secret: {password}}}
        rotateUsers: {{username1: one, username2: two}}
  url: db://${{login.current.username}}@db.internal # for programs
"
    )
}

async fn rotate(app: &TestApp, body: &str) -> Answer {
    app.user("ada").post(&format!("{LOGIN}/rotate")).body(body.to_owned()).await
}

async fn history(app: &TestApp) -> Vec<Value> {
    let history = app.user("ada").get(&format!("{LOGIN}/rotate/history")).await.expect(200).json();
    history["events"].as_array().unwrap().clone()
}

/// An order to rotate everything.
fn order() -> RotationOrder {
    let name = EnvironmentName::new("acme", "web", "login").unwrap();
    RotationOrder { name, paths: Vec::new(), schedule: None }
}

/// Rotates in a process that dies once the target was asked: what came of that gets nowhere.
async fn rotate_and_die(app: &TestApp, egress: EgressSettings) {
    let commits = AtomicU32::new(0);
    let faults = Faults::new(move |step| {
        let is_late = step == Step::Commit && commits.fetch_add(1, Ordering::SeqCst) >= 1;
        is_late.then_some(Fault::Lost)
    });
    let dying = app.process_calling(faults, egress).await;
    let cx = dying.authenticate(Some(&app.token_of("ada")), Client::default(), "rotate").await.unwrap();
    dying.rotate_environment(&cx, order()).await.unwrap_err();
    dying.close();
}

/// A property of the environment, opened.
async fn opened(app: &TestApp, path: &str) -> Value {
    let session = app.session("ada", "web/login").await;
    let read = app.user("ada").get(&format!("{ENVIRONMENTS}/acme/web/login/open/{session}?property={path}")).await;
    plain(&read.expect(200).json())
}

/// A value of the protocol as plain data.
fn plain(value: &Value) -> Value {
    match &value["value"] {
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// The user and the password of a login that was opened.
fn login(value: &Value) -> (&str, &str) {
    (value["username"].as_str().unwrap(), value["password"].as_str().unwrap())
}

#[tokio::test]
async fn pitfall_18_paths_are_spelled_either_way_and_with_nothing_to_rotate_no_revision_is_written() {
    let app = TestApp::start().await;
    app.environment("ada", "web/login", "values: {a: 1}").await;
    app.mark(Some("acme")).await;
    for body in ["", "{}", r#"{"Paths":[]}"#, r#"{"Paths":null}"#, r#"{"paths":null}"#, r#"{"paths":[]}"#] {
        let rotated = rotate(&app, body).await.expect(200).json();
        let event = &rotated["secretRotationEvent"];
        assert_eq!((&event["status"], &event["rotations"]), (&json!("succeeded"), &json!([])), "{body}");
        assert_eq!(event.get("postRotationRevision"), None);
        assert_eq!((&event["preRotationRevision"], &rotated["id"]), (&json!(2), &event["id"]));
    }
    assert_eq!(app.log("acme").await, ["environment-rotated  acme/web/login  ada  succeeded"; 6].join("\n"));
    assert_eq!(history(&app).await.len(), 6);
}

#[tokio::test]
async fn what_cannot_be_rotated_is_refused_before_anybody_is_asked() {
    let app = TestApp::start().await;
    app.environment("ada", "web/login", "values: {a: 1}").await;
    app.mark(Some("acme")).await;
    rotate(&app, r#"{"Paths":["login"]}"#).await.expect(400).message();
    rotate(&app, r#"{"Paths":[".login"]}"#).await.expect(400).message();
    app.user("mallory").post(&format!("{LOGIN}/rotate")).await.expect(404).message();
    app.user("mallory").get(&format!("{LOGIN}/rotate/history")).await.expect(404).message();
    let events = [
        "environment-rotated  acme/web/login  ada  failed  invalid",
        "environment-rotated  acme/web/login  mallory  denied  permission-missing",
        "auth-failure-environment  acme/web/login  mallory  denied  permission-missing",
    ];
    assert_eq!(app.log("acme").await, events.join("\n"));
}
