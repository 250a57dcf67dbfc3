//! Publishing: what is signed, in which order, and what a fault leaves.

use engine::store::{Fault, Step};
use engine::{PublishError, Published};

use super::anchor::Fails;
use super::{Logs, add, assert_signed, close, note};

#[tokio::test]
async fn every_log_that_grew_is_signed_and_anchored() {
    let (logs, engine) = Logs::new().await;
    assert_eq!(engine.publish().await.unwrap(), Published { signed: 2, frozen: 0 });
    add(&engine, "lin").await;
    assert_eq!(engine.publish().await.unwrap(), Published { signed: 1, frozen: 0 });
    note(&engine).await;
    assert_eq!(engine.publish().await.unwrap(), Published { signed: 1, frozen: 0 });
    for found in logs.all().await {
        assert_signed(&found, &logs.keys(&engine, &found).await);
        assert_eq!(logs.anchored(&found).await, Some(found.head()));
    }
    close(engine).await;
}

#[tokio::test]
async fn what_did_not_grow_is_not_signed_again() {
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    let before = logs.acme().await.newest;
    assert_eq!(engine.publish().await.unwrap(), Published::default());
    let engine = logs.reopen(engine).await;
    assert_eq!(engine.publish().await.unwrap(), Published::default());
    assert_eq!(logs.acme().await.newest, before);
    close(engine).await;
}

#[tokio::test]
async fn another_process_goes_on_from_what_was_signed() {
    let (logs, engine) = Logs::new().await;
    for number in 0..4 {
        add(&engine, &format!("one{number}")).await;
    }
    engine.publish().await.unwrap();
    let engine = logs.reopen(engine).await;
    engine.trust_database().await.unwrap();
    add(&engine, "two").await;
    assert_eq!(engine.publish().await.unwrap().signed, 1);
    let acme = logs.acme().await;
    assert_signed(&acme, &logs.keys(&engine, &acme).await);
    close(engine).await;
}

#[tokio::test]
async fn trees_of_several_tiles_are_signed_in_one_process_and_across_several() {
    let (logs, engine) = Logs::new().await;
    let mut engine = engine;
    // A few entries each: more than two tiles of level 0 in the end.
    for round in 0..3 {
        for number in 0..60 {
            add(&engine, &format!("user{round}x{number}")).await;
        }
        assert_eq!(engine.publish().await.unwrap().signed, 1 + usize::from(round == 0));
        engine = logs.reopen(engine).await;
        engine.trust_database().await.unwrap();
    }
    let acme = logs.acme().await;
    assert!(acme.state.size > 512, "{}", acme.state.size);
    assert_signed(&acme, &logs.keys(&engine, &acme).await);
    close(engine).await;
}

/// Whatever becomes of a step of the anchor, no checkpoint is shown that it does not hold, and the next round mends it.
#[tokio::test]
async fn a_fault_of_the_anchor_shows_nothing_and_loses_nothing() {
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    for (number, how) in [Fails::Refused, Fails::Lost, Fails::Kept].into_iter().enumerate() {
        add(&engine, &format!("user{number}")).await;
        let shown = logs.acme().await.newest;
        logs.anchor.fail(how);

        assert!(matches!(engine.publish().await, Err(PublishError::Anchor(_))), "{how:?}");
        let acme = logs.acme().await;
        assert_eq!(acme.newest, shown, "{how:?}");
        let is_kept = logs.anchored(&acme).await == Some(acme.head());
        assert_eq!(is_kept, matches!(how, Fails::Kept));

        engine.publish().await.unwrap();
        let acme = logs.acme().await;
        assert_signed(&acme, &logs.keys(&engine, &acme).await);
        assert_eq!(logs.anchored(&acme).await, Some(acme.head()));
    }
    close(engine).await;
}

/// The anchor is ahead of the checkpoints: the process ended in between.
#[tokio::test]
async fn a_crash_between_anchor_and_checkpoint_is_mended_by_the_next_start() {
    for more in [false, true] {
        let (logs, engine) = Logs::new().await;
        engine.publish().await.unwrap();
        add(&engine, "lin").await;
        logs.anchor.fail(Fails::Kept);
        engine.publish().await.unwrap_err();
        let engine = logs.reopen(engine).await;
        engine.trust_database().await.unwrap();
        if more {
            add(&engine, "kim").await;
        }
        engine.publish().await.unwrap();
        let acme = logs.acme().await;
        assert_signed(&acme, &logs.keys(&engine, &acme).await);
        assert_eq!(logs.anchored(&acme).await, Some(acme.head()));
        close(engine).await;
    }
}

/// The commit of the checkpoints fails, before or after it happened. The anchor holds them by then.
#[tokio::test]
async fn a_fault_of_the_commit_of_checkpoints_is_mended_by_the_next_round() {
    let (logs, engine) = Logs::new().await;
    engine.publish().await.unwrap();
    for (number, fault) in [Fault::Lost, Fault::Kept].into_iter().enumerate() {
        add(&engine, &format!("user{number}")).await;
        *logs.failing.lock().unwrap() = Some((Step::Publish, fault));
        assert!(matches!(engine.publish().await, Err(PublishError::Store(_))), "{fault:?}");
        let acme = logs.acme().await;
        assert_eq!(logs.anchored(&acme).await, Some(acme.head()), "the anchor moves first");
        assert_eq!(acme.signed() == acme.head(), matches!(fault, Fault::Kept));

        engine.publish().await.unwrap();
        let acme = logs.acme().await;
        assert_signed(&acme, &logs.keys(&engine, &acme).await);
        assert!(logs.fsck().await.is_sound());
    }
    close(engine).await;
}
