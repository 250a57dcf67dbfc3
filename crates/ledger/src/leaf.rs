//! Reading leaves: a parser that takes exactly the bytes that a writer of this format can produce.
//!
//! A leaf is read once from left to right. Everything that is not canonical is refused, so equal leaves are equal
//! bytes, and the places of its members are remembered, so that a filter asks without reading again.

use std::fmt;

use crate::event::Event;
use crate::id::{AnyId, EventId, NodeId, Origin, ProjectId, RequestId, is_id};
use crate::opening;
use crate::record::{MAX_CAUSES, MAX_INTEGER, MAX_LEAF, Outcome, VERSION};
use crate::words::{ActorKind, CredentialKind, GrantSource, Held, Need, Reason, TargetKind};

/// How deep containers may stand in each other, the leaf itself included.
const MAX_DEPTH: usize = 4;

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
    /// More than [`MAX_LEAF`] bytes.
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

/// Where a value stands; nowhere, if it is empty.
#[derive(Clone, Copy, Default)]
struct Span {
    start: u16,
    end: u16,
}

/// Where everything stands.
#[derive(Clone, Copy, Default)]
struct Map {
    top: [Span; TOP.len()],
    actor: [Span; ACTOR.len()],
    behalf: [Span; ACTOR.len()],
    authz: [Span; AUTHZ.len()],
    cred: [Span; CRED.len()],
    target: [Span; TARGET.len()],
    version: u64,
    ts: u64,
}

// The keys of each object, sorted, and the places of those that are asked for.
const TOP: [&str; 19] = [
    "actor", "authz", "behalf", "c", "cause", "cred", "detail", "id", "log", "node", "outcome", "reason", "req",
    "salt", "target", "ts", "type", "v", "wall",
];
const ACTOR_AT: usize = 0;
const AUTHZ_AT: usize = 1;
const BEHALF_AT: usize = 2;
const C_AT: usize = 3;
const CAUSE_AT: usize = 4;
const CRED_AT: usize = 5;
const DETAIL_AT: usize = 6;
const ID_AT: usize = 7;
const LOG_AT: usize = 8;
const NODE_AT: usize = 9;
const OUTCOME_AT: usize = 10;
const REASON_AT: usize = 11;
const REQ_AT: usize = 12;
const SALT_AT: usize = 13;
const TARGET_AT: usize = 14;
const TS_AT: usize = 15;
const TYPE_AT: usize = 16;
const V_AT: usize = 17;
const WALL_AT: usize = 18;
const ACTOR: [&str; 2] = ["id", "kind"];
const AUTHZ: [&str; 5] = ["by", "held", "id", "need", "policy"];
const CRED: [&str; 3] = ["from", "id", "kind"];
const TARGET: [&str; 5] = ["before", "id", "kind", "project", "rev"];

/// Members without which no version of a leaf is one.
const FROZEN: [usize; 7] = [C_AT, ID_AT, LOG_AT, SALT_AT, TS_AT, TYPE_AT, V_AT];
/// Members that version 1 always has besides.
const REQUIRED: [usize; 5] = [ACTOR_AT, CRED_AT, NODE_AT, OUTCOME_AT, REQ_AT];

impl<'a> Leaf<'a> {
    /// Reads a leaf. Of a version that is not known, only the lexical law and the frozen members are checked.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, LeafError> {
        if bytes.len() > MAX_LEAF {
            return Err(LeafError { at: MAX_LEAF, fault: LeafFault::TooLong });
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| LeafError { at: error.valid_up_to(), fault: LeafFault::Byte })?;
        let mut cursor = Cursor { bytes, at: 0 };
        let mut map = Map::default();
        let mut unknown = None;
        cursor.leaf(&mut map, &mut unknown)?;
        if cursor.at < bytes.len() {
            return Err(cursor.fault(LeafFault::Trailing));
        }
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
        let members = members(self.slice(self.map.top[C_AT]));
        members.filter_map(|(name, value)| Some((name, opening::decode(value.trim_matches('"'))?)))
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

