//! What a record says in words that are not ours, and how each is spelled.
//!
//! Every builder gives canonical text, so no other code writes it by hand.

use std::fmt::Write as _;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use jiff::tz::TimeZone;

use crate::canonical;
use crate::id::{ActorId, AnyId, EnvironmentId};
use crate::opening;
use crate::words::{StatementName, TextKey};

/// How many commitments one record of a destruction names, so that whoever checks it can bound what they read.
pub const MAX_DESTROYED: usize = 10_000;

/// A text that a leaf commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What it speaks of.
    pub name: StatementName,
    /// RFC 8785 text.
    pub value: Arc<str>,
    /// The one person that it speaks of: erasing them destroys the opening.
    pub subject: Option<AnyId>,
    /// How far one opening may serve for equal statements.
    pub sharing: Sharing,
}

/// How far equal statements of one log may share one opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sharing {
    /// Not at all.
    Once,
    /// For ever: nothing personal is in it.
    Always,
    /// Within one calendar month, as all personal data.
    Monthly,
}

/// From where a request came, as far as we can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Client<'a> {
    /// The address of the caller.
    pub addr: Option<&'a str>,
    /// How we know it: `socket`, or the header of a trusted proxy.
    pub how: Option<&'a str>,
    /// The address of the socket, if it is another.
    pub peer: Option<&'a str>,
    /// The user agent, as sent.
    pub ua: Option<&'a str>,
}

/// The secrets of one environment that a caller could see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadList<'a> {
    /// The environment.
    pub env: EnvironmentId,
    /// Its name at that time, `project/environment`.
    pub name: &'a str,
    /// Its revision.
    pub rev: u64,
    /// The names of the imports walked from the opened environment to this one, itself the last.
    pub via: &'a [String],
    /// Property paths; never values.
    pub paths: &'a [String],
}

impl Statement {
    /// Who acted: login and name at that time.
    pub fn actor(subject: ActorId, login: &str, name: &str) -> Self {
        let value = object(&[("login", Some(login)), ("name", Some(name))]);
        Self::monthly(StatementName::Actor, value, Some(subject.into()))
    }

    /// Who acted without an id in this log: an operator by the name of the shell's user, an outsider.
    pub fn stranger(login: &str, name: &str) -> Self {
        let value = object(&[("login", Some(login)), ("name", Some(name))]);
        Self::monthly(StatementName::Actor, value, None)
    }

    /// The server acting by itself.
    pub fn system() -> Self {
        let value = object(&[("login", Some("system")), ("name", Some("Escriba"))]);
        Self { name: StatementName::Actor, value, subject: None, sharing: Sharing::Always }
    }

    /// For whom somebody acted.
    pub fn behalf(subject: ActorId, login: &str, name: &str) -> Self {
        Self { name: StatementName::Behalf, ..Self::actor(subject, login, name) }
    }

    /// From where. `None` if nothing at all is known.
    pub fn client(subject: Option<AnyId>, client: &Client<'_>) -> Option<Self> {
        let members = [("addr", client.addr), ("how", client.how), ("peer", client.peer), ("ua", client.ua)];
        let known = members.iter().any(|(_, value)| value.is_some());
        known.then(|| Self::monthly(StatementName::Client, object(&members), subject))
    }

    /// The environment acted on, by its names at that time or as they were typed.
    pub fn environment(organization: &str, project: &str, environment: &str) -> Self {
        let members =
            [("environment", Some(environment)), ("organization", Some(organization)), ("project", Some(project))];
        Self::about(StatementName::Target, object(&members))
    }

    /// The organisation acted on.
    pub fn organization(organization: &str) -> Self {
        Self::about(StatementName::Target, object(&[("organization", Some(organization))]))
    }

    /// The member acted on.
    pub fn member(subject: Option<ActorId>, organization: &str, login: &str) -> Self {
        let value = object(&[("login", Some(login)), ("organization", Some(organization))]);
        Self::monthly(StatementName::Target, value, subject.map(AnyId::from))
    }

    /// The team acted on.
    pub fn team(organization: &str, name: &str) -> Self {
        Self::about(StatementName::Target, object(&[("name", Some(name)), ("organization", Some(organization))]))
    }

    /// The user acted on, or as whom somebody tried to sign in.
    pub fn user(subject: Option<AnyId>, login: &str) -> Self {
        Self::monthly(StatementName::Target, object(&[("login", Some(login))]), subject)
    }

    /// The thing acted on by the name that a person gave it: a token.
    pub fn named(subject: Option<AnyId>, name: &str) -> Self {
        Self::monthly(StatementName::Target, object(&[("name", Some(name))]), subject)
    }

