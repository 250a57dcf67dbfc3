//! The time of a log, which never falls and does not follow one bad reading.

use crate::harness::{ACME, Act, DAY, HOUR, SECOND, START, TestStore, Written};

/// Commits one record, has it appended, and gives its entry.
async fn written(test: &TestStore) -> Written {
    test.store.commit(Act::default().said(test.says(ACME))).await.unwrap();
    test.log(ACME).await.entries.pop().expect("the record is there")
}

#[tokio::test]
async fn a_clock_that_leaps_ahead_is_held_and_shown() {
    let test = TestStore::open().await;
    test.clock.advance(SECOND);
    test.clock.turn(365 * DAY);

    let held = written(&test).await;

    assert_eq!(held.ts(), START + SECOND);
    assert_eq!(held.wall(), START + SECOND + 365 * DAY);
}

#[tokio::test]
async fn a_leap_that_agrees_with_itself_for_five_minutes_is_believed() {
    let test = TestStore::open().await;
    test.clock.turn(365 * DAY);
    written(&test).await;
    test.clock.advance(299 * SECOND);
    let held = written(&test).await;
    test.clock.advance(SECOND);
    let believed = written(&test).await;

    assert_eq!(held.ts(), START + 299 * SECOND);
    assert_eq!(believed.ts(), START + 300 * SECOND + 365 * DAY);
    assert_eq!(test.store.statistics().clock_adoptions, 1);
}

#[tokio::test]
async fn a_clock_that_falls_does_not_move_time_back() {
    let test = TestStore::open().await;
    test.clock.advance(HOUR);
    let before = written(&test).await;
    test.clock.turn(-2 * HOUR);

    let after = written(&test).await;

    assert_eq!(after.ts(), before.ts());
    assert_eq!(after.wall(), START - HOUR);
}

#[tokio::test]
async fn one_reading_from_the_past_does_not_freeze_time() {
    let test = TestStore::open().await;
    test.clock.turn(-30 * DAY);
    written(&test).await;
    test.clock.turn(30 * DAY);
    test.clock.advance(SECOND);

    let after = written(&test).await;

    assert_eq!(after.ts(), START + SECOND);
}
