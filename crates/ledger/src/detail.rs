//! The detail of a record: flat, typed, and without a way to put foreign text in.

use crate::event::{DetailKey, DetailKind};
use crate::id::{AnyId, EventId, LogId, Origin};
use crate::record::VERSION;

/// What happened, in words, integers, ids and digests. Keys must be in the catalogue of the event;
/// [`Record::pending`](crate::Record::pending) refuses others.
///
/// Words are `&'static str`, so that text from outside cannot get in by mistake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Sorted by key.
    members: Vec<(&'static str, DetailValue)>,
}

/// A value of a detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DetailValue {
    /// An integer below 2^53.
    Integer(u64),
    /// A boolean.
    Boolean(bool),
    /// A word of the program.
    Word(&'static str),
    /// An id of any kind.
    Id(AnyId),
    /// Another event.
    Event(EventId),
    /// A log.
    Log(LogId),
    /// A SHA-256.
    Digest([u8; 32]),
    /// Words, at least one.
    Words(Vec<&'static str>),
    /// Integers, at least one.
    Integers(Vec<u64>),
    /// Ids, at least one.
    Ids(Vec<AnyId>),
}

impl Detail {
    /// An empty detail, which a leaf leaves out.
    pub const fn new() -> Self {
        Self { members: Vec::new() }
    }

    /// The detail of a log's first entry.
    pub fn log_opened(origin: &Origin) -> Self {
        Self::new().word("hash", "sha-256").word("kind", origin.kind().as_str()).integer("record", VERSION)
    }

    /// Adds an integer.
    #[must_use]
    pub fn integer(self, key: &'static str, value: u64) -> Self {
        self.with(key, DetailValue::Integer(value))
    }

    /// Adds a boolean.
    #[must_use]
    pub fn boolean(self, key: &'static str, value: bool) -> Self {
        self.with(key, DetailValue::Boolean(value))
    }

    /// Adds a word.
    #[must_use]
    pub fn word(self, key: &'static str, value: &'static str) -> Self {
        self.with(key, DetailValue::Word(value))
    }

    /// Adds an id.
    #[must_use]
    pub fn id(self, key: &'static str, value: impl Into<AnyId>) -> Self {
        self.with(key, DetailValue::Id(value.into()))
    }

    /// Adds the id of another event.
    #[must_use]
    pub fn event(self, key: &'static str, value: EventId) -> Self {
        self.with(key, DetailValue::Event(value))
    }

    /// Adds the id of a log.
    #[must_use]
    pub fn log(self, key: &'static str, value: LogId) -> Self {
        self.with(key, DetailValue::Log(value))
    }

    /// Adds a SHA-256.
    #[must_use]
    pub fn digest(self, key: &'static str, value: [u8; 32]) -> Self {
        self.with(key, DetailValue::Digest(value))
    }

    /// Adds words, unless there are none.
    #[must_use]
    pub fn words(self, key: &'static str, values: impl IntoIterator<Item = &'static str>) -> Self {
        let values: Vec<_> = values.into_iter().collect();
        if values.is_empty() { self } else { self.with(key, DetailValue::Words(values)) }
    }

    /// Adds integers, unless there are none.
    #[must_use]
    pub fn integers(self, key: &'static str, values: impl IntoIterator<Item = u64>) -> Self {
        let values: Vec<_> = values.into_iter().collect();
        if values.is_empty() { self } else { self.with(key, DetailValue::Integers(values)) }
    }

    /// Adds ids, unless there are none.
    #[must_use]
    pub fn ids(self, key: &'static str, values: impl IntoIterator<Item = AnyId>) -> Self {
        let values: Vec<_> = values.into_iter().collect();
        if values.is_empty() { self } else { self.with(key, DetailValue::Ids(values)) }
    }

    /// Adds a value; the last one under a key stands.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: DetailValue) -> Self {
        match self.members.binary_search_by(|(known, _)| (*known).cmp(key)) {
            Ok(index) => self.members[index].1 = value,
            Err(index) => self.members.insert(index, (key, value)),
        }
        self
    }

    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&DetailValue> {
        let index = self.members.binary_search_by(|(known, _)| (*known).cmp(key)).ok()?;
        Some(&self.members[index].1)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The members, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &DetailValue)> {
        self.members.iter().map(|(key, value)| (*key, value))
    }
}

impl DetailValue {
    /// Whether a catalogue key takes the value.
    pub(crate) fn fits(&self, key: &DetailKey) -> bool {
        match self {
            Self::Integer(_) => key.kind == DetailKind::Integer,
            Self::Boolean(_) => key.kind == DetailKind::Boolean,
            Self::Word(_) => key.kind == DetailKind::Word,
            Self::Id(_) => key.kind == DetailKind::Id,
            Self::Event(_) => key.kind == DetailKind::Event,
            Self::Log(_) => key.kind == DetailKind::Log,
            Self::Digest(_) => key.kind == DetailKind::Digest,
            Self::Words(_) => key.kind == DetailKind::Words,
            Self::Integers(_) => key.kind == DetailKind::Integers,
            Self::Ids(_) => key.kind == DetailKind::Ids,
        }
    }
}
