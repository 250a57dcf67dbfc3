//! What happened, and how it becomes a leaf.

mod write;

use crate::detail::Detail;
use crate::event::Event;
use crate::id::{ActorId, AnyId, EventId, NodeId, Origin, ProjectId, RequestId};
use crate::statement::Statement;
use crate::words::{ActorKind, CredentialKind, GrantSource, Held, Need, Reason, StatementName, TargetKind};
use write::Writer;

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
