//! Roles in an organisation, and levels of permission on an environment.

use ledger::{Held, Need};

/// What somebody is in an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Uses environments as far as permitted.
    Member,
    /// May do everything.
    Admin,
}

impl Role {
    /// The word for it, on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "member" => Some(Self::Member),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }
}

/// What somebody may do with an environment. Each level includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing; not even know of it.
    None,
    /// See the definition, without its secrets.
    Read,
    /// Open it and see its values.
    Open,
    /// Change it.
    Write,
    /// Delete and protect it.
    Admin,
}

impl Level {
    /// The word for it, on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Open => "open",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Read, Self::Open, Self::Write, Self::Admin].into_iter().find(|level| level.as_str() == text)
    }

    pub(crate) const fn held(self) -> Held {
        match self {
            Self::None => Held::None,
            Self::Read => Held::Read,
            Self::Open => Held::Open,
            Self::Write => Held::Write,
            Self::Admin => Held::Admin,
        }
    }

    pub(crate) const fn need(self) -> Need {
        match self {
            Self::None | Self::Read => Need::EnvironmentRead,
            Self::Open => Need::EnvironmentOpen,
            Self::Write => Need::EnvironmentWrite,
            Self::Admin => Need::EnvironmentAdmin,
        }
    }
}
