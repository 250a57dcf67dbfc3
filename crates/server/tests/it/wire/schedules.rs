//! Schedules over the wire. The numbers in names are those of the pitfalls that the protocol is known for.

use serde_json::{Value, json};

use crate::app::{Answer, ENVIRONMENTS, TestApp};

const SCHEDULES: &str = "/api/esc/environments/acme/web/prod/schedules";

async fn with_prod() -> TestApp {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    app.mark(Some("acme")).await;
    app
}

async fn create(app: &TestApp, body: Value) -> Answer {
    app.user("ada").post(SCHEDULES).body(body.to_string()).await
}

async fn daily(app: &TestApp) -> Value {
    create(app, json!({ "scheduleCron": "0 3 * * *", "secretRotationRequest": { "environmentPath": "" } }))
        .await
        .expect(200)
        .json()
}

fn path(schedule: &Value) -> String {
    format!("{SCHEDULES}/{}", schedule["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_schedule_has_all_that_clients_read() {
    let app = with_prod().await;
    assert_eq!(app.user("ada").get(SCHEDULES).await.expect(200).json(), json!({ "schedules": [] }));
    let made = daily(&app).await;
    let keys: Vec<_> = made.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        [
            "created",
            "definition",
            "id",
            "kind",
            "lastExecuted",
            "modified",
            "nextExecution",
            "orgID",
            "paused",
            "scheduleCron"
        ]
    );
    assert_eq!(made["kind"], "environment_rotation");
    assert_eq!(made["paused"], false);
    assert_eq!(made["definition"]["environmentPath"], "");
    assert!(made["definition"]["environmentID"].as_str().unwrap().starts_with("e_"));
    let ada = app.user("ada");
    assert_eq!(ada.get(&path(&made)).await.expect(200).json(), made);
    assert_eq!(ada.get(SCHEDULES).await.expect(200).json(), json!({ "schedules": [made] }));
    let history = ada.get(&format!("{}/history", path(&made))).await.expect(200).json();
    assert_eq!(history, json!({ "scheduleHistoryEvents": [] }));
}

#[tokio::test]
async fn pitfall_41_times_are_rfc_3339_and_one_that_never_was_is_an_empty_text() {
    let app = with_prod().await;
    let made = daily(&app).await;
    assert_eq!(made["lastExecuted"], "");
    for key in ["created", "modified", "nextExecution"] {
        let time: jiff::Timestamp = made[key].as_str().unwrap().parse().unwrap();
        assert!(key != "nextExecution" || time.as_microsecond() > app.clock_now());
    }
    assert!(made["nextExecution"].as_str().unwrap().ends_with("T03:00:00.000000Z"), "{made}");
}

#[tokio::test]
async fn pitfall_39_a_schedule_is_changed_by_patch_and_by_post_alike() {
    let app = with_prod().await;
    let made = daily(&app).await;
    let ada = app.user("ada");
    let once = json!({ "scheduleOnce": "2099-01-02T04:00:00+01:00" });
    let changed = ada.patch(&path(&made)).body(once.to_string()).await.expect(200).json();
    assert_eq!(changed["scheduleOnce"], "2099-01-02T03:00:00Z");
    assert_eq!(changed.get("scheduleCron"), None, "one clears the other");
    assert_eq!(changed["nextExecution"], "2099-01-02T03:00:00.000000Z");
    let cron = json!({ "scheduleCron": " 5  4 1 jan * ", "scheduleOnce": "" });
    let changed = ada.post(&path(&made)).body(cron.to_string()).await.expect(200).json();
    assert_eq!((&changed["scheduleCron"], changed.get("scheduleOnce")), (&"5 4 1 jan *".into(), None));
    let part = json!({ "secretRotationRequest": { "environmentPath": "db.password" } });
    let changed = ada.patch(&path(&made)).body(part.to_string()).await.expect(200).json();
    assert_eq!(changed["definition"]["environmentPath"], "db.password");
    assert_eq!(changed["scheduleCron"], "5 4 1 jan *", "what is not said stays");
    let nothing = ada.patch(&path(&made)).body("{}").await.expect(200).json();
    assert_eq!(nothing["definition"], changed["definition"]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let app = with_prod().await;
    for bad in [
        json!({}),
        json!({ "scheduleCron": "", "scheduleOnce": "" }),
        json!({ "scheduleCron": "0 3 * * *", "scheduleOnce": "2099-01-02T03:00:00Z" }),
        json!({ "scheduleCron": "0 3 * *" }),
        json!({ "scheduleCron": "0 */6 * * *" }),
        json!({ "scheduleCron": "0 0 31 2 *" }),
        json!({ "scheduleOnce": "tomorrow" }),
        json!({ "scheduleOnce": "2020-01-01T00:00:00Z" }),
        json!({ "scheduleCron": "0 3 * * *", "secretRotationRequest": { "environmentPath": "a[" } }),
    ] {
        create(&app, bad).await.expect(400).message();
    }
    let made = daily(&app).await;
    assert!(create(&app, json!({ "scheduleCron": "0 3 * * *" })).await.expect(400).message().contains("already"));
    let ada = app.user("ada");
    ada.patch(&path(&made)).body(r#"{"scheduleOnce":"2020-01-01T00:00:00Z"}"#).await.expect(400).message();
    for unknown in ["a_aaaaaaaaaaaaaaaa", "nonsense"] {
        for below in ["", "/history"] {
            let answer = ada.get(&format!("{SCHEDULES}/{unknown}{below}")).await.expect(404);
            assert_eq!(answer.message(), "schedule not found");
        }
        ada.patch(&format!("{SCHEDULES}/{unknown}")).body("{}").await.expect(404).message();
        ada.delete(&format!("{SCHEDULES}/{unknown}")).await.expect(404).message();
    }
    app.environment("ada", "web/dev", "").await;
    let elsewhere = path(&made).replace("web/prod", "web/dev");
    ada.get(&elsewhere).await.expect(404).message();
    ada.delete(&elsewhere).await.expect(404).message();
}

#[tokio::test]
async fn a_schedule_is_paused_resumed_and_deleted_and_the_log_says_what_became_of_it() {
    let app = with_prod().await;
    let made = daily(&app).await;
    let ada = app.user("ada");
    ada.post(&format!("{}/pause", path(&made))).await.expect(200);
    assert_eq!(ada.get(&path(&made)).await.expect(200).json()["paused"], true);
    ada.post(&format!("{}/resume", path(&made))).await.expect(200);
    assert_eq!(ada.get(&path(&made)).await.expect(200).json()["paused"], false);
    ada.patch(&path(&made)).body(r#"{"scheduleCron":"0 4 * * *"}"#).await.expect(200);
    ada.delete(&path(&made)).await.expect(200);
    daily(&app).await;

    let entries = app.entries(Some("acme")).await;
    let said: Vec<_> = entries.iter().map(engine::ledger::sentence).collect();
    assert_eq!(
        said,
        [
            r#"Created a schedule ("0 3 * * *") of environment "acme/web/prod""#,
            r#"Updated the schedule ("0 3 * * *") of environment "acme/web/prod": paused"#,
            r#"Updated the schedule ("0 3 * * *") of environment "acme/web/prod": resumed"#,
            r#"Updated the schedule ("0 4 * * *") of environment "acme/web/prod": time"#,
            r#"Deleted the schedule ("0 4 * * *") of environment "acme/web/prod""#,
            r#"Created a schedule ("0 3 * * *") of environment "acme/web/prod""#,
        ]
    );
    for entry in &entries[..5] {
        let leaf = entry.leaf.as_leaf();
        assert_eq!(leaf.detail("schedule").unwrap().to_string(), made["id"]);
        assert!(!leaf.as_str().contains("0 3 *"), "what a person wrote stands in openings only");
    }
    ada.get(&path(&made)).await.expect(404).message();
}

#[tokio::test]
async fn who_may_only_read_an_environment_sees_its_schedule_and_changes_nothing() {
    let app = with_prod().await;
    let made = daily(&app).await;
    let settings = r#"{"setDefaultEnvironmentPermission":"read"}"#;
    app.user("ada").patch("/api/orgs/acme").body(settings).await.expect(200);
    let mallory = app.user("mallory");
    assert_eq!(mallory.get(&path(&made)).await.expect(200).json(), made);
    mallory.get(&format!("{}/history", path(&made))).await.expect(200);
    mallory.patch(&path(&made)).body("{}").await.expect(403).message();
    mallory.post(&format!("{}/pause", path(&made))).await.expect(403).message();
    mallory.delete(&path(&made)).await.expect(403).message();
    let other = format!("{ENVIRONMENTS}/acme/web/prod/schedules");
    mallory.post(&other).body(r#"{"scheduleCron":"0 3 * * *"}"#).await.expect(403).message();
}