    fn check_frozen(&mut self) -> Result<(), LeafError> {
        for place in FROZEN {
            self.require(place)?;
        }
        self.map.version = self.integer(self.map.top[V_AT]).unwrap_or_default();
        self.map.ts = self.integer(self.map.top[TS_AT]).ok_or_else(|| self.malformed(TS_AT))?;
        self.must(V_AT, self.map.version > 0)?;
        self.must(ID_AT, self.is_event_id(self.map.top[ID_AT]))?;
        self.must(LOG_AT, self.top(LOG_AT).is_some_and(|text| is_origin(text.as_bytes())))?;
        self.must(SALT_AT, self.top(SALT_AT).is_some_and(is_salt))?;
        self.must(TYPE_AT, self.top(TYPE_AT).is_some())?;
        let commitments = self.slice(self.map.top[C_AT]);
        self.must(C_AT, commitments.starts_with('{') && members(commitments).all(|(_, value)| is_commitment(value)))
    }

    fn check_version_1(&self) -> Result<(), LeafError> {
        for place in REQUIRED {
            self.require(place)?;
        }
        let map = &self.map;
        self.must(ACTOR_AT, self.is_principal(map.actor))?;
        self.must(BEHALF_AT, !self.has(BEHALF_AT) || self.is_principal(map.behalf))?;
        let [by, held, grant, need, policy] = map.authz;
        let words = self.string(by).is_some() && self.string(need).is_some() && self.is_absent_or_string(held);
        let authz = words && self.is_absent_or_id(grant) && self.integer(policy).is_some();
        self.must(AUTHZ_AT, !self.has(AUTHZ_AT) || authz)?;
        let [from, credential, kind] = map.cred;
        let issued = from.is_absent() || self.is_event_id(from);
        self.must(CRED_AT, issued && self.is_absent_or_id(credential) && self.string(kind).is_some())?;
        let [before, thing, kind, project, rev] = map.target;
        let revisions = [before, rev].iter().all(|span| span.is_absent() || self.integer(*span).is_some());
        let project = self.is_absent_or(project, |text| text.starts_with("p_") && is_id(text.as_bytes()));
        let target = revisions && project && self.is_absent_or_id(thing) && self.string(kind).is_some();
        self.must(TARGET_AT, !self.has(TARGET_AT) || target)?;
        self.must(NODE_AT, self.top(NODE_AT).is_some_and(|text| text.starts_with("n_") && is_id(text.as_bytes())))?;
        self.must(REQ_AT, self.top(REQ_AT).is_some_and(|text| text.starts_with("q_") && is_id(text.as_bytes())))?;
        let explained = match self.outcome_word() {
            Some("intended" | "succeeded") => false,
            Some("denied" | "failed" | "unknown") => true,
            _ => return Err(self.malformed(OUTCOME_AT)),
        };
        self.must(REASON_AT, self.top(REASON_AT).is_some() == explained && self.has(REASON_AT) == explained)?;
        let wall = map.top[WALL_AT];
        self.must(WALL_AT, wall.is_absent() || self.integer(wall).is_some_and(|wall| wall != map.ts))?;
        let causes = self.slice(map.top[CAUSE_AT]);
        let mut count = 0;
        let sound = items(causes).all(|item| {
            count += 1;
            count <= MAX_CAUSES && item.len() == EventId::TEXT + 2 && is_event_id(item.trim_matches('"'))
        });
        self.must(CAUSE_AT, sound && (causes.is_empty() || causes.starts_with('[')))?;
        let detail = self.slice(map.top[DETAIL_AT]);
        // Flat: below the detail there may be arrays, and nothing below those.
        let flat = members(detail).all(|(_, value)| {
            let inner = value.get(1..).unwrap_or_default();
            !(value.starts_with('{') || value.starts_with('[') && inner.contains(['{', '[']))
        });
        self.must(DETAIL_AT, flat && (detail.is_empty() || detail.starts_with('{')))
    }

    fn is_principal(&self, [id, kind]: [Span; 2]) -> bool {
        let has_id = !id.is_absent();
        let sound = match self.string(kind) {
            None => false,
            Some("user" | "service" | "team" | "organization") => has_id,
            Some("system" | "anonymous") => !has_id,
            Some(_) => true,
        };
        sound && self.is_absent_or_id(id)
    }

    fn is_absent_or(&self, span: Span, test: impl Fn(&str) -> bool) -> bool {
        span.is_absent() || self.string(span).is_some_and(test)
    }

    fn is_absent_or_id(&self, span: Span) -> bool {
        self.is_absent_or(span, |text| is_id(text.as_bytes()))
    }

