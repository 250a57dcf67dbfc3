//! Texts beside the leaves: which share one opening, and for whom.

use ledger::{AccountId, Statement, TextKey};
use store::LogKey;

use crate::harness::{ACME, Act, DAY, Said, TestStore, Written};

/// Commits one record and gives its entry.
async fn written(test: &TestStore, said: Said) -> Written {
    let (event, log) = (said.event(), said.log);
    test.store.commit(Act::default().said(said)).await.unwrap();
    let entry = test.log(log).await.entries.pop().expect("the record is there");
    assert_eq!(entry.event, event);
    entry
}

#[tokio::test]
async fn equal_statements_share_an_opening_within_a_month_and_not_beyond() {
    let test = TestStore::open().await;
    let first = written(&test, test.says(ACME)).await;
    test.clock.advance(20 * DAY);
    let same_month = written(&test, test.says(ACME)).await;
    test.clock.advance(20 * DAY);
    let next_month = written(&test, test.says(ACME)).await;

    for name in ["actor", "client"] {
        assert_eq!(first.commitment(name), same_month.commitment(name), "{name}");
        assert_ne!(first.commitment(name), next_month.commitment(name), "{name}");
    }
}

#[tokio::test]
async fn what_is_not_personal_is_shared_for_ever() {
    let test = TestStore::open().await;
    let says = || test.says(ACME).with(Statement::environment("acme", "web", "prod"));
    let first = written(&test, says()).await;
    test.clock.advance(400 * DAY);
    let later = written(&test, says()).await;

    assert_eq!(first.commitment("target"), later.commitment("target"));
    assert_ne!(first.commitment("actor"), later.commitment("actor"));
}

#[tokio::test]
async fn different_subjects_and_different_logs_do_not_share() {
    let test = TestStore::open().await;
    let bob = AccountId::from_random(test.random());

    let of_ada = written(&test, test.says(ACME)).await;
    let of_bob = written(&test, test.says(ACME).account(bob)).await;
    let elsewhere = written(&test, test.says(LogKey::SERVER)).await;

    for name in ["actor", "client"] {
        assert_ne!(of_ada.commitment(name), of_bob.commitment(name), "{name}");
        assert_ne!(of_ada.commitment(name), elsewhere.commitment(name), "{name}");
    }
}

#[tokio::test]
async fn parameters_never_share() {
    let test = TestStore::open().await;
    let says = || test.says(ACME).with(Statement::detail(None, &[(TextKey::Property, "db.password")]).unwrap());

    let first = written(&test, says()).await;
    let second = written(&test, says()).await;

    assert_ne!(first.commitment("detail"), second.commitment("detail"));
}

#[tokio::test]
async fn an_account_has_one_identifier_in_a_log_and_another_in_the_next() {
    let test = TestStore::open().await;
    let bob = AccountId::from_random(test.random());
    let actor = |entry: Written| entry.leaf.as_leaf().actor_id().expect("a user has an id");

    let first = actor(written(&test, test.says(ACME)).await);
    let again = actor(written(&test, test.says(ACME)).await);
    let elsewhere = actor(written(&test, test.says(LogKey::SERVER)).await);
    let of_bob = actor(written(&test, test.says(ACME).account(bob)).await);

    assert_eq!(first, again);
    assert_ne!(first, elsewhere);
    assert_ne!(first, of_bob);
}
