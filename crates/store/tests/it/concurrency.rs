//! Many at once.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Waker};

use ledger::{EventId, Target, TargetKind};
use store::{Failure, Store, StoreError};

use crate::harness::{ACME, Act, HOUR, Log, Step, TestError, TestStore, on_postgres};

const TASKS: usize = 64;
const COMMANDS: usize = 50;
const COUNTERS: [&str; 4] = ["a", "b", "c", "d"];

/// What the callers of many commands were told.
#[derive(Default)]
struct Told {
    succeeded: HashSet<EventId>,
    refused: HashSet<EventId>,
    gave_up: usize,
}

impl Told {
    fn note(&mut self, answer: Result<store::Recorded<i64>, Failure<TestError>>) {
        match answer {
            Ok(recorded) => self.succeeded.extend(recorded.events()),
            Err(Failure::Refused(refused)) => {
                assert!(matches!(refused.get(), TestError::Refused), "{refused:?}");
                self.refused.extend(refused.events());
            }
            Err(Failure::Unrecorded(StoreError::Conflict)) => self.gave_up += 1,
            Err(Failure::Unrecorded(error)) => panic!("{error:?}"),
        }
    }

    fn and(mut self, more: Self) -> Self {
        self.succeeded.extend(more.succeeded);
        self.refused.extend(more.refused);
        self.gave_up += more.gave_up;
        self
    }

    /// Holds the log and the counters against what was told.
    async fn check(&self, test: &TestStore, log: &Log, before: usize) {
        let outcome = |word: &str| -> HashSet<EventId> {
            log.entries[before..].iter().filter(|entry| entry.outcome() == word).map(|entry| entry.event).collect()
        };
        assert_eq!(outcome("succeeded"), self.succeeded);
        assert_eq!(outcome("denied"), self.refused);
        check_counters(test, log, before).await;
    }
}

/// Holds each counter against the records that say that it grew.
async fn check_counters(test: &TestStore, log: &Log, before: usize) {
    for (place, counter) in COUNTERS.into_iter().enumerate() {
        let recorded = log.entries[before..]
            .iter()
            .filter(|entry| entry.outcome() == "succeeded" && entry.leaf.as_leaf().target_rev() == Some(place as u64));
        assert_eq!(test.counter(counter).await, i64::try_from(recorded.count()).unwrap(), "{counter}");
    }
}

