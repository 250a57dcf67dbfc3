//! The ids that this server mints, which are the only names a leaf may hold.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

/// RFC 4648 section 6, in lower case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Characters of 80 bits in base 32.
const CODE: usize = 16;
/// Bytes of an id: its prefix, an underscore, the code.
const ID: usize = CODE + 2;

/// A text that is not an id of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct ParseIdError {
    /// What the text should have been, with its article.
    pub expected: &'static str,
}

/// A kind of thing that has ids of its own.
pub trait Kind: sealed::Sealed {
    /// The letter that its ids begin with.
    const PREFIX: u8;
    /// The kind with its article, for messages.
    const NAME: &'static str;
}

mod sealed {
    pub trait Sealed {}
}

/// The kinds of things that have ids.
pub mod kinds {
    macro_rules! kinds {
        ($($(#[$meta:meta])* $name:ident, $prefix:literal, $text:literal;)+) => {
            $(
                $(#[$meta])*
                #[derive(Clone, Copy, Debug)]
                pub enum $name {}
                impl super::sealed::Sealed for $name {}
                impl super::Kind for $name {
                    const PREFIX: u8 = $prefix;
                    const NAME: &'static str = $text;
                }
            )+
        };
    }

    kinds! {
        /// A principal within one log: a membership, not an account.
        Actor, b'm', "an actor id";
        /// An access token.
        Token, b't', "a token id";
        /// An environment.
        Environment, b'e', "an environment id";
        /// A project.
        Project, b'p', "a project id";
        /// A grant of access.
        Grant, b'g', "a grant id";
        /// An opened environment.
        Session, b's', "a session id";
        /// A process of this server.
        Node, b'n', "a node id";
        /// A request.
        Request, b'q', "a request id";
        /// An organisation.
        Organization, b'o', "an organization id";
        /// An account, which may belong to several organisations.
        Account, b'u', "an account id";
        /// A signed-in browser.
        ConsoleSession, b'c', "a console session id";
        /// A link that works once.
        Link, b'l', "a link id";
        /// A team.
        Team, b'w', "a team id";
        /// What an environment does by itself at set times.
        Schedule, b'a', "a schedule id";
        /// An issuer of identities that an organisation trusts.
        Issuer, b'i', "an issuer id";
        /// The policy of an issuer.
        Policy, b'y', "a policy id";
        /// A role that an organisation made.
        Role, b'r', "a role id";
    }
}

/// A principal within one log.
pub type ActorId = Id<kinds::Actor>;
/// An access token.
pub type TokenId = Id<kinds::Token>;
/// An environment.
pub type EnvironmentId = Id<kinds::Environment>;
/// A project.
pub type ProjectId = Id<kinds::Project>;
/// A grant of access.
pub type GrantId = Id<kinds::Grant>;
/// An opened environment.
pub type SessionId = Id<kinds::Session>;
/// A process of this server.
pub type NodeId = Id<kinds::Node>;
/// A request.
pub type RequestId = Id<kinds::Request>;
/// An organisation.
pub type OrganizationId = Id<kinds::Organization>;
/// An account.
pub type AccountId = Id<kinds::Account>;
/// A signed-in browser.
pub type ConsoleSessionId = Id<kinds::ConsoleSession>;
/// A link that works once.
pub type LinkId = Id<kinds::Link>;
/// A team.
pub type TeamId = Id<kinds::Team>;
/// What an environment does by itself at set times.
pub type ScheduleId = Id<kinds::Schedule>;
/// An issuer of identities that an organisation trusts.
pub type IssuerId = Id<kinds::Issuer>;
/// The policy of an issuer.
pub type PolicyId = Id<kinds::Policy>;
/// A role that an organisation made.
pub type RoleId = Id<kinds::Role>;

/// An id of one kind: a letter, an underscore, and 80 random bits in lower-case base 32, such as `e_f6uo3ueuxkl24rbo`.
pub struct Id<K> {
    text: [u8; ID],
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Id<K> {
    /// Mints an id from 80 random bits.
    pub fn from_random(bits: [u8; 10]) -> Self {
        let mut text = [0; ID];
        text[0] = K::PREFIX;
        text[1] = b'_';
        text[2..].copy_from_slice(&encode(bits));
        Self { text, kind: PhantomData }
    }
}

impl<K> Id<K> {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        ascii(&self.text)
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let any = AnyId::from_str(text).ok().filter(|any| any.text[0] == K::PREFIX);
        let text = any.ok_or(ParseIdError { expected: K::NAME })?.text;
        Ok(Self { text, kind: PhantomData })
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// An id of any kind, for what may point at several.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AnyId {
    text: [u8; ID],
}

impl AnyId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        ascii(&self.text)
    }

    /// The id as one of its kind; `None` if it is of another.
    pub fn narrow<K: Kind>(&self) -> Option<Id<K>> {
        (self.text[0] == K::PREFIX).then_some(Id { text: self.text, kind: PhantomData })
    }
}

impl<K> From<Id<K>> for AnyId {
    fn from(id: Id<K>) -> Self {
        Self { text: id.text }
    }
}

impl FromStr for AnyId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let text: [u8; ID] = text.as_bytes().try_into().map_err(|_| ParseIdError { expected: "an id" })?;
        if is_id(&text) { Ok(Self { text }) } else { Err(ParseIdError { expected: "an id" }) }
    }
}

impl fmt::Display for AnyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for AnyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The id of one attempt: a UUID of version 7 (RFC 9562). Its time is a convenience for databases and means nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId([u8; 16]);

impl EventId {
    /// Bytes of the text form.
    pub const TEXT: usize = 36;

