//! Who may do what with an environment, and why.

use askama::Template;

use super::people::Person;
use super::shell::Shell;

/// `GET /{org}/environments/{project}/{environment}/access`
#[derive(Clone, Debug, Template)]
#[template(path = "access.html")]
pub struct Access {
    /// What surrounds the page.
    pub shell: Shell,
    /// The environment, as `project/name`.
    pub environment: String,
    /// The address of the environment's page.
    pub address: String,
    /// The members of the organisation, by login.
    pub members: Vec<MemberAccess>,
    /// The address of the next page, if there are more.
    pub more: Option<String>,
}

/// What a member may do.
#[derive(Clone, Debug)]
pub struct MemberAccess {
    /// Who.
    pub who: Person,
    /// The highest level.
    pub level: &'static str,
    /// By what, a sentence each.
    pub grounds: Vec<String>,
}
