//! An organisation's audit log.

use askama::Template;

use super::moment::Moment;
use super::people::Person;
use super::sentence::Sentence;
use super::shell::Shell;
use super::{grouped, links};

/// `GET /{org}/settings/audit-logs?q=&user=&event=&log=&before=`
///
/// Shows `entries` in the order given, which is newest first. The form sends
/// its fields even where they are empty, and an empty parameter asks for nothing.
#[derive(Clone, Debug, Template)]
#[template(path = "audit_logs.html")]
pub struct AuditLogs {
    /// What surrounds the page.
    pub shell: Shell,
    /// What the reader asked for. It is shown, removable, and part of every link.
    pub filter: Filter,
    /// What a query can ask for: each key, and what it takes.
    pub keys: Vec<(&'static str, &'static str)>,
    /// The catalogue, for the choice of an event.
    pub events: Vec<EventGroup>,
    /// People to suggest in the user field; may be empty or cut short.
    pub people: Vec<UserChoice>,
    /// One page of entries.
    pub entries: Vec<Entry>,
    /// The cursor of the next page, if older entries match.
    pub older: Option<String>,
    /// Whether a cursor led here, so that a link returns to the newest.
    pub paged: bool,
    /// How far the whole log reaches, if known.
    pub extent: Option<Extent>,
    /// Whether the reader may look at the server's log as well.
    pub keeps_server: bool,
    /// Something the reader should know, such as that the last seconds are
    /// still being put in order.
    pub notice: Option<String>,
}

/// The same page for somebody who may not read the log.
#[derive(Clone, Debug, Template)]
#[template(path = "audit_logs_forbidden.html")]
pub struct AuditLogsForbidden {
    /// What surrounds the page.
    pub shell: Shell,
    /// Administrators to ask; may be empty.
    pub administrators: Vec<Person>,
}

/// What a reader asked to see.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only what this query finds, as it was typed.
    pub query: String,
    /// Only what this user did.
    pub user: Option<UserChoice>,
    /// Only events of this type.
    pub event: Option<EventChoice>,
    /// Out of the server's log instead of the organisation's.
    pub server: bool,
}

/// A user to filter by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserChoice {
    /// The login, as the URL has it.
    pub login: String,
    /// The name to show; empty if the login is not known.
    pub name: String,
}

/// An event type of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventChoice {
    /// Its identifier, such as `environment-open`.
    pub id: String,
    /// Its display name, such as "Environment Open".
    pub name: String,
}

/// Event types that belong together in the list of choices.
#[derive(Clone, Debug)]
pub struct EventGroup {
    /// The category's name.
    pub name: String,
    /// Its event types.
    pub events: Vec<EventChoice>,
}

/// How far a log reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// How many entries it holds.
    pub total: u64,
    /// The index of the newest, if there is one.
    pub newest: Option<u64>,
}

/// One entry of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The event's id, which is the row's anchor.
    pub id: String,
    /// Its place in the log, if it has one yet.
    pub index: Option<u64>,
    /// Who did it.
    pub who: Person,
    /// What happened.
    pub sentence: Sentence,
    /// Its type.
    pub event: EventChoice,
    /// How it ended.
    pub outcome: Outcome,
    /// The environment it happened to, if any.
    pub environment: Option<EnvironmentRef>,
    /// When it was appended.
    pub at: Moment,
    /// The address it came from, if any.
    pub source: Option<String>,
    /// With what, such as "access token" or "console session"; may be absent.
    pub credential: Option<String>,
}

/// An environment that an entry names.
#[derive(Clone, Debug)]
pub struct EnvironmentRef {
    /// Its project.
    pub project: String,
    /// Its name.
    pub name: String,
    /// Where it is shown; absent if it is gone or never was.
    pub href: Option<String>,
}

/// A format in which the log can be downloaded.
struct Download {
    href: String,
    name: &'static str,
    about: &'static str,
}

/// The formats, each with what it is for. CSV has an address of its own.
const DOWNLOADS: [(&str, &str, &str); 6] = [
    ("csv", "CSV", "What is shown here, for a spreadsheet"),
    ("csv-full", "Full CSV", "Every field, with each entry as it was signed"),
    ("ndjson", "NDJSON", "One JSON object a line, for programs"),
    ("cef", "CEF", "For security tools that read Common Event Format"),
    ("ocsf", "OCSF", "For security tools that read the Open Cybersecurity Schema"),
    ("bundle", "Evidence bundle (.zip)", "With proofs: can be verified without this server"),
];

