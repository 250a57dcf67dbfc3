//! A command and its records are one commit.

use futures_util::future::join_all;
use ledger::{Detail, Event, LogId, LogKind, Origin};
use store::{Failure, LogKey, StoreError};

use crate::harness::{ACME, Act, Said, Step, TestError, TestStore};

#[tokio::test]
async fn a_command_commits_its_effect_and_its_record_together() {
    let test = TestStore::open().await;
    let said = test.says(ACME);
    let event = said.event();

    let recorded = test.store.commit(Act::default().step(Step::Add("a")).said(said)).await.unwrap();

    assert_eq!(recorded.events(), [event]);
    assert_eq!(*recorded.get(), 1);
    assert_eq!(test.counter("a").await, 1);
    let log = test.log(ACME).await;
    assert_eq!((log.last().event, log.last().outcome()), (event, "succeeded"));
}

#[tokio::test]
async fn a_command_may_speak_in_several_logs_and_every_record_is_there() {
    let test = TestStore::open().await;
    let said = [test.says(ACME), test.says(LogKey::SERVER), test.says(ACME)];
    let events = said.clone().map(|said| said.event());

    let act = said.into_iter().fold(Act::default(), Act::said);
    let recorded = test.store.commit(act).await.unwrap();

    assert_eq!(recorded.events(), events);
    let acme = test.log(ACME).await;
    assert_eq!(acme.entries[acme.entries.len() - 2].event, events[0]);
    assert_eq!(acme.last().event, events[2]);
    assert_eq!(test.log(LogKey::SERVER).await.last().event, events[1]);
}

#[tokio::test]
async fn a_refused_command_leaves_no_effect_but_its_refusal() {
    let test = TestStore::open().await;
    let refusal = test.says(ACME).denied();
    let event = refusal.event();
    let act = Act::default().step(Step::Add("a")).step(Step::Refuse).said(test.says(ACME)).refusal(refusal);

    let Err(Failure::Refused(refused)) = test.store.commit(act).await else { panic!("it was not refused") };

    assert_eq!(refused.events(), [event]);
    assert!(matches!(refused.get(), TestError::Refused));
    assert_eq!(test.counter("a").await, 0);
    let log = test.log(ACME).await;
    assert_eq!((log.last().event, log.last().outcome()), (event, "denied"));
}

#[tokio::test]
async fn a_command_that_breaks_a_constraint_leaves_no_effect_but_its_refusal() {
    let test = TestStore::open().await;
    let refusal = test.says(ACME).denied();
    let event = refusal.event();
    let act = Act::default().step(Step::Add("a")).step(Step::Break).said(test.says(ACME)).refusal(refusal);

    let Err(Failure::Refused(refused)) = test.store.commit(act).await else { panic!("it was not refused") };

    assert!(matches!(refused.get(), TestError::Store(_)));
    assert_eq!(test.counter("a").await, 0);
    assert_eq!(test.log(ACME).await.last().event, event);
}

#[tokio::test]
async fn commands_that_cannot_be_recorded_leave_nothing_and_do_not_disturb_their_neighbours() {
    let test = TestStore::open().await;
    let before = test.log(ACME).await.entries.len();
    let bump = || Act::default().step(Step::Add("a"));
    let acts = (0..60).map(|number| match number % 6 {
        // The second record fails when the first has been prepared already.
        0 => bump().said(test.says(ACME)).said(test.says(ACME).impossible()),
        1 => bump().said(too_long(test.says(ACME))),
        2 => bump().step(Step::Refuse).said(test.says(ACME)).refusal(test.says(ACME).impossible()),
        _ => test.bump("b"),
    });

    let commits = test.store.statistics().commits;
    let answers = join_all(acts.map(|act| test.store.commit(act))).await;
    let commits = test.store.statistics().commits - commits;

    assert!(test.store.has_outbox() || commits < 30, "they were no neighbours");
    for (number, answer) in answers.iter().enumerate() {
        let unrecorded = matches!(answer, Err(Failure::Unrecorded(StoreError::Record(_))));
        assert!(if number % 6 < 3 { unrecorded } else { answer.is_ok() }, "{number}: {answer:?}");
    }
    assert_eq!((test.counter("a").await, test.counter("b").await), (0, 30));
    assert_eq!(test.log(ACME).await.entries.len(), before + 30);
}

