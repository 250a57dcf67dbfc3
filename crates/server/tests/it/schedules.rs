//! Schedules that run: each time once, by somebody's permission, and with an end whoever dies.

use std::sync::atomic::{AtomicU32, Ordering};

use engine::ledger::{ActorKind, Entry};
use engine::store::{Fault, Faults, Step};
use engine::{Engine, Role};
use serde_json::{Value, json};

use crate::app::{TestApp, line};

const SCHEDULES: &str = "/api/esc/environments/acme/web/prod/schedules";
const DAY: i64 = 86_400;

const INTENDED: &str = "escriba-schedule-run  acme/web/prod  system  intended";
const SUCCEEDED: &str = "escriba-schedule-run  acme/web/prod  system  succeeded";
/// There was nothing to rotate, and that is recorded too.
const ROTATED: &str = "environment-rotated  acme/web/prod  system  succeeded";
const UNKNOWN: &str = "escriba-schedule-run  acme/web/prod  system  unknown  interrupted";

/// An environment of somebody's, with a schedule for every day.
async fn with_schedule(login: &str) -> (TestApp, String) {
    let app = TestApp::start().await;
    app.environment(login, "web/prod", "values: {a: 1}").await;
    let made = app.user(login).post(SCHEDULES).body(r#"{"scheduleCron":"0 3 * * *"}"#).await.expect(200).json();
    app.mark(Some("acme")).await;
    app.mark(None).await;
    let path = format!("{SCHEDULES}/{}", made["id"].as_str().unwrap());
    (app, path)
}

async fn lines(app: &TestApp) -> Vec<String> {
    app.entries(Some("acme")).await.iter().map(line).collect()
}

async fn read(app: &TestApp, path: &str) -> Value {
    app.user("ada").get(path).await.expect(200).json()
}

/// How the runs ended, the newest first.
async fn history(app: &TestApp, path: &str) -> Vec<String> {
    let history = read(app, &format!("{path}/history")).await;
    let runs = history["scheduleHistoryEvents"].as_array().unwrap().iter();
    runs.map(|run| run["result"].as_str().unwrap().to_owned()).collect()
}

fn causes(entry: &Entry) -> Vec<engine::EventId> {
    entry.leaf.as_leaf().causes().collect()
}

#[tokio::test]
async fn what_is_due_runs_once_and_says_first_what_it_will_do() {
    let (app, path) = with_schedule("ada").await;
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 0, "its time has not come");
    app.clock().forward(DAY);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 1);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 0);

    let entries = app.entries(Some("acme")).await;
    assert_eq!(entries.iter().map(line).collect::<Vec<_>>(), [INTENDED, ROTATED, SUCCEEDED]);
    assert_eq!(causes(&entries[2]), [entries[0].leaf.as_leaf().id()]);
    for entry in &entries {
        let leaf = entry.leaf.as_leaf();
        assert_eq!((leaf.actor_id(), leaf.behalf_kind()), (None, Some(ActorKind::User)));
        assert!(leaf.behalf_id().is_some() && leaf.target_id().is_some() && leaf.target_rev() == Some(2));
    }
    assert!(entries[0].leaf.as_leaf().need().is_some());
    let run = read(&app, &format!("{path}/history")).await["scheduleHistoryEvents"][0].clone();
    assert_eq!(run["id"], entries[0].leaf.as_leaf().id().to_string());
    assert_eq!((&run["result"], &run["version"]), (&"succeeded".into(), &1.into()));
    let schedule = read(&app, &path).await;
    assert_eq!(schedule["lastExecuted"], run["executed"]);
    let next: jiff::Timestamp = schedule["nextExecution"].as_str().unwrap().parse().unwrap();
    assert!(next.as_microsecond() > app.clock_now());
}

#[tokio::test]
async fn many_times_that_passed_without_a_server_are_made_up_for_once() {
    let (app, path) = with_schedule("ada").await;
    app.clock().forward(30 * DAY);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 1);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 0);
    app.clock().forward(DAY);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 1);
    assert_eq!(history(&app, &path).await, ["succeeded", "succeeded"]);
}

