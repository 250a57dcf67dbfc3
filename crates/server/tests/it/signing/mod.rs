//! The heads of the logs: signed, anchored, and no other past believed.

mod adopt;
mod anchor;
mod anchors;
mod backup;
mod clean;
mod erase;
mod faults;
mod freeze;
mod fsck;
mod publish;
mod resume;
mod rotate;
mod scrub;
mod tampered;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use engine::egress::{Egress, EgressSettings};
use engine::ledger::note::VerifierKey;
use engine::ledger::{self, Leaf};
use engine::seal::{self, Ring, SystemRandom};
use engine::store::checkpoint::{self, Checkpoint};
use engine::store::{Ambient, Clock, Fault, Faults, LogKey, Question, Read, Step, Store, StoreError, entry, tree};
use engine::{Anchor as _, AnchorFile, Context, Engine, Erasures, NewUser, Outside, Role, SetUp, TreeHead};
use tempfile::TempDir;

use crate::app::{Place, TestClock, create_organization};
use anchor::TestAnchor;

/// An installation that is opened and closed: its organisation is `acme`, its administrator `ada`.
pub(super) struct Logs {
    folder: TempDir,
    anchor: Arc<TestAnchor>,
    pub(super) clock: Arc<TestClock>,
    /// Which step fails next, and how.
    pub(super) failing: Arc<Mutex<Option<(Step, Fault)>>>,
    // The last, for the database can only go once nobody uses it.
    pub(super) place: Place,
}

/// A log as the database has it.
pub(super) struct Found {
    pub(super) state: tree::LogState,
    pub(super) newest: Option<Checkpoint>,
    /// The types of its entries.
    pub(super) events: Vec<String>,
    /// Its entries.
    pub(super) leaves: Vec<Vec<u8>>,
}

impl Found {
    /// The head that its newest checkpoint states.
    pub(super) fn signed(&self) -> TreeHead {
        let newest = self.newest.as_ref().expect("something was signed");
        TreeHead { size: newest.size, root: newest.root }
    }

    /// The head that follows from its entries alone.
    pub(super) fn head(&self) -> TreeHead {
        let mut frontier = ledger::Frontier::new();
        for leaf in &self.leaves {
            frontier.push(ledger::leaf_hash(leaf));
        }
        TreeHead { size: frontier.size(), root: frontier.root() }
    }
}

struct All;

impl Question for All {
    type Answer = Vec<Found>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Vec<Found>, StoreError> {
        let mut all = Vec::new();
        for state in tree::states(read).await? {
            let newest = checkpoint::newest(read, state.log).await?;
            let mut rows = entry::below(read, state.log, state.size, i64::MAX).await?;
            rows.reverse();
            let leaves: Vec<Vec<u8>> = rows.into_iter().map(|row| row.leaf).collect();
            let event =
                |leaf: &Vec<u8>| Leaf::parse(leaf).map_or_else(|_| String::new(), |leaf| leaf.event_type().to_owned());
            let events = leaves.iter().map(event).collect();
            all.push(Found { state, newest, events, leaves });
        }
        Ok(all)
    }
}

struct State(LogKey);

impl Question for State {
    type Answer = (tree::LogState, Option<Checkpoint>);

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok((tree::state(read, self.0).await?, checkpoint::newest(read, self.0).await?))
    }
}

impl Logs {
    /// A new installation, and its engine.
    pub(super) async fn new() -> (Self, Engine) {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new().await;
        let anchor = Arc::new(TestAnchor::new(AnchorFile::new(folder.path().join("anchor"))));
        let (clock, failing) = (Arc::new(TestClock::default()), Arc::default());
        let this = Self { folder, anchor, clock, failing, place };
        Ring::create(&this.ring_file(), &SystemRandom).unwrap();
        let set_up = SetUp { organization: "acme".to_owned(), admin: "ada".to_owned() };
        let (engine, _) = Engine::install(this.store().await, this.outside(), set_up).await.unwrap();
        engine.sequence_all().await.unwrap();
        (this, engine)
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("escriba.db")
    }

