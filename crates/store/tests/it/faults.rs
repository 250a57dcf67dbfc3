//! Every step by which the logs are written fails in both ways, and the logs are found sound.

use std::collections::HashSet;

use ledger::EventId;
use store::checkpoint::Checkpoint;
use store::{Chore, Failure, Fault, Step, StoreError};

use crate::harness::{ACME, Act, START, TestStore, ask};

const STEPS: [Step; 7] =
    [Step::Append, Step::Commit, Step::Take, Step::Grow, Step::Sequence, Step::Publish, Step::Bundle];

/// What somebody who watched was told.
#[derive(Default)]
struct Told {
    acknowledged: Vec<EventId>,
    failed: Vec<EventId>,
    published: Vec<Checkpoint>,
}

impl Told {
    /// Everything that writes the log, once.
    async fn round(&mut self, test: &TestStore, step: Step) {
        let said = [test.says(ACME), test.says(ACME), test.says(ACME)];
        let events = said.clone().map(|said| said.event());
        match test.store.commit(said.into_iter().fold(Act::default(), Act::said)).await {
            Ok(recorded) => self.acknowledged.extend(recorded.events()),
            Err(Failure::Unrecorded(error)) => {
                assert!(is_injected(&error, step), "{error:?}");
                self.failed.extend(events);
            }
            Err(other) => panic!("{other:?}"),
        }
        expect(test.store.sequence().await, step);
        if let Some(checkpoint) = self.publish(test, step).await {
            self.published.push(checkpoint);
        }
        expect(test.store.bundle().await, step);
    }

    async fn publish(&self, test: &TestStore, step: Step) -> Option<Checkpoint> {
        let state = test.store.ask(ask::State(ACME)).await.unwrap();
        let (size, root) = (state.size, state.frontier().unwrap().root());
        let checkpoint = Checkpoint { log: ACME, size, root, note: format!("{size}\n"), signed_at: START };
        let published = test.store.chore(Chore::Checkpoints(vec![checkpoint.clone()])).await;
        expect(published, step).then_some(checkpoint)
    }

    async fn check(&self, test: &TestStore, kept: bool) {
        let log = test.log(ACME).await;
        let found = test.recompute(ACME).await;
        let written: HashSet<EventId> = log.entries.iter().map(|entry| entry.event).collect();
        assert!(self.acknowledged.iter().all(|event| written.contains(event)), "something acknowledged is gone");
        assert!(self.failed.iter().all(|event| written.contains(event) == kept), "{:?}", self.failed);
        for checkpoint in &self.published {
            let stored = test.store.ask(ask::CheckpointAt(ACME, checkpoint.size)).await.unwrap();
            assert_eq!(stored.as_ref(), Some(checkpoint));
        }
        let sizes: HashSet<u64> = self.published.iter().map(|checkpoint| checkpoint.size).collect();
        assert!(found.checkpoints >= sizes.len() as u64);
    }
}

/// Whether something was done; if not, because of the fault.
fn expect(answer: Result<u64, StoreError>, step: Step) -> bool {
    if let Err(error) = &answer {
        assert!(is_injected(error, step), "{error:?}");
    }
    answer.is_ok()
}

fn is_injected(error: &StoreError, step: Step) -> bool {
    match error {
        StoreError::NotRecorded(cause) => is_injected(cause, step),
        error => error.to_string() == format!("a test let {step:?} fail"),
    }
}

#[tokio::test]
async fn after_a_fault_at_any_step_nothing_acknowledged_is_lost_and_the_tree_is_whole() {
    let outbox = crate::harness::Place::postgres_server().is_some();
    for step in STEPS.into_iter().filter(|step| outbox || !matches!(step, Step::Take | Step::Sequence)) {
        for fault in [Fault::Lost, Fault::Kept] {
            // Early, and in the round in which a tile becomes full.
            for after in [0, 2] {
                let mut test = TestStore::open().await;
                test.grow_to(249).await;
                let mut told = Told::default();
                let times = if step == Step::Append {
                    after * 3
                } else if step == Step::Bundle {
                    0
                } else {
                    after
                };
                test.luck.arm(step, fault, times);
                for _ in 0..6 {
                    told.round(&test, step).await;
                }
                assert!(test.luck.has_struck(), "{step:?} {fault:?} was never reached");

                let kept = step == Step::Commit && fault == Fault::Kept;
                told.check(&test, kept).await;
                test = test.restart(2).await;
                told.check(&test, kept).await;
                told.round(&test, step).await;
                told.check(&test, kept).await;
            }
        }
    }
}

#[tokio::test]
async fn commands_that_share_a_failed_commit_are_all_there_or_all_not() {
    for fault in [Fault::Lost, Fault::Kept] {
        let test = TestStore::open().await;
        let before = test.log(ACME).await.entries.len();
        test.luck.arm(Step::Commit, fault, 0);

        let answers = futures_util::future::join_all((0..20).map(|_| test.store.commit(test.bump("a")))).await;

        let failed = answers.iter().filter(|answer| answer.is_err()).count();
        assert!(failed > 0);
        let there = if fault == Fault::Kept { 20 } else { 20 - failed };
        assert_eq!(test.counter("a").await, i64::try_from(there).unwrap());
        assert_eq!(test.log(ACME).await.entries.len(), before + there);
        test.recompute(ACME).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sequencers_that_fail_beside_each_other_do_not_fork() {
    if !crate::harness::on_postgres("there is no sequencer") {
        return;
    }
    let test = TestStore::open().await;
    let other = test.another(2).await.unwrap();
    let mut events = Vec::new();
    for (round, step) in [Step::Take, Step::Grow, Step::Sequence].into_iter().cycle().take(30).enumerate() {
        for _ in 0..20 {
            events.extend_from_slice(test.store.commit(Act::default().said(test.says(ACME))).await.unwrap().events());
        }
        test.luck.arm(step, if round % 2 == 0 { Fault::Lost } else { Fault::Kept }, 0);
        let (one, two) = tokio::join!(test.store.sequence(), other.sequence());
        expect(one, step);
        two.unwrap();
    }

    let log = test.log(ACME).await;
    let written: Vec<EventId> = log.entries[1..].iter().map(|entry| entry.event).collect();
    assert_eq!(written, events);
    test.recompute(ACME).await;
}
