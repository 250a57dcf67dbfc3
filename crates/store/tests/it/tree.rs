//! The tree of a log, as it is stored and read.

use ledger::proof::{consistency, inclusion, range};
use ledger::tile::{TILE_WIDTH, TileId};
use ledger::{Frontier, Hash, leaf_hash};

use crate::harness::{ACME, Act, Step, TestStore, ask};

/// More than two full tiles.
const SIZE: u64 = 700;

/// A log of [`SIZE`] entries with the hashes of its leaves. The first tile's leaves are in a bundle, if one is
/// wanted.
async fn grown(bundled: bool) -> (TestStore, Vec<Hash>) {
    let test = TestStore::open().await;
    test.grow_to(300).await;
    if bundled {
        assert_eq!(test.store.bundle().await.unwrap(), 1);
    }
    test.grow_to(SIZE).await;
    let entries = test.store.ask(ask::Entries(ACME, 0..SIZE)).await.unwrap();
    let hashes = entries.iter().map(|entry| leaf_hash(&entry.leaf)).collect();
    (test, hashes)
}

fn frontier(hashes: &[Hash]) -> Frontier {
    let mut frontier = Frontier::new();
    for hash in hashes {
        frontier.push(*hash);
    }
    frontier
}

#[tokio::test]
async fn the_frontier_of_every_size_is_that_of_the_entries() {
    let (test, hashes) = grown(true).await;

    let state = test.store.ask(ask::State(ACME)).await.unwrap();
    assert_eq!(*state.frontier().unwrap(), frontier(&hashes));
    for size in 0..=SIZE {
        let stored = test.store.ask(ask::FrontierAt(ACME, size)).await.unwrap();
        assert_eq!(stored, Some(frontier(&hashes[..usize::try_from(size).unwrap()])), "{size}");
    }
    assert_eq!(test.store.ask(ask::FrontierAt(ACME, SIZE + 1)).await.unwrap(), None);
}

#[tokio::test]
async fn a_tile_of_any_width_is_a_prefix_of_the_hashes_that_it_spans() {
    for bundled in [false, true] {
        let (test, hashes) = grown(bundled).await;
        for number in 0..4 {
            let first = usize::try_from(number).unwrap() * TILE_WIDTH;
            let there = hashes.get(first..).unwrap_or_default();
            for width in [1, 2, 100, 188, 189, 255, 256] {
                let tile = test.store.ask(ask::TileOf(ACME, TileId { level: 0, number }, width)).await.unwrap();
                assert_eq!(tile.as_deref(), there.get(..width), "tile {number}, width {width}");
            }
        }
        let above: Vec<Hash> = hashes.chunks_exact(TILE_WIDTH).map(|under| frontier(under).root()).collect();
        for width in 1..4 {
            let tile = test.store.ask(ask::TileOf(ACME, TileId { level: 1, number: 0 }, width)).await.unwrap();
            assert_eq!(tile.as_deref(), above.get(..width), "{width}");
        }
    }
}

#[tokio::test]
async fn proofs_are_made_for_every_size_that_the_log_ever_had_and_none_beyond() {
    let (test, hashes) = grown(true).await;
    let root = |size: u64| frontier(&hashes[..usize::try_from(size).unwrap()]).root();

    for (index, size) in [(0, 1), (0, SIZE), (255, 256), (256, 257), (300, 512), (511, 699), (SIZE - 1, SIZE)] {
        let proof = test.store.ask(ask::Inclusion(ACME, index, size)).await.unwrap().unwrap();
        let leaf = hashes[usize::try_from(index).unwrap()];
        inclusion::verify(leaf, index, size, &root(size), &proof).unwrap();
    }
    for (old, new) in [(0, SIZE), (1, SIZE), (255, 256), (256, 512), (300, 301), (512, SIZE), (SIZE, SIZE)] {
        let proof = test.store.ask(ask::Consistency(ACME, old, new)).await.unwrap().unwrap();
        consistency::verify(old, &root(old), new, &root(new), &proof).unwrap();
    }
    for (entries, size) in [(0..SIZE, SIZE), (0..1, 300), (250..260, 512), (300..300, 600), (600..699, SIZE)] {
        let proof = test.store.ask(ask::Completeness(ACME, entries.clone(), size)).await.unwrap().unwrap();
        let within = usize::try_from(entries.start).unwrap()..usize::try_from(entries.end).unwrap();
        range::verify(hashes[within].iter().copied(), entries, size, &root(size), &proof).unwrap();
    }

    assert_eq!(test.store.ask(ask::Inclusion(ACME, SIZE, SIZE)).await.unwrap(), None);
    assert_eq!(test.store.ask(ask::Inclusion(ACME, 0, SIZE + 1)).await.unwrap(), None);
    assert_eq!(test.store.ask(ask::Consistency(ACME, 1, SIZE + 1)).await.unwrap(), None);
    assert_eq!(test.store.ask(ask::Completeness(ACME, 0..1, SIZE + 1)).await.unwrap(), None);
}