    pub(super) fn ring_file(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    fn outside(&self) -> Outside {
        let ring_file = self.ring_file();
        let erasures = Erasures::new(self.folder.path().join("erased"));
        let egress = Egress::new(EgressSettings::default()).unwrap();
        Outside { ring: Ring::load(&ring_file).unwrap(), ring_file, anchor: self.anchor.clone(), erasures, egress }
    }

    fn faults(&self) -> Faults {
        let failing = Arc::clone(&self.failing);
        Faults::new(move |step| {
            let failed = failing.lock().unwrap().take_if(|(failing, _)| *failing == step);
            failed.map(|(_, fault)| fault)
        })
    }

    async fn store(&self) -> Store {
        let ambient = Ambient { faults: self.faults(), ..Ambient::new(self.clock.clone(), Arc::new(SystemRandom)) };
        Store::open(self.place.database(&self.file()), ambient).await.unwrap()
    }

    /// Makes a second organisation with these members.
    pub(super) async fn organization(&self, name: &str, members: &[&str]) {
        let store = self.store().await;
        create_organization(&store, name, members).await;
        store.close();
    }

    /// Opens the installation, whatever is in it.
    pub(super) async fn open(&self) -> Engine {
        let store = self.store().await;
        let instance = engine::installation(&store).await.unwrap().unwrap();
        Engine::open(store, self.outside(), &instance).await.unwrap()
    }

    /// Another process on the same database, with an anchor of its own.
    async fn replica(&self) -> (Engine, Arc<TestAnchor>) {
        let anchor = Arc::new(TestAnchor::new(AnchorFile::new(self.folder.path().join("anchor-of-another"))));
        let store = self.store().await;
        let instance = engine::installation(&store).await.unwrap().unwrap();
        let outside = Outside { anchor: anchor.clone(), ..self.outside() };
        (Engine::open(store, outside, &instance).await.unwrap(), anchor)
    }

    pub(super) fn anchor_file(&self) -> PathBuf {
        self.folder.path().join("anchor")
    }

    /// The anchor's file is gone.
    pub(super) fn lose_anchor(&self) {
        std::fs::remove_file(self.anchor_file()).unwrap();
    }

    /// Puts the head of a log that nobody else knows into the anchor.
    pub(super) async fn anchor_by_hand(&self, origin: &ledger::Origin, head: TreeHead) {
        self.anchor.advance(&[engine::Step { origin: origin.clone(), from: None, to: Some(head) }]).await.unwrap();
    }

    /// The log key in the key ring is replaced by another, with the root key left as it is.
    pub(super) fn replace_log_key(&self) {
        let text = std::fs::read_to_string(self.ring_file()).unwrap();
        let (root, _) = text.split_once("\n[log-key]").unwrap();
        let checksum = seal::hex(&seal::sha256(root.as_bytes()));
        std::fs::write(self.ring_file(), format!("{root}\n[checksum]\nsha256 = {checksum}\n")).unwrap();
        let mut ring = Ring::load(&self.ring_file()).unwrap();
        ring.create_log_key(&self.ring_file(), &SystemRandom).unwrap();
    }

    /// Closes it and opens it again.
    pub(super) async fn reopen(&self, engine: Engine) -> Engine {
        close(engine).await;
        self.open().await
    }

    /// What the database has of all logs.
    pub(super) async fn all(&self) -> Vec<Found> {
        self.ask(All).await
    }

    /// What the database has of the log of `acme`, as it goes on today.
    pub(super) async fn acme(&self) -> Found {
        let all = self.all().await;
        all.into_iter().find(|found| found.state.organization.is_some()).expect("acme has a log")
    }

    /// What the database has of the server's log, as it goes on today.
    pub(super) async fn server(&self) -> Found {
        let mut all = self.all().await;
        all.retain(|found| found.state.origin.kind() == ledger::LogKind::Server);
        all.pop().expect("the server has a log")
    }

    /// How far a log is, whatever is in it.
    pub(super) async fn state(&self, log: LogKey) -> tree::LogState {
        self.ask(State(log)).await.0
    }

    /// The newest checkpoint of a log, whatever is in it.
    pub(super) async fn newest(&self, log: LogKey) -> Option<Checkpoint> {
        self.ask(State(log)).await.1
    }

    pub(super) async fn ask<Q: Question>(&self, question: Q) -> Q::Answer {
        let store = self.store().await;
        let answer = store.ask(question).await.unwrap();
        store.close();
        answer
    }

    /// What the database has of a log.
    pub(super) async fn log(&self, log: LogKey) -> Found {
        self.all().await.into_iter().find(|found| found.state.log == log).unwrap()
    }

    /// What is anchored of a log.
    pub(super) async fn anchored(&self, found: &Found) -> Option<TreeHead> {
        self.anchor.load().await.unwrap().unwrap_or_default().get(&found.state.origin).copied()
    }

    /// Does to the database what somebody does who can write it.
    pub(super) async fn tamper(&self, statement: &str) {
        self.place.tamper(&self.file(), statement).await;
    }

    /// Makes a log end earlier, with everything in the database as if it had never been longer.
    pub(super) async fn cut(&self, found: &Found, size: u64) -> tree::LogState {
        let log = found.state.log;
        let mut frontier = ledger::Frontier::new();
        let kept = &found.leaves[..usize::try_from(size).unwrap()];
        for leaf in kept {
            frontier.push(ledger::leaf_hash(leaf));
        }
        let last_ts = Leaf::parse(kept.last().unwrap()).unwrap().ts();
        let frontier = seal::hex(&frontier.to_bytes());
        for table in ["log_entry", "log_event"] {
            self.tamper(&format!("DELETE FROM {table} WHERE log_id = {} AND seq >= {size}", log.0)).await;
        }
        let row = format!("SET size = {size}, last_ts = {last_ts}, frontier = x'{frontier}'");
        self.tamper(&format!("UPDATE log {row} WHERE id = {}", log.0)).await;
        self.state(log).await
    }

    /// The verifier keys of a log.
    pub(super) async fn keys(&self, engine: &Engine, found: &Found) -> Vec<VerifierKey> {
        let keys = engine.verifier_keys().await.unwrap();
        let of = keys.into_iter().find(|named| named.name.origin == found.state.origin).unwrap();
        of.keys.iter().map(|key| key.parse().unwrap()).collect()
    }
}

/// Closes an installation.
pub(super) async fn close(engine: Engine) {
    engine.release_leases().await.unwrap();
    engine.close();
}

/// Somebody at the shell.
pub(super) fn operator(engine: &Engine) -> Context {
    engine.operator_context("root")
}

/// Adds somebody to `acme`, which is a few entries in its log.
pub(super) async fn add(engine: &Engine, login: &str) {
    let user = NewUser { login: login.to_owned(), name: None, email: None };
    engine.add_user(&operator(engine), user, "acme".into(), Role::Member).await.unwrap();
    engine.sequence_all().await.unwrap();
}

/// Does something that only the log of the server says.
pub(super) async fn note(engine: &Engine) {
    engine.clock_adopted().await.unwrap();
    engine.sequence_all().await.unwrap();
}

/// Checks that the newest checkpoint of a log is signed by one of these keys, and states the tree of the log's entries.
#[track_caller]
pub(super) fn assert_signed(found: &Found, keys: &[VerifierKey]) {
    let newest = found.newest.as_ref().expect("something was signed");
    let verified = ledger::checkpoint::open(newest.note.as_bytes(), keys).unwrap();
    let said = verified.checkpoint;
    assert_eq!((said.origin.as_str(), said.size, said.root), (found.state.origin.as_str(), newest.size, newest.root));
    assert_eq!(found.signed(), found.head());
}

/// The time of a clock that stands still, in seconds.
pub(super) fn now(logs: &Logs) -> i64 {
    logs.clock.wall() / 1_000_000
}
