//! Every step from an act to a signed head fails in both ways, and then the process ends: nothing that was acknowledged is
//! lost or there twice, every head that was shown is one of the same log, and `fsck` finds nothing.

use std::collections::{BTreeMap, BTreeSet};

use engine::ledger::{EventId, Frontier, Hash, Leaf, Origin, leaf_hash};
use engine::store::{Fault, Step};
use engine::{Engine, Failure, NewUser, Role};

use super::anchor::Fails;
use super::{Logs, add, close, operator};
use crate::app::Place;

/// Where something fails, and how.
#[derive(Clone, Copy, Debug)]
enum Break {
    Store(Step, Fault),
    Anchor(Fails),
}

/// Every way to fail.
fn breaks() -> Vec<Break> {
    let steps =
        [Step::Append, Step::Commit, Step::Take, Step::Grow, Step::Sequence, Step::Publish, Step::Bundle].into_iter();
    // Where one process alone writes, nothing is sequenced.
    let steps = steps.filter(|step| Place::is_postgres_tested() || !matches!(step, Step::Take | Step::Sequence));
    let of_store = steps.flat_map(|step| [Fault::Lost, Fault::Kept].map(|fault| Break::Store(step, fault)));
    of_store.chain([Fails::Refused, Fails::Lost, Fails::Kept].map(Break::Anchor)).collect()
}

/// What somebody who watched was told.
#[derive(Default)]
struct Told {
    acknowledged: Vec<EventId>,
    /// The heads that were shown, by log and size.
    shown: BTreeMap<(Origin, u64), Hash>,
}

impl Told {
    async fn add(&mut self, engine: &Engine, login: String) {
        let user = NewUser { login, name: None, email: None };
        match engine.add_user(&operator(engine), user, "acme".into(), Role::Member).await {
            Ok(added) => self.acknowledged.extend(added.events()),
            Err(Failure::Unrecorded(_)) => {}
            Err(Failure::Refused(error)) => panic!("{:?}", error.get()),
        }
    }

    /// Looks at the heads that are shown. One of a size that was shown before is the same.
    async fn look(&mut self, logs: &Logs) {
        for found in logs.all().await {
            let Some(newest) = found.newest else { continue };
            let key = (found.state.origin, newest.size);
            let shown = *self.shown.entry(key.clone()).or_insert(newest.root);
            assert_eq!(shown, newest.root, "two heads of {key:?} were shown");
        }
    }

    async fn check(&self, logs: &Logs) {
        let mut written = BTreeSet::new();
        for found in logs.all().await {
            let events: Vec<EventId> = found.leaves.iter().map(|leaf| Leaf::parse(leaf).unwrap().id()).collect();
            let once: BTreeSet<EventId> = events.iter().copied().collect();
            assert_eq!(once.len(), events.len(), "an event is there twice");
            written.extend(once);
            let mut frontier = Frontier::new();
            for leaf in &found.leaves {
                frontier.push(leaf_hash(leaf));
                if let Some(shown) = self.shown.get(&(found.state.origin.clone(), frontier.size())) {
                    assert_eq!(frontier.root(), *shown, "at size {}", frontier.size());
                }
            }
            let last =
                self.shown.keys().filter(|(origin, _)| *origin == found.state.origin).map(|(_, size)| *size).max();
            assert!(last.is_none_or(|size| size <= frontier.size()), "a head was shown of what is not there");
        }
        let lost: Vec<_> = self.acknowledged.iter().filter(|event| !written.contains(event)).collect();
        assert!(lost.is_empty(), "acknowledged and not there: {lost:?}");
        let report = logs.fsck().await;
        assert!(report.is_sound(), "{report:#?}");
    }
}

#[tokio::test]
async fn after_a_fault_at_any_step_and_a_restart_nothing_is_lost_and_every_head_is_a_prefix_of_the_next() {
    let (logs, mut engine) = Logs::new().await;
    let mut told = Told::default();
    for number in 0..90 {
        add(&engine, &format!("early{number}")).await;
    }
    for (number, broken) in breaks().into_iter().enumerate() {
        if matches!(broken, Break::Store(Step::Bundle, _)) {
            // What is complete was bundled before, so more becomes complete.
            for more in 0..90 {
                add(&engine, &format!("more{number}x{more}")).await;
            }
        }
        match broken {
            Break::Store(step, fault) => *logs.failing.lock().unwrap() = Some((step, fault)),
            Break::Anchor(fails) => logs.anchor.fail(fails),
        }
        // The first round meets the fault. The second does the same again: with as many entries, or with more.
        for round in 0..2 {
            if round == 0 || number % 2 == 0 {
                told.add(&engine, format!("user{number}x{round}")).await;
            }
            // Whatever fails here is what was let fail, or what that left undone.
            let _ = engine.sequence_all().await;
            let _ = engine.publish().await;
            told.look(&logs).await;
            let _ = engine.bundle().await;
        }
        assert!(logs.failing.lock().unwrap().is_none(), "{broken:?} was never reached");
        assert!(logs.anchor.has_failed(), "{broken:?} was never reached");
        told.check(&logs).await;

        engine = logs.reopen(engine).await;
        engine.trust_database().await.unwrap();
        told.check(&logs).await;
        told.add(&engine, format!("user{number}late")).await;
        engine.sequence_all().await.unwrap();
        engine.publish().await.unwrap();
        engine.bundle().await.unwrap();
        told.look(&logs).await;
        told.check(&logs).await;
    }
    assert!(told.acknowledged.len() >= 2 * breaks().len());
    assert!(told.shown.len() >= breaks().len());
    close(engine).await;
}

/// What two processes do at once that both believe that they are the one.
async fn write(engine: Engine, name: &'static str) -> Told {
    let mut told = Told::default();
    for number in 0..12 {
        told.add(&engine, format!("{name}{number}")).await;
        // The lease is not asked for: that it keeps one of them waiting must not be what saves the log.
        let _ = engine.sequence_all().await;
        // Another one may have moved what this one starts from: then it begins anew.
        let _ = engine.publish().await;
        let _ = engine.bundle().await;
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_sequence_and_sign_at_once_do_not_fork() {
    if !Place::is_postgres_tested() {
        eprintln!("not tested: one process alone has the database open");
        return;
    }
    let (logs, engine) = Logs::new().await;
    for number in 0..80 {
        add(&engine, &format!("early{number}")).await;
    }
    engine.publish().await.unwrap();
    let (other, anchor) = logs.replica().await;
    other.trust_database().await.unwrap();
    let (one, two) =
        tokio::join!(tokio::spawn(write(engine.clone(), "one")), tokio::spawn(write(other.clone(), "two")));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.acknowledged.len() + two.acknowledged.len(), 2 * one.acknowledged.len());
    engine.sequence_all().await.unwrap();
    // Whoever holds the lease signs, and the other one follows.
    for process in [&engine, &other, &engine] {
        process.publish().await.unwrap();
    }
    let mut told = Told { acknowledged: [one.acknowledged, two.acknowledged].concat(), ..Told::default() };
    told.look(&logs).await;
    told.check(&logs).await;
    let held = anchor.held().await;
    for found in logs.all().await {
        assert!(found.state.frozen.is_none(), "{:?}", found.state.frozen);
        assert_eq!(logs.anchored(&found).await, Some(found.head()));
        assert_eq!(held.get(&found.state.origin).copied(), Some(found.head()));
    }
    close(other).await;
    close(engine).await;
}
