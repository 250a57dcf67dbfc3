//! An organisation's roles.

use askama::Template;

use super::people::Person;
use super::shell::Shell;

/// `GET /{org}/settings/roles`
#[derive(Clone, Debug, Template)]
#[template(path = "roles.html")]
pub struct Roles {
    /// What surrounds the page.
    pub shell: Shell,
    /// The roles: those that every organisation has, then its own by name.
    pub roles: Vec<RoleRow>,
}

/// A role.
#[derive(Clone, Debug)]
pub struct RoleRow {
    /// What it is called.
    pub name: String,
    /// What it is for, or empty.
    pub description: String,
    /// Whether every organisation has it.
    pub is_fixed: bool,
    /// Whether members get it who join without another one being named.
    pub is_default: bool,
    /// The words of its scopes, each with what it permits.
    pub scopes: Vec<(&'static str, &'static str)>,
    /// Who holds it, if the reader may know.
    pub holders: Option<RoleHolders>,
}

/// Who holds a role.
#[derive(Clone, Debug, Default)]
pub struct RoleHolders {
    /// The members, by login.
    pub members: Vec<Person>,
    /// The names of teams.
    pub teams: Vec<String>,
    /// The names of tokens.
    pub tokens: Vec<String>,
}

impl RoleHolders {
    fn is_empty(&self) -> bool {
        self.members.is_empty() && self.teams.is_empty() && self.tokens.is_empty()
    }
}
