//! What calls leave behind, in the log: whoever makes one says so first.

use tokio::net::TcpListener;

use super::to_loopback;
use crate::app::{ENVIRONMENTS, TestApp, line};

const PATH: &str = "/acme/web/prod";

/// An environment whose provider mints a credential at an address.
async fn minting(app: &TestApp, address: &str) {
    let definition = format!(
        "values: {{it: {{fn::open::vault-login: {{address: \"http://{address}\", token: {{token: t0ken}}}}}}}}"
    );
    app.environment("alice", "web/prod", &definition).await;
    app.mark(Some("acme")).await;
}

#[tokio::test]
async fn a_call_whose_process_was_killed_has_one_outcome_which_is_that_nobody_knows() {
    let app = TestApp::calling(to_loopback()).await;
    // It takes the connection, and never answers.
    let host = TcpListener::bind("127.0.0.1:0").await.unwrap();
    minting(&app, &host.local_addr().unwrap().to_string()).await;
    let alice = app.user("alice");
    let opening = alice.post(&format!("{ENVIRONMENTS}{PATH}/open")).into_future();
    let asked = async {
        let (stream, _) = host.accept().await.unwrap();
        stream
    };
    // Once it is asked, the announcement is in the log; then as if killed, nobody waits any more.
    let stream = tokio::select! {
        answer = opening => panic!("nothing can be answered yet: {}", answer.status),
        stream = asked => stream,
    };
    let minted = "escriba-credential-minted  acme/web/prod";
    assert_eq!(app.log("acme").await, format!("{minted}  alice  intended"));
    app.clock().forward(600);
    let next = app.next_process().await;
    assert_eq!(next.close_orphans().await.unwrap(), 1);
    assert_eq!(next.close_orphans().await.unwrap(), 0);
    let entries = app.entries(Some("acme")).await;
    let lines: Vec<String> = entries.iter().map(line).collect();
    assert_eq!(lines, [format!("{minted}  alice  intended"), format!("{minted}  system  unknown  interrupted")]);
    let (intended, unknown) = (entries[0].leaf.as_leaf(), entries[1].leaf.as_leaf());
    assert_eq!(unknown.causes().collect::<Vec<_>>(), [intended.id()]);
    assert_eq!(unknown.target_id(), intended.target_id());
    assert_eq!(unknown.detail("provider").unwrap().to_string(), "vault-login");
    next.close();
    drop(stream);
}

#[tokio::test]
async fn a_call_that_breaks_off_may_have_left_something_behind() {
    let app = TestApp::calling(to_loopback()).await;
    let host = TcpListener::bind("127.0.0.1:0").await.unwrap();
    minting(&app, &host.local_addr().unwrap().to_string()).await;
    let closing = tokio::spawn(async move { drop(host.accept().await) });
    app.user("alice").post(&format!("{ENVIRONMENTS}{PATH}/open")).await.expect(400);
    closing.await.unwrap();
    assert_eq!(
        app.log("acme").await,
        "escriba-credential-minted  acme/web/prod  alice  intended\n\
         escriba-credential-minted  acme/web/prod  alice  unknown  provider-failed\n\
         environment-open  acme/web/prod  alice  failed  provider-failed"
    );
}

#[tokio::test]
async fn what_was_never_sent_left_nothing_behind() {
    let app = TestApp::start().await;
    minting(&app, "127.0.0.1:1").await;
    app.user("alice").post(&format!("{ENVIRONMENTS}{PATH}/open")).await.expect(400);
    assert_eq!(
        app.log("acme").await,
        "escriba-credential-minted  acme/web/prod  alice  intended\n\
         escriba-credential-minted  acme/web/prod  alice  failed  provider-failed\n\
         environment-open  acme/web/prod  alice  failed  provider-failed"
    );
}
