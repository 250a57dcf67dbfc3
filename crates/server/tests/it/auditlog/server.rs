//! The server's own log: for its first administrator, and to everybody else as if it were not there.

use engine::Role;

use super::events;
use crate::app::{LOGS, TestApp, line};

#[tokio::test]
async fn the_first_administrator_reads_the_server_s_log_which_says_so() {
    let app = TestApp::start().await;
    app.anonymous().get("/api/user").await.expect(401);
    app.mark(None).await;
    app.mark(Some("acme")).await;
    let ada = app.user("ada");

    for version in ["", "/v2"] {
        let listed = ada.get(&format!("{LOGS}{version}?log=server&eventFilter=escriba-authentication-failed")).await;
        assert_eq!(events(&listed.expect(200)).len(), 1);
    }
    ada.get(&format!("{LOGS}/export?log=server")).await.expect(200);

    let entries = app.entries_once(None, 4).await;
    assert_eq!(
        entries.iter().map(line).collect::<Vec<_>>(),
        [
            "escriba-audit-log-read  acme  ada  succeeded",
            "escriba-audit-log-read  acme  ada  succeeded",
            "escriba-audit-log-exported  acme  ada  intended",
            "escriba-audit-log-exported  acme  ada  succeeded",
        ]
    );
    assert_eq!(app.log("acme").await, "");
}

#[tokio::test]
async fn to_everybody_else_the_server_s_log_looks_like_one_that_is_not_there() {
    let app = TestApp::start().await;
    app.add("bea", Role::Admin).await;
    let bea = app.user("bea");
    for path in ["", "/v2", "/export", "/v2/export"] {
        app.mark(Some("acme")).await;
        let hidden = bea.get(&format!("{LOGS}{path}?log=server")).await.expect(404);
        let absent = bea.get(&format!("{LOGS}{path}?log=aaaaaaaaaaaaaaaa")).await.expect(404);
        assert_eq!(hidden.looks(), absent.looks());
        let entries = app.entries(Some("acme")).await;
        let ends: Vec<String> =
            entries.iter().map(|entry| entry.leaf.as_leaf().reason_word().unwrap_or_default().to_owned()).collect();
        assert_eq!(ends, ["permission-missing", "absent"]);
    }
    app.user("alice").get(&format!("{LOGS}?log=server")).await.expect(403);
    app.user("otto").get(&format!("{LOGS}?log=server")).await.expect(404);
}

#[tokio::test]
async fn there_are_no_bundles_of_the_server_s_log() {
    let app = TestApp::start().await;
    let refused = app.user("ada").get(&format!("{LOGS}/v2/export?log=server&format=bundle")).await.expect(400);
    assert!(refused.message().contains("escriba audit verify"), "{}", refused.message());
}
