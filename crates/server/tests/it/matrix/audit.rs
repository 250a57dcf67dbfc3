//! What each route writes: on success, when it is refused, when there is nothing to act on.

use super::{Fixture, Guard, ROWS, Row};
use crate::app::{TestApp, actor};
use crate::catalogue::{Happened, console_session, read_back};
use engine::ledger::{Entry, Event};

/// What a test compares: the event, who, and how it ended.
fn said(entries: &[Entry]) -> Vec<String> {
    let said = |entry: &Entry| {
        let leaf = entry.leaf.as_leaf();
        let reason = leaf.reason_word().map(|reason| format!(" {reason}")).unwrap_or_default();
        format!("{}: {} {}{reason}", actor(entry), leaf.event_type(), leaf.outcome_word().unwrap())
    };
    entries.iter().map(said).collect()
}

fn ids(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.leaf.as_leaf().id().to_string()).collect()
}

#[tokio::test]
async fn a_success_writes_what_the_row_says_and_the_answer_names_it() {
    let app = TestApp::start().await;
    for (number, row) in ROWS.iter().enumerate() {
        // Whoever belongs to the organisation already does not join it.
        let caller = if row.guard == Guard::Invited { "otto" } else { "ada" };
        let fixture = Fixture::new(&app, row, number, caller).await;
        let answer = fixture.call(row, &app.user(caller)).await.expect(row.success);

        let entries = app.entries_once(Some("acme"), row.writes.len()).await;
        let expected: Vec<String> = row.writes.iter().map(|event| format!("{caller}: {event}")).collect();
        assert_eq!(said(&entries), expected, "{}", row.route);
        assert_eq!(answer.event(), ids(&entries).first().map(String::as_str), "{}", row.route);
        assert_eq!(app.server_log().await, "", "{}", row.route);
    }
}

#[tokio::test]
async fn a_refusal_for_lack_of_permission_is_one_record_in_the_log_of_the_organization() {
    let app = TestApp::start().await;
    let (cookie, began) = (console_session(&app).await, app.clock_now() / 1_000_000);
    for (number, row) in refusable(&[Guard::Admin, Guard::Environment]) {
        let fixture = Fixture::new(&app, row, number, "mallory").await;
        let answer = fixture.call(row, &app.user("mallory")).await;

        let entries = app.entries(Some("acme")).await;
        assert_eq!(said(&entries), [format!("mallory: {} denied permission-missing", row.denied)], "{}", row.route);
        assert_eq!(answer.event(), Some(&*ids(&entries)[0]), "{}", row.route);
        let leaf = entries[0].leaf.as_leaf();
        assert!(leaf.need().is_some() && leaf.held().is_some(), "{}: what was needed and held", row.route);
        if row.guard == Guard::Environment {
            assert!(leaf.target_id().is_some(), "{}: the record knows what the caller may not", row.route);
        }
        assert_eq!(app.server_log().await, "", "{}", row.route);

        let refused = Happened::refused("mallory", &fixture.address);
        let event = Event::parse(row.denied).unwrap();
        let read = read_back(&app, &cookie, event, &refused, began).await;
        assert_eq!(read, Ok(()), "{}", row.route);
    }
}

#[tokio::test]
async fn a_refused_outsider_is_one_record_in_the_log_of_the_organization() {
    let app = TestApp::start().await;
    for (number, row) in refusable(&[Guard::Member, Guard::Admin, Guard::Environment]) {
        let fixture = Fixture::new(&app, row, number, "otto").await;
        let answer = fixture.call(row, &app.user("otto")).await;

        let entries = app.entries(Some("acme")).await;
        assert_eq!(said(&entries), [format!("outsider otto: {} denied not-a-member", row.denied)], "{}", row.route);
        assert_eq!(answer.event(), Some(&*ids(&entries)[0]), "{}", row.route);
        assert_eq!(app.server_log().await, "", "{}", row.route);
    }
}

#[tokio::test]
async fn an_attempt_on_an_environment_that_is_not_there_is_one_record_of_a_failure() {
    let app = TestApp::start().await;
    for (number, row) in refusable(&[Guard::Environment]) {
        let fixture = Fixture::new(&app, row, number, "ada").await.on_no_environment();
        let answer = fixture.call(row, &app.user("ada")).await.expect(404);

        let entries = app.entries(Some("acme")).await;
        assert_eq!(said(&entries), [format!("ada: {} failed absent", row.absent)], "{}", row.route);
        assert_eq!(answer.event(), Some(&*ids(&entries)[0]), "{}", row.route);
        assert!(entries[0].leaf.as_leaf().target_id().is_none(), "{}", row.route);
    }
}

#[tokio::test]
async fn an_attempt_on_an_organization_that_is_not_there_is_one_record_in_the_server_log() {
    let app = TestApp::start().await;
    for (number, row) in refusable(&[Guard::Member, Guard::Admin, Guard::Environment]) {
        let fixture = Fixture::new(&app, row, number, "ada").await.in_no_organization();
        let answer = fixture.call(row, &app.user("ada")).await.expect(404);

        let entries = app.entries(None).await;
        assert_eq!(said(&entries), [format!("ada: {} failed absent", row.absent)], "{}", row.route);
        assert_eq!(answer.event(), Some(&*ids(&entries)[0]), "{}", row.route);
        assert_eq!(app.log("acme").await, "", "{}", row.route);
    }
}

#[tokio::test]
async fn somebody_elses_session_looks_like_none_and_is_a_denial_in_the_log() {
    let app = TestApp::start().await;
    app.add("bob", engine::Role::Admin).await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    let session = app.session("ada", "web/prod").await;
    app.mark(Some("acme")).await;
    let path = |session: &str| format!("/api/esc/environments/acme/web/prod/open/{session}");
    let absent: engine::SessionId = engine::SessionId::from_random([7; 10]);

    let refused = app.user("bob").get(&path(&session)).await;
    let missing = app.user("bob").get(&path(&absent.to_string())).await;

    assert_eq!(refused.status, 404);
    assert_eq!(refused.looks(), missing.looks());
    let entries = app.entries(Some("acme")).await;
    assert_eq!(
        said(&entries),
        ["bob: environment-read-open denied permission-missing", "bob: environment-read-open failed absent"]
    );
}

fn refusable(guards: &[Guard]) -> impl Iterator<Item = (usize, &'static Row)> {
    ROWS.iter().enumerate().filter(|(_, row)| guards.contains(&row.guard) && row.path().contains("{organization}"))
}
