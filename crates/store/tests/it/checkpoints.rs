//! Signed checkpoints are kept as they were published.

use store::checkpoint::Checkpoint;
use store::{Chore, LogKey, StoreError};

use crate::harness::{ACME, START, TestStore, ask};

/// A checkpoint of a log at a size that it has or had. Signing is not the store's business.
async fn checkpoint(test: &TestStore, log: LogKey, size: u64) -> Checkpoint {
    assert!(test.size(log).await >= size, "the log had that size");
    let root = test.store.ask(ask::FrontierAt(log, size)).await.unwrap().expect("its tree is there").root();
    Checkpoint { log, size, root, note: format!("a note of log {} at {size}\n", log.0), signed_at: START }
}

async fn publish(test: &TestStore, checkpoints: &[&Checkpoint]) -> Result<u64, StoreError> {
    test.store.chore(Chore::Checkpoints(checkpoints.iter().copied().cloned().collect())).await
}

#[tokio::test]
async fn checkpoints_are_found_by_size_and_the_newest_without() {
    let test = TestStore::open().await;
    test.grow_to(300).await;
    let (empty, early, newest) =
        (checkpoint(&test, ACME, 0).await, checkpoint(&test, ACME, 7).await, checkpoint(&test, ACME, 300).await);
    let server = checkpoint(&test, LogKey::SERVER, 1).await;
    assert_eq!(test.store.ask(ask::NewestCheckpoint(ACME)).await.unwrap(), None);

    assert_eq!(publish(&test, &[&newest, &server]).await.unwrap(), 2);
    assert_eq!(publish(&test, &[&early, &empty]).await.unwrap(), 2);

    assert_eq!(test.store.ask(ask::NewestCheckpoint(ACME)).await.unwrap().as_ref(), Some(&newest));
    assert_eq!(test.store.ask(ask::NewestCheckpoints()).await.unwrap(), [server, newest.clone()]);
    assert_eq!(test.store.ask(ask::CheckpointAt(ACME, 7)).await.unwrap().as_ref(), Some(&early));
    assert_eq!(test.store.ask(ask::CheckpointAt(ACME, 8)).await.unwrap(), None);
    for (index, covering) in
        [(0, Some(&early)), (6, Some(&early)), (7, Some(&newest)), (299, Some(&newest)), (300, None)]
    {
        assert_eq!(test.store.ask(ask::FirstCovering(ACME, index)).await.unwrap().as_ref(), covering, "{index}");
    }
    assert_eq!(test.recompute(ACME).await.checkpoints, 3);
}

#[tokio::test]
async fn a_checkpoint_that_is_published_again_stays_as_it_was() {
    let test = TestStore::open().await;
    let first = checkpoint(&test, ACME, 1).await;
    let again = Checkpoint { note: "another note".to_owned(), signed_at: START + 1, ..first.clone() };

    assert_eq!(publish(&test, &[&first]).await.unwrap(), 1);
    assert_eq!(publish(&test, &[&again]).await.unwrap(), 0);

    assert_eq!(test.store.ask(ask::NewestCheckpoint(ACME)).await.unwrap(), Some(first));
}

#[tokio::test]
async fn another_root_than_the_tree_s_is_refused_and_everything_with_it() {
    let test = TestStore::open().await;
    test.grow_to(10).await;
    let good = checkpoint(&test, LogKey::SERVER, 1).await;
    for size in [5, 10, 11] {
        let bad = Checkpoint { size, root: [7; 32], ..checkpoint(&test, ACME, 5).await };
        let refused = publish(&test, &[&good, &bad]).await;
        assert!(matches!(refused, Err(StoreError::OtherRoot { size: refused, .. }) if refused == size), "{refused:?}");
    }
    assert_eq!(test.store.ask(ask::NewestCheckpoints()).await.unwrap(), []);
}

#[tokio::test]
async fn a_second_root_for_a_size_is_refused_even_if_the_tree_has_it_now() {
    let test = TestStore::open().await;
    test.grow_to(10).await;
    publish(&test, &[&checkpoint(&test, ACME, 10).await]).await.unwrap();
    let zeros = if test.store.kind() == "sqlite" { "zeroblob(32)" } else { "decode(repeat('00', 32), 'hex')" };
    test.place().execute(&format!("UPDATE log_checkpoint SET root = {zeros}")).await;

    let refused = publish(&test, &[&checkpoint(&test, ACME, 10).await]).await;

    assert!(matches!(refused, Err(StoreError::OtherRoot { size: 10, .. })), "{refused:?}");
}