#[tokio::test]
async fn a_command_that_is_undone_leaves_nothing_in_the_tree() {
    let test = TestStore::open().await;
    test.grow_to(250).await;
    // In one group where commands share commits: some before, some after, and the tile becomes full amid them.
    let acts = (0..12).map(|number| match number % 4 {
        1 => Act::default().step(Step::Add("a")).said(test.says(ACME)).said(test.says(ACME).impossible()),
        2 => Act::default().step(Step::Refuse).said(test.says(ACME)).refusal(test.says(ACME).denied()),
        _ => Act::default().said(test.says(ACME)),
    });

    let answers = futures_util::future::join_all(acts.map(|act| test.store.commit(act))).await;

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 6);
    assert_eq!(test.log(ACME).await.entries.len(), 259);
    test.recompute(ACME).await;
    let test = test.restart(2).await;
    test.grow_to(260).await;
    test.recompute(ACME).await;
}

#[tokio::test]
async fn what_does_not_fit_is_found_where_it_is() {
    use store::tree::Fault::{Checkpoint, Event, Leaf, Missing, Row, Surplus, Tile};
    let (test, _) = grown(true).await;
    let tile = |level, number| Tile(TileId { level, number });
    let state = test.store.ask(ask::State(ACME)).await.unwrap();
    let root = state.frontier().unwrap().root();
    let note = "a note".to_owned();
    let checkpoint = store::checkpoint::Checkpoint { log: ACME, size: SIZE, root, note, signed_at: 0 };
    test.store.chore(store::Chore::Checkpoints(vec![checkpoint])).await.unwrap();
    assert_eq!(test.recompute(ACME).await.checkpoints, 1);

    let zeros = if test.store.kind() == "sqlite" { "zeroblob(32)" } else { "decode(repeat('00', 32), 'hex')" };
    for (change, expected) in [
        (format!("UPDATE log_checkpoint SET root = {zeros}"), vec![Checkpoint(SIZE)]),
        (format!("UPDATE log_entry SET leaf_hash = {zeros} WHERE seq = 600"), vec![tile(0, 2)]),
        ("UPDATE log SET last_ts = 7 WHERE id = 2".to_owned(), vec![Row]),
        ("DELETE FROM log_event WHERE seq = 300 AND log_id = 2".to_owned(), vec![Event(300)]),
        ("DELETE FROM log_tile WHERE level = 0 AND number = 1".to_owned(), vec![tile(0, 1), tile(1, 0)]),
        ("UPDATE log_entry SET log_id = 3 WHERE seq = 650".to_owned(), vec![Missing(650)]),
        ("UPDATE log SET size = 5 WHERE id = 2".to_owned(), vec![Surplus, Row]),
    ] {
        test.place().execute(&change).await;
        let found = store::tree::recompute(&test.store, ACME).await.unwrap();
        for fault in expected {
            assert!(found.faults.contains(&fault), "{change}: {:?}", found.faults);
        }
    }
    test.place().execute(&format!("UPDATE log_entry SET leaf = {zeros} WHERE seq = 2 AND log_id = 1")).await;
    assert_eq!(store::tree::recompute(&test.store, store::LogKey::SERVER).await.unwrap().faults, []);
    test.place().execute(&format!("UPDATE log_entry SET leaf = {zeros} WHERE seq = 0 AND log_id = 1")).await;
    let found = store::tree::recompute(&test.store, store::LogKey::SERVER).await.unwrap();
    assert!(found.faults.contains(&Leaf(0)), "{:?}", found.faults);
}
