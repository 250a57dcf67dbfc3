//! The heads of all organisations' logs, put down in the log of the server.

use super::{Logs, add, close};

#[tokio::test]
async fn lists_are_made_a_minute_after_something_moved_and_every_hour_and_move_nothing_but_the_server_s_log() {
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    let anchored = async || {
        let number = engine.anchor_logs().await.unwrap();
        engine.sequence_all().await.unwrap();
        number
    };
    assert_eq!(anchored().await, Some(0));
    engine.publish().await.unwrap();
    assert_eq!(anchored().await, None, "nothing moved");
    add(&engine, "lin").await;
    engine.publish().await.unwrap();
    assert_eq!(anchored().await, None, "a minute is not over");
    logs.clock.forward(60);
    assert_eq!(anchored().await, Some(1));
    logs.clock.forward(3_500);
    assert_eq!(anchored().await, None, "nothing moved");
    logs.clock.forward(100);
    assert_eq!(anchored().await, Some(2), "an hour is over");

    let (acme, server) = (logs.acme().await, logs.server().await);
    assert_eq!(server.events.iter().filter(|event| *event == "escriba-logs-anchored").count(), 3);
    assert!(acme.events.iter().all(|event| event != "escriba-logs-anchored"));
    let leaf = engine::ledger::Leaf::parse(server.leaves.last().unwrap()).unwrap();
    assert_eq!(leaf.detail("logs").unwrap().to_string(), "1");
    assert_eq!(leaf.detail("number").unwrap().to_string(), "2");
    let report = logs.fsck().await;
    assert!(report.is_sound(), "{report:#?}");
    close(engine).await;
}

#[tokio::test]
async fn a_list_that_was_changed_and_a_log_that_does_not_extend_it_are_found() {
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    engine.anchor_logs().await.unwrap();
    add(&engine, "lin").await;
    engine.publish().await.unwrap();
    logs.clock.forward(60);
    engine.anchor_logs().await.unwrap();
    engine.sequence_all().await.unwrap();
    engine.publish().await.unwrap();
    close(engine).await;
    let findings = async || {
        let report = logs.fsck().await;
        report.findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(findings().await, "");
    logs.place.copy(&logs.file()).await;
    for (statement, expected) in [
        (
            "UPDATE log_anchor SET list = (SELECT list FROM log_anchor WHERE number = 0) WHERE number = 1",
            "the list 1 of heads is not the one that its root is of",
        ),
        ("UPDATE log_anchor SET list = x'00' WHERE number = 1", "the list 1 of heads cannot be read"),
        (
            "UPDATE log_anchor SET list = (SELECT list FROM log_anchor WHERE number = 0),
             root = (SELECT root FROM log_anchor WHERE number = 0) WHERE number = 1",
            "the list 1 of heads is not the one that its entry commits to",
        ),
    ] {
        logs.tamper(statement).await;
        let found = findings().await;
        assert!(found.contains(expected), "{statement}: {found}");
        logs.place.bring_back(&logs.file()).await;
    }
    let acme = logs.acme().await;
    logs.cut(&acme, acme.state.size - 1).await;
    let found = findings().await;
    assert!(found.contains("at slot 0 of the newest list of heads, does not extend what it says"), "{found}");
}
