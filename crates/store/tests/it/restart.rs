//! What a process that ends without a word leaves behind.

use crate::harness::{ACME, HOUR, TestStore, on_sqlite};

#[tokio::test]
async fn a_store_that_is_opened_again_continues_the_log_where_it_ended() {
    let test = TestStore::open().await;
    test.clock.advance(HOUR);
    let mut said = Vec::new();
    for _ in 0..3 {
        said.extend_from_slice(test.store.commit(test.bump("a")).await.unwrap().events());
    }
    let before = test.log(ACME).await;
    test.clock.turn(-HOUR);

    let test = test.restart(2).await;
    said.extend_from_slice(test.store.commit(test.bump("a")).await.unwrap().events());

    let after = test.log(ACME).await;
    assert_eq!(after.entries.len(), before.entries.len() + 1);
    assert_eq!(after.last().ts(), before.last().ts());
    let last: Vec<_> = after.entries[after.entries.len() - said.len()..].iter().map(|entry| entry.event).collect();
    assert_eq!(last, said);
    assert_eq!(test.counter("a").await, 4);
}

#[tokio::test]
async fn records_that_had_no_place_yet_get_it_from_the_next_process() {
    let test = TestStore::open().await;
    let recorded = test.store.commit(test.bump("a")).await.unwrap();

    let test = test.restart(2).await;

    assert_eq!(test.log(ACME).await.last().event, recorded.events()[0]);
}

#[tokio::test]
async fn a_closed_store_does_nothing_more() {
    if !on_sqlite("its connections need no closing") {
        return;
    }
    let test = TestStore::open().await;
    let before = test.log(ACME).await.entries.len();
    test.store.close();

    let answer = test.store.commit(test.bump("a")).await;

    assert!(matches!(answer, Err(store::Failure::Unrecorded(store::StoreError::Closed))), "{answer:?}");
    assert_eq!(test.log(ACME).await.entries.len(), before);
}
