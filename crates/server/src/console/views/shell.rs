//! What surrounds every page of somebody who is signed in.

use super::links;
use super::people::Person;

/// An organisation that the reader belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its login, which is its first path segment.
    pub login: String,
    /// The name to show. Where it is empty, the login stands for it.
    pub name: String,
}

/// The part of the console that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The organisation's environments.
    Environments,
    /// The organisation's settings: its audit log.
    AuditLogs,
    /// The organisation's settings: what signs its audit log.
    LogKey,
    /// The organisation's settings: its roles.
    Roles,
    /// None, as on an error page.
    Elsewhere,
}

/// The bar at the top: where one is, who one is, and the way out.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The organisation whose page this is.
    pub organization: Organization,
    /// The reader's other organisations. If there are any, a switcher shows.
    pub others: Vec<Organization>,
    /// The reader.
    pub user: Person,
    /// The token that makes a posted form ours, in the field `csrf`.
    pub csrf: String,
    /// The part of the navigation that is marked as current.
    pub section: Section,
}

impl Organization {
    /// The name, or the login where there is none.
    pub fn label(&self) -> &str {
        if self.name.trim().is_empty() { &self.login } else { &self.name }
    }

    pub(super) fn environments(&self) -> String {
        links::environments(&self.login)
    }

    pub(super) fn audit_logs(&self) -> String {
        links::audit_logs(&self.login, &super::Filter::default(), None)
    }

    pub(super) fn log_key(&self) -> String {
        links::log_key(&self.login)
    }

    pub(super) fn roles(&self) -> String {
        links::roles(&self.login)
    }
}

impl Shell {
    pub(super) fn in_environments(&self) -> bool {
        self.section == Section::Environments
    }

    pub(super) fn in_settings(&self) -> bool {
        self.in_audit_logs() || self.in_log_key() || self.in_roles()
    }

    pub(super) fn in_audit_logs(&self) -> bool {
        self.section == Section::AuditLogs
    }

    pub(super) fn in_log_key(&self) -> bool {
        self.section == Section::LogKey
    }

    pub(super) fn in_roles(&self) -> bool {
        self.section == Section::Roles
    }
}
