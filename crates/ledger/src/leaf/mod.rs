//! Reading leaves: a parser that takes exactly the bytes that a writer of this format can produce.
//!
//! A leaf is read once from left to right. Everything that is not canonical is refused, so equal leaves are equal
//! bytes, and the places of its members are remembered, so that a filter asks without reading again.

mod check;
mod read;

use std::fmt;

use crate::event::Event;
use crate::id::{AnyId, EventId, NodeId, Origin, ProjectId, RequestId};
use crate::opening;
use crate::record::{Outcome, VERSION};
use crate::words::{ActorKind, CredentialKind, GrantSource, Held, Need, Reason, TargetKind};
pub(crate) use read::is_string_byte;
use read::{
    ACTOR, AUTHZ, C_AT, CAUSE_AT, CRED, DETAIL_AT, ID_AT, LOG_AT, Map, NODE_AT, OUTCOME_AT, REASON_AT, REQ_AT, Span,
    TARGET, TOP, TYPE_AT, WALL_AT,
};

/// Bytes that are no leaf, and where that shows first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} at byte {at} of a leaf")]
pub struct LeafError {
    /// The byte.
    pub at: usize,
    /// What is wrong.
    pub fault: LeafFault,
}

/// What is wrong with bytes that are no leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafFault {
    /// More than [`MAX_LEAF`](crate::MAX_LEAF) bytes.
    #[error("too many bytes")]
    TooLong,
    /// A byte that cannot stand there.
    #[error("an unexpected byte")]
    Byte,
    /// The leaf ends too early.
    #[error("an unexpected end")]
    End,
    /// Bytes after the leaf.
    #[error("bytes after the end")]
    Trailing,
    /// A key that was there before.
    #[error("a repeated key")]
    Repeated,
    /// A key that belongs before another.
    #[error("a key out of order")]
    Order,
    /// An integer of 2^53 or more, or with a leading zero.
    #[error("a number that is no canonical integer")]
    Number,
    /// A string, object or array without content.
    #[error("something empty")]
    Empty,
    /// Containers too deep in each other.
    #[error("too deep a value")]
    TooDeep,
    /// A required member is not there.
    #[error("no `{0}`")]
    Missing(&'static str),
    /// A member that this version does not have.
    #[error("an unknown member in `{0}`")]
    Unknown(&'static str),
    /// A member that is not what it should be.
    #[error("a malformed `{0}`")]
    Malformed(&'static str),
    /// The leaf belongs to another log.
    #[error("another log's name")]
    ForeignLog,
}

/// A leaf in borrowed bytes.
#[derive(Clone, Copy)]
pub struct Leaf<'a> {
    text: &'a str,
    map: Map,
}

/// A leaf with its bytes.
#[derive(Clone)]
pub struct OwnedLeaf {
    text: Box<str>,
    map: Map,
}

/// A value of a leaf's detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafValue<'a> {
    /// A word, an id or a digest.
    Text(&'a str),
    /// An integer.
    Integer(u64),
    /// A boolean.
    Boolean(bool),
    /// Several of these, as they stand in the leaf, brackets included.
    List(&'a str),
}

impl fmt::Display for LeafValue<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::List(text) => formatter.write_str(text),
            Self::Integer(integer) => write!(formatter, "{integer}"),
            Self::Boolean(boolean) => write!(formatter, "{boolean}"),
        }
    }
}

