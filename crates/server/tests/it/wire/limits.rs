//! Callers that come too often.

use server::http::Limits;

use crate::app::TestApp;

/// What a caller is told, and the wait.
#[tokio::test]
async fn a_token_that_comes_too_often_gets_429_and_others_do_not() {
    let app = TestApp::limited(Limits::new(Some(1), None)).await;
    app.mark(None).await;
    let ada = app.user("ada");
    for _ in 0..20 {
        ada.get("/api/user").await.expect(200);
    }

    let refused = ada.get("/api/user").await.expect(429);

    assert_eq!(refused.message(), "there were too many requests; try again in 1 seconds");
    assert_eq!(refused.header("retry-after"), Some("1"));
    app.user("alice").get("/api/user").await.expect(200);
    app.anonymous().get("/api/user").await.expect(401);
    ada.get("/healthz").await.expect(200);
    app.clock().forward(1);
    ada.get("/api/user").await.expect(200);
    ada.get("/api/user").await.expect(429);
}

#[tokio::test]
async fn the_first_refusal_of_a_minute_is_recorded_with_who_it_was_and_the_others_are_not() {
    let app = TestApp::limited(Limits::new(Some(1), None)).await;
    let ada = app.user("ada");
    for _ in 0..20 {
        ada.get("/api/user").await.expect(200);
    }
    app.mark(None).await;

    let answers = [ada.get("/api/user").await, ada.get("/api/user/tokens").await, ada.get("/api/user").await];

    let events: Vec<bool> = answers.iter().map(|answer| answer.event().is_some()).collect();
    assert_eq!(events, [true, false, false]);
    assert_eq!(app.server_log().await, "escriba-authentication-failed  -  ada  denied  rate-limited");
    app.clock().forward(60);
    for _ in 0..20 {
        ada.get("/api/user").await.expect(200);
    }
    assert!(ada.get("/api/user").await.expect(429).event().is_some(), "a minute later it is told again");
}

#[tokio::test]
async fn a_network_is_limited_as_a_whole_whoever_comes_from_it_and_with_what() {
    let app = TestApp::limited(Limits::new(None, Some(1))).await;
    let token = |number: usize| format!("token nonsense{number}");
    for number in 0..20 {
        let address = format!("203.0.113.{number}:4000");
        let call = app.anonymous().get("/api/user").from(&address).header("authorization", token(number));
        call.await.expect(401);
    }
    app.mark(None).await;
    let neighbour = app.user("ada").get("/api/user").from("203.0.113.99:4000").await.expect(429);
    assert!(neighbour.event().is_some());
    app.user("ada").get("/api/user").from("203.0.114.99:4000").await.expect(200);
    app.user("ada").get("/api/user").from("[2001:db8::1]:4000").await.expect(200);
}

/// A form of the console, and the cookie that belongs to it.
async fn attempt(app: &TestApp, login: &str, address: &str) -> crate::app::Answer {
    let page = app.anonymous().get("/sign-in").await.expect(200);
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let text = page.text();
    let csrf = text.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let form = app.anonymous().post("/sign-in").header("content-type", "application/x-www-form-urlencoded");
    let fields = format!("csrf={csrf}&login={login}&password=wrong");
    form.header("cookie", &cookie).body(fields).from(address).await
}

#[tokio::test]
async fn who_guesses_passwords_is_stopped_and_the_owner_of_the_login_elsewhere_is_not() {
    let app = TestApp::limited(Limits::new(None, Some(1_000))).await;
    let (guesser, owner) = ("203.0.113.7:4000", "198.51.100.7:4000");
    for _ in 0..10 {
        attempt(&app, "ada", guesser).await.expect(401);
    }
    app.mark(None).await;
    app.mark(Some("acme")).await;

    let stopped = attempt(&app, "ada", guesser).await.expect(429);

    assert!(stopped.event().is_some());
    // The attempts took some of the time already.
    assert!((1..=10).contains(&stopped.header("retry-after").unwrap().parse::<u64>().unwrap()));
    assert!(attempt(&app, "ada", guesser).await.expect(429).event().is_none());
    assert_eq!(app.server_log().await.lines().count(), 1);
    assert!(app.server_log().await.ends_with("denied  rate-limited"), "{}", app.server_log().await);
    attempt(&app, "ada", owner).await.expect(401);
    attempt(&app, "alice", guesser).await.expect(401);
}
