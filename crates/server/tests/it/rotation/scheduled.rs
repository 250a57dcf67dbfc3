//! Rotations that a schedule asks for, of a real PostgreSQL.

use engine::ledger::{ActorKind, AnyId};
use engine::{Role, ScheduleRuns};
use serde_json::Value;

use super::{LOGIN, app, definition, history, login, opened, rotate};
use crate::app::{TestApp, line};
use crate::providers::host::Host;
use crate::targets::PostgresTarget;

const DAY: i64 = 86_400;

/// A schedule of grace's for every day: its identifier, and what the log calls her.
async fn every_day(app: &TestApp) -> (String, AnyId) {
    app.add("grace", Role::Admin).await;
    let schedule = app.user("grace").post(&format!("{LOGIN}/schedules")).body(r#"{"scheduleCron":"0 3 * * *"}"#).await;
    let grace = app.entries(Some("acme")).await.last().unwrap().leaf.as_leaf().actor_id().unwrap();
    app.mark(Some("acme")).await;
    (schedule.expect(200).json()["id"].as_str().unwrap().to_owned(), grace)
}

/// The runs of a schedule, the newest first.
async fn runs(app: &TestApp, schedule: &str) -> Vec<Value> {
    let path = format!("{LOGIN}/schedules/{schedule}/history");
    app.user("ada").get(&path).await.expect(200).json()["scheduleHistoryEvents"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_schedule_gives_a_user_a_password_on_behalf_of_its_editor_and_both_histories_tell_it() {
    let Some(target) = PostgresTarget::start().await else { return };
    let app = app().await;
    app.environment("ada", "web/login", &definition("postgres", target.port, "manager-password")).await;
    rotate(&app, "{}").await.expect(200);
    let before = opened(&app, "login").await;
    let (schedule, grace) = every_day(&app).await;
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 0, "its time has not come");
    app.clock().forward(DAY);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 1);

    let entries = app.entries(Some("acme")).await;
    let expected = [
        "escriba-schedule-run  acme/web/login  system  intended",
        "environment-rotated  acme/web/login  system  intended",
        "environment-rotated  acme/web/login  system  succeeded",
        "environment-updated  acme/web/login  system  succeeded",
        "escriba-schedule-run  acme/web/login  system  succeeded",
    ];
    assert_eq!(entries.iter().map(line).collect::<Vec<_>>(), expected);
    let after = opened(&app, "login").await;
    let (user, password) = login(&after["current"]);
    assert_eq!(user, "two");
    assert!(target.lets_in(user, password).await, "what is in use lets in");
    assert_eq!(after["previous"], before["current"]);
    let (user, password) = login(&after["previous"]);
    assert!(target.lets_in(user, password).await, "what was in use lets in");

    let rotations = history(&app).await;
    let (scheduled, by_hand) = (&rotations[0], &rotations[1]);
    assert_eq!(
        (&scheduled["status"], &scheduled["scheduledActionID"]),
        (&"succeeded".into(), &schedule.clone().into())
    );
    assert_eq!((&scheduled["preRotationRevision"], &scheduled["postRotationRevision"]), (&3.into(), &4.into()));
    assert_eq!((by_hand.get("scheduledActionID"), &by_hand["postRotationRevision"]), (None, &3.into()));
    assert_ne!(scheduled["userID"], by_hand["userID"]);
    for entry in &entries {
        let leaf = entry.leaf.as_leaf();
        assert_eq!((leaf.actor_kind(), leaf.actor_id()), (Some(ActorKind::System), None));
        assert_eq!((leaf.behalf_kind(), leaf.behalf_id()), (Some(ActorKind::User), Some(grace)));
    }
    let ids = [0, 1].map(|index| entries[index].leaf.as_leaf().id().to_string());
    assert_eq!(scheduled["rotations"][0]["id"], ids[1]);
    let runs = runs(&app, &schedule).await;
    assert_eq!(runs.len(), 1);
    assert_eq!((&runs[0]["result"], &runs[0]["id"]), (&"succeeded".into(), &ids[0].clone().into()));
}

#[tokio::test]
async fn a_target_that_takes_its_time_keeps_no_other_schedule_from_running() {
    let Some(host) = Host::answering(200, r#"{"key":"k3y"}"#).await else { return };
    let app = TestApp::calling(host.allowed()).await;
    let slow = format!("values: {{it: {{fn::rotate::external: {{inputs: {{url: \"{}\"}}}}}}}}", host.url);
    app.environment("ada", "web/login", &slow).await;
    let (schedule, _) = every_day(&app).await;
    let gate = host.gate.write().await;
    let mut going_on = ScheduleRuns::default();
    app.clock().forward(DAY);
    assert_eq!(app.engine().begin_due_schedules(&mut going_on).await.unwrap(), 1);
    host.is_asked().await;

    app.environment("ada", "web/quick", "values: {a: 1}").await;
    let quick = "/api/esc/environments/acme/web/quick/schedules";
    app.user("ada").post(quick).body(r#"{"scheduleCron":"0 3 * * *"}"#).await.expect(200);
    app.mark(Some("acme")).await;
    app.clock().forward(DAY);
    // The slow one is due again too, and does not run beside itself.
    assert_eq!(app.engine().begin_due_schedules(&mut going_on).await.unwrap(), 1);
    going_on.one_ended().await;
    let entries = app.entries(Some("acme")).await;
    assert_eq!(line(entries.last().unwrap()), "escriba-schedule-run  acme/web/quick  system  succeeded");
    assert_eq!(runs(&app, &schedule).await[0]["result"], "in_progress");

    drop(gate);
    going_on.all_ended().await;
    assert_eq!(runs(&app, &schedule).await[0]["result"], "succeeded");
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 1);
    assert_eq!(runs(&app, &schedule).await.len(), 2);
}

#[tokio::test]
async fn a_schedule_whose_rotation_failed_says_so_and_comes_again() {
    let Some(target) = PostgresTarget::start().await else { return };
    let app = app().await;
    app.environment("ada", "web/login", &definition("postgres", target.port, "not-the-password")).await;
    let (schedule, _) = every_day(&app).await;
    app.clock().forward(DAY);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 1);
    let expected = [
        "escriba-schedule-run  acme/web/login  system  intended",
        "environment-rotated  acme/web/login  system  intended",
        "environment-rotated  acme/web/login  system  failed  provider-failed",
        "escriba-schedule-run  acme/web/login  system  failed  provider-failed",
    ];
    assert_eq!(app.entries(Some("acme")).await.iter().map(line).collect::<Vec<_>>(), expected);
    let rotation = history(&app).await[0].clone();
    assert_eq!((&rotation["status"], &rotation["scheduledActionID"]), (&"failed".into(), &schedule.clone().into()));
    assert!(rotation["errorMessage"].as_str().unwrap().contains("does not let the managing user in"));

    let written = definition("postgres", target.port, "manager-password");
    app.user("ada").patch(LOGIN).body(written).await.expect(200);
    app.clock().forward(DAY);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 1);
    let state = opened(&app, "login").await;
    let (user, password) = login(&state["current"]);
    assert!(target.lets_in(user, password).await);
    let runs = runs(&app, &schedule).await;
    assert_eq!([&runs[0]["result"], &runs[1]["result"]], ["succeeded", "failed"]);
}
