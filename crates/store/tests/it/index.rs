//! The index follows from entries and openings, and holds no text that they do not.

use std::fmt::Write as _;
use std::sync::Arc;

use ledger::search::Facet;
use ledger::{AccountId, Client, EnvironmentId, Statement, Target, TargetKind};
use store::index::{self, Marks, State};
use store::{Chore, LogKey, Question, Read, Row, Sql, StoreError};

use crate::harness::{ACME, Act, Said, Step, TestStore, ask};

/// How many entries a block has here.
const WIDTH: u64 = 64;

struct StateOf(LogKey);

impl Question for StateOf {
    type Answer = State;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<State, StoreError> {
        index::state(read, self.0).await
    }
}

/// The entries that are indexed with a value.
struct With(Facet, &'static str);

impl Question for With {
    type Answer = Vec<u64>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Vec<u64>, StoreError> {
        let state = index::state(read, ACME).await?;
        let mut marks = Marks::none(0..state.end());
        let Some(term) = index::term(read, ACME, self.0, self.1).await? else { return Ok(Vec::new()) };
        let mut terms = vec![term];
        if self.0.statement().is_some() {
            terms = index::links(read, &[term]).await?.into_iter().map(|(_, statement)| statement).collect();
        }
        index::mark(read, &state, &terms, &mut marks).await?;
        Ok(marks.ascending().collect())
    }
}

/// All that the index holds, a row on a line.
struct Dump;

impl Question for Dump {
    type Answer = String;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<String, StoreError> {
        static TERMS: Sql = Sql::new("SELECT term, digest, facet, value FROM log_term ORDER BY log_id, facet, digest");
        static LINKS: Sql = Sql::new("SELECT term, statement FROM log_term_link ORDER BY term, statement");
        static POSTINGS: Sql = Sql::new("SELECT term, entries, block FROM log_posting ORDER BY term, block");
        static BLOCKS: Sql =
            Sql::new("SELECT number, times, first_ts, requests FROM log_block ORDER BY log_id, number");
        let mut lines =
            read.query(&TERMS, &[], |row| Ok(format!("{} {}", line(row, &[0], &[1])?, texts(row)?))).await?;
        lines.extend(read.query(&LINKS, &[], |row| line(row, &[0, 1], &[])).await?);
        lines.extend(read.query(&POSTINGS, &[], |row| line(row, &[0, 2], &[1])).await?);
        lines.extend(read.query(&BLOCKS, &[], |row| line(row, &[0, 2], &[1, 3])).await?);
        Ok(lines.join("\n"))
    }
}

fn line(row: &Row<'_>, integers: &[usize], bytes: &[usize]) -> Result<String, StoreError> {
    let mut line = String::new();
    for column in integers {
        write!(line, "{} ", row.integer(*column)?).expect("a string takes everything");
    }
    for column in bytes {
        write!(line, "{:02x?} ", row.bytes(*column)?).expect("a string takes everything");
    }
    Ok(line)
}

fn texts(row: &Row<'_>) -> Result<String, StoreError> {
    Ok(format!("{} {}", row.text(2)?, row.text(3)?))
}

/// A store with entries of two people in two environments, from several addresses.
async fn with_entries(count: usize) -> (TestStore, AccountId) {
    let test = TestStore::open().await;
    let bob = AccountId::from_random(test.random());
    let environment = EnvironmentId::from_random(test.random());
    let mut said: Vec<Said> = Vec::new();
    for number in 0..count {
        let mut one = test.says(ACME).on(Target::new(TargetKind::Environment, environment));
        let name = ["prod", "dev"][number % 2];
        one = one.with(Statement::environment("acme", "web", name));
        if number % 5 == 0 {
            one = one.account(bob).denied();
            one.record.statements[0] = Statement::stranger("bob", "Bob of Bob");
            let client = Client { addr: Some("198.51.100.9"), ..Client::default() };
            one.record.statements[1] = Statement::client(None, &client).unwrap();
        }
        said.push(one);
    }
    for some in said.chunks(50) {
        test.store.commit(some.iter().cloned().fold(Act::default(), Act::said)).await.unwrap();
    }
    assert_eq!(test.size(ACME).await, count as u64 + 1);
    for log in [LogKey::SERVER, ACME] {
        test.store.chore(Chore::EmptyIndex { log, width: Some(WIDTH) }).await.unwrap();
    }
    (test, bob)
}

#[tokio::test]
async fn blocks_that_are_full_are_indexed_and_each_value_leads_to_its_entries() {
    let (test, _) = with_entries(200).await;

    assert_eq!(test.store.index(2).await.unwrap(), 2);
    assert_eq!(test.store.index(9).await.unwrap(), 1);
    assert_eq!(test.store.index(9).await.unwrap(), 0, "the rest fills no block");

    let state = test.store.ask(StateOf(ACME)).await.unwrap();
    assert_eq!((state.blocks, state.width, state.end()), (3, WIDTH, 192));
    // The first entry is none of these.
    let of_bob: Vec<u64> = (0..191).filter(|number| number % 5 == 0).map(|number| number + 1).collect();
    for (facet, value) in [
        (Facet::Login, "bob"),
        (Facet::Name, "Bob of Bob"),
        (Facet::Address, "198.51.100.9"),
        (Facet::Outcome, "denied"),
        (Facet::Reason, "permission-missing"),
    ] {
        assert_eq!(test.store.ask(With(facet, value)).await.unwrap(), of_bob, "{facet}");
    }
    let of_prod: Vec<u64> = (0..191).filter(|number| number % 2 == 0).map(|number| number + 1).collect();
    assert_eq!(test.store.ask(With(Facet::Environment, "web/prod")).await.unwrap(), of_prod);
    assert_eq!(test.store.ask(With(Facet::Login, "eve")).await.unwrap(), [0; 0]);
}

#[tokio::test]
async fn an_index_that_is_built_anew_is_the_same() {
    let (test, _) = with_entries(300).await;
    test.store.index(9).await.unwrap();
    let before = test.store.ask(Dump).await.unwrap();
    assert!(before.lines().count() > 40, "{before}");

    test.store.bundle().await.unwrap();
    for log in [LogKey::SERVER, ACME] {
        test.store.chore(Chore::EmptyIndex { log, width: Some(WIDTH) }).await.unwrap();
    }
    assert_eq!(test.store.ask(Dump).await.unwrap(), "");
    test.store.index(9).await.unwrap();

    assert_eq!(test.store.ask(Dump).await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_that_build_each_block_is_stored_by_one() {
    let (test, _) = with_entries(700).await;
    let others = [test.another(5).await.unwrap(), test.another(6).await.unwrap()].map(Arc::new);
    let building: Vec<_> =
        others.iter().cloned().map(|store| tokio::spawn(async move { store.index(99).await.unwrap() })).collect();
    let mut made = test.store.index(99).await.unwrap();
    for built in building {
        made += built.await.unwrap();
    }
    // Whoever found somebody else at it left it to them.
    made += test.store.index(99).await.unwrap();
    assert_eq!(made, 10);
    let together = test.store.ask(Dump).await.unwrap();
    for log in [LogKey::SERVER, ACME] {
        test.store.chore(Chore::EmptyIndex { log, width: Some(WIDTH) }).await.unwrap();
    }
    test.store.index(99).await.unwrap();
    assert_eq!(test.store.ask(Dump).await.unwrap(), together);
}

#[tokio::test]
async fn texts_that_are_destroyed_leave_the_index_in_the_same_commit_and_no_others_do() {
    let (test, bob) = with_entries(200).await;
    test.store.index(9).await.unwrap();
    let of_bob = test.store.ask(With(Facet::Outcome, "denied")).await.unwrap();
    let subjects = test.store.ask(ask::Subjects(bob)).await.unwrap();
    let [(log, actor)] = subjects[..] else { panic!("{subjects:?}") };
    let blocks = test.store.ask(StateOf(ACME)).await.unwrap().blocks;

    let destroy = Act::default().step(Step::Destroy(log, actor)).said(test.says(ACME));
    assert_eq!(test.store.commit(destroy).await.unwrap().into_parts().0, 2);

    let dump = test.store.ask(Dump).await.unwrap();
    for text in ["bob", "Bob of Bob", "198.51.100.9"] {
        assert!(!dump.contains(text), "{text} is left");
    }
    for text in ["ada", "192.0.2.7", "web/prod"] {
        assert!(dump.contains(text), "{text} is gone");
    }
    let state = test.store.ask(StateOf(ACME)).await.unwrap();
    assert_eq!((state.blocks, state.changes), (blocks, 2), "beginning anew was the first change");
    assert_eq!(test.store.ask(With(Facet::Outcome, "denied")).await.unwrap(), of_bob, "what they did is found");
    test.grow_to(400).await;
    test.store.index(9).await.unwrap();
    let built = logical(&test).await;
    test.store.chore(Chore::EmptyIndex { log: ACME, width: Some(WIDTH) }).await.unwrap();
    test.store.index(9).await.unwrap();
    assert_eq!(logical(&test).await, built, "but for the numbers of terms");
}

/// What the index says, without the numbers of its terms.
async fn logical(test: &TestStore) -> Vec<(Facet, &'static str, Vec<u64>)> {
    let mut all = Vec::new();
    for (facet, value) in [
        (Facet::Login, "ada"),
        (Facet::Login, "bob"),
        (Facet::Address, "192.0.2.7"),
        (Facet::Address, "198.51.100.9"),
        (Facet::Environment, "web/prod"),
        (Facet::Environment, "web/dev"),
        (Facet::Outcome, "denied"),
        (Facet::Outcome, "succeeded"),
        (Facet::Event, "environment-open"),
    ] {
        all.push((facet, value, test.store.ask(With(facet, value)).await.unwrap()));
    }
    all
}
