//! Scopes: what the roles are made of that an organisation defines for itself.

use ledger::Need;

use super::Level;

/// Something that a custom role permits, in all of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// To read every environment.
    EnvironmentRead,
    /// To open every environment.
    EnvironmentOpen,
    /// To change every environment.
    EnvironmentWrite,
    /// To administer every environment.
    EnvironmentAdmin,
    /// To delete every environment.
    EnvironmentDelete,
    /// To bring back what was deleted.
    EnvironmentRestoreDeleted,
    /// To read the audit log.
    AuditLogsRead,
    /// To export the audit log.
    AuditLogsExport,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 8] = [
        Self::EnvironmentRead,
        Self::EnvironmentOpen,
        Self::EnvironmentWrite,
        Self::EnvironmentAdmin,
        Self::EnvironmentDelete,
        Self::EnvironmentRestoreDeleted,
        Self::AuditLogsRead,
        Self::AuditLogsExport,
    ];

    /// The word for it, on the wire, in the database and in records.
    pub const fn as_str(self) -> &'static str {
        self.need().as_str()
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    /// What it permits, in a sentence.
    pub const fn about(self) -> &'static str {
        match self {
            Self::EnvironmentRead => "Read the definition of every environment, without its secrets.",
            Self::EnvironmentOpen => "Open every environment and see its values; includes reading it.",
            Self::EnvironmentWrite => "Change every environment; includes opening it.",
            Self::EnvironmentAdmin => {
                "Do everything with every environment: its settings, grants, owner and deletion; includes changing it."
            }
            Self::EnvironmentDelete => "Delete every environment; includes reading it.",
            Self::EnvironmentRestoreDeleted => "Restore environments that were deleted.",
            Self::AuditLogsRead => "Read the audit log of the organization, with its checkpoints and proofs.",
            Self::AuditLogsExport => "Export the audit log of the organization.",
        }
    }

    /// What kind of thing it is about.
    pub const fn resource(self) -> &'static str {
        match self {
            Self::EnvironmentRead
            | Self::EnvironmentOpen
            | Self::EnvironmentWrite
            | Self::EnvironmentAdmin
            | Self::EnvironmentDelete => "environment",
            Self::EnvironmentRestoreDeleted | Self::AuditLogsRead | Self::AuditLogsExport => "organization",
        }
    }

    /// How far it reaches on every environment.
    pub(super) const fn level(self) -> Level {
        match self {
            Self::EnvironmentRead | Self::EnvironmentDelete => Level::Read,
            Self::EnvironmentOpen => Level::Open,
            Self::EnvironmentWrite => Level::Write,
            Self::EnvironmentAdmin => Level::Admin,
            Self::EnvironmentRestoreDeleted | Self::AuditLogsRead | Self::AuditLogsExport => Level::None,
        }
    }

    pub(super) const fn need(self) -> Need {
        match self {
            Self::EnvironmentRead => Need::EnvironmentRead,
            Self::EnvironmentOpen => Need::EnvironmentOpen,
            Self::EnvironmentWrite => Need::EnvironmentWrite,
            Self::EnvironmentAdmin => Need::EnvironmentAdmin,
            Self::EnvironmentDelete => Need::EnvironmentDelete,
            Self::EnvironmentRestoreDeleted => Need::EnvironmentRestoreDeleted,
            Self::AuditLogsRead => Need::AuditLogsRead,
            Self::AuditLogsExport => Need::AuditLogsExport,
        }
    }

    /// What somebody is told who does not hold it.
    pub(super) const fn refusal(self) -> &'static str {
        match self {
            Self::EnvironmentRestoreDeleted => {
                "only an administrator of the organization may do this, or whoever holds the scope \
                 `environment:restore_deleted`"
            }
            Self::AuditLogsRead => {
                "only an administrator of the organization may do this, or whoever holds the scope `audit_logs:read`"
            }
            Self::AuditLogsExport => {
                "only an administrator of the organization may do this, or whoever holds the scope `audit_logs:export`"
            }
            Self::EnvironmentRead
            | Self::EnvironmentOpen
            | Self::EnvironmentWrite
            | Self::EnvironmentAdmin
            | Self::EnvironmentDelete => "you do not have the permission for this on the environment",
        }
    }
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Something with an environment that takes a level.
    Level(Level),
    /// Deleting an environment.
    Delete,
    /// Something in the organisation that takes a scope.
    Scope(Scope),
}

impl From<Level> for Act {
    fn from(level: Level) -> Self {
        Self::Level(level)
    }
}

impl Act {
    /// The level on the environment that permits it, if it is about one.
    pub const fn level(self) -> Option<Level> {
        match self {
            Self::Level(level) => Some(level),
            Self::Delete => Some(Level::Admin),
            Self::Scope(_) => None,
        }
    }

    /// The scope that permits it by itself, whatever the level.
    pub(super) const fn scope(self) -> Option<Scope> {
        match self {
            Self::Level(_) => None,
            Self::Delete => Some(Scope::EnvironmentDelete),
            Self::Scope(scope) => Some(scope),
        }
    }

    /// What a record says was needed.
    pub(super) const fn need(self) -> Need {
        match self {
            Self::Level(level) => level.need(),
            Self::Delete => Need::EnvironmentDelete,
            Self::Scope(scope) => scope.need(),
        }
    }
}