    /// Text parameters. `None` if there are none.
    pub fn detail(subject: Option<AnyId>, members: &[(TextKey, &str)]) -> Option<Self> {
        let mut members: Vec<_> = members.iter().map(|(key, value)| (key.as_str(), Some(*value))).collect();
        members.sort_by_key(|(key, _)| *key);
        members.dedup_by_key(|(key, _)| *key);
        let value = (!members.is_empty()).then(|| object(&members))?;
        Some(Self { name: StatementName::Detail, value, subject, sharing: Sharing::Once })
    }

    /// Which secrets could be seen. `None` if the list is empty.
    pub fn reads(lists: &[ReadList<'_>]) -> Option<Self> {
        let mut text = String::from("[");
        for list in lists {
            text.push_str(if text.len() > 1 { ",{\"env\":\"" } else { "{\"env\":\"" });
            text.push_str(list.env.as_str());
            text.push_str("\",\"name\":");
            canonical::string(&mut text, list.name);
            text.push_str(",\"paths\":");
            strings(&mut text, list.paths);
            write!(text, ",\"rev\":{},\"via\":", list.rev).expect("a string takes everything");
            strings(&mut text, list.via);
            text.push('}');
        }
        text.push(']');
        (!lists.is_empty()).then(|| Self::about(StatementName::Reads, text.into()))
    }

    /// The digest of a stored definition. In the leaf itself it would let anybody confirm a guess for ever.
    pub fn definition(sha256: [u8; 32]) -> Self {
        let mut hex = String::with_capacity(64);
        for byte in sha256 {
            write!(hex, "{byte:02x}").expect("a string takes everything");
        }
        Self::about(StatementName::Definition, object(&[("sha256", Some(&hex))]))
    }

    /// Which openings were destroyed, by their commitments. Nothing personal is in it, and its own opening is never
    /// destroyed. `None` if there are none.
    ///
    /// One record names at most [`MAX_DESTROYED`]; more are several records.
    pub fn destroyed(commitments: &[[u8; 32]]) -> Option<Self> {
        debug_assert!(commitments.len() <= MAX_DESTROYED, "too many commitments for one record");
        let mut sorted = commitments.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let mut text = String::with_capacity(sorted.len() * 47 + 2);
        for commitment in &sorted {
            text.push_str(if text.is_empty() { "[\"" } else { "\",\"" });
            text.push_str(opening::encode(commitment, &mut [0; 44]));
        }
        text.push_str("\"]");
        let statement = Self { sharing: Sharing::Once, ..Self::about(StatementName::Destroyed, text.into()) };
        (!sorted.is_empty()).then_some(statement)
    }

    /// Names the openings that may serve for this statement at a time: equal name, value and subject, and the same
    /// month if the statement is personal.
    pub fn fingerprint(&self, at_micros: i64) -> [u8; 16] {
        let mut context = Context::new(&SHA256);
        context.update(b"escriba-statement-v1\n");
        context.update(self.name.as_str().as_bytes());
        context.update(b"\n");
        context.update(self.subject.as_ref().map_or("", AnyId::as_str).as_bytes());
        context.update(b"\n");
        if self.sharing == Sharing::Monthly {
            context.update(&month(at_micros).to_be_bytes());
        }
        context.update(b"\n");
        context.update(self.value.as_bytes());
        *context.finish().as_ref().first_chunk().expect("SHA-256 has 32 bytes")
    }

    fn about(name: StatementName, value: Arc<str>) -> Self {
        Self { name, value, subject: None, sharing: Sharing::Always }
    }

    fn monthly(name: StatementName, value: Arc<str>, subject: Option<AnyId>) -> Self {
        Self { name, value, subject, sharing: Sharing::Monthly }
    }
}

/// Months since the year 0, UTC. Times that no calendar has share one month.
fn month(at_micros: i64) -> i32 {
    jiff::Timestamp::from_microsecond(at_micros).map_or(0, |time| {
        let date = TimeZone::UTC.to_datetime(time).date();
        i32::from(date.year()) * 12 + i32::from(date.month())
    })
}

/// An object of the members that are there. The caller gives them sorted.
fn object(members: &[(&str, Option<&str>)]) -> Arc<str> {
    debug_assert!(members.is_sorted_by(|(a, _), (b, _)| a < b), "members are out of order");
    let mut text = String::from("{");
    for (key, value) in members {
        if let Some(value) = value {
            if text.len() > 1 {
                text.push(',');
            }
            canonical::string(&mut text, key);
            text.push(':');
            canonical::string(&mut text, value);
        }
    }
    text.push('}');
    text.into()
}

fn strings(text: &mut String, values: &[String]) {
    text.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        canonical::string(text, value);
    }
    text.push(']');
}
