//! `fn::rotate::postgres` against a real PostgreSQL.

use serde_json::json;

use super::{LOGIN, app, definition, history, login, opened, rotate};
use crate::app::{TestApp, line};
use crate::targets::PostgresTarget;

#[tokio::test]
async fn two_users_take_turns_and_what_was_in_use_stays_valid() {
    let Some(target) = PostgresTarget::start().await else { return };
    let app = app().await;
    let written = definition("postgres", target.port, "manager-password");
    app.environment("ada", "web/login", &written).await;
    let before = app.user("ada").get(LOGIN).await.expect(200).text();
    app.mark(Some("acme")).await;

    let mut known: Vec<(String, String)> = Vec::new();
    for (round, user) in ["one", "two", "one"].into_iter().enumerate() {
        let rotated = rotate(&app, r#"{"Paths":[]}"#).await.expect(200).json();
        let event = &rotated["secretRotationEvent"];
        assert_eq!(event["status"], "succeeded", "{event}");
        assert_eq!(event["postRotationRevision"], json!(3 + round));
        let [rotation] = &**event["rotations"].as_array().unwrap() else { panic!("one rotator") };
        assert_eq!((&rotation["environmentPath"], &rotation["status"]), (&json!("login"), &json!("succeeded")));
        assert_eq!(rotation.get("errorMessage"), None);

        let state = opened(&app, "login").await;
        let (username, password) = login(&state["current"]);
        assert_eq!(username, user);
        assert!(target.lets_in(username, password).await, "what is in use lets in");
        if let Some((username, password)) = known.last() {
            assert_eq!(login(&state["previous"]), (&**username, &**password));
            assert!(target.lets_in(username, password).await, "what was in use lets in");
        }
        if let [.., (username, password), _] = known.as_slice() {
            assert!(!target.lets_in(username, password).await, "what was in use before that does not");
        }
        known.push((username.to_owned(), password.to_owned()));
    }
    assert_eq!(opened(&app, "url").await, "db://one@db.internal");

    // Only the state was touched, and no password stands in it, in the log, in the history, or in the target's log.
    let after = app.user("ada").get(LOGIN).await.expect(200).text();
    let (start, end) = (after.find("      state:").unwrap(), after.find("  url:").unwrap());
    assert_eq!(format!("{}{}", &after[..start], &after[end..]), before);
    assert_eq!(after.matches("ciphertext").count(), 3);
    let history = history(&app).await;
    assert_eq!(history.iter().map(|event| &event["postRotationRevision"]).collect::<Vec<_>>(), [5, 4, 3]);
    let entries = app.entries(Some("acme")).await;
    let leaves: String = entries.iter().map(|entry| entry.leaf.as_leaf().as_str()).collect();
    for (_, password) in &known {
        for text in [&after, &format!("{history:?}"), &leaves, &target.log()] {
            assert!(!text.contains(&**password));
        }
    }
    assert!(target.log().contains("SCRAM-SHA-256$4096:"), "the target logs what it is told");
}

#[tokio::test]
async fn a_rotation_is_announced_before_and_recorded_after_with_the_revision_that_it_wrote() {
    let Some(target) = PostgresTarget::start().await else { return };
    let app = app().await;
    app.environment("ada", "web/login", &definition("postgres", target.port, "manager-password")).await;
    app.mark(Some("acme")).await;
    let answer = rotate(&app, r#"{"paths":["login"]}"#).await.expect(200);
    let entries = app.entries(Some("acme")).await;
    let expected = [
        "environment-rotated  acme/web/login  ada  intended",
        "environment-rotated  acme/web/login  ada  succeeded",
        "environment-updated  acme/web/login  ada  succeeded",
    ];
    assert_eq!(entries.iter().map(line).collect::<Vec<_>>(), expected);
    let [intent, outcome, updated] = [0, 1, 2].map(|index| entries[index].leaf.as_leaf());
    assert_eq!(outcome.causes().collect::<Vec<_>>(), [intent.id()]);
    assert_eq!(updated.causes().collect::<Vec<_>>(), [intent.id()]);
    assert_eq!((outcome.target_before(), outcome.target_rev()), (Some(2), Some(3)));
    assert_eq!(outcome.detail("rotator").unwrap().to_string(), "postgres");
    assert_eq!(answer.event().unwrap(), outcome.id().to_string());
    assert_eq!(engine::ledger::sentence(&entries[1]), r#"Rotated "login" of environment "acme/web/login""#);
}

#[tokio::test]
async fn pitfall_19_a_rotator_that_fails_says_why_without_a_secret_and_leaves_the_state() {
    let Some(target) = PostgresTarget::start().await else { return };
    let app = app().await;
    app.environment("ada", "web/login", &definition("postgres", target.port, "not-the-password")).await;
    let before = app.user("ada").get(LOGIN).await.expect(200).text();
    app.mark(Some("acme")).await;
    let rotated = rotate(&app, "{}").await.expect(200).json();
    let event = &rotated["secretRotationEvent"];
    assert_eq!(event["status"], "failed");
    let message = event["rotations"][0]["errorMessage"].as_str().expect("a failure has a message");
    assert_eq!(event["errorMessage"], message);
    assert!(message.contains("does not let the managing user in"), "{message}");
    assert_eq!(event.get("postRotationRevision"), None);
    assert_eq!(app.user("ada").get(LOGIN).await.expect(200).text(), before);
    let log = app.entries(Some("acme")).await;
    assert_eq!(line(&log[1]), "environment-rotated  acme/web/login  ada  failed  provider-failed");
    assert_eq!(history(&app).await[0]["rotations"][0]["errorMessage"], message);
    assert!(!rotated.to_string().contains("not-the-password"));

    // Those who may not set it, and users who are not there.
    let powerless = definition("postgres", target.port, "powerless-password").replace("manager\n", "powerless\n");
    let nobody = definition("postgres", target.port, "manager-password").replace("one,", "nobody,");
    let elsewhere =
        definition("postgres", target.port, "manager-password").replace("database: postgres", "database: no");
    let cases = [(powerless, "CREATEROLE"), (nobody, "no such user"), (elsewhere, "no such database")];
    for (definition, expected) in cases {
        app.user("ada").patch(LOGIN).body(definition).await.expect(200);
        let rotated = rotate(&app, "{}").await.expect(200).json();
        let message = rotated["secretRotationEvent"]["rotations"][0]["errorMessage"].as_str().unwrap().to_owned();
        assert!(message.contains(expected), "{message}");
    }
}

#[tokio::test]
async fn nobody_is_asked_where_the_operator_does_not_allow_it() {
    let app = TestApp::start().await;
    app.environment("ada", "web/login", &definition("postgres", 5432, "manager-password")).await;
    let rotated = rotate(&app, "{}").await.expect(200).json();
    let message = rotated["secretRotationEvent"]["errorMessage"].as_str().unwrap();
    assert!(message.contains("egress-allow"), "{message}");
}
