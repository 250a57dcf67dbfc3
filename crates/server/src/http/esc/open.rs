//! Opening an environment, and reading what was opened.

use api::OpenEnvironment;
use axum::extract::State;
use engine::{Opened, SessionId};

use super::render::values;
use crate::http::App;
use crate::http::answer::{Json, JsonText};
use crate::http::audited::Audited;
use crate::http::caller::Caller;
use crate::http::parameters::Parameters;
use crate::http::path::EnvironmentPath;
use crate::http::problem::Problem;

/// How long a session lives where nothing is said: two hours.
pub(super) const LIFETIME: u64 = 7_200;

/// `POST …/open` and `POST …/versions/{version}/open`
///
/// Answers with a session's identifier. The values are read from the session, so they never
/// travel in the answer that a proxy is most likely to log.
pub(in crate::http) async fn open(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    parameters: Parameters,
) -> Result<Audited<Json<OpenEnvironment>>, Problem> {
    let version = path.version()?;
    let seconds = parameters.duration("duration", LIFETIME)?;
    let opened = app.engine.open_environment(&cx, path.name, version, seconds).await?;
    Ok(opened.map(session).into())
}

/// An opened session on the wire.
pub(super) fn session(opened: Opened) -> Json<OpenEnvironment> {
    Json(OpenEnvironment { id: opened.session.to_string() })
}

/// `GET …/open/{session}`
pub(in crate::http) async fn read_open(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    parameters: Parameters,
) -> Result<Audited<JsonText>, Problem> {
    let id = session_id(path.segment("session"))?;
    let property = parameters.get("property").map(str::to_owned);
    let read = app.engine.read_session(&cx, path.name, id, property).await?;
    Ok(read.map(values).into())
}

/// What is no identifier of a session leads to none.
pub(super) fn session_id(text: &str) -> Result<SessionId, Problem> {
    text.parse().map_err(|_| Problem::new(axum::http::StatusCode::NOT_FOUND, "session not found"))
}
