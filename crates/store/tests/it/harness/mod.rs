//! A store to test. The test does not know which database it has.

mod act;
pub(crate) mod ask;
mod log;
mod luck;
mod place;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ledger::{AccountId, EventId, InstanceId, LogId, LogKind, Origin};
use seal::{Random, SeededRandom};
use store::tree::{self, Recomputed};
use store::{Ambient, Clock, Database, LogKey, Store, StoreError};

pub(crate) use act::{Act, Said, Step, TestError};
pub(crate) use log::{Log, Written};
pub(crate) use luck::Luck;
pub(crate) use place::Place;

/// The log of the organisation that the tests act in.
pub(crate) const ACME: LogKey = LogKey(2);
/// How many records one command says at most, when a log is grown.
const RECORDS: usize = 100;
/// One second, in the microseconds that clocks count.
pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const HOUR: i64 = 3_600 * SECOND;
pub(crate) const DAY: i64 = 24 * HOUR;
/// When every test begins: 2026-03-01T09:15:00.123456Z.
pub(crate) const START: i64 = 1_772_356_500_123_456;

/// A clock that stands still until it is told to go on.
pub(crate) struct TestClock {
    wall: AtomicI64,
    steady: AtomicI64,
}

impl TestClock {
    /// Lets time pass.
    pub(crate) fn advance(&self, micros: i64) {
        self.steady.fetch_add(micros, Ordering::SeqCst);
        self.turn(micros);
    }

    /// Turns the hands, forward or back, while no time passes.
    pub(crate) fn turn(&self, micros: i64) {
        self.wall.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn wall(&self) -> i64 {
        self.wall.load(Ordering::SeqCst)
    }

    fn steady(&self) -> i64 {
        self.steady.load(Ordering::SeqCst)
    }
}

/// An opened store in a place of its own, with the server's log and the log of one organisation.
pub(crate) struct TestStore {
    // Before the place, so that it is closed when that is removed.
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) luck: Arc<Luck>,
    pub(crate) ada: AccountId,
    ambient: Ambient,
    place: Place,
}

impl TestStore {
    pub(crate) async fn open() -> Self {
        Self::open_in(Place::new().await).await
    }

    pub(crate) async fn open_in(place: Place) -> Self {
        let (mut ambient, clock) = ambient(1);
        let luck = Arc::new(Luck::default());
        ambient.faults = luck.faults();
        let store = Store::open(place.database(), ambient.clone()).await.unwrap();
        place.execute("CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL)").await;
        place.execute("INSERT INTO counter (name, value) VALUES ('a', 0), ('b', 0), ('c', 0), ('d', 0)").await;
        let ada = AccountId::from_random(ambient.random());
        let test = Self { store: Arc::new(store), clock, luck, ada, ambient, place };
        let instance = InstanceId::from_random(test.ambient.random());
        for (log, kind) in [(LogKey::SERVER, LogKind::Server), (ACME, LogKind::Organization)] {
            let origin = Origin::new(instance, kind, LogId::from_random(test.ambient.random()));
            let opening = Act::default().step(Step::CreateLog(log, origin)).said(test.says(log));
            test.store.commit(opening).await.unwrap();
        }
        test
    }

    /// A command that adds one to a counter and says so in Acme's log.
    pub(crate) fn bump(&self, counter: &'static str) -> Act {
        Act::default().step(Step::Add(counter)).said(self.says(ACME)).refusal(self.says(ACME).denied())
    }

    /// Something that Ada did.
    pub(crate) fn says(&self, log: LogKey) -> Said {
        Said::by(&self.ambient, log, self.ada)
    }

    /// Appends entries to Acme's log until it has this many, and gives the events in the order of the log.
    pub(crate) async fn grow_to(&self, size: u64) -> Vec<EventId> {
        let missing = size - self.size(ACME).await;
        let records = (0..missing).map(|_| self.says(ACME)).collect::<Vec<_>>();
        for some in records.chunks(RECORDS) {
            let act = some.iter().cloned().fold(Act::default(), Act::said);
            self.store.commit(act).await.unwrap();
        }
        assert_eq!(self.size(ACME).await, size);
        records.iter().map(Said::event).collect()
    }

