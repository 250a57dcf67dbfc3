//! An organisation's environments.

use askama::Template;

use super::links;
use super::moment::Moment;
use super::people::Person;
use super::shell::Shell;

/// `GET /{org}/environments`
#[derive(Clone, Debug, Template)]
#[template(path = "environments.html")]
pub struct Environments {
    /// What surrounds the page.
    pub shell: Shell,
    /// The environments that the reader may see, by project and name.
    pub environments: Vec<EnvironmentRow>,
    /// The address of the next page, if there are more.
    pub more: Option<String>,
    /// This server's public URL, for the first commands of an empty list.
    pub server_url: String,
}

/// One environment.
#[derive(Clone, Debug)]
pub struct EnvironmentRow {
    /// Its project.
    pub project: String,
    /// Its name.
    pub name: String,
    /// Its newest revision.
    pub revision: u64,
    /// Who made that, and when.
    pub changed: Activity,
    /// Who opened it last, and when.
    pub opened: Option<Activity>,
    /// Whether it is protected against deletion.
    pub protected: bool,
    /// Whether the reader may see who may do what with it.
    pub explained: bool,
}

/// Who did something, and when.
#[derive(Clone, Debug)]
pub struct Activity {
    /// Who.
    pub who: Person,
    /// When.
    pub at: Moment,
}

impl Environments {
    fn address(&self, row: &EnvironmentRow) -> String {
        links::environment(&self.shell.organization.login, &row.project, &row.name)
    }

    fn access(&self, row: &EnvironmentRow) -> String {
        links::access(&self.shell.organization.login, &row.project, &row.name)
    }

    fn first(&self) -> String {
        format!("{}/website/dev", self.shell.organization.login)
    }

    fn first_set(&self) -> String {
        format!("{} greeting hello", self.first())
    }

    fn count(&self) -> String {
        match (self.environments.len(), &self.more) {
            (1, None) => "1 environment".to_owned(),
            (count, None) => format!("{count} environments"),
            (count, Some(_)) => format!("{count} environments on this page"),
        }
    }
}