    fn is_absent_or_string(&self, span: Span) -> bool {
        self.is_absent_or(span, |_| true)
    }

    fn is_event_id(&self, span: Span) -> bool {
        self.string(span).is_some_and(is_event_id)
    }

    fn has(&self, place: usize) -> bool {
        !self.map.top[place].is_absent()
    }

    fn require(&self, place: usize) -> Result<(), LeafError> {
        let missing = LeafError { at: self.text.len(), fault: LeafFault::Missing(TOP[place]) };
        if self.has(place) { Ok(()) } else { Err(missing) }
    }

    fn must(&self, place: usize, sound: bool) -> Result<(), LeafError> {
        if sound { Ok(()) } else { Err(self.malformed(place)) }
    }

    fn malformed(&self, place: usize) -> LeafError {
        self.fault(place, LeafFault::Malformed(TOP[place]))
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

impl Span {
    const fn is_absent(self) -> bool {
        self.end == 0
    }
}

/// Reads bytes from left to right.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn leaf(&mut self, map: &mut Map, unknown: &mut Option<LeafError>) -> Result<(), LeafError> {
        let Map { top, actor, behalf, authz, cred, target, .. } = map;
        let mut place = 0;
        self.object(1, |cursor, key| {
            let at = cursor.at;
            let known = find(&TOP, &mut place, key);
            let mut inside = |cursor: &mut Self, keys, spans, name| cursor.known(keys, spans, name, unknown);
            match known {
                Some(ACTOR_AT) => inside(cursor, &ACTOR[..], &mut actor[..], "actor")?,
                Some(AUTHZ_AT) => inside(cursor, &AUTHZ, authz, "authz")?,
                Some(BEHALF_AT) => inside(cursor, &ACTOR, behalf, "behalf")?,
                Some(CRED_AT) => inside(cursor, &CRED, cred, "cred")?,
                Some(TARGET_AT) => inside(cursor, &TARGET, target, "target")?,
                Some(_) => cursor.value(2)?,
                None => {
                    unknown.get_or_insert(LeafError { at, fault: LeafFault::Unknown("the leaf") });
                    cursor.value(2)?;
                }
            }
            if let Some(known) = known {
                top[known] = cursor.since(at);
            }
            Ok(())
        })
    }

    /// A value that should be an object with known keys. What it is instead shows when it is asked for.
    fn known(
        &mut self,
        keys: &[&str],
        spans: &mut [Span],
        name: &'static str,
        unknown: &mut Option<LeafError>,
    ) -> Result<(), LeafError> {
        if self.peek() != Some(b'{') {
            return self.value(2);
        }
        let mut place = 0;
        self.object(2, |cursor, key| {
            let at = cursor.at;
            cursor.value(3)?;
            match find(keys, &mut place, key) {
                Some(known) => spans[known] = cursor.since(at),
                None => _ = unknown.get_or_insert(LeafError { at, fault: LeafFault::Unknown(name) }),
            }
            Ok(())
        })
    }

    /// An object; the function reads the value of each key.
    fn object(
        &mut self,
        depth: usize,
        mut member: impl FnMut(&mut Self, &'a [u8]) -> Result<(), LeafError>,
    ) -> Result<(), LeafError> {
        self.deep(depth)?;
        self.expect(b'{')?;
        let mut last: &[u8] = b"";
        if self.peek() == Some(b'}') {
            return Err(self.fault(LeafFault::Empty));
        }
        loop {
            let at = self.at;
            let key = self.key()?;
            if key <= last {
                let fault = if key == last { LeafFault::Repeated } else { LeafFault::Order };
                return Err(LeafError { at, fault });
            }
            last = key;
            self.expect(b':')?;
            member(self, key)?;
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(());
            }
            self.expect(b',')?;
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), LeafError> {
        match self.peek() {
            Some(b'"') => self.text(),
            Some(b'0'..=b'9') => self.number(),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'{') => self.object(depth, |cursor, _| cursor.value(depth + 1)),
            Some(b'[') => self.array(depth),
            Some(_) => Err(self.fault(LeafFault::Byte)),
            None => Err(self.fault(LeafFault::End)),
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), LeafError> {
        self.deep(depth)?;
        self.at += 1;
        if self.peek() == Some(b']') {
            return Err(self.fault(LeafFault::Empty));
        }
        loop {
            self.value(depth + 1)?;
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(());
            }
            self.expect(b',')?;
        }
    }