#[tokio::test]
async fn a_single_time_comes_once_and_never_again() {
    let (app, path) = with_schedule("ada").await;
    let at = jiff::Timestamp::from_microsecond(app.clock_now() + 3_600_000_000).unwrap();
    app.user("ada").patch(&path).body(json!({ "scheduleOnce": at.to_string() }).to_string()).await.expect(200);
    app.clock().forward(DAY);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 1);
    app.clock().forward(400 * DAY);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 0);
    assert_eq!(read(&app, &path).await["nextExecution"], "");
    // A client that sends what it knows does not make it run again.
    app.user("ada").patch(&path).body(json!({ "scheduleOnce": at.to_string() }).to_string()).await.expect(200);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 0);
}

#[tokio::test]
async fn a_paused_schedule_waits_and_leaves_out_what_came_meanwhile() {
    let (app, path) = with_schedule("ada").await;
    app.user("ada").post(&format!("{path}/pause")).await.expect(200);
    app.clock().forward(3 * DAY);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 0);
    app.user("ada").post(&format!("{path}/resume")).await.expect(200);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 0);
    app.clock().forward(DAY);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 1);
}

#[tokio::test]
async fn a_deleted_environment_runs_nothing_until_it_is_restored() {
    let (app, path) = with_schedule("ada").await;
    let ada = app.user("ada");
    ada.delete("/api/esc/environments/acme/web/prod").await.expect(204);
    app.clock().forward(2 * DAY);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 0);
    let restore = "/api/esc/environments/acme/restore";
    let deleted = ada.get(restore).await.expect(200).json()["environments"][0]["deletedAt"].clone();
    let body = json!({ "project": "web", "name": "prod", "deletionTimestamp": deleted }).to_string();
    ada.put(restore).body(body).await.expect(204);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 1);
    assert_eq!(history(&app, &path).await, ["succeeded"]);
}

#[tokio::test]
async fn of_several_processes_one_runs_what_is_due() {
    let (app, path) = with_schedule("ada").await;
    let others = [app.next_process().await, app.next_process().await];
    for days in 1..=5 {
        app.clock().forward(DAY);
        for engine in [app.engine(), &others[0], &others[1]] {
            engine.keep_intents().await.unwrap();
        }
        let runs = tokio::join!(
            app.engine().run_due_schedules(),
            others[0].run_due_schedules(),
            others[1].run_due_schedules()
        );
        assert_eq!(runs.0.unwrap() + runs.1.unwrap() + runs.2.unwrap(), 1);
        assert_eq!(lines(&app).await.len(), 3 * days);
    }
    assert_eq!(history(&app, &path).await, ["succeeded"; 5]);
    others.iter().for_each(Engine::close);
}

#[tokio::test]
async fn whoever_changed_it_last_must_still_have_the_permission_or_it_is_paused() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    app.add("grace", Role::Admin).await;
    let made = app.user("grace").post(SCHEDULES).body(r#"{"scheduleCron":"0 3 * * *"}"#).await.expect(200).json();
    let path = format!("{SCHEDULES}/{}", made["id"].as_str().unwrap());
    app.user("ada").patch("/api/orgs/acme/members/grace").body(r#"{"role":"member"}"#).await.expect(204);
    app.mark(Some("acme")).await;
    app.clock().forward(DAY);
    app.engine().run_due_schedules().await.unwrap();

    let entries = app.entries(Some("acme")).await;
    let denied = "escriba-schedule-run  acme/web/prod  system  denied  permission-missing";
    let paused = "environment-schedule-updated  acme/web/prod  system  succeeded";
    assert_eq!(entries.iter().map(line).collect::<Vec<_>>(), [denied, paused]);
    assert_eq!(causes(&entries[1]), [entries[0].leaf.as_leaf().id()]);
    assert_eq!(entries[1].leaf.as_leaf().detail("change").unwrap().to_string(), "paused");
    assert_eq!(read(&app, &path).await["paused"], true);
    assert_eq!(history(&app, &path).await, ["denied"]);
    app.clock().forward(DAY);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 0);

    // Whoever resumes it is who it runs by.
    app.user("ada").post(&format!("{path}/resume")).await.expect(200);
    app.clock().forward(DAY);
    app.engine().run_due_schedules().await.unwrap();
    assert_eq!(history(&app, &path).await, ["succeeded", "denied"]);
}

