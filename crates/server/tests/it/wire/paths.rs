//! Paths as clients write them.

use super::PROD;
use crate::app::{ENVIRONMENTS, TestApp};

#[tokio::test]
async fn double_slashes_are_one_and_are_never_answered_with_a_redirect() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    let session = app.session("ada", "web/prod").await;
    let read = app.user("ada").get(&format!("{PROD}/open//{session}?property=a")).await.expect(200);
    assert_eq!(read.json()["value"], 1);
    app.user("ada").get("//api//user").await.expect(200);
}

#[tokio::test]
async fn the_old_paths_mean_the_project_default() {
    let app = TestApp::start().await;
    app.environment("ada", "default/prod", "values: {a: 1}").await;
    let (ada, old) = (app.user("ada"), "/api/preview/environments");
    assert_eq!(ada.get(&format!("{old}/acme/prod")).await.expect(200).text(), "values: {a: 1}");
    ada.patch(&format!("{old}/acme/prod")).body("values: {a: 2}").await.expect(200);
    let session = ada.post(&format!("{old}/acme/prod/open")).await.expect(200).json();
    let session = session["id"].as_str().unwrap();
    let values = ada.get(&format!("{old}/acme/prod/open/{session}")).await.expect(200).json();
    assert_eq!(values["properties"]["a"]["value"], 2);
    ada.get(&format!("{old}/acme")).await.expect(200);
    ada.post(&format!("{old}/acme/yaml/check")).body("values: {}").await.expect(200);
    ada.get("/api/preview/esc/environments/acme/default/prod").await.expect(200);
}

#[tokio::test]
async fn dots_are_followed_in_the_path_and_left_alone_in_the_query() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: {b: 1}}").await;
    let ada = app.user("ada");
    for path in ["acme/./web/prod", "acme/web/other/../prod", "acme/web/prod/", "acme//web/prod/tags/.."] {
        assert_eq!(ada.get(&format!("{ENVIRONMENTS}/{path}")).await.expect(200).text(), "values: {a: {b: 1}}");
    }
    let session = app.session("ada", "web/prod").await;
    let read = ada.get(&format!("{PROD}/open//{session}?property=a.b&other=/../x//y")).await.expect(200);
    assert_eq!(read.json()["value"], 1);
    let above = ada.get("/../../../etc/passwd").await.expect(404);
    assert!(above.header("location").is_none());
}

#[tokio::test]
async fn an_old_path_creates_an_environment_by_its_name() {
    let app = TestApp::start().await;
    app.user("ada").post("/api/preview/environments/acme/fresh").await.expect(204);
    app.user("ada").get(&format!("{ENVIRONMENTS}/acme/default/fresh")).await.expect(200);
}

#[tokio::test]
async fn the_scheme_of_a_token_is_token_or_bearer_in_any_case() {
    let app = TestApp::start().await;
    let token = app.token_of("ada");
    for scheme in ["token", "Token", "bearer", "Bearer", "BEARER"] {
        app.anonymous().get("/api/user").header("authorization", format!("{scheme} {token}")).await.expect(200);
    }
    for header in [token.clone(), format!("Basic {token}"), format!("token{token}"), "token ".to_owned()] {
        app.anonymous().get("/api/user").header("authorization", header).await.expect(401);
    }
}

#[tokio::test]
async fn names_are_decoded_once() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    app.user("ada").get(&format!("{ENVIRONMENTS}/acme/we%62/prod")).await.expect(200);
    for path in ["acme/we%2562/prod", "acme/web%2Fx/prod", "acme/web/%FF", "acme/web/a%20b", "acme/web/%00"] {
        let answer = app.user("ada").get(&format!("{ENVIRONMENTS}/{path}")).await;
        assert!([400, 404].contains(&answer.status.as_u16()), "{path}: {}", answer.looks());
        answer.message();
    }
}

#[tokio::test]
async fn a_name_with_a_zero_byte_leads_nowhere_and_is_recorded() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let body = r#"{"role":"member"}"#;
    let answers = [
        (ada.post("/api/orgs/acme/members/a%00b").body(body).await, 404),
        (ada.delete("/api/user/tokens/a%00b").await, 404),
        (ada.patch("/api/orgs/ac%00me").body(r#"{"setDefaultEnvironmentPermission":"none"}"#).await, 404),
        (ada.get("/api/orgs/acme/auditlogs/v2?userFilter=a%00b").await, 404),
        (ada.post("/api/user/tokens").body(r#"{"description":"a\u0000b","expires":0}"#).await, 400),
    ];
    for (answer, status) in answers {
        assert!(answer.event().is_some());
        answer.expect(status).message();
    }
}
