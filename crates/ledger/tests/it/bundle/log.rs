//! A small log with everything in it that a bundle can have, and the bundles of it.

use std::convert::Infallible;
use std::ops::Range;

use ledger::bundle::{About, Anchor, Events, Explanations, KeyChange};
use ledger::note::{Algorithm, VerifierKey};
use ledger::proof::{Nodes, consistency, inclusion, range};
use ledger::tlog_proof::TlogProof;
use ledger::verify::TrustRoots;
use ledger::{
    ActorId, Client, Detail, Entry, Event, EventId, Frontier, Hash, InstanceId, LogId, LogKind, Opening, Origin,
    Outcome, OwnedLeaf, Record, Statement, StatementName, TextKey, checkpoint, leaf_hash,
};

use crate::notes::TestKey;
use crate::sample;

/// When the first entry was written, microseconds UTC.
pub(crate) const TIME: i64 = 1_772_356_500_000_000;
/// How far entries are apart.
pub(crate) const STEP: i64 = 1_000_000;

/// A log that is written as a server would.
#[derive(Clone)]
pub(crate) struct TestLog {
    pub(crate) origin: Origin,
    pub(crate) entries: Vec<Entry>,
    hashes: Vec<Hash>,
    pub(crate) key: u8,
    drawn: u64,
}

impl TestLog {
    pub(crate) fn new(log: u8) -> Self {
        Self::named(LogKind::Organization, log)
    }

    pub(crate) fn named(kind: LogKind, log: u8) -> Self {
        let origin = Origin::new(InstanceId::from_random([7; 10]), kind, LogId::from_random([log; 10]));
        Self { origin, entries: Vec::new(), hashes: Vec::new(), key: 1, drawn: u64::from(log) << 32 }
    }

    /// A log of some entries by three people, whose openings are shared, with what hostile people send in them.
    pub(crate) fn of(count: usize) -> Self {
        let mut log = Self::new(1);
        for index in 0..count {
            log.open_environment(index % 3, &format!("pro\u{2028}d\"{}", index / 5));
        }
        log
    }

    /// The log as it was when it had so many entries.
    pub(crate) fn cut(&self, count: usize) -> Self {
        let (entries, hashes) = (self.entries[..count].to_vec(), self.hashes[..count].to_vec());
        Self { origin: self.origin.clone(), entries, hashes, ..*self }
    }

    pub(crate) fn open_environment(&mut self, person: usize, environment: &str) {
        let outcome = OUTCOMES[person % OUTCOMES.len()];
        let mut record = sample::record(Event::EnvironmentReadOpen, outcome, 1);
        let id = u8::try_from(person).expect("few people");
        let actor = ActorId::from_random([id; 10]);
        let login = ["ada", "=cmd|' /C calc'!A0", "eve\u{202e}\r\n"][person % 3];
        let client = Client { addr: Some("203.0.113.7"), how: None, peer: None, ua: Some("esc\t\"cli\"") };
        record.actor = ledger::Actor::user(actor);
        record.statements = vec![
            Statement::actor(actor, login, "Somebody"),
            Statement::client(Some(actor.into()), &client).expect("known"),
            Statement::environment("acme", "web", environment),
            Statement::detail(Some(actor.into()), &[(TextKey::Property, "db.password")]).expect("a property"),
        ];
        self.append(record);
    }

    /// Appends a record; equal statements share an opening if they may.
    pub(crate) fn append(&mut self, mut record: Record) {
        let index = self.entries.len() as u64;
        record.id = EventId::new(1_772_356_500_000 + index, self.draw()[..10].try_into().expect("ten bytes"));
        record.salt = self.draw()[..16].try_into().expect("16 bytes");
        let openings: Vec<Opening> = record.statements.iter().map(|statement| self.opening(statement)).collect();
        let commitments: Vec<_> = openings
            .iter()
            .map(|opening| (StatementName::from_word(&opening.name).expect("known"), opening.commitment))
            .collect();
        let pending = record.pending(&self.origin, &commitments).expect("a sound record");
        let leaf = OwnedLeaf::parse(pending.finish(time(index))).expect("a leaf that reads back");
        self.hashes.push(leaf_hash(leaf.as_leaf().as_bytes()));
        self.entries.push(Entry { index, leaf, openings });
    }

    /// Destroys every opening of these names that the log has, and records it.
    pub(crate) fn destroy(&mut self, names: &[&str]) {
        let mut destroyed = Vec::new();
        for entry in &mut self.entries {
            entry.openings.retain(|opening| {
                let goes = names.contains(&&*opening.name);
                destroyed.extend(goes.then_some(opening.commitment));
                !goes
            });
        }
        let mut record = sample::record(Event::OpeningsDestroyed, Outcome::Succeeded, 1);
        record.statements.retain(|statement| statement.name == StatementName::Actor);
        record.statements.extend(Statement::destroyed(&destroyed));
        self.append(record);
    }

