//! Filters: two spellings, two readings of time, and nothing silently ignored.

use super::{events, with_some_history};
use crate::app::{LOGS, TestApp};

#[tokio::test]
async fn both_spellings_of_a_filter_and_both_versions_filter_alike() {
    let app = with_some_history().await;
    let ada = app.user("ada");
    for version in ["", "/v2"] {
        for user in ["userFilter", "user"] {
            let listed = ada.get(&format!("{LOGS}{version}?{user}=mallory")).await.expect(200);
            assert_eq!(events(&listed), ["mallory environment-unauthorized-open"]);
            for event in ["eventFilter", "eventType"] {
                let listed = ada.get(&format!("{LOGS}{version}?{user}=alice&{event}=environment-open")).await;
                assert_eq!(events(&listed.expect(200)), ["alice environment-open"]);
            }
        }
    }
}

#[tokio::test]
async fn an_event_is_filtered_by_identifier_display_name_or_older_spelling_in_any_case() {
    let app = with_some_history().await;
    app.user("ada").get("/api/esc/environments/acme/web/prod/versions/latest").await.expect(200);
    let found = |event: &'static str| {
        let app = &app;
        async move { events(&app.user("ada").get(&format!("{LOGS}/v2?eventFilter={event}")).await.expect(200)) }
    };
    for event in ["environment-open", "Environment%20Open", "ENVIRONMENT-OPEN", "environment%20open"] {
        assert_eq!(found(event).await, ["alice environment-open"], "{event}");
    }
    for event in ["environment-revision-tag-read", "Environment%20Version%20Tag%20Read", "environment-read"] {
        found(event).await;
    }
}

#[tokio::test]
async fn a_documented_event_that_is_never_written_gives_an_empty_list() {
    let app = with_some_history().await;
    for event in ["stack-deleted", "saml-configuration-updated", "team-token-created"] {
        let listed = app.user("ada").get(&format!("{LOGS}/v2?eventFilter={event}")).await.expect(200);
        assert!(events(&listed).is_empty());
        assert!(listed.json().get("continuationToken").is_none());
    }
}

#[tokio::test]
async fn what_is_unknown_is_said() {
    let app = with_some_history().await;
    let ada = app.user("ada");
    for path in ["", "/v2", "/export", "/v2/export"] {
        let get = |query: &str| ada.get(&format!("{LOGS}{path}?{query}"));
        assert!(get("eventFilter=no-such-event").await.expect(400).message().contains("no-such-event"));
        assert_eq!(get("userFilter=nobody").await.expect(404).message(), "user not found");
        let unknown = get("userfilter=ada").await.expect(400).message();
        assert!(unknown.contains("`userfilter`") && unknown.contains("userFilter"), "{unknown}");
        get("startTime=soon").await.expect(400).message();
        get("continuationToken=x").await.expect(400).message();
        get("format=xml").await.expect(400).message();
        get("orgName=acme").await.expect(200);
        get("startTime=&endTime=&eventFilter=&userFilter=&continuationToken=&format=").await.expect(200);
    }
}

/// One event an hour, at these hours after the beginning.
async fn hourly(app: &TestApp) -> Vec<i64> {
    let mut times = Vec::new();
    for _ in 0..3 {
        app.clock().forward(3_600);
        times.push(app.clock_now() / 1_000_000);
        let body = r#"{"setDefaultEnvironmentPermission":"none"}"#;
        app.user("ada").patch("/api/orgs/acme").body(body).await.expect(200);
        // Where records wait for their place, they get it now, and with it their time.
        app.entries(Some("acme")).await;
    }
    app.clock().forward(3_600);
    times
}

async fn count(app: &TestApp, query: String) -> usize {
    let path = format!("{LOGS}{query}&eventFilter=organization-settings-changed");
    events(&app.user("ada").get(&path).await.expect(200)).len()
}

#[tokio::test]
async fn in_v1_start_time_is_the_upper_bound() {
    let app = TestApp::start().await;
    let at = hourly(&app).await;
    let half = 1_800;
    assert_eq!(count(&app, format!("?startTime={}", at[1] + half)).await, 2);
    assert_eq!(count(&app, format!("?startTime={}&endTime={}", at[1] + half, at[0] + half)).await, 1);
    // A lower bound above the upper one means nothing.
    assert_eq!(count(&app, format!("?startTime={}&endTime={}", at[1] + half, at[2] + half)).await, 2);
    assert_eq!(count(&app, "?startTime=".to_owned()).await, 3);
}

#[tokio::test]
async fn in_v2_start_time_is_the_lower_bound_and_end_time_the_upper() {
    let app = TestApp::start().await;
    let at = hourly(&app).await;
    let half = 1_800;
    assert_eq!(count(&app, format!("/v2?startTime={}", at[1] - half)).await, 2);
    assert_eq!(count(&app, format!("/v2?endTime={}", at[1] + half)).await, 2);
    assert_eq!(count(&app, format!("/v2?startTime={}&endTime={}", at[1] - half, at[1] + half)).await, 1);
    assert_eq!(count(&app, format!("/v2?startTime={}&endTime={}", at[2] + half, at[0])).await, 0);
    assert_eq!(count(&app, "/v2?startTime=2020-01-01T00:00:00Z".to_owned()).await, 3);
    assert_eq!(count(&app, "/v2?startTime=-5&endTime=9223372036854775807".to_owned()).await, 3);
}