    /// How many entries a log has.
    pub(crate) async fn size(&self, log: LogKey) -> u64 {
        assert!(self.store.caught_up().await.unwrap(), "the outbox was not emptied in time");
        self.store.ask(ask::Size(log)).await.unwrap()
    }

    /// A log, every part of it checked.
    pub(crate) async fn log(&self, log: LogKey) -> Log {
        Log::read(&self.store, log).await
    }

    /// Everything that is stored of a log is what its leaves give.
    pub(crate) async fn recompute(&self, log: LogKey) -> Recomputed {
        let found = tree::recompute(&self.store, log).await.unwrap();
        assert_eq!(found.faults, []);
        found
    }

    pub(crate) async fn counter(&self, name: &'static str) -> i64 {
        self.store.ask(act::Counter(name)).await.unwrap()
    }

    /// Another store on the same database, as another process would open it.
    pub(crate) async fn another(&self, seed: u64) -> Result<Store, StoreError> {
        let ambient = Ambient::new(Arc::clone(&self.clock) as _, Arc::new(SeededRandom::new(seed)));
        Store::open(self.place.database(), ambient).await
    }

    /// Drops the store without closing it, as a process that ends, and opens it again.
    pub(crate) async fn restart(self, seed: u64) -> Self {
        let Self { store, clock, ada, place, .. } = self;
        drop(Arc::into_inner(store).expect("nobody else holds the store"));
        Closed { clock, ada, place }.open(seed).await
    }

    /// Closes the store.
    pub(crate) fn closed(self) -> Closed {
        self.store.close();
        let Self { clock, ada, place, .. } = self;
        Closed { clock, ada, place }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        self.ambient.random()
    }
}

/// What is left of a store that is not open.
pub(crate) struct Closed {
    clock: Arc<TestClock>,
    ada: AccountId,
    place: Place,
}

impl Closed {
    pub(crate) async fn try_open(&self, seed: u64) -> Result<Store, StoreError> {
        Store::open(self.place.database(), self.ambient(seed)).await
    }

    pub(crate) async fn open(self, seed: u64) -> TestStore {
        let store = Arc::new(self.try_open(seed).await.unwrap());
        let ambient = self.ambient(seed);
        // Not from where the store takes its own: what both mint would be equal.
        let ambient = Ambient { random: Arc::new(SeededRandom::new(u64::MAX - seed)), ..ambient };
        let Self { clock, ada, place } = self;
        TestStore { store, clock, luck: Arc::default(), ada, ambient, place }
    }

    fn ambient(&self, seed: u64) -> Ambient {
        Ambient::new(Arc::clone(&self.clock) as _, Arc::new(SeededRandom::new(seed)))
    }
}

/// A fixed clock, and randomness that follows from the seed.
pub(crate) fn ambient(seed: u64) -> (Ambient, Arc<TestClock>) {
    let clock = Arc::new(TestClock { wall: AtomicI64::new(START), steady: AtomicI64::new(0) });
    let random: Arc<dyn Random> = Arc::new(SeededRandom::new(seed));
    (Ambient::new(Arc::clone(&clock) as _, random), clock)
}

/// Whether the tests run on SQLite; otherwise says why something is left out.
pub(crate) fn on_sqlite(why: &str) -> bool {
    let sqlite = Place::postgres_server().is_none();
    if !sqlite {
        eprintln!("not tested on PostgreSQL: {why}");
    }
    sqlite
}

/// Whether the tests run on PostgreSQL; otherwise says why something is left out.
pub(crate) fn on_postgres(why: &str) -> bool {
    let postgres = Place::postgres_server().is_some();
    if !postgres {
        eprintln!("not tested on SQLite: {why}");
    }
    postgres
}

/// Opens a store over a place that is not set up.
pub(crate) async fn open_bare(database: Database<'_>, seed: u64) -> Result<Store, StoreError> {
    Store::open(database, ambient(seed).0).await
}
