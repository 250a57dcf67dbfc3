//! Leaves in bundles are read as if they were rows.

use std::io::Read as _;
use std::sync::Arc;

use ledger::tile::{TILE_WIDTH, read_entries};
use store::entry::Stored;
use store::{LogKey, StoreError};

use crate::harness::{ACME, TestStore, ask};

const SIZE: u64 = 600;

fn plain(entries: Vec<Stored>) -> Vec<(u64, Vec<u8>)> {
    entries.into_iter().map(|entry| (entry.index, entry.leaf)).collect()
}

/// Every way to read entries, put into one value.
async fn all(test: &TestStore) -> Vec<Vec<(u64, Vec<u8>)>> {
    let mut read = Vec::new();
    for range in [0..SIZE, 0..1, 255..257, 100..400, 256..512, 511..SIZE, 590..700, 700..800, 5..5] {
        read.push(plain(test.store.ask(ask::Entries(ACME, range)).await.unwrap()));
    }
    for (before, limit) in [(0, 5), (1, 5), (256, 1), (257, 2), (300, 256), (u64::MAX, i64::MAX), (512, 400), (600, 89)]
    {
        read.push(plain(test.store.ask(ask::Below(ACME, before, limit)).await.unwrap()));
    }
    for index in [0, 255, 256, 511, 512, 599, 600] {
        read.push(plain(test.store.ask(ask::At(ACME, index)).await.unwrap().into_iter().collect()));
    }
    for (number, width) in [(0, 256), (0, 7), (1, 256), (2, 88), (2, 89), (3, 1)] {
        let leaves = test.store.ask(ask::Leaves(ACME, number, width)).await.unwrap();
        read.push(leaves.into_iter().map(|leaves| (number, leaves)).collect());
    }
    read
}

#[tokio::test]
async fn entries_read_alike_before_and_after_they_are_bundled() {
    let test = TestStore::open().await;
    let events = test.grow_to(SIZE).await;
    let before = all(&test).await;
    assert_eq!(before[0].len(), 600);

    assert_eq!(test.store.bundle().await.unwrap(), 2);

    assert_eq!(all(&test).await, before);
    assert_eq!(test.store.bundle().await.unwrap(), 0, "there is nothing more to do");
    for (place, event) in [0, 100, 400, 598].map(|place| (place, events[place])) {
        let index = test.store.ask(ask::IndexOf(ACME, event)).await.unwrap();
        assert_eq!(index, Some(place as u64 + 1), "the first entry is none of these");
    }
    test.log(ACME).await;
    let test = test.restart(2).await;
    assert_eq!(all(&test).await, before);
    test.grow_to(SIZE + 300).await;
    assert_eq!(test.store.bundle().await.unwrap(), 1);
    test.log(ACME).await;
    test.recompute(ACME).await;
}

#[tokio::test]
async fn a_log_that_ends_with_a_bundle_goes_on_after_it() {
    let test = TestStore::open().await;
    test.grow_to(512).await;
    assert_eq!(test.store.bundle().await.unwrap(), 2);
    let last = test.log(ACME).await.last().ts();

    test.clock.turn(-crate::harness::HOUR);
    let test = test.restart(2).await;
    test.grow_to(513).await;

    assert_eq!(test.log(ACME).await.last().ts(), last, "time fell");
    test.recompute(ACME).await;
}

#[tokio::test]
async fn an_event_in_a_bundle_cannot_stand_in_the_log_again() {
    let test = TestStore::open().await;
    let said = test.says(ACME);
    test.store.commit(crate::harness::Act::default().said(said.clone())).await.unwrap();
    test.grow_to(300).await;
    test.store.bundle().await.unwrap();

    let again = test.store.commit(crate::harness::Act::default().said(said)).await;

    assert!(matches!(again, Err(store::Failure::Unrecorded(_))), "{again:?}");
    test.grow_to(301).await;
}

#[tokio::test]
async fn a_bundle_is_gzip_of_what_the_specification_says() {
    let test = TestStore::open().await;
    test.grow_to(300).await;
    assert_eq!(test.store.ask(ask::Compressed(ACME, 0)).await.unwrap(), None);
    let entries = plain(test.store.ask(ask::Entries(ACME, 0..256)).await.unwrap());

    test.store.bundle().await.unwrap();

    let data = test.store.ask(ask::Compressed(ACME, 0)).await.unwrap().expect("there is a bundle");
    let mut bundle = Vec::new();
    flate2::read::GzDecoder::new(&*data).read_to_end(&mut bundle).unwrap();
    let leaves = read_entries(&bundle, TILE_WIDTH).unwrap();
    assert!(leaves.iter().eq(entries.iter().map(|(_, leaf)| leaf)));
    assert_eq!(test.store.ask(ask::Leaves(ACME, 0, 256)).await.unwrap(), Some(bundle));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_that_move_while_they_are_read_are_never_missed() {
    let test = Arc::new(TestStore::open().await);
    test.grow_to(256 * 12 + 17).await;
    let whole = plain(test.store.ask(ask::Entries(ACME, 0..u64::MAX)).await.unwrap());

    let store = Arc::clone(&test.store);
    let moving = tokio::spawn(async move { store.bundle().await.unwrap() });
    let mut looks = 0;
    while !moving.is_finished() || looks == 0 {
        assert_eq!(plain(test.store.ask(ask::Entries(ACME, 0..u64::MAX)).await.unwrap()), whole);
        let mut below = plain(test.store.ask(ask::Below(ACME, u64::MAX, i64::MAX)).await.unwrap());
        below.reverse();
        assert_eq!(below, whole);
        looks += 1;
    }

    assert_eq!(moving.await.unwrap(), 12);
    test.recompute(ACME).await;
}

#[tokio::test]
async fn stores_that_bundle_at_once_make_each_bundle_once() {
    if !crate::harness::on_postgres("one process owns the file") {
        return;
    }
    let test = TestStore::open().await;
    test.grow_to(256 * 4 + 3).await;
    let other = test.another(2).await.unwrap();

    let (one, two) = tokio::join!(test.store.bundle(), other.bundle());

    assert_eq!(one.unwrap() + two.unwrap(), 4);
    test.recompute(ACME).await;
}

#[tokio::test]
async fn leaves_that_do_not_fit_their_tile_are_not_bundled_and_freeze_their_log_alone() {
    let test = TestStore::open().await;
    test.grow_to(300).await;
    let digit = if test.store.kind() == "sqlite" { "CAST('7' AS BLOB)" } else { "'7'::bytea" };
    test.place().execute(&format!("UPDATE log_entry SET leaf = {digit} WHERE log_id = {} AND seq = 17", ACME.0)).await;

    let refused = test.store.bundle().await;

    assert!(matches!(refused, Err(StoreError::BadBundle { log: 2, number: 0 })), "{refused:?}");
    assert_eq!(test.store.ask(ask::Entries(ACME, 0..300)).await.unwrap().len(), 300);
    let frozen = test.store.ask(ask::State(ACME)).await.unwrap().frozen;
    assert_eq!(frozen.as_deref(), Some("the entries under tile 0 do not have its hashes"));
    assert_eq!(test.store.ask(ask::State(LogKey::SERVER)).await.unwrap().frozen, None);
    assert_eq!(test.store.bundle().await.unwrap(), 0, "nothing of a frozen log is touched");
}
