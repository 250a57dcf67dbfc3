//! What happened, and how it becomes a leaf.

use aws_lc_rs::digest::{Context, SHA256};

use crate::detail::{Detail, DetailValue};
use crate::event::Event;
use crate::id::{ActorId, AnyId, EventId, NodeId, Origin, ProjectId, RequestId};
use crate::leaf::is_string_byte;
use crate::statement::Statement;
use crate::words::{ActorKind, CredentialKind, GrantSource, Held, Need, Reason, StatementName, TargetKind};

/// The version of the record format.
pub const VERSION: u64 = 1;
/// The largest leaf, in bytes.
pub const MAX_LEAF: usize = 4096;
/// The largest integer: beyond it, JSON readers that use doubles disagree.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;
/// How many causes a record may name.
pub const MAX_CAUSES: usize = 8;

/// One attempt at something: who, with what, on what, and how it ended.
#[derive(Clone, Debug)]
pub struct Record {
    /// Names the attempt.
    pub id: EventId,
    /// What was attempted.
    pub event: Event,
    /// Who acted.
    pub actor: Actor,
    /// For whom, if the actor acted for somebody else.
    pub behalf: Option<Principal>,
    /// With which credential.
    pub credential: Credential,
    /// By which permission, if one was checked.
    pub authorization: Option<Authorization>,
    /// On what.
    pub target: Option<Target>,
    /// How it ended.
    pub outcome: Outcome,
    /// The events that it follows from, at most [`MAX_CAUSES`].
    pub cause: Vec<EventId>,
    /// What else there is to say.
    pub detail: Detail,
    /// The request, shared by all its records.
    pub request: RequestId,
    /// The process that decided.
    pub node: NodeId,
    /// Fresh random bytes, so that nobody can guess a leaf's hash.
    pub salt: [u8; 16],
    /// The texts, to which the leaf only commits. At least one.
    pub statements: Vec<Statement>,
    /// The reading of the deciding node's clock, microseconds UTC.
    pub wall: i64,
}

/// A principal: what kind, and which within this log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Actor {
    /// What kind.
    pub kind: ActorKind,
    /// Which; see [`ActorKind`] for who has one.
    pub id: Option<ActorId>,
}

/// Whom somebody acts for.
pub type Principal = Actor;

impl Actor {
    /// Nobody that we know.
    pub const ANONYMOUS: Self = Self { kind: ActorKind::Anonymous, id: None };
    /// The server itself.
    pub const SYSTEM: Self = Self { kind: ActorKind::System, id: None };
    /// Somebody at the shell of the host.
    pub const OPERATOR: Self = Self { kind: ActorKind::Operator, id: None };

    /// A user, as a member of this log's organisation.
    pub const fn user(id: ActorId) -> Self {
        Self { kind: ActorKind::User, id: Some(id) }
    }

    /// Somebody with a valid credential who does not belong here.
    pub const fn outsider(id: Option<ActorId>) -> Self {
        Self { kind: ActorKind::Outsider, id }
    }

    /// Whether the id is there exactly as the kind demands.
    const fn is_sound(self) -> bool {
        match self.kind {
            ActorKind::User | ActorKind::Service | ActorKind::Team | ActorKind::Organization => self.id.is_some(),
            ActorKind::Operator | ActorKind::Outsider => true,
            ActorKind::System | ActorKind::Anonymous => self.id.is_none(),
        }
    }
}

/// With what the actor proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Credential {
    /// What kind.
    pub kind: CredentialKind,
    /// Which.
    pub id: Option<AnyId>,
    /// The event that issued it.
    pub from: Option<EventId>,
}

impl Credential {
    /// No credential at all.
    pub const NONE: Self = Self { kind: CredentialKind::None, id: None, from: None };
    /// The server acting by itself.
    pub const INTERNAL: Self = Self { kind: CredentialKind::Internal, id: None, from: None };
    /// The shell of the host.
    pub const LOCAL_CLI: Self = Self { kind: CredentialKind::LocalCli, id: None, from: None };
}

/// The permission that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Authorization {
    /// Where it came from.
    pub by: GrantSource,
    /// The grant, if it was one.
    pub id: Option<AnyId>,
    /// What was needed.
    pub need: Need,
    /// What was held instead, on denial.
    pub held: Option<Held>,
    /// The access version of the organisation that the decision saw.
    pub policy: u64,
}

/// What was acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// What kind of thing.
    pub kind: TargetKind,
    /// Which; absent if the name led nowhere.
    pub id: Option<AnyId>,
    /// The project it is in.
    pub project: Option<ProjectId>,
    /// The revision acted on or produced.
    pub rev: Option<u64>,
    /// The revision before.
    pub before: Option<u64>,
}

