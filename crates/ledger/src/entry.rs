//! A leaf as it is read: with its place in the log and the openings that are still there.

use serde::Deserialize;

use crate::event::Event;
use crate::leaf::OwnedLeaf;
use crate::opening::Opening;
use crate::words::{ActorKind, Reason, StatementName};

/// An entry of a log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its place.
    pub index: u64,
    /// Its bytes.
    pub leaf: OwnedLeaf,
    /// The openings of its commitments, as far as they were not erased.
    pub openings: Vec<Opening>,
}

/// A text that a leaf may commit to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told<T> {
    /// The leaf commits to nothing of the kind.
    Nothing,
    /// The leaf commits to it, and the opening is gone.
    Erased,
    /// The text.
    Text(T),
}

impl<T> Told<T> {
    /// The text, if it is there.
    pub fn text(self) -> Option<T> {
        match self {
            Self::Text(text) => Some(text),
            Self::Nothing | Self::Erased => None,
        }
    }

    fn map<U>(self, with: impl FnOnce(T) -> Option<U>) -> Told<U> {
        match self {
            Self::Nothing => Told::Nothing,
            Self::Erased => Told::Erased,
            Self::Text(text) => with(text).map_or(Told::Nothing, Told::Text),
        }
    }
}

/// Who acted, as of then.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ActorText {
    /// The name to sign in with.
    pub login: String,
    /// The name that people see.
    pub name: String,
}

/// From where a request came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ClientText {
    /// The address of the caller.
    pub addr: Option<String>,
    /// How it is known.
    pub how: Option<String>,
    /// The address of the socket, if it is another.
    pub peer: Option<String>,
    /// The user agent, as sent.
    pub ua: Option<String>,
}

/// The names of what was acted on, as of then or as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TargetText {
    /// An environment.
    pub environment: Option<String>,
    /// A user.
    pub login: Option<String>,
    /// Anything that a person named.
    pub name: Option<String>,
    /// An organisation.
    pub organization: Option<String>,
    /// A project.
    pub project: Option<String>,
}

impl TargetText {
    /// The one name that says it best: the path of an environment, or a login, a name, an organisation.
    pub fn best(&self) -> Option<String> {
        if let Some(environment) = &self.environment {
            let parts = [self.organization.as_deref(), self.project.as_deref(), Some(environment.as_str())];
            return Some(parts.into_iter().flatten().collect::<Vec<_>>().join("/"));
        }
        self.login.clone().or_else(|| self.name.clone()).or_else(|| self.organization.clone())
    }
}

/// The secrets of one environment that the caller could see.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReadText {
    /// The id of the environment.
    pub env: String,
    /// Its name as of then, `project/environment`.
    pub name: String,
    /// The property paths.
    pub paths: Vec<String>,
    /// The revision.
    pub rev: u64,
    /// Through which environments it was imported.
    pub via: Vec<String>,
}

impl Entry {
    /// Who acted.
    pub fn actor(&self) -> Told<ActorText> {
        self.told(StatementName::Actor)
    }

    /// For whom somebody acted.
    pub fn behalf(&self) -> Told<ActorText> {
        self.told(StatementName::Behalf)
    }

    /// From where.
    pub fn client(&self) -> Told<ClientText> {
        self.told(StatementName::Client)
    }

    /// On what.
    pub fn target(&self) -> Told<TargetText> {
        self.told(StatementName::Target)
    }

    /// Which secrets could be seen.
    pub fn reads(&self) -> Told<Vec<ReadText>> {
        self.told(StatementName::Reads)
    }

    /// A text parameter.
    pub fn parameter(&self, key: &str) -> Told<String> {
        self.told::<serde_json::Map<_, _>>(StatementName::Detail)
            .map(|parameters| Some(parameters.get(key)?.as_str()?.to_owned()))
    }

    /// The value of an opening as it is.
    pub fn value(&self, name: &str) -> Told<&str> {
        let opening = self.openings.iter().find(|opening| opening.name == name);
        match opening {
            Some(opening) => Told::Text(&opening.value),
            None if self.leaf.as_leaf().commitment(name).is_some() => Told::Erased,
            None => Told::Nothing,
        }
    }

    /// Whether the wire formats call the entry an authentication failure.
    pub fn is_authentication_failure(&self) -> bool {
        let leaf = self.leaf.as_leaf();
        let missing = leaf.reason_word() == Some(Reason::PermissionMissing.as_str());
        leaf.event().is_some_and(Event::authentication_failure) || leaf.outcome_word() == Some("denied") && missing
    }

    /// Whether the actor is something other than a person.
    pub fn is_automatic(&self) -> bool {
        use ActorKind::{Operator, Organization, Service, System, Team};
        matches!(self.leaf.as_leaf().actor_kind(), Some(Service | Team | Organization | Operator | System))
    }

    /// What an opening says, which may borrow from it.
    pub(crate) fn told<'a, T: Deserialize<'a>>(&'a self, name: StatementName) -> Told<T> {
        self.value(name.as_str()).map(|value| serde_json::from_str(value).ok())
    }
}
