//! Lists of events, and the catalogue of their types.

use std::sync::Arc;

use api::{AuditLogEvents, EventType, EventTypes, Identified};
use axum::extract::State;
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use engine::ledger::Event;
use engine::ledger::formats::json::AuditLogEvent;
use engine::{Context, EntryPage, Told};

use super::cursor::Cursor;
use super::query::{Query, Reading};
use crate::http::App;
use crate::http::answer::{Json, WARNING, link_predecessor};
use crate::http::audited::Audited;
use crate::http::caller::Caller;
use crate::http::parameters::Parameters;
use crate::http::path::OrganizationPath;
use crate::http::problem::Problem;

/// How many events one page has.
const PAGE: usize = 100;

/// `GET /api/orgs/{organization}/auditlogs`
pub(in crate::http) async fn list_v1(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Response, Problem> {
    list(&app, &cx, path.organization, Query::read(&parameters, Reading::Downwards)?, "v1").await
}

/// `GET /api/orgs/{organization}/auditlogs/v2`
pub(in crate::http) async fn list_v2(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Response, Problem> {
    list(&app, &cx, path.organization, Query::read(&parameters, Reading::Upwards)?, "v2").await
}

async fn list(
    app: &App,
    cx: &Context,
    organization: String,
    query: Query,
    view: &'static str,
) -> Result<Response, Problem> {
    if query.format.as_deref().is_some_and(|format| format != "json") {
        return Err(Problem::invalid("a list has the format `json`; an export has others"));
    }
    let before = query.before.map(|cursor| cursor.0);
    let page = app.engine.list_events(cx, organization, query.filter, before, PAGE, view).await?;
    let (complete, predecessor) = (page.get().complete, page.get().predecessor);
    let mut response = Audited::from(page.map(events)).into_response();
    link_predecessor(&mut response, predecessor);
    if !complete {
        let warning = "the newest events are still being put in their place and may be missing from this page";
        response.headers_mut().insert(WARNING, HeaderValue::from_static(warning));
    }
    Ok(response)
}

fn events(page: Arc<EntryPage>) -> Json<AuditLogEvents<AuditLogEvent>> {
    Json(AuditLogEvents {
        audit_log_events: page.entries.iter().map(event).collect(),
        continuation_token: page.next.map(|next| Cursor(next).to_text()),
    })
}

/// An event as the lists show it.
pub(super) fn event(told: &Told) -> Identified<AuditLogEvent> {
    let leaf = told.entry.leaf.as_leaf();
    let (id, outcome) = (leaf.id().to_string(), leaf.outcome_word().unwrap_or_default().to_owned());
    let mut event = AuditLogEvent::new(&told.entry, "", told.token_name.as_deref());
    // Relative to the server's own address: whoever shows it knows that one.
    event.user.avatar_url = crate::console::views::links::avatar(&event.user.github_login);
    Identified { id, index: told.entry.index, outcome, event }
}

/// `GET /api/orgs/{organization}/auditlogs/event-types`
pub(in crate::http) async fn event_types(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<EventTypes>, Problem> {
    app.engine.audit_log_reader(&cx, path.organization, "list-event-types").await?;
    let mut event_types: Vec<EventType> = Event::ALL
        .iter()
        .map(|event| EventType {
            event: event.id(),
            display_name: event.display_name(),
            description: event.description(),
            category: event.category().as_str(),
            requires_org_admin: event.requires_org_admin(),
            requires_stack_admin: false,
            authentication_failure: event.authentication_failure(),
            deprecated: false,
        })
        .collect();
    event_types.sort_by_key(|event| event.event);
    Ok(Json(EventTypes { event_types }))
}

/// `GET /api/orgs/{organization}/auditlogs/reader-kind`: a hint for the hosted product's console,
/// which this word tells to filter on the server.
pub(in crate::http) async fn reader_kind(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<&'static str>, Problem> {
    app.engine.audit_log_reader(&cx, path.organization, "read-reader-kind").await?;
    Ok(Json("MySQL"))
}
