//! The lists that entries of the server's log commit to.

use ledger::EventId;
use store::anchor_list::AnchorList;
use store::{Failure, LogKey};

use crate::harness::{Act, START, Step, TestError, TestStore, ask};

fn list(test: &TestStore, number: u64) -> (AnchorList, EventId) {
    let event = EventId::new(0, test.random());
    let list = format!("{number}\n").repeat(1_000).into_bytes();
    (AnchorList { number, event, root: [7; 32], list, created_at: START }, event)
}

async fn insert(test: &TestStore, list: AnchorList) -> Result<store::Recorded<i64>, Failure<TestError>> {
    let says = || test.says(LogKey::SERVER);
    test.store.commit(Act::default().step(Step::InsertAnchorList(list)).said(says()).refusal(says())).await
}

#[tokio::test]
async fn lists_are_numbered_without_a_gap_and_found_by_number_and_by_event() {
    let test = TestStore::open().await;
    assert_eq!(test.store.ask(ask::NewestAnchorList()).await.unwrap(), None);
    let mut lists = Vec::new();
    for number in 0..3 {
        let (list, event) = list(&test, number);
        insert(&test, list.clone()).await.unwrap();
        lists.push((list, event));
    }

    for (number, (list, event)) in lists.iter().enumerate() {
        assert_eq!(test.store.ask(ask::AnchorList(number as u64)).await.unwrap().as_ref(), Some(list));
        assert_eq!(test.store.ask(ask::AnchorListOf(*event)).await.unwrap().as_ref(), Some(list));
    }
    assert_eq!(test.store.ask(ask::NewestAnchorList()).await.unwrap().as_ref(), lists.last().map(|(list, _)| list));
    assert_eq!(test.store.ask(ask::AnchorList(3)).await.unwrap(), None);
    for number in [0, 2, 4] {
        assert!(insert(&test, list(&test, number).0).await.is_err(), "{number}");
    }
    insert(&test, list(&test, 3).0).await.unwrap();
}
