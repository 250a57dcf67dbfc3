//! Rotations that did not come to their end, and two at once.

use engine::Client;

use super::{LOGIN, app, definition, history, login, opened, order, rotate, rotate_and_die};
use crate::app::line;
use crate::providers::to_loopback;
use crate::targets::PostgresTarget;

#[tokio::test]
async fn what_was_set_by_a_process_that_died_is_set_again_by_the_next_rotation() {
    let Some(target) = PostgresTarget::start().await else { return };
    let app = app().await;
    app.environment("ada", "web/login", &definition("postgres", target.port, "manager-password")).await;
    rotate(&app, "{}").await.expect(200);
    let before = opened(&app, "login").await;
    app.mark(Some("acme")).await;

    rotate_and_die(&app, to_loopback()).await;
    let (user, password) = login(&before["current"]);
    assert!(target.lets_in(user, password).await, "the environment still gives a login that lets in");
    assert_eq!(opened(&app, "login").await, before);

    app.clock().forward(600);
    let shown = history(&app).await;
    assert_eq!(shown[0]["status"], "failed");
    assert!(shown[0]["errorMessage"].as_str().unwrap().contains("rotate again"));
    let next = app.next_process().await;
    let cx = next.authenticate(Some(&app.token_of("ada")), Client::default(), "rotate").await.unwrap();
    next.rotate_environment(&cx, order()).await.unwrap();
    next.close();

    let after = opened(&app, "login").await;
    let (user, password) = login(&after["current"]);
    assert!(target.lets_in(user, password).await);
    assert_eq!(after["previous"], before["current"]);
    let entries = app.entries(Some("acme")).await;
    let rotations: Vec<String> =
        entries.iter().map(line).filter(|line| line.starts_with("environment-rotated")).collect();
    let expected = [
        "environment-rotated  acme/web/login  ada  intended",
        "environment-rotated  acme/web/login  ada  intended",
        "environment-rotated  acme/web/login  ada  unknown  interrupted",
        "environment-rotated  acme/web/login  ada  succeeded",
    ];
    assert_eq!(rotations, expected);
}

#[tokio::test]
async fn of_two_rotations_at_once_one_is_a_conflict() {
    let Some(target) = PostgresTarget::start().await else { return };
    let app = app().await;
    app.environment("ada", "web/login", &definition("postgres", target.port, "manager-password")).await;
    let (left, right) = tokio::join!(rotate(&app, "{}"), rotate(&app, "{}"));
    let mut statuses = [left.status.as_u16(), right.status.as_u16()];
    statuses.sort_unstable();
    // They may also come one after the other.
    assert!(statuses == [200, 409] || statuses == [200, 200], "{statuses:?}");
    let state = opened(&app, "login").await;
    let (user, password) = login(&state["current"]);
    assert!(target.lets_in(user, password).await);
    let revisions = app.user("ada").get(&format!("{LOGIN}/versions")).await.expect(200).json();
    let succeeded = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(revisions.as_array().unwrap().len(), 2 + succeeded);
}