#[tokio::test]
async fn a_record_of_a_log_that_is_not_there_is_not_recorded() {
    let test = TestStore::open().await;
    let act = Act::default().step(Step::Add("a")).said(test.says(LogKey(77)));

    let answer = test.store.commit(act).await;

    assert!(matches!(answer, Err(Failure::Unrecorded(_))), "{answer:?}");
    assert_eq!(test.counter("a").await, 0);
}

#[tokio::test]
async fn an_event_cannot_stand_in_a_log_twice_and_does_not_hold_up_the_next() {
    let test = TestStore::open().await;
    let said = test.says(ACME);
    test.store.commit(Act::default().step(Step::Add("a")).said(said.clone())).await.unwrap();
    test.log(ACME).await;

    let again = test.store.commit(Act::default().step(Step::Add("a")).said(said)).await;
    let next = test.store.commit(test.bump("a")).await;

    assert!(matches!(again, Err(Failure::Unrecorded(_))), "{again:?}");
    assert_eq!(*next.unwrap().get(), 2);
    test.log(ACME).await;
}

#[tokio::test]
async fn an_event_cannot_stand_in_one_command_twice() {
    let test = TestStore::open().await;
    let said = test.says(ACME);

    let twice = test.store.commit(Act::default().step(Step::Add("a")).said(said.clone()).said(said)).await;

    assert!(matches!(twice, Err(Failure::Unrecorded(_))), "{twice:?}");
    assert_eq!(test.counter("a").await, 0);
    test.log(ACME).await;
}

#[tokio::test]
async fn the_name_of_a_log_whose_making_failed_is_forgotten() {
    let test = TestStore::open().await;
    let instance = ledger::InstanceId::from_random(test.random());
    let fresh = || Origin::new(instance, LogKind::Organization, LogId::from_random(test.random()));
    let (failed, made, key) = (fresh(), fresh(), LogKey(3));
    let failing =
        Act::default().step(Step::CreateLog(key, failed)).said(test.says(key)).said(test.says(key).impossible());
    assert!(matches!(test.store.commit(failing).await, Err(Failure::Unrecorded(_))));

    test.store.commit(Act::default().step(Step::CreateLog(key, made.clone())).said(test.says(key))).await.unwrap();

    // Reading checks that each leaf names the log that it lies in.
    let log = test.log(key).await;
    assert_eq!(log.last().leaf.as_leaf().log(), made.as_str());
}

#[tokio::test]
async fn a_command_that_panics_does_nothing_and_the_next_one_is_served() {
    let test = TestStore::open().await;
    let store = std::sync::Arc::clone(&test.store);
    let act = Act::default().step(Step::Add("a")).step(Step::Panic).said(test.says(ACME));

    let answer = tokio::spawn(async move { store.commit(act).await }).await;

    assert!(matches!(answer, Err(_) | Ok(Err(Failure::Unrecorded(_)))), "{answer:?}");
    assert_eq!(*test.store.commit(test.bump("a")).await.unwrap().get(), 1);
    test.log(ACME).await;
}

#[tokio::test]
async fn statistics_count_entries_that_are_in_a_log_and_no_others() {
    let test = TestStore::open().await;
    test.store.commit(test.bump("a")).await.unwrap();
    let impossible = test.bump("a").said(test.says(ACME).impossible());
    assert!(test.store.commit(impossible).await.is_err());

    let entries = test.log(ACME).await.entries.len() + test.log(LogKey::SERVER).await.entries.len();

    assert_eq!(test.store.statistics().entries, entries as u64);
}

/// A record whose leaf would be larger than a leaf may be.
fn too_long(mut said: Said) -> Said {
    said.record.event = Event::OrganizationSettingsChanged;
    said.detail(Detail::new().words("fields", std::iter::repeat_n("a-field-with-a-name", 250)))
}