impl Target {
    /// A thing of which no more is known than its kind.
    pub const fn unresolved(kind: TargetKind) -> Self {
        Self { kind, id: None, project: None, rev: None, before: None }
    }

    /// A thing with an id.
    pub fn new(kind: TargetKind, id: impl Into<AnyId>) -> Self {
        Self { id: Some(id.into()), ..Self::unresolved(kind) }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Not yet: an effect that outlives us is about to begin.
    Intended,
    /// As asked.
    Succeeded,
    /// Refused.
    Denied(Reason),
    /// Permitted, but it did not work.
    Failed(Reason),
    /// Nobody knows: we stopped between intent and outcome.
    Unknown(Reason),
}

impl Outcome {
    /// The word in the leaf.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Succeeded => "succeeded",
            Self::Denied(_) => "denied",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Why, unless it is intended or succeeded.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::Intended | Self::Succeeded => None,
            Self::Denied(reason) | Self::Failed(reason) | Self::Unknown(reason) => Some(reason),
        }
    }
}

/// A record that no leaf can hold: always a mistake of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The event's catalogue does not have the key.
    #[error("{event} has no detail `{key}`")]
    DetailKey {
        /// The event.
        event: Event,
        /// The key.
        key: &'static str,
    },
    /// The key takes another kind of value.
    #[error("the detail `{key}` of {event} has a value of the wrong kind")]
    DetailKind {
        /// The event.
        event: Event,
        /// The key.
        key: &'static str,
    },
    /// A word holds what no word may, or is empty.
    #[error("`{0}` is not a word")]
    Word(&'static str),
    /// An array is empty.
    #[error("the detail `{0}` is empty")]
    Empty(&'static str),
    /// An integer is too large.
    #[error("`{0}` is not below 2^53")]
    Integer(&'static str),
    /// The clock reading is before 1970 or far beyond any calendar.
    #[error("the clock reading is out of range")]
    Clock,
    /// An actor without the id that its kind demands, or with one that it forbids.
    #[error("an actor of kind {0} with or without an id")]
    Actor(ActorKind),
    /// Nothing is stated, so nothing would be committed to.
    #[error("a record states nothing")]
    Silent,
    /// Two statements have one name.
    #[error("two statements about `{0}`")]
    Repeated(StatementName),
    /// Statements and commitments do not pair.
    #[error("statement and commitment of `{0}` do not pair")]
    Unpaired(StatementName),
    /// Too many causes.
    #[error("more than {MAX_CAUSES} causes")]
    Causes,
    /// The leaf would be too long.
    #[error("a leaf of more than {MAX_LEAF} bytes")]
    TooLong,
}

/// Everything of a leaf but its time: fit to wait in an outbox until a log takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The bytes before `"ts":`.
    pub head: Vec<u8>,
    /// The bytes from `"type":` on, without the closing brace.
    pub tail: Vec<u8>,
    /// The deciding node's clock reading, microseconds UTC.
    pub wall: i64,
}

impl Pending {
    /// The leaf, at the log's time in microseconds UTC.
    pub fn finish(&self, ts: i64) -> Vec<u8> {
        let mut leaf = Writer(Vec::with_capacity(self.head.len() + self.tail.len() + TIMES));
        leaf.0.extend_from_slice(&self.head);
        leaf.0.extend_from_slice(b"\"ts\":");
        leaf.number(clamp(ts));
        leaf.0.push(b',');
        leaf.0.extend_from_slice(&self.tail);
        if self.wall != ts {
            leaf.integer("wall", clamp(self.wall));
        }
        leaf.0.push(b'}');
        leaf.0
    }
}

/// Bytes that the two times and the brace take at most.
const TIMES: usize = r#""ts":9007199254740991,,"wall":9007199254740991}"#.len();

/// A log's time lies in range by construction; an absurd one must still give a leaf that reads back.
fn clamp(micros: i64) -> u64 {
    u64::try_from(micros).unwrap_or(0).min(MAX_INTEGER)
}

impl Record {
    /// Writes everything of the leaf but its time. There must be one commitment for each statement.
    pub fn pending(&self, origin: &Origin, commitments: &[(StatementName, [u8; 32])]) -> Result<Pending, RecordError> {
        self.check()?;
        if u64::try_from(self.wall).ok().is_none_or(|wall| wall > MAX_INTEGER) {
            return Err(RecordError::Clock);
        }
        let mut head = Writer(Vec::with_capacity(1024));
        head.0.push(b'{');
        head.actor("actor", self.actor);
        if let Some(authorization) = &self.authorization {
            head.authorization(authorization)?;
        }
        if let Some(behalf) = self.behalf {
            head.actor("behalf", behalf);
        }
        head.commitments(&self.paired(commitments)?);
        if !self.cause.is_empty() {
            head.open_array("cause");
            for cause in &self.cause {
                head.item(cause.encode(&mut [0; EventId::TEXT]));
            }
            head.0.push(b']');
        }
        head.credential(&self.credential);
        if !self.detail.is_empty() {
            head.detail(&self.detail)?;
        }
        head.string("id", self.id.encode(&mut [0; EventId::TEXT]));
        head.string("log", origin.as_str());
        head.string("node", self.node.as_str());
        head.string("outcome", self.outcome.as_str());
        if let Some(reason) = self.outcome.reason() {
            head.string("reason", reason.as_str());
        }
        head.string("req", self.request.as_str());
        head.base64("salt", &self.salt);
        if let Some(target) = &self.target {
            head.target(target)?;
        }
        head.0.push(b',');
        let tail = format!(r#""type":"{}","v":{VERSION}"#, self.event.id()).into_bytes();
        if head.0.len() + tail.len() + TIMES > MAX_LEAF {
            return Err(RecordError::TooLong);
        }
        Ok(Pending { head: head.0, tail, wall: self.wall })
    }

    fn check(&self) -> Result<(), RecordError> {
        for actor in [Some(self.actor), self.behalf].into_iter().flatten() {
            if !actor.is_sound() {
                return Err(RecordError::Actor(actor.kind));
            }
        }
        if self.cause.len() > MAX_CAUSES {
            return Err(RecordError::Causes);
        }
        let keys = self.event.detail_keys();
        for (key, value) in self.detail.iter() {
            let known = keys.iter().find(|known| known.name == key);
            let known = known.ok_or(RecordError::DetailKey { event: self.event, key })?;
            if !value.fits(known) {
                return Err(RecordError::DetailKind { event: self.event, key });
            }
        }
        Ok(())
    }

    /// The commitments in the order of a leaf.
    fn paired(
        &self,
        commitments: &[(StatementName, [u8; 32])],
    ) -> Result<[Option<[u8; 32]>; StatementName::ALL.len()], RecordError> {
        let mut slots = [None; StatementName::ALL.len()];
        for (name, commitment) in commitments {
            if slots[*name as usize].replace(*commitment).is_some() {
                return Err(RecordError::Repeated(*name));
            }
        }
        let mut stated = [false; StatementName::ALL.len()];
        for statement in &self.statements {
            if std::mem::replace(&mut stated[statement.name as usize], true) {
                return Err(RecordError::Repeated(statement.name));
            }
        }
        let unpaired =
            StatementName::ALL.iter().find(|name| stated[**name as usize] != slots[**name as usize].is_some());
        match unpaired {
            Some(name) => Err(RecordError::Unpaired(*name)),
            None if self.statements.is_empty() => Err(RecordError::Silent),
            None => Ok(slots),
        }
    }
}

/// The hash of a leaf in its tree: SHA-256 over a zero byte and the leaf (RFC 6962 section 2.1).
pub fn leaf_hash(leaf: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(&[0]);
    context.update(leaf);
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Writes the members of a leaf. The caller gives them in order.
struct Writer(Vec<u8>);

impl Writer {
    fn key(&mut self, key: &str) {
        if self.0.last() != Some(&b'{') {
            self.0.push(b',');
        }
        self.0.push(b'"');
        self.0.extend_from_slice(key.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    fn open(&mut self, key: &str) {
        self.key(key);
        self.0.push(b'{');
    }

    fn open_array(&mut self, key: &str) {
        self.key(key);
        self.0.push(b'[');
    }

    fn string(&mut self, key: &str, value: &str) {
        self.key(key);
        self.quoted(value);
    }

    fn quoted(&mut self, value: &str) {
        debug_assert!(is_word(value), "`{value}` is no word");
        self.0.push(b'"');
        self.0.extend_from_slice(value.as_bytes());
        self.0.push(b'"');
    }

    /// An item of an array of strings.
    fn item(&mut self, value: &str) {
        if self.0.last() != Some(&b'[') {
            self.0.push(b',');
        }
        self.quoted(value);
    }

    fn base64(&mut self, key: &str, bytes: &[u8]) {
        self.string(key, crate::opening::encode(bytes, &mut [0; 44]));
    }

    fn integer(&mut self, key: &str, value: u64) {
        self.key(key);
        self.number(value);
    }

    fn checked(&mut self, key: &'static str, value: u64) -> Result<(), RecordError> {
        if value > MAX_INTEGER {
            return Err(RecordError::Integer(key));
        }
        self.integer(key, value);
        Ok(())
    }

    fn number(&mut self, mut value: u64) {
        let mut digits = [0; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b"0123456789"[(value % 10) as usize];
            value /= 10;
            if value == 0 {
                break;
            }
        }
        self.0.extend_from_slice(&digits[start..]);
    }

    fn actor(&mut self, key: &str, actor: Actor) {
        self.open(key);
        if let Some(id) = actor.id {
            self.string("id", id.as_str());
        }
        self.string("kind", actor.kind.as_str());
        self.0.push(b'}');
    }

    fn authorization(&mut self, authorization: &Authorization) -> Result<(), RecordError> {
        self.open("authz");
        self.string("by", authorization.by.as_str());
        if let Some(held) = authorization.held {
            self.string("held", held.as_str());
        }
        if let Some(id) = authorization.id {
            self.string("id", id.as_str());
        }
        self.string("need", authorization.need.as_str());
        self.checked("policy", authorization.policy)?;
        self.0.push(b'}');
        Ok(())
    }

    fn commitments(&mut self, slots: &[Option<[u8; 32]>; StatementName::ALL.len()]) {
        self.open("c");
        for (name, commitment) in StatementName::ALL.iter().zip(slots) {
            if let Some(commitment) = commitment {
                self.base64(name.as_str(), commitment);
            }
        }
        self.0.push(b'}');
    }

    fn credential(&mut self, credential: &Credential) {
        self.open("cred");
        if let Some(from) = credential.from {
            self.string("from", from.encode(&mut [0; EventId::TEXT]));
        }
        if let Some(id) = credential.id {
            self.string("id", id.as_str());
        }
        self.string("kind", credential.kind.as_str());
        self.0.push(b'}');
    }

    fn target(&mut self, target: &Target) -> Result<(), RecordError> {
        self.open("target");
        if let Some(before) = target.before {
            self.checked("before", before)?;
        }
        if let Some(id) = target.id {
            self.string("id", id.as_str());
        }
        self.string("kind", target.kind.as_str());
        if let Some(project) = target.project {
            self.string("project", project.as_str());
        }
        if let Some(rev) = target.rev {
            self.checked("rev", rev)?;
        }
        self.0.push(b'}');
        Ok(())
    }

    fn detail(&mut self, detail: &Detail) -> Result<(), RecordError> {
        self.open("detail");
        for (key, value) in detail.iter() {
            match value {
                DetailValue::Integer(value) => self.checked(key, *value)?,
                DetailValue::Boolean(value) => {
                    self.key(key);
                    self.0.extend_from_slice(if *value { b"true" } else { b"false" });
                }
                DetailValue::Word(word) => self.string(key, checked_word(word)?),
                DetailValue::Id(id) => self.string(key, id.as_str()),
                DetailValue::Event(id) => self.string(key, id.encode(&mut [0; EventId::TEXT])),
                DetailValue::Log(id) => self.string(key, id.as_str()),
                DetailValue::Digest(digest) => self.base64(key, digest),
                DetailValue::Words(words) => {
                    self.open_array(key);
                    for word in words {
                        self.item(checked_word(word)?);
                    }
                    self.close_array(key)?;
                }
                DetailValue::Ids(ids) => {
                    self.open_array(key);
                    for id in ids {
                        self.item(id.as_str());
                    }
                    self.close_array(key)?;
                }
                DetailValue::Integers(integers) => {
                    self.open_array(key);
                    for integer in integers {
                        if *integer > MAX_INTEGER {
                            return Err(RecordError::Integer(key));
                        }
                        if self.0.last() != Some(&b'[') {
                            self.0.push(b',');
                        }
                        self.number(*integer);
                    }
                    self.close_array(key)?;
                }
            }
        }
        self.0.push(b'}');
        Ok(())
    }

    fn close_array(&mut self, key: &'static str) -> Result<(), RecordError> {
        if self.0.last() == Some(&b'[') {
            return Err(RecordError::Empty(key));
        }
        self.0.push(b']');
        Ok(())
    }
}

fn checked_word(word: &'static str) -> Result<&'static str, RecordError> {
    if is_word(word) { Ok(word) } else { Err(RecordError::Word(word)) }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_string_byte)
}
