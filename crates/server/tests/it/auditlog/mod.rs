//! The audit log over the wire.

mod bundle;
mod export;
mod filters;
mod mirror;
mod orphans;
mod paging;
mod proof;
mod search;
mod server;
mod stream;

use crate::app::{Answer, TestApp};

/// The events of an answer, newest first: each with who.
fn events(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let events = body["auditLogEvents"].as_array().expect("always an array").iter();
    events
        .map(|event| format!("{} {}", event["user"]["githubLogin"].as_str().unwrap(), event["event"].as_str().unwrap()))
        .collect()
}

/// A server on which alice created an environment and opened it, and mallory tried to.
async fn with_some_history() -> TestApp {
    let app = TestApp::start().await;
    app.environment("alice", "web/prod", "values: {a: 1}").await;
    app.session("alice", "web/prod").await;
    app.user("mallory").post("/api/esc/environments/acme/web/prod/open").await.expect(404);
    app
}