    fn text(&mut self) -> Result<(), LeafError> {
        let rest = &self.bytes[self.at + 1..];
        let length = rest.iter().take_while(|byte| is_string_byte(**byte)).count();
        self.at += 1 + length;
        if self.peek() == Some(b'"') && length == 0 {
            return Err(self.fault(LeafFault::Empty));
        }
        self.expect(b'"')
    }

    fn key(&mut self) -> Result<&'a [u8], LeafError> {
        self.expect(b'"')?;
        let rest = &self.bytes[self.at..];
        let letters = |byte: &&u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9');
        let key = &rest[..rest.iter().take_while(letters).count()];
        if !key.first().is_some_and(u8::is_ascii_lowercase) {
            return Err(self.fault(LeafFault::Byte));
        }
        self.at += key.len();
        self.expect(b'"')?;
        Ok(key)
    }

    fn number(&mut self) -> Result<(), LeafError> {
        let (start, mut value) = (self.at, 0_u64);
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            value = value * 10 + u64::from(digit - b'0');
            self.at += 1;
            let zero_led = self.bytes[start] == b'0' && self.at > start + 1;
            if zero_led || value > MAX_INTEGER {
                return Err(LeafError { at: start, fault: LeafFault::Number });
            }
        }
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), LeafError> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.fault(LeafFault::Byte));
        }
        self.at += word.len();
        Ok(())
    }

    fn deep(&self, depth: usize) -> Result<(), LeafError> {
        if depth > MAX_DEPTH { Err(self.fault(LeafFault::TooDeep)) } else { Ok(()) }
    }

    fn expect(&mut self, byte: u8) -> Result<(), LeafError> {
        match self.peek() {
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.fault(LeafFault::Byte)),
            None => Err(self.fault(LeafFault::End)),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn since(&self, start: usize) -> Span {
        let place = |at: usize| u16::try_from(at).expect("a leaf has at most 4,096 bytes");
        Span { start: place(start), end: place(self.at) }
    }

    fn fault(&self, fault: LeafFault) -> LeafError {
        LeafError { at: self.at, fault }
    }
}

/// Finds a key in a sorted list, from where the last one was found: keys come in order.
fn find(keys: &[&str], place: &mut usize, key: &[u8]) -> Option<usize> {
    while *place < keys.len() && keys[*place].as_bytes() < key {
        *place += 1;
    }
    (*place < keys.len() && keys[*place].as_bytes() == key).then_some(*place)
}

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
fn split(inner: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    let parts = inner.split(move |character| {
        depth += i32::from(matches!(character, '{' | '[')) - i32::from(matches!(character, '}' | ']'));
        character == ',' && depth == 0
    });
    parts.filter(|part| !part.is_empty())
}

/// What a string of a leaf may hold: never a quote, a comma, a bracket or a brace.
pub(crate) const fn is_string_byte(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b':' | b'/' | b'+' | b'=' | b'-')
}

fn is_event_id(text: &str) -> bool {
    let text = text.as_bytes();
    text.len() == EventId::TEXT
        && text.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            14 => *byte == b'7',
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

fn is_origin(text: &[u8]) -> bool {
    let code = |text: &[u8]| text.len() == 16 && text.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
    let Some((instance, rest)) = text.split_at_checked(16) else { return false };
    let log = rest.strip_prefix(b".escriba/org/").or_else(|| rest.strip_prefix(b".escriba/server/"));
    code(instance) && log.is_some_and(code)
}

/// Base64 of 16 bytes: 22 digits, the last of which has four bits to spare.
fn is_salt(text: &str) -> bool {
    let text = text.as_bytes();
    text.len() == 24
        && text[..22].iter().all(|byte| digit(*byte).is_some())
        && digit(text[21]).is_some_and(|last| last % 16 == 0)
        && text.ends_with(b"==")
}

/// Quoted base64 of 32 bytes: 43 digits, the last of which has two bits to spare.
fn is_commitment(value: &str) -> bool {
    let value = value.as_bytes();
    value.len() == 46
        && value[1..44].iter().all(|byte| digit(*byte).is_some())
        && digit(value[43]).is_some_and(|last| last % 4 == 0)
        && value.ends_with(b"=\"")
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
