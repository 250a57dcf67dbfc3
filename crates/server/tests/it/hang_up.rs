//! Callers who do not wait for the answer.

use crate::app::{TestApp, line};

/// How many callers hang up.
const CALLERS: usize = 60;

#[tokio::test]
async fn a_caller_that_hangs_up_in_the_middle_of_a_refused_open_is_in_the_log() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {key: {fn::secret: hunter2}}").await;
    let mut tokens = Vec::new();
    for number in 0..CALLERS {
        // A fresh token each: that nobody remembers it makes the server look it up first.
        tokens.push(app.token("mallory", &format!("token {number}"), None).await.1);
    }
    let socket = app.listen().await;
    app.mark(Some("acme")).await;

    for token in &tokens {
        let request = format!(
            "POST /api/esc/environments/acme/web/prod/open HTTP/1.1\r\nhost: escriba.test\r\n\
             authorization: token {token}\r\ncontent-length: 0\r\n\r\n"
        );
        drop(socket.send(request.as_bytes()).await);
    }

    let entries = app.entries_once(Some("acme"), CALLERS).await;
    assert_eq!(entries.len(), CALLERS);
    for entry in &entries {
        let expected = "environment-unauthorized-open  acme/web/prod  mallory  denied  permission-missing";
        assert_eq!(line(entry), expected);
    }
    socket.close().await;
    assert_eq!(app.entries(Some("acme")).await.len(), CALLERS);
}

#[tokio::test]
async fn a_caller_that_hangs_up_in_the_middle_of_an_update_has_made_all_of_it_and_one_record() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    let token = app.token_of("ada");
    let socket = app.listen().await;
    app.mark(Some("acme")).await;

    for number in 0..CALLERS {
        let body = format!("values: {{a: {number}}}");
        let request = format!(
            "PATCH /api/esc/environments/acme/web/prod HTTP/1.1\r\nhost: escriba.test\r\n\
             authorization: token {token}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        drop(socket.send(request.as_bytes()).await);
    }

    let entries = app.entries_once(Some("acme"), CALLERS).await;
    assert_eq!(entries.len(), CALLERS);
    for entry in &entries {
        assert_eq!(line(entry), "environment-updated  acme/web/prod  ada  succeeded");
    }
    let revisions = app.user("ada").get("/api/esc/environments/acme/web/prod/versions").await.json();
    assert_eq!(revisions.as_array().unwrap().len(), 1 + CALLERS);
}
