//! An anchor that is lost, and the word of an operator in its place.

use engine::{Distrust, EpochError};

use super::{Logs, add, assert_signed, close, operator};
use crate::app::Place;

#[tokio::test]
async fn without_its_anchor_a_signed_database_is_not_believed_until_an_operator_adopts_it() {
    let (logs, engine) = Logs::new().await;
    add(&engine, "lin").await;
    engine.publish().await.unwrap();
    let engine = logs.reopen(engine).await;
    logs.lose_anchor();
    let before = logs.acme().await;

    if !Place::is_postgres_tested() {
        let refused = engine.trust_database().await.unwrap_err();
        assert!(matches!(refused, EpochError::Distrust(Distrust::Missing { .. })), "{refused}");
        let said = refused.to_string();
        for word in [logs.anchor_file().to_str().unwrap(), "the log of acme", "escriba log adopt"] {
            assert!(said.contains(word), "{said}");
        }
    }

    let adopted = engine.adopt_logs(&operator(&engine)).await.unwrap();
    assert_eq!(adopted.len(), 2);
    assert_eq!(logs.anchored(&before).await, Some(before.signed()));
    engine.trust_database().await.unwrap();
    engine.sequence_all().await.unwrap();
    let server = logs.server().await;
    assert_eq!(server.events.iter().filter(|event| *event == "escriba-log-adopted").count(), 2);
    assert!(engine.adopt_logs(&operator(&engine)).await.unwrap().is_empty(), "once is enough");

    engine.publish().await.unwrap();
    engine.sequence_all().await.unwrap();
    let server = logs.server().await;
    assert_signed(&server, &logs.keys(&engine, &server).await);
    close(engine).await;
}

/// Containers come without a disk of their own: beside others, a replica believes what they signed, and says so.
#[tokio::test]
async fn a_replica_without_an_anchor_adopts_what_the_others_signed() {
    let (logs, engine) = Logs::new().await;
    add(&engine, "lin").await;
    engine.publish().await.unwrap();
    let engine = logs.reopen(engine).await;
    logs.lose_anchor();
    let trusted = engine.trust_database().await;
    if !Place::is_postgres_tested() {
        assert!(trusted.is_err(), "there are no others");
        close(engine).await;
        return;
    }
    trusted.unwrap();
    engine.sequence_all().await.unwrap();
    let (acme, server) = (logs.acme().await, logs.server().await);
    assert_eq!(logs.anchored(&acme).await, Some(acme.signed()));
    assert_eq!(logs.anchored(&server).await, Some(server.signed()));
    assert_eq!(server.events.iter().filter(|event| *event == "escriba-log-adopted").count(), 1);
    close(engine).await;
}

#[tokio::test]
async fn what_does_not_extend_its_checkpoint_is_not_adopted() {
    let (logs, engine) = Logs::new().await;
    add(&engine, "lin").await;
    engine.publish().await.unwrap();
    let log = logs.acme().await.state.log.0;
    close(engine).await;
    logs.lose_anchor();
    logs.tamper(&format!("UPDATE log_entry SET leaf_hash = (SELECT leaf_hash FROM log_entry WHERE log_id = {log} AND seq = 0) WHERE log_id = {log} AND seq = 1")).await;
    let engine = logs.open().await;
    let refused = engine.adopt_logs(&operator(&engine)).await.unwrap_err();
    assert!(matches!(refused, EpochError::Distrust(Distrust::RolledBack { .. })), "{refused}");
    assert!(logs.anchored(&logs.acme().await).await.is_none());
    close(engine).await;
}

#[tokio::test]
async fn a_checkpoint_that_another_key_signed_is_not_adopted() {
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    close(engine).await;
    logs.lose_anchor();
    logs.replace_log_key();
    let engine = logs.open().await;
    for refused in [engine.adopt_logs(&operator(&engine)).await.map(drop), engine.trust_database().await] {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, EpochError::Distrust(Distrust::OtherKey { .. })), "{refused}");
    }
    close(engine).await;
}