    /// Mints an id from a clock reading in milliseconds and 80 random bits, of which 74 are used.
    pub fn new(unix_ms: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid().into_bytes())
    }

    /// The id as it is stored.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads an id as it is stored; `None` if the bytes are not a UUID of version 7.
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        (bytes[6] >> 4 == 7 && bytes[8] >> 6 == 0b10).then_some(Self(bytes))
    }

    /// Writes the text form.
    pub fn encode(self, buffer: &mut [u8; Self::TEXT]) -> &str {
        uuid::Uuid::from_bytes(self.0).hyphenated().encode_lower(buffer)
    }
}

impl FromStr for EventId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let id = uuid::Uuid::try_parse(text).ok().and_then(|id| Self::from_bytes(id.into_bytes()));
        // The parser also takes capitals, braces and URNs; there is one spelling here.
        id.filter(|id| id.encode(&mut [0; Self::TEXT]) == text).ok_or(ParseIdError { expected: "an event id" })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.encode(&mut [0; Self::TEXT]))
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Names a log within an installation: 80 random bits in lower-case base 32.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogId([u8; CODE]);

/// Names an installation, and says neither host nor owner: 80 random bits in lower-case base 32.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId([u8; CODE]);

macro_rules! code {
    ($name:ident, $expected:literal) => {
        impl $name {
            /// Mints a name from 80 random bits.
            pub fn from_random(bits: [u8; 10]) -> Self {
                Self(encode(bits))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                ascii(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let code = text.as_bytes().try_into().ok().filter(is_code).map(Self);
                code.ok_or(ParseIdError { expected: $expected })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

code!(LogId, "a log id");
code!(InstanceId, "an instance id");

/// Whose log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LogKind {
    /// The log of an organisation.
    Organization,
    /// The log of the server itself.
    Server,
}

impl LogKind {
    /// The word in the origin.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "org",
            Self::Server => "server",
        }
    }
}

/// The permanent name of a log, byte-equal to the first line of its checkpoints:
/// `<instance>.escriba/org/<log>` or `<instance>.escriba/server/<log>`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    text: Arc<str>,
    kind: LogKind,
}

impl Origin {
    /// Names a log of an installation.
    pub fn new(instance: InstanceId, kind: LogKind, log: LogId) -> Self {
        Self { text: format!("{instance}.escriba/{}/{log}", kind.as_str()).into(), kind }
    }

    /// The origin as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whose log it is.
    pub const fn kind(&self) -> LogKind {
        self.kind
    }

    /// The id of the log.
    pub fn log(&self) -> LogId {
        let code = self.text.as_bytes().last_chunk().expect("an origin ends with a log id");
        LogId(*code)
    }
}

impl FromStr for Origin {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let parse = || {
            let (instance, rest) = text.split_once(".escriba/")?;
            let (kind, log) = rest.split_once('/')?;
            let kind = [LogKind::Organization, LogKind::Server].into_iter().find(|known| known.as_str() == kind)?;
            Some(Self::new(instance.parse().ok()?, kind, log.parse().ok()?))
        };
        parse().ok_or(ParseIdError { expected: "a log origin" })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.text)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Whether the bytes are an id of some kind.
pub(crate) fn is_id(text: &[u8]) -> bool {
    text.len() == ID && text[0].is_ascii_lowercase() && text[1] == b'_' && text[2..].iter().copied().all(is_digit)
}

fn is_code(text: &[u8; CODE]) -> bool {
    text.iter().copied().all(is_digit)
}

const fn is_digit(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'2'..=b'7')
}

/// Eighty bits are exactly sixteen digits: every text of sixteen digits is canonical.
fn encode(bits: [u8; 10]) -> [u8; CODE] {
    let mut wide = [0; 16];
    wide[6..].copy_from_slice(&bits);
    let mut rest = u128::from_be_bytes(wide);
    let mut text = [0; CODE];
    for digit in text.iter_mut().rev() {
        *digit = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    text
}

fn ascii(text: &[u8]) -> &str {
    std::str::from_utf8(text).expect("an id holds ASCII only")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_no_other_spelling_does() {
        let id = EnvironmentId::from_random([0xff; 10]);
        assert_eq!(id.as_str(), "e_7777777777777777");
        assert_eq!(EnvironmentId::from_random([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]).as_str(), "e_aaaaaaaaaaaaaaab");
        assert_eq!("e_7777777777777777".parse(), Ok(id));
        assert_eq!(AnyId::from(id).narrow(), Some(id));
        assert_eq!(AnyId::from(id).narrow::<kinds::Token>(), None);
        for wrong in ["", "e_777777777777777", "E_7777777777777777", "t_7777777777777777", "e_7777777777777778"] {
            assert!(wrong.parse::<EnvironmentId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_event_id_is_a_uuid_of_version_seven_in_one_spelling() {
        let id = EventId::new(0x019c_a8ad_fa9b, [0xff; 10]);
        assert_eq!(id.to_string(), "019ca8ad-fa9b-7fff-bfff-ffffffffffff");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(EventId::from_bytes(*id.as_bytes()), Some(id));
        assert_eq!(EventId::from_bytes([0; 16]), None);
        for wrong in ["019CA8AD-fa9b-7fff-bfff-ffffffffffff", "019ca8adfa9b7fffbfffffffffffffff", ""] {
            assert!(wrong.parse::<EventId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_origin_reads_back() {
        let (instance, log) = (InstanceId::from_random([1; 10]), LogId::from_random([2; 10]));
        let origin = Origin::new(instance, LogKind::Organization, log);
        assert_eq!(origin.as_str().parse(), Ok(origin.clone()));
        assert_eq!(origin.log(), log);
        assert!("x.escriba/org/y".parse::<Origin>().is_err());
    }
}