/// A command on one of the counters; every seventh refuses after it changed something.
fn command(test: &TestStore, number: usize) -> Act {
    let place = number % COUNTERS.len();
    let target = Target { rev: Some(place as u64), ..Target::unresolved(TargetKind::Environment) };
    let act = Act::default()
        .step(Step::Add(COUNTERS[place]))
        .said(test.says(ACME).on(target))
        .refusal(test.says(ACME).denied().on(target));
    if number.is_multiple_of(7) { act.step(Step::Refuse) } else { act }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_at_once_lose_nothing_and_leave_no_gap() {
    let test = Arc::new(TestStore::open().await);
    let before = test.log(ACME).await.entries.len();
    let database_errors = Arc::new(AtomicU64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS {
        let (test, database_errors) = (Arc::clone(&test), Arc::clone(&database_errors));
        tasks.spawn(async move {
            let mut told = Told::default();
            for number in 0..COMMANDS {
                let act = command(&test, task + number).counting_database_errors(&database_errors);
                told.note(test.store.commit(act).await);
            }
            told
        });
    }
    let mut told = Told::default();
    while let Some(more) = tasks.join_next().await {
        told = told.and(more.unwrap());
    }

    let log = test.log(ACME).await;
    assert_eq!(log.entries.len() - before, told.succeeded.len() + told.refused.len());
    assert_eq!(told.succeeded.len() + told.refused.len() + told.gave_up, TASKS * COMMANDS);
    told.check(&test, &log, before).await;
    let statistics = test.store.statistics();
    assert_eq!(database_errors.load(Ordering::SeqCst), 0, "a conflict is nobody's refusal");
    eprintln!("{}: {statistics:?}, gave up {}", test.store.kind(), told.gave_up);
    if test.store.has_outbox() {
        assert!(statistics.retries > 0, "nothing met a conflict, so nothing was tested");
        assert!(told.gave_up * 100 <= TASKS * COMMANDS, "{} commands gave up", told.gave_up);
    } else {
        assert_eq!(told.gave_up, 0);
        assert!(statistics.commits < statistics.entries, "commits were not shared");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_that_sequence_at_once_never_fork_and_never_lose() {
    if !on_postgres("one process owns the file") {
        return;
    }
    let test = Arc::new(TestStore::open().await);
    let before = test.log(ACME).await.entries.len();
    let stores: [Arc<Store>; 2] = [Arc::clone(&test.store), Arc::new(test.another(2).await.unwrap())];
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8 {
        let (test, store) = (Arc::clone(&test), Arc::clone(&stores[task % 2]));
        tasks.spawn(async move {
            let (mut told, mut sequenced) = (Told::default(), 0);
            for number in 0..COMMANDS {
                told.note(store.commit(command(&test, task + number)).await);
                sequenced += store.sequence().await.unwrap();
            }
            (told, sequenced)
        });
    }
    let (mut told, mut sequenced) = (Told::default(), 0);
    while let Some(more) = tasks.join_next().await {
        let (more, entries) = more.unwrap();
        told = told.and(more);
        sequenced += entries;
    }

    // Everything was sequenced by whoever committed last, so reading has nothing to catch up with.
    let log = test.log(ACME).await;
    assert_eq!(log.entries.len() - before, told.succeeded.len() + told.refused.len());
    assert_eq!(sequenced, (log.entries.len() - before) as u64);
    told.check(&test, &log, before).await;
}

#[tokio::test]
async fn a_sequencer_that_waited_for_another_goes_on_from_where_that_one_ended() {
    const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    if !on_postgres("there is no sequencer") {
        return;
    }
    let test = TestStore::open().await;
    let before = test.log(ACME).await.last().ts();
    let (other, watcher) = (test.place().postgres().await, test.place().postgres().await);
    other.execute(&format!("BEGIN; UPDATE log SET last_ts = last_ts + {HOUR} WHERE id = {}", ACME.0)).await;
    test.store.commit(test.bump("a")).await.unwrap();

    let store = Arc::clone(&test.store);
    let sequencing = tokio::spawn(async move { store.sequence().await.unwrap() });
    while watcher.client.query_one(WAITING, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::task::yield_now().await;
    }
    other.execute("COMMIT").await;

    assert_eq!(sequencing.await.unwrap(), 1);
    assert_eq!(test.log(ACME).await.last().ts(), before + HOUR);
}

#[tokio::test]
async fn a_caller_that_hangs_up_leaves_effect_and_record_or_neither() {
    let test = TestStore::open().await;
    let before = test.log(ACME).await.entries.len();
    for patience in 0..60 {
        let mut commit = std::pin::pin!(test.store.commit(command(&test, patience)));
        for _ in 0..patience {
            if commit.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }

    // What was begun and not waited for holds up nobody.
    for number in 0..COUNTERS.len() {
        let acted = test.store.commit(command(&test, number)).await;
        assert!(!matches!(acted, Err(Failure::Unrecorded(_))), "{acted:?}");
    }
    let log = test.log(ACME).await;
    check_counters(&test, &log, before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_lose_nothing_that_was_acknowledged() {
    const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    if !on_postgres("there are no connections") {
        return;
    }
    let test = Arc::new(TestStore::open().await);
    let before = test.log(ACME).await.entries.len();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8 {
        let test = Arc::clone(&test);
        tasks.spawn(async move {
            let (mut acknowledged, mut lost) = (HashSet::new(), 0);
            for number in 0..COMMANDS {
                match test.store.commit(command(&test, task + number)).await {
                    Ok(recorded) => acknowledged.extend(recorded.into_parts().1),
                    Err(Failure::Refused(refused)) => acknowledged.extend(refused.into_parts().1),
                    Err(Failure::Unrecorded(_)) => lost += 1,
                }
                // May be cut as well; what it took out of the outbox is there again then.
                test.store.sequence().await.ok();
            }
            (acknowledged, lost)
        });
    }
    let scissors = test.place().postgres().await;
    let (mut acknowledged, mut lost) = (HashSet::new(), 0);
    while !tasks.is_empty() {
        scissors.client.query(CUT, &[]).await.unwrap();
        let Some(more) = tasks.try_join_next() else { continue };
        let (events, times) = more.unwrap();
        acknowledged.extend(events);
        lost += times;
    }

    assert!(lost > 0, "no connection was cut at the wrong moment, so nothing was tested");
    let log = test.log(ACME).await;
    let written: HashSet<EventId> = log.entries[before..].iter().map(|entry| entry.event).collect();
    assert!(written.is_superset(&acknowledged), "something acknowledged is not in the log");
    check_counters(&test, &log, before).await;
}