#[tokio::test]
async fn the_schedule_of_somebody_who_left_is_paused_in_their_name() {
    let (app, path) = with_schedule("alice").await;
    app.user("ada").delete("/api/orgs/acme/members/alice").await.expect(204);
    app.mark(Some("acme")).await;
    app.clock().forward(DAY);
    app.engine().run_due_schedules().await.unwrap();
    let entries = app.entries(Some("acme")).await;
    let denied = "escriba-schedule-run  acme/web/prod  system  denied  not-a-member";
    assert_eq!(line(&entries[0]), denied);
    let leaf = entries[0].leaf.as_leaf();
    assert_eq!(leaf.behalf_kind(), Some(ActorKind::Outsider));
    assert!(leaf.behalf_id().is_some(), "the identifier that the member had");
    assert_eq!(read(&app, &path).await["paused"], true);
}

/// Decides of each commit, counted from one, whether it fails.
fn commits(fault: impl Fn(u32) -> Option<Fault> + Send + Sync + 'static) -> Faults {
    let count = AtomicU32::new(0);
    Faults::new(move |step| match step {
        Step::Commit => fault(count.fetch_add(1, Ordering::SeqCst) + 1),
        _ => None,
    })
}

#[tokio::test]
async fn a_run_whose_process_died_is_closed_as_unknown_and_never_done_again() {
    let (app, path) = with_schedule("ada").await;
    app.clock().forward(DAY);
    // It announces the run, and then its outcome never gets into the database.
    let dying = app.process_with(commits(|count| (count >= 2).then_some(Fault::Lost))).await;
    assert_eq!(dying.run_due_schedules().await.unwrap(), 1);
    dying.close();

    assert_eq!(lines(&app).await, [INTENDED]);
    assert_eq!(history(&app, &path).await, ["in_progress"]);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 0, "it is not known whether it was done");
    app.clock().forward(60);
    assert_eq!(app.engine().close_orphans().await.unwrap(), 1);
    assert_eq!(app.engine().close_orphans().await.unwrap(), 0);
    let entries = app.entries(Some("acme")).await;
    assert_eq!(entries.iter().map(line).collect::<Vec<_>>(), [INTENDED, UNKNOWN]);
    assert_eq!(causes(&entries[1]), [entries[0].leaf.as_leaf().id()]);
    let details = [&entries[0], &entries[1]].map(|entry| entry.leaf.as_leaf().detail("schedule").unwrap().to_string());
    assert_eq!(details[0], details[1]);
    assert_eq!(history(&app, &path).await, ["unknown"]);
    app.clock().forward(DAY);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 1);
    assert_eq!(history(&app, &path).await, ["succeeded", "unknown"]);
}

#[tokio::test]
async fn a_time_that_was_taken_by_a_process_which_died_before_it_began_is_taken_by_another() {
    let (app, path) = with_schedule("ada").await;
    app.clock().forward(DAY);
    let dying = app.process_with(commits(|_| Some(Fault::Lost))).await;
    dying.keep_intents().await.unwrap();
    assert_eq!(dying.run_due_schedules().await.unwrap(), 1, "taken, and no more");
    dying.close();
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 0, "it is taken to be there");
    app.clock().forward(60);
    assert_eq!(app.engine().run_due_schedules().await.unwrap(), 1);
    assert_eq!(lines(&app).await, [INTENDED, ROTATED, SUCCEEDED]);
    assert_eq!(history(&app, &path).await, ["succeeded"]);
}

#[tokio::test]
async fn a_run_whose_announcement_was_kept_but_reported_lost_goes_on_to_its_end() {
    let (app, path) = with_schedule("ada").await;
    app.clock().forward(DAY);
    let unlucky = app.process_with(commits(|count| (count == 1).then_some(Fault::Kept))).await;
    assert_eq!(unlucky.run_due_schedules().await.unwrap(), 1);
    unlucky.close();
    assert_eq!(lines(&app).await, [INTENDED, ROTATED, SUCCEEDED]);
    assert_eq!(history(&app, &path).await, ["succeeded"]);
}
