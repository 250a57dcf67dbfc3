//! What speaks of a person can be destroyed, and everything else stays.

use std::fs;

use ledger::{AccountId, Statement, TextKey};
use store::{LogKey, Question, Read, StoreError, entry};

use crate::harness::{ACME, Act, DAY, Step, TestStore, ask, on_sqlite};

struct Openings(LogKey, Vec<[u8; 32]>);

impl Question for Openings {
    type Answer = usize;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<usize, StoreError> {
        Ok(entry::openings(read, self.0, &self.1).await?.len())
    }
}

#[tokio::test]
async fn a_person_s_openings_go_in_one_log_and_nobody_else_s_go_with_them() {
    let test = TestStore::open().await;
    let bob = AccountId::from_random(test.random());
    for log in [ACME, LogKey::SERVER] {
        for account in [test.ada, bob] {
            let project = Statement::environment("acme", "web", "prod");
            test.store.commit(Act::default().said(test.says(log).account(account).with(project))).await.unwrap();
        }
    }
    // Of the next month: another opening of the same person.
    test.clock.advance(40 * DAY);
    test.store.commit(test.bump("a")).await.unwrap();
    let before = test.log(ACME).await;
    let commitments = |place: usize| -> Vec<[u8; 32]> {
        before.entries[place].leaf.as_leaf().commitments().map(|(_, commitment)| commitment).collect()
    };
    let subjects = test.store.ask(ask::Subjects(test.ada)).await.unwrap();
    assert_eq!(subjects.iter().map(|(log, _)| *log).collect::<Vec<_>>(), [LogKey::SERVER, ACME]);
    let (_, ada) = subjects[1];
    assert_eq!(before.last().leaf.as_leaf().actor_id().unwrap().as_str(), ada.as_str());

    let destroyed = test.store.commit(Act::default().step(Step::Destroy(ACME, ada)).said(test.says(LogKey::SERVER)));

    // Actor and client, of two months.
    assert_eq!(*destroyed.await.unwrap().get(), 4);
    let left = async |log, commitments| test.store.ask(Openings(log, commitments)).await.unwrap();
    // Entry 0 made the log, 1 is Ada's with a target that is nobody's, 2 is Bob's, 3 of Ada's next month.
    assert_eq!((left(ACME, commitments(1)).await, left(ACME, commitments(2)).await), (1, 3));
    assert_eq!(left(ACME, commitments(3)).await, 0);
    let server = test.log(LogKey::SERVER).await;
    assert_eq!(server.entries.len(), 4);
    test.recompute(ACME).await;

    let again = test.store.commit(Act::default().step(Step::Destroy(ACME, ada)).said(test.says(LogKey::SERVER)));
    assert_eq!(*again.await.unwrap().get(), 0);
    test.store.purge().await.unwrap();
    // What Ada does from now on has an opening again.
    test.store.commit(Act::default().said(test.says(ACME))).await.unwrap();
}

#[tokio::test]
async fn nothing_of_what_was_destroyed_is_left_in_the_files() {
    if !on_sqlite("its files are the database server's") {
        return;
    }
    let test = TestStore::open().await;
    let bob = AccountId::from_random(test.random());
    test.store.commit(Act::default().said(test.says(ACME).account(bob))).await.unwrap();
    let (_, actor) = test.store.ask(ask::Subjects(bob)).await.unwrap()[0];
    // Short ones in pages with others, and long ones with pages of their own.
    for number in 0..1500 {
        let of_bob = number % 3 == 0;
        let length = if number % 7 == 0 { 9_000 } else { number % 60 };
        let query = format!("{} {number} {}", if of_bob { "unmistakable" } else { "ordinary" }, "x".repeat(length));
        let subject = of_bob.then(|| actor.into());
        let said = test.says(ACME).with(Statement::detail(subject, &[(TextKey::Query, &query)]).unwrap());
        test.store.commit(Act::default().said(said)).await.unwrap();
    }
    assert!(is_in_files(&test, "unmistakable"));

    test.store.commit(Act::default().step(Step::Destroy(ACME, actor)).said(test.says(LogKey::SERVER))).await.unwrap();
    test.store.purge().await.unwrap();

    assert!(!is_in_files(&test, "unmistakable"));
    assert!(is_in_files(&test, "Ada Lovelace"));
}

fn is_in_files(test: &TestStore, words: &str) -> bool {
    let file = test.place().file();
    ["escriba.db", "escriba.db-wal"].iter().any(|name| {
        let bytes = fs::read(file.with_file_name(name)).unwrap_or_default();
        bytes.windows(words.len()).any(|window| window == words.as_bytes())
    })
}
