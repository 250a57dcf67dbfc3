//! An organisation's audit log: the page, and all of it as files.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_DISPOSITION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use engine::ledger::formats::Format as Rows;
use engine::ledger::search::{KEYS, Query};
use engine::ledger::{self, Category};
use engine::{EntryPage, Error, ExportFormat, Failure, Member, Recorded, Role, WhichLog};
use jiff::Timestamp;

use super::entries::entry;
use super::page::page;
use super::trouble::{Trouble, sentence};
use super::views::{
    AuditLogs, AuditLogsForbidden, EventChoice, EventGroup, Extent, Filter, Person, Section, UserChoice,
};
use super::visitor::Visitor;
use crate::http::export::{Packing, host, respond};
use crate::http::{App, Cursor, OrganizationPath, Parameters, name_events};

/// How many entries one page has.
const PAGE: usize = 50;
/// How many people are suggested, and known by name to the filter.
const PEOPLE: i64 = 200;

/// `GET /{organization}/settings/audit-logs?q=&user=&event=&log=&before=`
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Response, Trouble> {
    let asked = Asked::read(&parameters, &["q", "user", "event", "log", "before"], &visitor)?;
    let before = asked.before.map(|cursor| cursor.0);
    let (cx, organization) = (&visitor.cx, path.organization);
    if let Some(fault) = asked.fault.clone() {
        return asked.misread(&app, &visitor, organization, fault).await;
    }
    let filter = asked.filter.clone();
    let read = app.engine.list_events(cx, organization.clone(), filter, before, PAGE, "console").await;
    let (shown, events) = match read {
        Ok(read) => (Shown::Entries(Arc::clone(read.get())), read.events().to_vec()),
        Err(Failure::Refused(refusal)) => match asked.nothing(refusal.get()) {
            Some(notice) => (Shown::Nothing(notice), refusal.events().to_vec()),
            None => return refused(&app, &visitor, organization, refusal).await,
        },
        Err(failure) => return Err(visitor.trouble(failure)),
    };
    let members = members(&app, &visitor, organization.clone()).await?;
    let mut response = page(StatusCode::OK, &asked.page(&visitor, &organization, shown, &members));
    name_events(response.headers_mut(), &events);
    Ok(response)
}

