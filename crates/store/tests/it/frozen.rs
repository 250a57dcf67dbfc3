//! Logs that are not what they should be.

use store::{Chore, Failure, LogKey, StoreError};

use crate::harness::{ACME, Act, Step, TestStore, ask};

async fn freeze(test: &TestStore, reason: &str) -> u64 {
    test.store.chore(Chore::Freeze { log: ACME, reason: reason.to_owned() }).await.unwrap()
}

/// Commits what goes into Acme's log and must not.
async fn refused(test: &TestStore) -> String {
    let Err(Failure::Unrecorded(error)) = test.store.commit(test.bump("a")).await else { panic!("it was recorded") };
    assert!(matches!(error, StoreError::Frozen { .. }), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn a_frozen_log_takes_no_record_and_the_command_does_nothing() {
    let test = TestStore::open().await;
    test.store.commit(test.bump("a")).await.unwrap();
    let before = test.log(ACME).await.entries.len();

    assert_eq!(freeze(&test, "it is shorter than its anchor").await, 1);
    assert_eq!(freeze(&test, "another reason").await, 0, "the first reason stays");

    let origin = test.store.ask(ask::State(ACME)).await.unwrap().origin;
    assert_eq!(refused(&test).await, format!("the log {origin} is frozen: it is shorter than its anchor"));
    let both = Act::default().step(Step::Add("b")).said(test.says(LogKey::SERVER)).said(test.says(ACME));
    assert!(matches!(test.store.commit(both).await, Err(Failure::Unrecorded(StoreError::Frozen { .. }))));
    assert_eq!((test.counter("a").await, test.counter("b").await), (1, 0));
    assert_eq!(test.log(ACME).await.entries.len(), before);
    let other = Act::default().step(Step::Add("b")).said(test.says(LogKey::SERVER));
    test.store.commit(other).await.unwrap();

    let test = test.restart(2).await;
    refused(&test).await;
    assert_eq!(test.log(ACME).await.entries.len(), before);
}

#[tokio::test]
async fn a_log_is_frozen_for_every_store_on_its_database() {
    if !crate::harness::on_postgres("one process owns the file") {
        return;
    }
    let test = TestStore::open().await;
    let other = test.another(2).await.unwrap();
    other.commit(test.bump("a")).await.unwrap();

    freeze(&test, "a reason").await;

    let answer = other.commit(test.bump("a")).await;
    assert!(matches!(answer, Err(Failure::Unrecorded(StoreError::Frozen { .. }))), "{answer:?}");
}

#[tokio::test]
async fn commands_in_one_group_with_the_freezing_are_recorded_before_it_or_refused() {
    let test = TestStore::open().await;
    let before = test.log(ACME).await.entries.len();
    let acts = |count: usize| (0..count).map(|_| test.store.commit(test.bump("b")));

    let (first, frozen, second) = tokio::join!(
        futures_util::future::join_all(acts(5)),
        freeze(&test, "a reason"),
        futures_util::future::join_all(acts(5)),
    );

    assert_eq!(frozen, 1);
    let recorded = first.iter().chain(&second).filter(|answer| answer.is_ok()).count();
    // The records that reached the outbox before the log was frozen have their place when it is not any more.
    test.store.commit(Act::default().step(Step::Unfreeze(ACME)).said(test.says(LogKey::SERVER))).await.unwrap();
    assert_eq!(test.log(ACME).await.entries.len(), before + recorded);
    assert_eq!(test.counter("b").await, i64::try_from(recorded).unwrap());
    test.recompute(ACME).await;
}

#[tokio::test]
async fn a_log_that_is_taken_into_use_again_records_that_itself() {
    let test = TestStore::open().await;
    freeze(&test, "a reason").await;
    refused(&test).await;

    let said = test.says(ACME);
    let event = said.event();
    test.store.commit(Act::default().step(Step::Unfreeze(ACME)).said(said)).await.unwrap();

    assert_eq!(test.log(ACME).await.last().event, event);
    test.store.commit(test.bump("a")).await.unwrap();
    test.recompute(ACME).await;
}

/// Changes something behind the store's back while it is closed, and says why the log is frozen then.
async fn tampered(change: &str) -> String {
    let test = TestStore::open().await;
    test.grow_to(700).await;
    test.store.bundle().await.unwrap();
    test.grow_to(800).await;
    test.place().execute(change).await;

    let test = test.restart(2).await;
    match test.store.commit(test.bump("a")).await {
        // The sequencer finds out, after the commit; the next one is refused.
        Ok(_) if test.store.has_outbox() => assert!(test.store.caught_up().await.unwrap()),
        Err(Failure::Unrecorded(StoreError::Frozen { .. })) => {}
        other => panic!("{change}: {other:?}"),
    }
    refused(&test).await;
    let frozen = test.store.ask(ask::State(ACME)).await.unwrap().frozen;
    // The other logs go on.
    test.store.commit(Act::default().said(test.says(LogKey::SERVER))).await.unwrap();
    test.log(LogKey::SERVER).await;
    frozen.expect("the log is frozen")
}

#[tokio::test]
async fn a_log_that_does_not_fit_together_is_frozen_and_not_continued() {
    let sqlite = crate::harness::Place::postgres_server().is_none();
    let zeros = if sqlite { "zeroblob(32)" } else { "decode(repeat('00', 32), 'hex')" };
    for (change, reason) in [
        ("UPDATE log SET size = 799 WHERE id = 2".to_owned(), "it has entries that no commit counted"),
        ("UPDATE log SET size = 1300 WHERE id = 2".to_owned(), "an entry is missing"),
        (
            "UPDATE log SET last_ts = 7 WHERE id = 2".to_owned(),
            "its last entry has another time than the last commit left",
        ),
        (format!("UPDATE log_entry SET leaf = {zeros} WHERE log_id = 2 AND seq = 798"), "an entry was changed"),
        (
            format!("UPDATE log_tile SET root = {zeros} WHERE log_id = 2 AND number = 1"),
            "its entries and tiles are not those that the last commit left",
        ),
        ("DELETE FROM log_entry WHERE log_id = 2 AND seq = 790".to_owned(), "an entry is missing"),
        ("DELETE FROM log_entry WHERE log_id = 2 AND seq = 799".to_owned(), "an entry is missing"),
        ("DELETE FROM log_tile WHERE log_id = 2 AND number = 0".to_owned(), "a tile is missing"),
    ] {
        assert_eq!(tampered(&change).await, reason, "{change}");
    }
}
