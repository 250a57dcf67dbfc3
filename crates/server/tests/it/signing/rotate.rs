//! A new key: recorded, and for a while beside the one before.

use engine::ledger::checkpoint;
use engine::seal::{Ring, SystemRandom};

use super::{Logs, add, assert_signed, close, now, operator};
use crate::app::Place;

const DAY: i64 = 24 * 60 * 60;

#[tokio::test]
async fn both_keys_sign_for_thirty_days_and_both_keep_verifying_what_they_signed() {
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    let before = logs.acme().await;
    let first = logs.keys(&engine, &before).await;

    let rotated = engine.rotate_log_key(&operator(&engine)).await.unwrap();
    engine.sequence_all().await.unwrap();
    assert_eq!(rotated.until, u64::try_from(now(&logs) + 30 * DAY).unwrap());
    let keys = logs.keys(&engine, &before).await;
    assert_eq!((keys.len(), &keys[1]), (2, &first[0]));
    for found in logs.all().await {
        assert_eq!(found.events.last().unwrap(), "escriba-log-key-changed");
    }

    engine.publish().await.unwrap();
    let acme = logs.acme().await;
    for key in &keys {
        assert_signed(&acme, std::slice::from_ref(key));
    }

    logs.clock.forward(31 * DAY);
    add(&engine, "lin").await;
    engine.publish().await.unwrap();
    let acme = logs.acme().await;
    assert_signed(&acme, &keys[..1]);
    let note = &acme.newest.as_ref().unwrap().note;
    checkpoint::open(note.as_bytes(), &first).unwrap_err();
    checkpoint::open(before.newest.unwrap().note.as_bytes(), &keys).unwrap();
    let engine = logs.reopen(engine).await;
    engine.trust_database().await.unwrap();
    close(engine).await;
}

/// The ring was changed and the process ended before it could say so, or another machine changed it.
#[tokio::test]
async fn a_key_that_was_changed_outside_is_recorded_before_it_signs() {
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    close(engine).await;
    let now = u64::try_from(now(&logs)).unwrap();
    let mut ring = Ring::load(&logs.ring_file()).unwrap();
    ring.rotate_log_key(&logs.ring_file(), now, now + 60, &SystemRandom).unwrap();

    let engine = logs.open().await;
    engine.trust_database().await.unwrap();
    add(&engine, "lin").await;
    engine.publish().await.unwrap();
    engine.sequence_all().await.unwrap();
    engine.publish().await.unwrap();
    for found in logs.all().await {
        assert_eq!(found.events.iter().filter(|event| *event == "escriba-log-key-changed").count(), 1);
        assert_signed(&found, &logs.keys(&engine, &found).await);
    }
    let engine = logs.reopen(engine).await;
    add(&engine, "kim").await;
    engine.publish().await.unwrap();
    let acme = logs.acme().await;
    assert_eq!(acme.events.iter().filter(|event| *event == "escriba-log-key-changed").count(), 1, "once is enough");
    close(engine).await;
}

/// It is said, and then the process ends before it signs anything.
#[tokio::test]
async fn a_change_that_is_recorded_is_not_recorded_again() {
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    engine.rotate_log_key(&operator(&engine)).await.unwrap();
    engine.sequence_all().await.unwrap();
    let engine = logs.reopen(engine).await;
    engine.publish().await.unwrap();
    let acme = logs.acme().await;
    assert_eq!(acme.events.iter().filter(|event| *event == "escriba-log-key-changed").count(), 1);
    close(engine).await;
}

/// Of two replicas one signs; the other verifies what it signed, and its anchor follows.
#[tokio::test]
async fn a_replica_that_does_not_sign_follows_with_its_anchor() {
    if !Place::is_postgres_tested() {
        eprintln!("not tested: there are no replicas on the embedded database");
        return;
    }
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    let (other, anchor) = logs.replica().await;
    other.trust_database().await.unwrap();
    add(&engine, "lin").await;
    // Whoever signs first has the lease.
    assert_eq!(engine.publish().await.unwrap().signed, 2);
    add(&engine, "kim").await;
    assert_eq!(other.publish().await.unwrap().signed, 0);
    let (acme, held) = (logs.acme().await, anchor.held().await);
    assert_eq!(held[&acme.state.origin], acme.signed(), "as far as the other signed");
    assert!(acme.signed().size < acme.state.size);
    assert_eq!(engine.publish().await.unwrap().signed, 1);
    other.publish().await.unwrap();
    let (acme, held) = (logs.acme().await, anchor.held().await);
    assert_eq!(held[&acme.state.origin], acme.head());
    close(other).await;
    close(engine).await;
}
