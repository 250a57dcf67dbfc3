//! The writes without a record.

use ledger::{AccountId, EnvironmentId, EventId, OrganizationId, SessionId};
use store::session::{self, Session};
use store::{Chore, Question, Read, StoreError};

use crate::harness::{ACME, Act, SECOND, START, Step, TestStore};

/// Opens a session of an environment that ends at a time.
async fn open(test: &TestStore, environment: Option<EnvironmentId>, expires_at: i64) -> SessionId {
    let session = Session {
        id: SessionId::from_random(test.random()),
        organization: OrganizationId::from_random(test.random()),
        environment,
        account: test.ada,
        revision: 1,
        opened_by: EventId::new(0, test.random()),
        created_at: START,
        expires_at,
        sealed: vec![7; 32],
    };
    let id = session.id;
    test.store.commit(Act::default().step(Step::OpenSession(session)).said(test.says(ACME))).await.unwrap();
    id
}

struct Exists(SessionId);

impl Question for Exists {
    type Answer = bool;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<bool, StoreError> {
        Ok(session::find(read, &self.0).await?.is_some())
    }
}

#[tokio::test]
async fn expired_sessions_are_dropped_but_for_the_newest_of_each_environment() {
    let test = TestStore::open().await;
    let [web, api] = [0; 2].map(|_| Some(EnvironmentId::from_random(test.random())));
    let (past, future) = (START - SECOND, START + SECOND);
    let sessions = [
        (open(&test, web, past).await, false),
        (open(&test, web, future).await, true),
        (open(&test, web, past).await, true),
        (open(&test, api, past).await, false),
        (open(&test, api, START).await, true),
        // Nobody asks when a definition without a name was last opened.
        (open(&test, None, future).await, true),
        (open(&test, None, past).await, false),
        (open(&test, None, past).await, false),
    ];

    let dropped = test.store.chore(Chore::DropExpiredSessions(START)).await.unwrap();

    assert_eq!(dropped, 4);
    for (place, (session, stays)) in sessions.into_iter().enumerate() {
        assert_eq!(test.store.ask(Exists(session)).await.unwrap(), stays, "session {place}");
    }
}

#[tokio::test]
async fn a_lease_is_exclusive_until_it_expires() {
    let test = TestStore::open().await;
    let lease = |holder: &str, now: i64, until: i64| {
        let chore = Chore::Lease { name: "sequencer", holder: holder.to_owned(), now, until };
        async { test.store.chore(chore).await.unwrap() == 1 }
    };

    assert!(lease("one", 0, 10).await);
    assert!(!lease("two", 5, 15).await, "it is held");
    assert!(!lease("two", 10, 20).await, "it is held to its last moment");
    assert!(lease("one", 8, 18).await, "its holder renews it");
    assert!(!lease("two", 11, 21).await, "it was renewed");
    assert!(lease("two", 19, 29).await, "it has expired");
    assert!(!lease("one", 20, 30).await, "it is another's now");
}

#[tokio::test]
async fn a_lease_that_many_want_at_once_goes_to_one() {
    let test = TestStore::open().await;
    let wanted = (0..16).map(|number| {
        test.store.chore(Chore::Lease { name: "sequencer", holder: format!("n{number}"), now: 0, until: 10 })
    });

    let got = futures_util::future::join_all(wanted).await;

    assert_eq!(got.into_iter().map(Result::unwrap).sum::<u64>(), 1);
}

#[tokio::test]
async fn noting_a_use_of_nothing_is_no_failure() {
    let test = TestStore::open().await;
    let unknown = AccountId::from_random(test.random()).into();

    assert!(test.store.chore(Chore::Used(Vec::new())).await.is_ok());
    assert!(test.store.chore(Chore::Used(vec![(unknown, START)])).await.is_ok());
}