    /// Writes an entry as another program would.
    pub(crate) fn alter(&mut self, index: usize, alter: impl FnOnce(&str) -> String) {
        let leaf = alter(self.entries[index].leaf.as_leaf().as_str());
        self.hashes[index] = leaf_hash(leaf.as_bytes());
        self.entries[index].leaf = OwnedLeaf::parse(leaf.into_bytes()).expect("a leaf");
    }

    fn opening(&mut self, statement: &Statement) -> Opening {
        let shared = self.entries.iter().rev().flat_map(|entry| &entry.openings).find(|opening| {
            opening.name == statement.name.as_str()
                && opening.value == statement.value
                && statement.sharing != ledger::Sharing::Once
        });
        shared.cloned().unwrap_or_else(|| Opening::new(self.draw(), statement.name, statement.value.clone()))
    }

    /// Bytes that look random and are the same every time.
    fn draw(&mut self) -> [u8; 32] {
        self.drawn += 1;
        leaf_hash(&self.drawn.to_be_bytes())
    }

    pub(crate) fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(crate) fn root(&self, size: u64) -> Hash {
        let mut frontier = Frontier::new();
        self.hashes[..usize::try_from(size).expect("few")].iter().for_each(|hash| frontier.push(*hash));
        frontier.root()
    }

    pub(crate) fn signer(&self) -> TestKey {
        self.signer_with(self.key)
    }

    pub(crate) fn signer_with(&self, key: u8) -> TestKey {
        TestKey::new(self.origin.as_str(), Algorithm::Ed25519, [key; 32])
    }

    /// The same log after another key took over.
    pub(crate) fn signed_by(&self, key: u8) -> Self {
        Self { key, ..self.clone() }
    }

    pub(crate) fn checkpoint(&self, size: u64) -> String {
        checkpoint::sign(&self.origin, size, &self.root(size), &[&self.signer()]).expect("a checkpoint")
    }

