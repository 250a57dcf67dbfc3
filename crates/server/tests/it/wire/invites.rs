//! Invitations by link.

use axum::http::Method;
use serde_json::{Value, json};

use crate::app::{Answer, Call, TestApp};

const INVITES: &str = "/api/orgs/acme/invites";
const WEEK: i64 = 7 * 24 * 3_600;

/// An invitation of the administrator's: its identifier, and the secret of its link.
async fn invited(app: &TestApp, body: &Value) -> (String, String) {
    let made = app.user("ada").post(&format!("{INVITES}/link")).body(body.to_string()).await.expect(200).json();
    (made["id"].as_str().unwrap().to_owned(), secret(&made))
}

fn secret(made: &Value) -> String {
    made["acceptInviteUrl"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

fn accept(app: &TestApp, login: &str, invite: &str, link: &str) -> Call {
    app.user(login).patch(&format!("{INVITES}/{invite}")).body(json!({ "token": link }).to_string())
}

async fn status(app: &TestApp, invite: &str) -> Value {
    app.user("ada").get(&format!("{INVITES}/{invite}")).await.expect(200).json()["status"].clone()
}

async fn members(app: &TestApp) -> String {
    app.user("ada").get("/api/orgs/acme/members").await.expect(200).text()
}

#[tokio::test]
async fn an_invitation_shows_its_link_once_and_makes_whoever_accepts_it_a_member() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    let made = ada.post(&format!("{INVITES}/link")).body(r#"{"role":"admin","email":"otto@acme.example"}"#).await;
    let made = made.expect(200).json();
    let (id, link) = (made["id"].as_str().unwrap(), secret(&made));
    assert!(made["acceptInviteUrl"].as_str().unwrap().contains("/invite/escriba_link_"), "{made}");

    let listed = ada.get(INVITES).await.expect(200);
    assert!(!listed.text().contains(&link), "the list shows the link");
    let listed = listed.json();
    assert_eq!(listed["invites"].as_array().unwrap().len(), 1);
    let one = &listed["invites"][0];
    assert_eq!((&one["role"], &one["status"]), (&json!("admin"), &json!("pending")));
    assert_eq!((&one["email"], &one["acceptInviteUrl"]), (&json!("otto@acme.example"), &json!("")));
    assert_eq!(one["sentBy"]["githubLogin"], "ada");
    assert_eq!(&ada.get(&format!("{INVITES}/{id}")).await.expect(200).json(), one);

    app.mark(Some("acme")).await;
    accept(&app, "otto", id, &link).await.expect(204);
    let log = app.log("acme").await;
    assert!(log.contains("organization-invite-accepted") && log.contains("member-added"), "{log}");
    assert_eq!(log.lines().count(), 2, "{log}");
    let entries = app.entries(Some("acme")).await;
    assert!(!entries.iter().any(|entry| entry.leaf.as_leaf().as_str().contains(&link)));
    assert_eq!(status(&app, id).await, "accepted");
    // As an administrator, at once.
    app.user("otto").get(INVITES).await.expect(200);

    accept(&app, "otto", id, &link).await.expect(409);
    let again = ada.delete(&format!("{INVITES}/{id}")).await.expect(409);
    assert_eq!(again.message(), "the invitation was accepted already");
}

#[tokio::test]
async fn a_member_does_not_use_an_invitation_up() {
    let app = TestApp::start().await;
    let (id, link) = invited(&app, &json!({ "role": "admin" })).await;
    accept(&app, "mallory", &id, &link).await.expect(409);
    assert_eq!(status(&app, &id).await, "pending");
    app.user("mallory").get(INVITES).await.expect(403);
    accept(&app, "otto", &id, &link).await.expect(204);
}

#[tokio::test]
async fn a_link_that_ended_looks_like_one_that_never_was_and_the_log_tells_them_apart() {
    let app = TestApp::start().await;
    app.organization("other", &["ada"]).await;
    let (pending, link) = invited(&app, &json!({ "role": "member" })).await;
    let (canceled, canceled_link) = invited(&app, &json!({ "role": "member" })).await;
    app.user("ada").delete(&format!("{INVITES}/{canceled}")).await.expect(204);
    app.user("ada").delete(&format!("{INVITES}/{canceled}")).await.expect(404);
    let (expired, expired_link) =
        invited(&app, &json!({ "role": "member", "expires": app.clock_now() / 1_000_000 + 60 })).await;
    app.clock().forward(61);

    let unknown = accept(&app, "otto", "l_aaaaaaaaaaaaaaaa", "escriba_link_nonsense").await.expect(404);
    let tried: [(&str, &str, &str); 5] = [
        (&canceled, &canceled_link, "credential-revoked"),
        (&expired, &expired_link, "credential-expired"),
        (&pending, &canceled_link, "credential-unknown"),
        (&pending, "", "credential-unknown"),
        (&canceled, &link, "credential-unknown"),
    ];
    for (id, link, reason) in tried {
        app.mark(Some("acme")).await;
        let refused = accept(&app, "otto", id, link).await.expect(404);
        assert_eq!(refused.looks(), unknown.looks(), "{reason}");
        let log = app.log("acme").await;
        assert!(log.starts_with("organization-invite-accepted") && log.ends_with(reason), "{log}");
    }
    // It is good for its own organisation only, and others are not told apart from none.
    for organization in ["other", "nosuch"] {
        let path = format!("/api/orgs/{organization}/invites/{pending}");
        let body = json!({ "token": link }).to_string();
        let refused = app.user("otto").call(Method::PATCH, &path).body(body).await.expect(404);
        assert_eq!(refused.looks(), unknown.looks(), "{organization}");
    }
    assert!(!members(&app).await.contains("otto"));
    assert_eq!(status(&app, &expired).await, "expired");
    assert_eq!(status(&app, &canceled).await, "canceled");
    assert_eq!(status(&app, &pending).await, "pending");
}

#[tokio::test]
async fn an_invitation_lasts_seven_days_if_nobody_says_otherwise() {
    let app = TestApp::start().await;
    let (first, link) = invited(&app, &json!({ "role": "member" })).await;
    let (second, other) = invited(&app, &json!({ "role": "member" })).await;
    app.clock().forward(WEEK - 1);
    accept(&app, "otto", &first, &link).await.expect(204);
    app.clock().forward(1);
    app.user("ada").delete("/api/orgs/acme/members/otto").await.expect(204);
    accept(&app, "otto", &second, &other).await.expect(404);
}

#[tokio::test]
async fn a_batch_makes_what_makes_sense_and_says_what_does_not() {
    let app = TestApp::start().await;
    let body = json!({ "invites": [
        { "email": "lin@acme.example", "role": "member" }, { "email": "no address", "role": "member" },
        { "role": "admin" },
    ] });
    app.mark(Some("acme")).await;
    let batch = |body: &Value| app.user("ada").post(&format!("{INVITES}/batch")).body(body.to_string());
    let answer = batch(&body).await.expect(200).json();
    assert_eq!(answer["sentInvites"].as_array().unwrap().len(), 2);
    let failed = &answer["failedInvites"];
    assert_eq!((failed.as_array().unwrap().len(), &failed[0]["email"]), (1, &json!("no address")));
    let log = app.log("acme").await;
    assert_eq!(log.lines().count(), 3, "{log}");
    assert_eq!(log.matches("succeeded").count(), 2, "{log}");
    let links: Vec<String> = answer["sentInvites"].as_array().unwrap().iter().map(secret).collect();
    assert_ne!(links[0], links[1]);
    let first = answer["sentInvites"][0]["id"].as_str().unwrap();
    accept(&app, "otto", first, &links[0]).await.expect(204);

    let none: Answer = batch(&json!({ "invites": [] })).await;
    none.expect(400);
    batch(&json!({ "invites": vec![json!({ "role": "member" }); 101] })).await.expect(400);
    batch(&json!({ "invites": [{ "role": "owner" }] })).await.expect(400);
}

#[tokio::test]
async fn an_invitation_that_makes_no_sense_is_not_made() {
    let app = TestApp::start().await;
    let now = app.clock_now() / 1_000_000;
    for body in [
        json!({ "role": "owner" }),
        json!({ "role": "member", "email": "a b@c" }),
        json!({ "role": "member", "email": "@" }),
        json!({ "role": "member", "expires": now }),
        json!({ "role": "member", "expires": now + 31 * 24 * 3_600 }),
    ] {
        app.user("ada").post(&format!("{INVITES}/link")).body(body.to_string()).await.expect(400);
    }
    assert_eq!(app.user("ada").get(INVITES).await.json(), json!({ "invites": [] }));
}