/// `GET /{organization}/settings/audit-logs.csv?q=&user=&event=&log=`
pub(super) async fn download_csv(
    State(app): State<App>,
    visitor: Visitor,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Response, Trouble> {
    let asked = Asked::read(&parameters, &["q", "user", "event", "log"], &visitor)?;
    export(&app, &visitor, path.organization, asked, ExportFormat::Rows(Rows::Csv)).await
}

/// `GET /{organization}/settings/audit-logs/export?format=&q=&user=&event=&log=`
pub(super) async fn download(
    State(app): State<App>,
    visitor: Visitor,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Response, Trouble> {
    let asked = Asked::read(&parameters, &["format", "q", "user", "event", "log"], &visitor)?;
    let format = parameters.get("format").map_or(Some(ExportFormat::Rows(Rows::Csv)), ExportFormat::from_word);
    let format = format.ok_or_else(|| visitor.senseless("The log cannot be downloaded in that format."))?;
    export(&app, &visitor, path.organization, asked, format).await
}

async fn export(
    app: &App,
    visitor: &Visitor,
    organization: String,
    asked: Asked,
    format: ExportFormat,
) -> Result<Response, Trouble> {
    if let Some(fault) = asked.fault {
        return Err(visitor.senseless(fault));
    }
    let name = file_name(&organization, &asked.filter, format, visitor.cx.now);
    let begun = app.engine.export_events(&visitor.cx, organization.clone(), asked.filter, format).await;
    let (recorded, export) = match begun {
        Ok(begun) => begun,
        Err(Failure::Refused(refusal)) => return refused(app, visitor, organization, refusal).await,
        Err(failure) => return Err(visitor.trouble(failure)),
    };
    let host = host(&app.settings.public_url);
    let mut response = respond(&recorded, export, host, Packing::Plain);
    if let Ok(disposition) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// Says what the file holds, in characters that every system takes.
fn file_name(organization: &str, filter: &engine::Filter, format: ExportFormat, now: i64) -> String {
    let date = Timestamp::from_microsecond(now).unwrap_or_default().strftime("%Y-%m-%d").to_string();
    // Where the ending says too little.
    let kind = match format {
        ExportFormat::Rows(Rows::CsvFull) => Some("full"),
        ExportFormat::Rows(Rows::Ocsf) => Some("ocsf"),
        ExportFormat::Bundle => Some("evidence"),
        ExportFormat::Rows(_) | ExportFormat::Json => None,
    };
    let (user, event) = (filter.user.as_deref(), filter.event.as_deref());
    let parts = [Some(organization), Some("audit-log"), kind, user, event, Some(&date)];
    let name = parts.into_iter().flatten().collect::<Vec<_>>().join("-");
    let plain = |character: char| {
        let kept = character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
        if kept { character } else { '_' }
    };
    format!("{}.{}", name.chars().take(150).map(plain).collect::<String>(), format.extension())
}

/// The page for somebody who may not read the log, or who asked for what is not there.
pub(super) async fn refused(
    app: &App,
    visitor: &Visitor,
    organization: String,
    refusal: Recorded<Error>,
) -> Result<Response, Trouble> {
    if !matches!(refusal.get(), Error::Forbidden(_)) {
        return Err(visitor.trouble(Failure::Refused(refusal)));
    }
    let members = members(app, visitor, organization.clone()).await?;
    let administrators = members.iter().filter(|member| Role::parse(&member.role) == Some(Role::Admin));
    let forbidden = AuditLogsForbidden {
        shell: visitor.shell(&organization, Section::AuditLogs),
        administrators: administrators.map(|member| Person::user(&member.login, &member.name)).collect(),
    };
    let mut response = page(StatusCode::FORBIDDEN, &forbidden);
    name_events(response.headers_mut(), refusal.events());
    Ok(response)
}

async fn members(app: &App, visitor: &Visitor, organization: String) -> Result<Vec<Member>, Trouble> {
    let page = app.engine.list_members(&visitor.cx, organization, String::new(), PEOPLE).await;
    Ok(page.map_err(|failure| visitor.trouble(failure))?.members)
}

/// What a reader asks to see.
struct Asked {
    filter: engine::Filter,
    /// The query, as it was typed.
    query: String,
    /// Why that is no query.
    fault: Option<String>,
    before: Option<Cursor>,
}

/// What there is to show.
enum Shown {
    /// A page of entries.
    Entries(Arc<EntryPage>),
    /// Nothing, and why.
    Nothing(String),
}

impl Asked {
    /// A parameter that is not known is refused: a filter that is silently ignored misleads.
    fn read(parameters: &Parameters, known: &[&str], visitor: &Visitor) -> Result<Self, Trouble> {
        parameters.only(known).map_err(|problem| visitor.senseless(sentence(problem.message())))?;
        let given = |name| parameters.get(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let event = given("event").map(|text| match ledger::Event::parse(&text) {
            Some(event) => event.id().to_owned(),
            None => text,
        });
        let before = parameters.get("before").map(Cursor::parse).transpose();
        let before =
            before.map_err(|_| visitor.senseless("`before` is not a place in the log that this server named."))?;
        let log = match given("log").as_deref() {
            None => None,
            Some("server") => Some(WhichLog::Server),
            Some(_) => return Err(visitor.senseless("The only other log that this page shows is `server`.")),
        };
        let filter = engine::Filter { user: given("user"), event, log, ..engine::Filter::default() };
        let query = given("q").unwrap_or_default();
        Ok(match query.parse::<Query>() {
            Ok(read) => Self { filter: filter.and(read), query, fault: None, before },
            Err(error) => Self { filter, query, fault: Some(sentence(&error.to_string())), before },
        })
    }

    /// The page of somebody who mistyped a query: with what was typed, to be mended.
    async fn misread(
        &self,
        app: &App,
        visitor: &Visitor,
        organization: String,
        fault: String,
    ) -> Result<Response, Trouble> {
        match app.engine.audit_log_reader(&visitor.cx, organization.clone(), "list-events").await {
            Ok(()) => {}
            Err(Failure::Refused(refusal)) => return refused(app, visitor, organization, refusal).await,
            Err(failure) => return Err(visitor.trouble(failure)),
        }
        let members = members(app, visitor, organization.clone()).await?;
        let shown = self.page(visitor, &organization, Shown::Nothing(fault), &members);
        Ok(page(StatusCode::BAD_REQUEST, &shown))
    }

    /// Why the log holds nothing for this, if that is all that the engine refused for.
    fn nothing(&self, error: &Error) -> Option<String> {
        match (error, &self.filter) {
            (Error::Absent(engine::What::User), engine::Filter { user: Some(user), .. }) => {
                Some(format!("Nobody here has the login “{user}”."))
            }
            (Error::Invalid(_), engine::Filter { event: Some(event), .. }) => {
                Some(format!("“{event}” is not an event of this log. Choose one from the list."))
            }
            _ => None,
        }
    }

    fn page(&self, visitor: &Visitor, organization: &str, shown: Shown, members: &[Member]) -> AuditLogs {
        let people: Vec<UserChoice> = members.iter().map(choice).collect();
        let mut page = AuditLogs {
            shell: visitor.shell(organization, Section::AuditLogs),
            filter: Filter::default(),
            keys: KEYS.into(),
            events: catalogue(),
            people,
            entries: Vec::new(),
            older: None,
            paged: self.before.is_some(),
            extent: None,
            keeps_server: false,
            notice: None,
        };
        match shown {
            Shown::Nothing(notice) => page.notice = Some(notice),
            Shown::Entries(read) => {
                page.entries = read.entries.iter().map(|told| entry(told, organization, visitor.cx.now)).collect();
                page.older = read.next.map(|next| Cursor(next).to_text());
                page.extent = Some(Extent { total: read.size, newest: read.size.checked_sub(1) });
                page.keeps_server = read.keeps_server;
                page.notice = (!read.complete).then(|| PENDING.to_owned());
            }
        }
        page.filter = self.shown_filter(&page);
        page
    }

    /// The filter, with the names that go with what was typed.
    fn shown_filter(&self, page: &AuditLogs) -> Filter {
        let user = self.filter.user.as_ref().map(|login| {
            let listed = page.people.iter().find(|person| person.login == *login).map(|person| &person.name);
            let mut entries = page.entries.iter().filter(|entry| entry.who.login == *login);
            let name = listed.or_else(|| entries.next().map(|entry| &entry.who.name)).cloned();
            UserChoice { login: login.clone(), name: name.unwrap_or_default() }
        });
        let event = self.filter.event.as_ref().map(|id| {
            let name = ledger::Event::from_word(id).map_or(id.as_str(), |event| event.display_name());
            EventChoice { id: id.clone(), name: name.to_owned() }
        });
        Filter { query: self.query.clone(), user, event, server: self.filter.log == Some(WhichLog::Server) }
    }
}

const PENDING: &str = "The last few seconds are still being put in order. They will be here in a moment.";

fn choice(member: &Member) -> UserChoice {
    UserChoice { login: member.login.clone(), name: member.name.clone() }
}

/// Every event type, by category.
fn catalogue() -> Vec<EventGroup> {
    let groups = [
        (Category::Environments, "Environments"),
        (Category::Authentication, "Signing in, and refusals"),
        (Category::AccessTokens, "Access tokens"),
        (Category::Organization, "Organisation and members"),
        (Category::AuditLog, "Audit log"),
        (Category::Server, "Server and accounts"),
    ];
    let events = |category| {
        let events = ledger::Event::ALL.iter().filter(move |event| event.category() == category);
        let mut events: Vec<_> = events
            .map(|event| EventChoice { id: event.id().to_owned(), name: event.display_name().to_owned() })
            .collect();
        events.sort_by(|one, other| one.name.cmp(&other.name));
        events
    };
    groups.map(|(category, name)| EventGroup { name: name.to_owned(), events: events(category) }).into()
}

#[cfg(test)]
mod tests {
    use super::{ExportFormat, Rows, catalogue, file_name};
    use engine::ledger::Event;

    #[test]
    fn every_event_of_the_catalogue_can_be_chosen() {
        let listed: usize = catalogue().iter().map(|group| group.events.len()).sum();
        assert_eq!(listed, Event::ALL.len());
        assert!(catalogue().iter().all(|group| !group.events.is_empty()));
    }

    #[test]
    fn a_file_s_name_says_what_it_holds_and_leaves_its_place_for_nobody() {
        let filter = |user: &str, event: &str| {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            engine::Filter { user: given(user), event: given(event), ..engine::Filter::default() }
        };
        let now = 1_772_356_500_000_000;
        let csv = ExportFormat::Rows(Rows::Csv);
        assert_eq!(file_name("acme", &filter("", ""), csv, now), "acme-audit-log-2026-03-01.csv");
        let names: Vec<_> = ExportFormat::all().map(|format| file_name("acme", &filter("", ""), format, now)).collect();
        assert!(names.iter().enumerate().all(|(place, name)| !names[..place].contains(name)), "{names:?}");
        assert_eq!(names.last().map(String::as_str), Some("acme-audit-log-evidence-2026-03-01.zip"));
        let one = file_name("acme", &filter("ben", "environment-open"), csv, now);
        assert_eq!(one, "acme-audit-log-ben-environment-open-2026-03-01.csv");
        let hostile = file_name("acme", &filter("../\"\r\n;é", ""), csv, now);
        assert_eq!(hostile, "acme-audit-log-..______-2026-03-01.csv");
    }
}
