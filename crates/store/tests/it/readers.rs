//! Readers see what was committed before they asked.

use crate::harness::{ACME, TestStore, on_postgres};

#[tokio::test]
async fn a_reader_sees_what_was_committed_before() {
    let test = TestStore::open().await;
    for _ in 0..5 {
        let recorded = test.store.commit(test.bump("a")).await.unwrap();
        // `log` catches up first.
        assert_eq!(test.log(ACME).await.last().event, recorded.events()[0]);
    }
}

#[tokio::test]
async fn a_reader_sees_what_another_store_committed_before() {
    if !on_postgres("one process owns the file") {
        return;
    }
    let test = TestStore::open().await;
    let other = test.another(2).await.unwrap();

    let recorded = other.commit(test.bump("a")).await.unwrap();

    assert_eq!(test.log(ACME).await.last().event, recorded.events()[0]);
}

#[tokio::test]
async fn a_reader_gives_up_while_another_session_holds_the_log_and_catches_up_afterwards() {
    if !on_postgres("there is no outbox") {
        return;
    }
    let test = TestStore::open().await;
    test.log(ACME).await;
    let holder = test.place().postgres().await;
    holder.execute(&format!("BEGIN; SELECT id FROM log WHERE id = {} FOR UPDATE", ACME.0)).await;

    // Committing waits for nobody.
    let recorded = test.store.commit(test.bump("a")).await.unwrap();
    let in_time = test.store.caught_up().await.unwrap();
    holder.execute("ROLLBACK").await;

    assert!(!in_time);
    assert_eq!(test.log(ACME).await.last().event, recorded.events()[0]);
}

#[tokio::test]
async fn a_question_that_panics_does_not_stop_the_next() {
    let test = TestStore::open().await;
    for _ in 0..10 {
        let store = std::sync::Arc::clone(&test.store);
        let answer = tokio::spawn(async move { store.ask(Panics).await }).await;
        assert!(!matches!(answer, Ok(Ok(()))));
    }

    assert_eq!(test.counter("a").await, 0);
}

struct Panics;

impl store::Question for Panics {
    type Answer = ();

    async fn ask<R: store::Read>(&self, _: &mut R) -> Result<(), store::StoreError> {
        panic!("a question that panics")
    }
}