    pub(crate) fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        inclusion::make(&mut Leaves(&self.hashes), index, size).expect("it is there")
    }

    pub(crate) fn consistency(&self, old: u64, new: u64) -> Vec<Hash> {
        consistency::make(&mut Leaves(&self.hashes), old, new).expect("it is there")
    }

    pub(crate) fn range_proof(&self, places: Range<u64>, size: u64) -> range::RangeProof {
        range::make(&mut Leaves(&self.hashes), places, size).expect("it is there")
    }

    pub(crate) fn tlog_proof(&self, index: u64) -> String {
        let (hashes, checkpoint) = (self.inclusion(index, self.size()), self.checkpoint(self.size()));
        TlogProof { extra: None, index, hashes, checkpoint }.to_string()
    }

    /// The user who knows the key of this log.
    pub(crate) fn trust(&self) -> TrustRoots {
        TrustRoots::new(vec![ledger::note::Signer::key(&self.signer()).clone()], None)
    }

    /// A bundle of a range, under a checkpoint of the whole log.
    pub(crate) fn range(&self, places: Range<u64>) -> Vec<u8> {
        self.bundle(&Wanted { places: Some(places), ..Wanted::default() })
    }

    pub(crate) fn bundle(&self, wanted: &Wanted<'_>) -> Vec<u8> {
        let size = self.size();
        let places = wanted.places.clone().unwrap_or(0..size);
        let about = About {
            origin: &self.origin,
            range: places.clone(),
            window: wanted.window.clone(),
            exporter: "ada, at esc.example.net",
            made: TIME,
            withheld: wanted.withheld,
        };
        let chosen: Vec<&Entry> = match wanted.rows {
            Some(rows) => rows.iter().map(|row| &self.entries[usize::try_from(*row).expect("few")]).collect(),
            None => self.entries
                [usize::try_from(places.start).expect("few")..usize::try_from(places.end).expect("few")]
                .iter()
                .collect(),
        };
        let mut events = Events::begin(Vec::new(), &about).expect("a vector takes everything");
        for entry in &chosen {
            events.leaf(&entry.leaf.as_leaf()).expect("a vector takes everything");
        }
        let mut openings = events.end().expect("a vector takes everything");
        for entry in &chosen {
            let given = entry
                .openings
                .iter()
                .filter(|opening| !wanted.withheld.iter().any(|name| name.as_str() == opening.name));
            openings.openings(&given.cloned().collect::<Vec<_>>()).expect("a vector takes everything");
        }
        let explanations = match wanted.rows {
            None => {
                let proof = self.range_proof(places, size);
                openings.complete(size, &proof).expect("as many entries as places")
            }
            Some(rows) => {
                let mut proofs = openings.filtered("user:ada").expect("a vector takes everything");
                for row in rows {
                    proofs.row(*row, &self.inclusion(*row, size)).expect("a vector takes everything");
                }
                proofs.end().expect("as many proofs as entries")
            }
        };
        self.finish(explanations, &chosen, wanted)
    }

    fn finish(&self, mut explanations: Explanations<Vec<u8>>, chosen: &[&Entry], wanted: &Wanted<'_>) -> Vec<u8> {
        let size = self.size();
        for entry in &self.entries {
            let leaf = entry.leaf.as_leaf();
            let is_chosen = chosen.iter().any(|chosen| chosen.index == entry.index);
            if leaf.event() == Some(Event::OpeningsDestroyed) && !is_chosen {
                let proof = self.inclusion(entry.index, size);
                explanations.entry(entry.index, &leaf, &entry.openings, &proof).expect("a vector takes everything");
            }
        }
        let mut changes = explanations.end().expect("a vector takes everything");
        for (key, log, index) in wanted.changes {
            let entry = &log.entries[*index];
            let proof = log.tlog_proof(entry.index);
            let change = KeyChange { key: &key.to_string(), leaf: entry.leaf.as_leaf(), proof: &proof };
            changes.change(&change).expect("a vector takes everything");
        }
        let Some((server, size_then)) = wanted.server else {
            return changes.finish(&self.checkpoint(size), None).expect("a vector takes everything");
        };
        let (index, root) = (server.size() - 1, self.root(size_then));
        let anchor = Anchor {
            leaf: server.entries.last().expect("an anchor").leaf.as_leaf(),
            index,
            proof: &server.inclusion(index, server.size()),
            checkpoint: &server.checkpoint(server.size()),
            slot: 0,
            place: 0,
            logs: 2,
            list: &[other_line()],
            size: size_then,
            root,
            consistency: &self.consistency(size_then, size),
        };
        changes.finish(&self.checkpoint(size), Some(&anchor)).expect("a vector takes everything")
    }

    /// The log of the server, whose last entry anchors this log at a size, and another one.
    pub(crate) fn server(&self, size: u64) -> Self {
        let mut server = Self::named(LogKind::Server, 9);
        server.append(sample::record(Event::ServerStarted, Outcome::Succeeded, 1));
        let root = base64(&self.root(size));
        let line = leaf_hash(format!("0\n{}\n{size}\n{root}\n", self.origin).as_bytes());
        let root = ledger::node_hash(&line, &other_line());
        let mut record = sample::record(Event::LogsAnchored, Outcome::Succeeded, 1);
        record.detail = Detail::new().integer("logs", 2).integer("number", 1).digest("root", root);
        server.append(record);
        server
    }

    /// The log of the server, whose last entry introduces a key.
    pub(crate) fn introduction(&self, new: u8) -> Self {
        let mut server = Self::named(LogKind::Server, 9);
        server.key = self.key;
        let mut record = sample::record(Event::LogKeyChanged, Outcome::Succeeded, 1);
        let digest = |seed| ledger::note::Signer::key(&TestKey::log(seed)).digest();
        record.detail = Detail::new().digest("newkey", digest(new)).digest("oldkey", digest(self.key));
        server.append(record);
        server
    }
}

fn time(index: u64) -> i64 {
    TIME + i64::try_from(index).expect("few entries") * STEP
}

const OUTCOMES: [Outcome; 3] =
    [Outcome::Succeeded, Outcome::Denied(ledger::Reason::PermissionMissing), Outcome::Intended];

/// What a bundle should hold.
#[derive(Clone, Default)]
pub(crate) struct Wanted<'a> {
    /// All entries, if it says nothing.
    pub(crate) places: Option<Range<u64>>,
    /// A choice, instead of all in the range.
    pub(crate) rows: Option<&'a [u64]>,
    pub(crate) window: Option<Range<i64>>,
    pub(crate) withheld: &'a [StatementName],
    /// The log of the server, and the size at which it anchors this log.
    pub(crate) server: Option<(&'a TestLog, u64)>,
    /// New keys, and where they are introduced.
    pub(crate) changes: &'a [(VerifierKey, TestLog, usize)],
}

/// The line of the other log in the list.
fn other_line() -> Hash {
    leaf_hash(b"1\nanother\n0\n\n")
}

pub(crate) fn base64(hash: &Hash) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(hash)
}

/// The nodes of a tree, by the definition.
struct Leaves<'a>(&'a [Hash]);

impl Nodes for Leaves<'_> {
    type Error = Infallible;

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Infallible> {
        let begin = usize::try_from(index << level).expect("few");
        let mut frontier = Frontier::new();
        self.0[begin..begin + (1 << level)].iter().for_each(|hash| frontier.push(*hash));
        Ok(frontier.root())
    }
}