impl<'a> Leaf<'a> {
    /// Reads a leaf. Of a version that is not known, only the lexical law and the frozen members are checked.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, LeafError> {
        let (map, unknown) = read::read(bytes)?;
        let text = std::str::from_utf8(bytes).expect("the reader took ASCII only");
        let mut leaf = Self { text, map };
        leaf.check_frozen()?;
        if leaf.map.version == VERSION {
            if let Some(unknown) = unknown {
                return Err(unknown);
            }
            leaf.check_version_1()?;
        }
        Ok(leaf)
    }

    /// The bytes as text.
    pub const fn as_str(&self) -> &'a str {
        self.text
    }

    /// The bytes that the tree hashes.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// A copy that owns its bytes.
    pub fn to_owned(&self) -> OwnedLeaf {
        OwnedLeaf { text: self.text.into(), map: self.map }
    }

    /// Refuses a leaf of another log.
    pub fn check_log(&self, origin: &Origin) -> Result<(), LeafError> {
        if self.log() == origin.as_str() { Ok(()) } else { Err(self.fault(LOG_AT, LeafFault::ForeignLog)) }
    }

    /// The version of the record format.
    pub const fn version(&self) -> u64 {
        self.map.version
    }

    /// The attempt.
    pub fn id(&self) -> EventId {
        self.top(ID_AT).and_then(|text| text.parse().ok()).expect("the parser saw an event id")
    }

    /// The origin of the log.
    pub fn log(&self) -> &'a str {
        self.top(LOG_AT).unwrap_or_default()
    }

    /// The log's time, microseconds UTC.
    pub fn ts(&self) -> i64 {
        self.map.ts.cast_signed()
    }

    /// The deciding node's own reading, microseconds UTC.
    pub fn wall(&self) -> i64 {
        self.integer(self.map.top[WALL_AT]).map_or(self.ts(), u64::cast_signed)
    }

    /// The identifier of the event, known or not.
    pub fn event_type(&self) -> &'a str {
        self.top(TYPE_AT).unwrap_or_default()
    }

    /// The event, if this version of the catalogue has it.
    pub fn event(&self) -> Option<Event> {
        Event::from_word(self.event_type())
    }

    /// What kind of principal acted.
    pub fn actor_kind(&self) -> Option<ActorKind> {
        self.string(self.map.actor[1]).and_then(ActorKind::from_word)
    }

    /// Which principal of this log acted.
    pub fn actor_id(&self) -> Option<AnyId> {
        self.any_id(self.map.actor[0])
    }

    /// What kind of principal was acted for.
    pub fn behalf_kind(&self) -> Option<ActorKind> {
        self.string(self.map.behalf[1]).and_then(ActorKind::from_word)
    }

    /// Which principal was acted for.
    pub fn behalf_id(&self) -> Option<AnyId> {
        self.any_id(self.map.behalf[0])
    }

    /// The kind of the credential.
    pub fn credential_kind(&self) -> Option<CredentialKind> {
        self.string(self.map.cred[2]).and_then(CredentialKind::from_word)
    }

    /// The credential.
    pub fn credential_id(&self) -> Option<AnyId> {
        self.any_id(self.map.cred[1])
    }

    /// The event that issued the credential.
    pub fn credential_from(&self) -> Option<EventId> {
        self.string(self.map.cred[0]).and_then(|text| text.parse().ok())
    }

    /// Where the permission came from.
    pub fn grant_source(&self) -> Option<GrantSource> {
        self.string(self.map.authz[0]).and_then(GrantSource::from_word)
    }

    /// What was held, on denial.
    pub fn held(&self) -> Option<Held> {
        self.string(self.map.authz[1]).and_then(Held::from_word)
    }

    /// The grant.
    pub fn grant_id(&self) -> Option<AnyId> {
        self.any_id(self.map.authz[2])
    }

    /// What was needed.
    pub fn need(&self) -> Option<Need> {
        self.string(self.map.authz[3]).and_then(Need::from_word)
    }

    /// The access version that the decision saw.
    pub fn policy(&self) -> Option<u64> {
        self.integer(self.map.authz[4])
    }

    /// What kind of thing was acted on.
    pub fn target_kind(&self) -> Option<TargetKind> {
        self.string(self.map.target[2]).and_then(TargetKind::from_word)
    }

    /// The thing acted on.
    pub fn target_id(&self) -> Option<AnyId> {
        self.any_id(self.map.target[1])
    }

    /// The project of the thing acted on.
    pub fn target_project(&self) -> Option<ProjectId> {
        self.string(self.map.target[3]).and_then(|text| text.parse().ok())
    }

    /// The revision acted on or produced.
    pub fn target_rev(&self) -> Option<u64> {
        self.integer(self.map.target[4])
    }

    /// The revision before.
    pub fn target_before(&self) -> Option<u64> {
        self.integer(self.map.target[0])
    }

    /// How it ended, as a word.
    pub fn outcome_word(&self) -> Option<&'a str> {
        self.top(OUTCOME_AT)
    }

    /// Why, as a word.
    pub fn reason_word(&self) -> Option<&'a str> {
        self.top(REASON_AT)
    }

    /// How it ended, and why; `None` if the reason is one of a later version.
    pub fn outcome(&self) -> Option<Outcome> {
        let reason = self.reason_word().and_then(Reason::from_word);
        match self.outcome_word()? {
            "intended" => Some(Outcome::Intended),
            "succeeded" => Some(Outcome::Succeeded),
            "denied" => reason.map(Outcome::Denied),
            "failed" => reason.map(Outcome::Failed),
            "unknown" => reason.map(Outcome::Unknown),
            _ => None,
        }
    }

    /// The request.
    pub fn request(&self) -> Option<RequestId> {
        self.top(REQ_AT).and_then(|text| text.parse().ok())
    }

    /// The process that decided.
    pub fn node(&self) -> Option<NodeId> {
        self.top(NODE_AT).and_then(|text| text.parse().ok())
    }

    /// The events that it follows from.
    pub fn causes(&self) -> impl Iterator<Item = EventId> {
        let list = self.slice(self.map.top[CAUSE_AT]);
        items(list).filter_map(|item| item.trim_matches('"').parse().ok())
    }

    /// The commitment of a name.
    pub fn commitment(&self, name: &str) -> Option<[u8; 32]> {
        self.commitments().find(|(known, _)| *known == name).map(|(_, commitment)| commitment)
    }

    /// Every commitment with its name.
    pub fn commitments(&self) -> impl Iterator<Item = (&'a str, [u8; 32])> {
        let mut rest = &self.slice(self.map.top[C_AT])[1..];
        // The parser saw nothing here but names and digests, each in quotes.
        std::iter::from_fn(move || {
            let named = rest.strip_prefix('"')?;
            let (name, after) = named.split_at_checked(named.bytes().position(|byte| byte == b'"')?)?;
            let (value, after) = after.strip_prefix("\":\"")?.split_at_checked(opening::TEXT)?;
            rest = after.get("\",".len()..)?;
            Some((name, opening::decode(value)?))
        })
    }

    /// A value of the detail.
    pub fn detail(&self, key: &str) -> Option<LeafValue<'a>> {
        self.details().find(|(known, _)| *known == key).map(|(_, value)| value)
    }

    /// Every value of the detail with its key.
    pub fn details(&self) -> impl Iterator<Item = (&'a str, LeafValue<'a>)> {
        members(self.slice(self.map.top[DETAIL_AT])).map(|(key, value)| {
            let value = match value.as_bytes().first() {
                Some(b'"') => LeafValue::Text(value.trim_matches('"')),
                Some(b'[') => LeafValue::List(value),
                Some(b't' | b'f') => LeafValue::Boolean(value == "true"),
                _ => LeafValue::Integer(value.parse().unwrap_or_default()),
            };
            (key, value)
        })
    }

    /// A member of the leaf, or of an object in it, as it stands there but for quotes; empty if it is not there.
    pub(crate) fn part(&self, object: &str, key: &str) -> &'a str {
        let map = &self.map;
        let (keys, spans): (&[&str], &[Span]) = match object {
            "actor" => (&ACTOR, &map.actor),
            "authz" => (&AUTHZ, &map.authz),
            "behalf" => (&ACTOR, &map.behalf),
            "cred" => (&CRED, &map.cred),
            "target" => (&TARGET, &map.target),
            _ => (&TOP, &map.top),
        };
        let place = keys.iter().position(|known| *known == key);
        place.map_or("", |place| self.slice(spans[place]).trim_matches('"'))
    }

    fn fault(&self, place: usize, fault: LeafFault) -> LeafError {
        LeafError { at: usize::from(self.map.top[place].start), fault }
    }

    fn top(&self, place: usize) -> Option<&'a str> {
        self.string(self.map.top[place])
    }

    /// The content of a string; `None` if it is something else or not there.
    fn string(&self, span: Span) -> Option<&'a str> {
        self.slice(span).strip_prefix('"')?.strip_suffix('"')
    }

    fn any_id(&self, span: Span) -> Option<AnyId> {
        self.string(span).and_then(|text| text.parse().ok())
    }

    fn integer(&self, span: Span) -> Option<u64> {
        self.slice(span).parse().ok()
    }

    fn slice(&self, span: Span) -> &'a str {
        &self.text[usize::from(span.start)..usize::from(span.end)]
    }
}

