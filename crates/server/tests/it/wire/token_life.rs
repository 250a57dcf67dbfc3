//! How long tokens may live that are made from now on.

use serde_json::json;

use crate::app::TestApp;

const ORGANIZATION: &str = "/api/orgs/acme";
const DAY: i64 = 86_400;

async fn bound(app: &TestApp, days: i64) -> serde_json::Value {
    let body = json!({ "setMaxAccessTokenExpiryDays": days }).to_string();
    app.user("ada").patch(ORGANIZATION).body(body).await.expect(200).json()
}

#[tokio::test]
async fn a_bound_holds_for_every_kind_of_token_that_is_made_from_then_on() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let (_, eternal) = app.token("ada", "eternal", None).await;
    ada.post("/api/orgs/acme/teams/pulumi").body(json!({ "name": "core" }).to_string()).await.expect(201);
    app.mark(Some("acme")).await;
    assert_eq!(bound(&app, 30).await["maxAccessTokenExpiryDays"], 30);
    let entries = app.entries(Some("acme")).await;
    let leaf: serde_json::Value = serde_json::from_str(entries[0].leaf.as_leaf().as_str()).unwrap();
    assert_eq!(leaf["detail"], json!({ "fields": ["max-access-token-expiry"], "lifetime": 30 * DAY }));

    let now = app.clock_now() / 1_000_000;
    let paths = ["/api/user/tokens", "/api/orgs/acme/tokens", "/api/orgs/acme/teams/core/tokens"];
    for (number, path) in paths.into_iter().enumerate() {
        let make = |name: &str, expires: i64| {
            let name = format!("{name}{number}");
            ada.post(path).body(json!({ "name": name, "description": name, "expires": expires }).to_string())
        };
        for expires in [0, now + 31 * DAY] {
            let refused = make("long", expires).await.expect(400).message();
            assert!(refused.contains("within 30 days"), "{refused}");
        }
        make("short", now + 29 * DAY).await.expect(200);
    }
    // What was there stays.
    app.bearer(&eternal).get("/api/user").await.expect(200);
    let operator = app.operator();
    app.engine().issue_token_for(&operator, "ada".into(), "eternal too".into(), None).await.unwrap_err();
    app.add("lin", engine::Role::Member).await;
    let first = app.user("lin").get("/api/user/tokens").await.expect(200).json();
    let end = first["tokens"][0]["expires"].as_i64().unwrap();
    assert!((now..=now + 31 * DAY).contains(&end), "{end}");

    assert_eq!(bound(&app, 0).await["maxAccessTokenExpiryDays"], serde_json::Value::Null);
    ada.post("/api/user/tokens").body(r#"{"description":"long","expires":0}"#).await.expect(200);
}

#[tokio::test]
async fn of_two_organizations_the_one_that_bounds_more_decides() {
    let app = TestApp::start().await;
    app.organization("other", &["ada"]).await;
    let engine = app.engine();
    engine.set_longest_token_life(&app.operator(), "other".into(), 7).await.unwrap();
    bound(&app, 30).await;
    let now = app.clock_now() / 1_000_000;
    let make = |path: &str, days: i64| {
        let body = json!({ "name": "ci", "description": "ci", "expires": now + days * DAY }).to_string();
        app.user("ada").post(path).body(body)
    };
    make("/api/user/tokens", 20).await.expect(400).message();
    make("/api/user/tokens", 6).await.expect(200);
    // A token of an organisation is of that one alone.
    make("/api/orgs/acme/tokens", 20).await.expect(200);
}

#[tokio::test]
async fn only_an_administrator_sets_a_bound_that_makes_sense() {
    let app = TestApp::start().await;
    for days in [-1, 3_651] {
        let body = json!({ "setMaxAccessTokenExpiryDays": days }).to_string();
        app.user("ada").patch(ORGANIZATION).body(body).await.expect(400).message();
    }
    let body = json!({ "setMaxAccessTokenExpiryDays": 7 }).to_string();
    app.user("mallory").patch(ORGANIZATION).body(body).await.expect(403).message();
}
