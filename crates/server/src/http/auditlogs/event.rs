//! One event, and its proof.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use engine::ledger::formats::{Device, Format, Writer};
use engine::{EventId, Told};

use crate::http::App;
use crate::http::answer::JsonText;
use crate::http::audited::Audited;
use crate::http::caller::Caller;
use crate::http::path::OrganizationPath;
use crate::http::problem::Problem;

/// `GET /api/orgs/{organization}/auditlogs/events/{event}`: every field, the leaf, and its openings.
pub(in crate::http) async fn read_event(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Audited<JsonText>, Problem> {
    let event = event(&path)?;
    let read = app.engine.read_event(&cx, path.organization, event).await?;
    Ok(read.map(shown).into())
}

fn shown(told: Arc<Told>) -> JsonText {
    let mut text = String::new();
    let device = Device { host: "", organization: "" };
    Writer::new(Format::Ndjson, device).entry(&mut text, &told.entry, told.token_name.as_deref());
    JsonText(text.into_bytes())
}

/// `GET /api/orgs/{organization}/auditlogs/events/{event}/proof`: a C2SP tlog-proof.
pub(in crate::http) async fn prove_event(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Response, Problem> {
    let event = event(&path)?;
    let proof = app.engine.prove_event(&cx, path.organization, event).await?;
    let name = format!("attachment; filename=\"{event}.tlog-proof\"");
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CONTENT_DISPOSITION, &name)];
    Ok((headers, proof).into_response())
}

fn event(path: &OrganizationPath) -> Result<EventId, Problem> {
    path.segment("event").parse().map_err(|_| Problem::invalid("this is no id of an event: one is a UUID"))
}
