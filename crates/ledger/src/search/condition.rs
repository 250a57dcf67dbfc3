//! One thing that an entry may be asked for.

use core::net::IpAddr;
use std::borrow::Cow;

use super::facet::{Facet, OF, facets_of_leaf, facets_of_opening};
use super::network::Network;
use crate::event::Event;
use crate::id::{ActorId, AnyId, EnvironmentId, RequestId};
use crate::leaf::Leaf;
use crate::words::CredentialKind;

/// What an entry may be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Somebody acted, by their identifier in the log.
    Actor(ActorId),
    /// Somebody acted who had this login then.
    Login(String),
    /// This event.
    Event(Event),
    /// An event of the hosted product that this server never writes.
    OtherEvent(String),
    /// An environment that had this name then was acted on. What is absent may be anything.
    Environment {
        /// Its project.
        project: Option<String>,
        /// Its own name.
        name: Option<String>,
    },
    /// This environment was acted on.
    EnvironmentId(EnvironmentId),
    /// A secret could be seen. What is absent may be anything.
    Secret {
        /// The environment that it stands in, `project/name`.
        environment: Option<String>,
        /// Its path there.
        path: Option<String>,
    },
    /// The caller's address is one of these.
    Address(Network),
    /// It ended so.
    Outcome(&'static str),
    /// This credential was used.
    Credential(AnyId),
    /// A credential of this kind was used.
    CredentialKind(CredentialKind),
    /// It was a part of this request.
    Request(RequestId),
    /// A text stands in a value, whatever the case; an identifier is meant as a whole.
    Text(String),
}

/// How the values that meet a condition are found among those that an index has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// It can only be this one.
    One(Facet, Cow<'a, str>),
    /// They are among those of these facets.
    Among(&'static [Facet]),
    /// The request of an entry is not a facet: there are too many.
    Request(RequestId),
    /// There is none.
    Nowhere,
}

/// Every way in which an entry can have ended.
pub(super) const OUTCOMES: [&str; 5] = ["succeeded", "denied", "failed", "unknown", "intended"];

impl Condition {
    /// How to find its values.
    pub fn lookup(&self) -> Lookup<'_> {
        match self {
            Self::Actor(id) => Lookup::One(Facet::Actor, id.as_str().into()),
            Self::Login(login) => Lookup::One(Facet::Login, login.into()),
            Self::Event(event) => Lookup::One(Facet::Event, event.id().into()),
            Self::OtherEvent(_) => Lookup::Nowhere,
            Self::Environment { project: Some(project), name: Some(name) } => {
                Lookup::One(Facet::Environment, format!("{project}/{name}").into())
            }
            Self::Environment { .. } => Lookup::Among(&[Facet::Environment]),
            Self::EnvironmentId(id) => Lookup::One(Facet::Target, id.as_str().into()),
            Self::Secret { environment: Some(environment), path: Some(path) } => {
                Lookup::One(Facet::Secret, format!("{environment}{OF}{path}").into())
            }
            Self::Secret { .. } => Lookup::Among(&[Facet::Secret]),
            Self::Address(network) => match network.address() {
                Some(address) => Lookup::One(Facet::Address, address.to_string().into()),
                None => Lookup::Among(&[Facet::Address]),
            },
            Self::Outcome(word) => Lookup::One(Facet::Outcome, (*word).into()),
            Self::Credential(id) => Lookup::One(Facet::Credential, id.as_str().into()),
            Self::CredentialKind(kind) => Lookup::One(Facet::CredentialKind, kind.as_str().into()),
            Self::Request(id) => Lookup::Request(*id),
            Self::Text(_) => Lookup::Among(Facet::ALL),
        }
    }

    /// Whether a value meets it.
    pub fn holds_for(&self, facet: Facet, value: &str) -> bool {
        let among = match self.lookup() {
            Lookup::One(meant, wanted) => return facet == meant && value == wanted,
            Lookup::Request(_) | Lookup::Nowhere => return false,
            Lookup::Among(facets) => facets,
        };
        if !among.contains(&facet) {
            return false;
        }
        match self {
            Self::Environment { project, name } => {
                let (of, own) = value.split_once('/').unwrap_or(("", value));
                project.as_ref().is_none_or(|project| project == of) && name.as_ref().is_none_or(|name| name == own)
            }
            Self::Secret { environment, path } => {
                let (of, own) = value.split_once(OF).unwrap_or(("", value));
                environment.as_ref().is_none_or(|environment| environment == of)
                    && path.as_ref().is_none_or(|path| path == own)
            }
            Self::Address(network) => value.parse::<IpAddr>().is_ok_and(|address| network.contains(address)),
            Self::Text(text) => is_mentioned(text, facet, value),
            // All others are looked up.
            _ => false,
        }
    }

    /// Whether something in a leaf meets it.
    pub fn holds_in_leaf(&self, leaf: &Leaf<'_>) -> bool {
        if let Self::Request(id) = self {
            return leaf.request() == Some(*id);
        }
        let mut holds = false;
        facets_of_leaf(leaf, |facet, value| holds = holds || self.holds_for(facet, value));
        holds
    }

    /// Whether something in an opening meets it.
    pub fn holds_in_opening(&self, name: &str, value: &str) -> bool {
        let mut holds = false;
        facets_of_opening(name, value, |facet, value| holds = holds || self.holds_for(facet, value));
        holds
    }

    /// Whether openings of a statement of this name can meet it.
    pub fn asks_of(&self, name: &str) -> bool {
        let is_of = |facet: Facet| facet.statement().is_some_and(|statement| statement.as_str() == name);
        match self.lookup() {
            Lookup::One(facet, _) => is_of(facet),
            Lookup::Among(facets) => facets.iter().any(|facet| is_of(*facet)),
            Lookup::Request(_) | Lookup::Nowhere => false,
        }
    }
}

/// Whether a text stands in a value. The text is in small letters.
fn is_mentioned(text: &str, facet: Facet, value: &str) -> bool {
    match facet {
        Facet::Actor | Facet::Credential | Facet::Target => value == text,
        Facet::Event => {
            let name = Event::from_word(value).map(|event| event.display_name().to_lowercase());
            value.contains(text) || name.is_some_and(|name| name.contains(text))
        }
        _ => value.contains(text) || value.to_lowercase().contains(text),
    }
}
