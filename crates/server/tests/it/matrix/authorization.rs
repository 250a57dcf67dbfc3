//! Who may call which route, and what those see who may not.

use super::{Fixture, Guard, ROWS, Row};
use crate::app::{TestApp, line};
use server::http::ROUTES;

fn needing_a_credential() -> impl Iterator<Item = (usize, &'static Row)> {
    ROWS.iter().enumerate().filter(|(_, row)| row.guard != Guard::Open)
}

#[tokio::test]
async fn whoever_has_no_valid_credential_gets_401_everywhere_and_is_in_the_server_log() {
    let app = TestApp::start().await;
    let now = app.clock_now();
    let (_, expired) = app.token("ada", "expired", Some(now - 1)).await;
    let (id, revoked) = app.token("ada", "revoked", None).await;
    app.engine().revoke_token(&app.operator(), id).await.unwrap();
    let unknown = TestApp::foreign_token();
    let callers = [
        (app.anonymous(), "credential-missing"),
        (app.bearer("nonsense"), "credential-malformed"),
        (app.bearer(&unknown), "credential-unknown"),
        (app.bearer(&expired), "credential-expired"),
        (app.bearer(&revoked), "credential-revoked"),
    ];
    for (number, row) in needing_a_credential() {
        let fixture = Fixture::new(&app, row, number, "ada").await;
        let activity = ROUTES
            .iter()
            .find(|route| format!("{} {}", route.method, route.path) == row.route)
            .map_or("", |route| route.activity);
        for (caller, reason) in &callers {
            app.mark(None).await;
            let answer = fixture.call(row, caller).await;

            assert_eq!(answer.status, 401, "{} with {reason}", row.route);
            if row.method() != "HEAD" {
                answer.message();
            }
            assert_eq!(answer.header("www-authenticate"), Some("token"));
            let entries = app.entries(None).await;
            let [entry] = entries.as_slice() else { panic!("{}: {} records", row.route, entries.len()) };
            assert_eq!(line(entry), format!("escriba-authentication-failed  -  anonymous  denied  {reason}"));
            assert_eq!(answer.event(), Some(&*entry.leaf.as_leaf().id().to_string()), "{}", row.route);
            let attempted = entry.leaf.as_leaf().detail("attempted").map(|word| word.to_string());
            assert_eq!(attempted.as_deref(), Some(activity), "{}", row.route);
        }
        assert_eq!(app.log("acme").await, "", "{} wrote into a log that is not the caller's", row.route);
    }
}

#[tokio::test]
async fn to_an_outsider_an_organization_looks_like_one_that_is_not_there() {
    let app = TestApp::start().await;
    let otto = app.user("otto");
    // Whoever holds an invitation may know of the organisation.
    let closed = |row: &Row| row.path().contains("{organization}") && row.guard != Guard::Invited;
    for (number, row) in needing_a_credential().filter(|(_, row)| closed(row)) {
        let fixture = Fixture::new(&app, row, number, "otto").await;
        let refused = fixture.call(row, &otto).await;
        let missing = fixture.in_no_organization().call(row, &otto).await;

        assert_eq!(refused.status, 404, "{}", row.route);
        assert!(refused.event().is_some(), "{}", row.route);
        assert_eq!(refused.looks(), missing.looks(), "{}", row.route);
    }
}

#[tokio::test]
async fn to_a_member_without_permission_an_environment_looks_like_one_that_is_not_there() {
    let app = TestApp::start().await;
    let mallory = app.user("mallory");
    for (number, row) in needing_a_credential().filter(|(_, row)| row.guard == Guard::Environment) {
        let fixture = Fixture::new(&app, row, number, "mallory").await;
        let refused = fixture.call(row, &mallory).await;
        let missing = fixture.on_no_environment().call(row, &mallory).await;

        assert_eq!(refused.status, 404, "{}", row.route);
        assert!(refused.event().is_some(), "{}", row.route);
        assert_eq!(refused.looks(), missing.looks(), "{}", row.route);
    }
}

#[tokio::test]
async fn a_member_gets_403_where_only_an_administrator_may() {
    let app = TestApp::start().await;
    let mallory = app.user("mallory");
    for (number, row) in needing_a_credential().filter(|(_, row)| row.guard == Guard::Admin) {
        let fixture = Fixture::new(&app, row, number, "mallory").await;
        let refused = fixture.call(row, &mallory).await;

        assert_eq!(refused.status, 403, "{}", row.route);
        assert!(refused.message().contains("administrator"), "{}", row.route);
    }
}

#[tokio::test]
async fn everybody_may_do_what_the_row_says() {
    let app = TestApp::start().await;
    let mut number = 0;
    for row in ROWS {
        let callers: &[&str] = match row.guard {
            Guard::Open | Guard::Credential => &["ada", "mallory", "otto"],
            Guard::Member => &["ada", "mallory"],
            Guard::Admin | Guard::Environment => &["ada"],
            Guard::Invited => &["otto"],
        };
        for caller in callers {
            number += 1;
            let fixture = Fixture::new(&app, row, number, caller).await;
            let answer = fixture.call(row, &app.user(caller)).await;
            assert_eq!(answer.status, row.success, "{} as {caller}: {}", row.route, answer.text());
        }
        if row.guard == Guard::Open {
            let answer = Fixture::new(&app, row, 1_000 + number, "ada").await.call(row, &app.anonymous()).await;
            assert_eq!(answer.status, row.success, "{}", row.route);
        }
    }
}
