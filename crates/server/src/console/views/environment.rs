//! One environment: what it is, how it came about, and what it says.

use askama::Template;

use super::audit_logs::Filter;
use super::links;
use super::moment::Moment;
use super::people::Person;
use super::shell::Shell;

/// `GET /{org}/environments/{project}/{environment}`
#[derive(Clone, Debug, Template)]
#[template(path = "environment.html")]
pub struct Environment {
    /// What surrounds the page.
    pub shell: Shell,
    /// Its project.
    pub project: String,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub owner: Person,
    /// Whether it is protected against deletion.
    pub protected: bool,
    /// Its tags: name and value.
    pub tags: Vec<(String, String)>,
    /// What the newest revision says, if the reader asked for it.
    pub definition: Option<Vec<CodeLine>>,
    /// Its revisions, the newest first.
    pub revisions: Vec<RevisionRow>,
    /// The address of the next page of revisions, if there are more.
    pub more: Option<String>,
    /// Whether the reader may read the audit log.
    pub is_auditor: bool,
    /// What rotates its secrets at set times.
    pub schedules: Vec<ScheduleRow>,
}

/// `GET /{org}/environments/{project}/{environment}/revisions/{revision}`
#[derive(Clone, Debug, Template)]
#[template(path = "revision.html")]
pub struct Revision {
    /// What surrounds the page.
    pub shell: Shell,
    /// The project.
    pub project: String,
    /// The environment.
    pub name: String,
    /// Which revision.
    pub number: u64,
    /// With which one it is compared; none if there is no earlier one to be read.
    pub before: Option<u64>,
    /// Who made it.
    pub author: Person,
    /// When.
    pub at: Moment,
    /// What it says, and what the one before said.
    pub lines: Vec<CodeLine>,
}

/// A line of a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeLine {
    /// Its number; none where it is there no more.
    pub number: Option<usize>,
    /// What became of it since the revision before.
    pub change: Change,
    /// What it says.
    pub parts: Vec<Part>,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is as it was.
    Kept,
    /// It is new.
    Added,
    /// It was there before.
    Removed,
}

/// A part of a line, of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is, as the stylesheet calls it; empty for what is nothing in particular.
    pub kind: &'static str,
    /// What it says.
    pub text: String,
}

/// A revision.
#[derive(Clone, Debug)]
pub struct RevisionRow {
    /// Its number.
    pub number: u64,
    /// Who made it.
    pub author: Person,
    /// When.
    pub at: Moment,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether nobody reads it any more.
    pub retracted: bool,
}

/// A schedule.
#[derive(Clone, Debug)]
pub struct ScheduleRow {
    /// When it runs, as somebody wrote it.
    pub when: String,
    /// When it ran last.
    pub last: Option<Moment>,
    /// When it runs next, exactly.
    pub next: Option<String>,
    /// Whether it waits until somebody resumes it.
    pub paused: bool,
}

impl Environment {
    fn address(&self) -> String {
        links::environment(&self.shell.organization.login, &self.project, &self.name)
    }

    fn shows_definition(&self) -> String {
        format!("{}?definition=1#definition", self.address())
    }

    /// What was done with it.
    fn activity(&self) -> String {
        self.log(format!("env:{}/{}", self.project, self.name))
    }

    /// Who saw a secret of it, here or through an import.
    fn disclosures(&self) -> String {
        self.log(format!("secret:{}/{}#", self.project, self.name))
    }

    fn log(&self, query: String) -> String {
        links::audit_logs(&self.shell.organization.login, &Filter { query, ..Filter::default() }, None)
    }

    fn access(&self) -> String {
        links::access(&self.shell.organization.login, &self.project, &self.name)
    }

    fn revision(&self, row: &RevisionRow) -> String {
        links::revision(&self.shell.organization.login, &self.project, &self.name, row.number)
    }
}

impl Revision {
    fn environment(&self) -> String {
        links::environment(&self.shell.organization.login, &self.project, &self.name)
    }

    fn count(&self, change: Change) -> usize {
        self.lines.iter().filter(|line| line.change == change).count()
    }

    fn added(&self) -> usize {
        self.count(Change::Added)
    }

    fn removed(&self) -> usize {
        self.count(Change::Removed)
    }
}

impl CodeLine {
    fn class(&self) -> &'static str {
        match self.change {
            Change::Kept => "line",
            Change::Added => "line line-added",
            Change::Removed => "line line-removed",
        }
    }

    /// What a reader hears who does not see colours.
    fn mark(&self) -> &'static str {
        match self.change {
            Change::Kept => "",
            Change::Added => "Added: ",
            Change::Removed => "Removed: ",
        }
    }
}