impl fmt::Debug for Leaf<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text)
    }
}

impl PartialEq for Leaf<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Leaf<'_> {}

impl OwnedLeaf {
    /// Reads a leaf and keeps its bytes.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, LeafError> {
        let map = Leaf::parse(&bytes)?.map;
        let text = String::from_utf8(bytes).expect("the parser saw ASCII only").into_boxed_str();
        Ok(Self { text, map })
    }

    /// The leaf.
    pub const fn as_leaf(&self) -> Leaf<'_> {
        Leaf { text: &self.text, map: self.map }
    }
}

impl fmt::Debug for OwnedLeaf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl PartialEq for OwnedLeaf {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for OwnedLeaf {}

/// The members of an object that was read before, with their raw values.
fn members(object: &str) -> impl Iterator<Item = (&str, &str)> {
    let inner = object.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
    split(inner).filter_map(|member| {
        let (key, value) = member.split_once(':')?;
        Some((key.trim_matches('"'), value))
    })
}

/// The items of an array that was read before, raw.
fn items(array: &str) -> impl Iterator<Item = &str> {
    split(array.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or_default())
}

/// Cuts at the commas that stand in no inner container. No string of a leaf holds a comma or a bracket.
fn split(mut inner: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let mut depth = 0_u32;
        let end = inner.bytes().position(|byte| {
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            byte == b',' && depth == 0
        });
        let (part, rest) = end.map_or((inner, ""), |end| (&inner[..end], &inner[end + 1..]));
        inner = rest;
        (!part.is_empty()).then_some(part)
    })
}
