//! Exports: everything that matches, streamed at constant memory.

mod rows;
mod sink;
mod write;

use std::io;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use engine::ledger::formats::Format as Rows;
use engine::{Context, Export, ExportFormat, Recorded};
use tokio::sync::mpsc;

use super::query::{Query, Reading};
use crate::http::App;
use crate::http::answer::{WARNING, link_predecessor, name_events};
use crate::http::caller::Caller;
use crate::http::parameters::Parameters;
use crate::http::path::OrganizationPath;
use crate::http::problem::Problem;
pub(crate) use sink::Packing;
use sink::{Piece, Sink};

/// How many pieces wait for a reader who is slow. Nothing more is read from the log meanwhile.
const WAITING: usize = 4;

/// `GET /api/orgs/{organization}/auditlogs/export`
pub(in crate::http) async fn export_v1(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Response, Problem> {
    export(&app, &cx, path.organization, Query::read_export(&parameters, Reading::Downwards)?).await
}

/// `GET /api/orgs/{organization}/auditlogs/v2/export`
pub(in crate::http) async fn export_v2(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Response, Problem> {
    export(&app, &cx, path.organization, Query::read_export(&parameters, Reading::Upwards)?).await
}

async fn export(app: &App, cx: &Context, organization: String, query: Query) -> Result<Response, Problem> {
    let format = format(query.format.as_deref())?;
    let (recorded, export) = app.engine.export_events(cx, organization, query.filter, format).await?;
    // Text is always gzip, asked for or not: it is what the hosted product does and clients expect.
    let packing = if format == ExportFormat::Bundle { Packing::Plain } else { Packing::Gzip };
    let mut response = respond(&recorded, export, host(&app.settings.public_url), packing);
    // What the hosted product has, it calls plain text.
    if matches!(format, ExportFormat::Rows(Rows::Csv | Rows::Cef)) {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    }
    Ok(response)
}

fn format(text: Option<&str>) -> Result<ExportFormat, Problem> {
    let Some(text) = text else { return Ok(ExportFormat::Rows(Rows::Csv)) };
    ExportFormat::from_word(text).ok_or_else(|| {
        let words: Vec<_> = ExportFormat::all().map(|format| format!("`{}`", format.as_str())).collect();
        Problem::invalid(format!("`format` must be one of {}", words.join(", ")))
    })
}

/// The host of an address, for formats that name the device.
pub(crate) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or_default().to_owned()
}

/// The answer that streams an export. Its beginning is recorded by now; a task of its own writes
/// it, and records how it ended, whether or not somebody reads to the end.
pub(crate) fn respond(recorded: &Recorded<()>, export: Export, host: String, packing: Packing) -> Response {
    let (complete, format, predecessor) = (export.complete, export.format(), export.predecessor());
    let (chunks, mut waiting) = mpsc::channel(WAITING);
    tokio::spawn(write::write(export, host, Sink::new(packing, chunks.clone()), chunks));
    let mut is_whole = false;
    let stream = futures_util::stream::poll_fn(move |cx| {
        waiting.poll_recv(cx).map(|piece| match piece {
            Some(Piece::Bytes(bytes)) => Some(Ok(bytes)),
            Some(Piece::End) => {
                is_whole = true;
                None
            }
            // The client must not take the first half for the whole, whatever became of the other one.
            None => (!std::mem::replace(&mut is_whole, true)).then(|| Err(io::Error::other("the export broke off"))),
        })
    });
    let mut response = Body::from_stream(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    if packing == Packing::Gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if !complete {
        let warning = "the newest events are still being put in their place and may be missing from this export";
        headers.insert(WARNING, HeaderValue::from_static(warning));
    }
    name_events(headers, recorded.events());
    link_predecessor(&mut response, predecessor);
    response
}
