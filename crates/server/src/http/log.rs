//! The logs as others mirror and check them (C2SP tlog-tiles): `/log/{log}/…`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use engine::ledger::LogId;
use engine::ledger::tile::TilePath;

use super::App;
use super::audited::Audited;
use super::caller::Anybody;
use super::problem::Problem;

const NOTE: [(HeaderName, HeaderValue); 2] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
    // There is a new one every second.
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
];

/// `GET /log/{log}/checkpoint`: the newest one, a signed note.
pub(super) async fn checkpoint(
    State(app): State<App>,
    Anybody(cx): Anybody,
    Path(log): Path<String>,
) -> Result<Response, Problem> {
    let note = app.engine.log_checkpoint(&cx, identifier(&log)?).await?;
    Ok((NOTE, note).into_response())
}

/// `GET /log/{log}/tile/{level}/{number}[.p/{width}]` and `…/tile/entries/{number}[.p/{width}]`
pub(super) async fn tile(
    State(app): State<App>,
    Anybody(cx): Anybody,
    Path((log, path)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let log = identifier(&log)?;
    let path: TilePath = format!("tile/{path}").parse().map_err(|_| {
        Problem::invalid("this is no path of a tile: one is `tile/0/x001/067` or, with a width, `tile/0/x001/067.p/5`")
    })?;
    match path {
        TilePath::Tile { id, width } => {
            let hashes = app.engine.log_tile(&cx, log, id, width).await?;
            Ok((OCTETS, hashes.concat()).into_response())
        }
        TilePath::Entries { number, width } => {
            let leaves = app.engine.log_leaves(&cx, log, number, width as u64).await?;
            Ok(Audited::from(leaves.map(octets)).into_response())
        }
    }
}

// Never the answer of a cache between: who may read it is asked each time.
const OCTETS: [(HeaderName, HeaderValue); 2] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
    (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
];

fn octets(bytes: Arc<Vec<u8>>) -> Response {
    (OCTETS, Arc::unwrap_or_clone(bytes)).into_response()
}

fn identifier(text: &str) -> Result<LogId, Problem> {
    text.parse().map_err(|_| Problem::invalid("this is no id of a log: one has 16 letters and digits"))
}
