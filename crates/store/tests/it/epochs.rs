//! Logs that continue others.

use ledger::{InstanceId, LogId, LogKind, OrganizationId, Origin};
use store::organization::Organization;
use store::{Failure, LogKey, StoreError};

use crate::harness::{ACME, Act, START, Step, TestStore, ask};

const NEXT: LogKey = LogKey(7);

fn origin(test: &TestStore, kind: LogKind) -> Origin {
    Origin::new(InstanceId::from_random(test.random()), kind, LogId::from_random(test.random()))
}

#[tokio::test]
async fn a_successor_takes_over_the_organisation_and_the_identifiers_of_its_accounts() {
    let test = TestStore::open().await;
    let id = OrganizationId::from_random(test.random());
    let log = LogKey(3);
    let organization = Organization {
        id,
        name: "web".to_owned(),
        log,
        default_permission: "none".to_owned(),
        access_version: 1,
        created_at: START,
    };
    let first = origin(&test, LogKind::Organization);
    let found = Act::default()
        .step(Step::CreateOrganization(organization))
        .step(Step::CreateLogOf(log, first, id))
        .said(test.says(log));
    test.store.commit(found).await.unwrap();
    let actor = test.log(log).await.last().leaf.as_leaf().actor_id().unwrap();

    let second = origin(&test, LogKind::Organization);
    let resumed = Act::default().step(Step::Succeed(log, NEXT, second.clone())).said(test.says(NEXT));
    test.store.commit(resumed).await.unwrap();

    let old = test.store.ask(ask::State(log)).await.unwrap();
    let new = test.store.ask(ask::State(NEXT)).await.unwrap();
    assert_eq!((old.organization, new.organization), (None, Some(id)));
    assert_eq!((old.predecessor, new.predecessor), (None, Some(log)));
    assert_eq!(test.store.ask(ask::Successor(log)).await.unwrap(), Some(NEXT));
    assert_eq!(test.store.ask(ask::OrganizationNamed("web")).await.unwrap().unwrap().log, NEXT);
    let entry = test.log(NEXT).await;
    assert_eq!(entry.last().leaf.as_leaf().log(), second.as_str());
    assert_eq!(entry.last().leaf.as_leaf().actor_id().unwrap(), actor);

    let Err(Failure::Unrecorded(error)) = test.store.commit(Act::default().said(test.says(log))).await else {
        panic!("an ended log was appended to")
    };
    let StoreError::Frozen { reason, .. } = error else { panic!("{error:?}") };
    assert_eq!(reason, format!("it is continued by {second}"));
    test.log(log).await;
}

#[tokio::test]
async fn the_server_s_log_is_the_last_of_its_epochs() {
    let test = TestStore::open().await;
    assert_eq!(test.store.ask(ask::ServerLog()).await.unwrap(), LogKey::SERVER);

    for (old, new) in [(LogKey::SERVER, LogKey(8)), (LogKey(8), LogKey(9))] {
        let next = origin(&test, LogKind::Server);
        test.store.commit(Act::default().step(Step::Succeed(old, new, next)).said(test.says(new))).await.unwrap();
        assert_eq!(test.store.ask(ask::ServerLog()).await.unwrap(), new);
    }
}

#[tokio::test]
async fn a_log_has_one_successor() {
    let test = TestStore::open().await;
    let succeed = |new| {
        let next = origin(&test, LogKind::Organization);
        test.store.commit(
            Act::default().step(Step::Succeed(ACME, new, next)).said(test.says(new)).refusal(test.says(LogKey::SERVER)),
        )
    };

    succeed(NEXT).await.unwrap();

    assert!(matches!(succeed(LogKey(8)).await, Err(Failure::Refused(_) | Failure::Unrecorded(_))));
    assert_eq!(test.store.ask(ask::Successor(ACME)).await.unwrap(), Some(NEXT));
}