/// How an activity ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It took place.
    Succeeded,
    /// It was refused.
    Denied,
    /// It was allowed and did not work.
    Failed,
    /// It is announced; another entry says how it ended.
    Intended,
    /// It was announced, and nobody can say how it ended.
    Unknown,
}

impl AuditLogs {
    /// All of the log that is shown.
    fn path(&self) -> String {
        self.log(self.filter.server)
    }

    /// All of a log: the server's, or the organisation's.
    fn log(&self, server: bool) -> String {
        let filter = Filter { server, ..Filter::default() };
        links::audit_logs(&self.shell.organization.login, &filter, None)
    }

    fn downloads(&self) -> Vec<Download> {
        let (organization, filter) = (&self.shell.organization.login, &self.filter);
        let href = |format: &str| match format {
            "csv" => links::audit_logs_csv(organization, filter),
            other => links::audit_logs_export(organization, other, filter),
        };
        // Of the server's log there are no bundles: it is what anchors all others.
        let shown = DOWNLOADS.iter().filter(|(format, ..)| *format != "bundle" || !filter.server);
        shown.map(|(format, name, about)| Download { href: href(format), name, about }).collect()
    }

    fn newest(&self) -> String {
        links::audit_logs(&self.shell.organization.login, &self.filter, None)
    }

    fn page_before(&self, cursor: &str) -> String {
        links::audit_logs(&self.shell.organization.login, &self.filter, Some(cursor))
    }

    fn without_query(&self) -> String {
        let filter = Filter { query: String::new(), ..self.filter.clone() };
        links::audit_logs(&self.shell.organization.login, &filter, None)
    }

    /// Whether more than one thing is filtered by.
    fn narrows_twice(&self) -> bool {
        let Filter { query, user, event, .. } = &self.filter;
        [!query.is_empty(), user.is_some(), event.is_some()].into_iter().filter(|is_given| *is_given).count() > 1
    }

    fn without_user(&self) -> String {
        let filter = Filter { user: None, ..self.filter.clone() };
        links::audit_logs(&self.shell.organization.login, &filter, None)
    }

    fn without_event(&self) -> String {
        let filter = Filter { event: None, ..self.filter.clone() };
        links::audit_logs(&self.shell.organization.login, &filter, None)
    }

    /// Keeps the event that is filtered by: one narrows, step by step.
    fn only_by(&self, who: &Person) -> String {
        let user = UserChoice { login: who.login.clone(), name: who.name.clone() };
        let filter = Filter { user: Some(user), ..self.filter.clone() };
        links::audit_logs(&self.shell.organization.login, &filter, None)
    }

    fn only_of(&self, event: &EventChoice) -> String {
        let filter = Filter { event: Some(event.clone()), ..self.filter.clone() };
        links::audit_logs(&self.shell.organization.login, &filter, None)
    }

    fn is_chosen(&self, event: &EventChoice) -> bool {
        self.filter.event.as_ref().is_some_and(|chosen| chosen.id == event.id)
    }

    /// A type that is filtered by and stands in no group must still be
    /// selected, else sending the form again would drop it.
    fn unlisted_event(&self) -> Option<&EventChoice> {
        let chosen = self.filter.event.as_ref()?;
        let mut listed = self.events.iter().flat_map(|group| &group.events);
        (!listed.any(|event| event.id == chosen.id)).then_some(chosen)
    }
}

impl Filter {
    /// Whether it leaves anything out.
    pub fn is_active(&self) -> bool {
        !self.query.is_empty() || self.user.is_some() || self.event.is_some()
    }
}

impl UserChoice {
    fn label(&self) -> &str {
        if self.name.trim().is_empty() { &self.login } else { &self.name }
    }

    fn person(&self) -> Person {
        Person::user(&self.login, &self.name)
    }
}

impl Extent {
    fn sentence(self) -> String {
        let entries = if self.total == 1 { "entry" } else { "entries" };
        format!("{} {entries}", grouped(self.total))
    }

    fn newest(self) -> Option<String> {
        self.newest.map(grouped)
    }
}

impl Entry {
    fn number(&self) -> Option<String> {
        self.index.map(grouped)
    }
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Denied => "Denied",
            Self::Failed => "Failed",
            Self::Intended => "Announced",
            Self::Unknown => "Outcome unknown",
        }
    }

    /// The suffix of its class in the stylesheet.
    fn class(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Intended => "intended",
            Self::Unknown => "unknown",
        }
    }
}
