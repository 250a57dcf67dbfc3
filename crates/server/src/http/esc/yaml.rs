//! Definitions that come with the request, under no name.

use api::OpenEnvironment;
use axum::extract::State;

use super::definition::show_secrets;
use super::open::{LIFETIME, session, session_id};
use super::render::{checked, values};
use crate::http::App;
use crate::http::answer::{Json, JsonText};
use crate::http::audited::Audited;
use crate::http::body::Text;
use crate::http::caller::Caller;
use crate::http::parameters::Parameters;
use crate::http::path::OrganizationPath;
use crate::http::problem::Problem;

/// `POST /api/esc/environments/{organization}/yaml/check`
pub(in crate::http) async fn check_yaml(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
    Text(definition): Text,
) -> Result<Audited<JsonText>, Problem> {
    let secrets = show_secrets(&parameters)?;
    let result = app.engine.check_anonymous(&cx, path.organization, definition, secrets).await?;
    Ok(result.map(checked).into())
}

/// `POST /api/esc/environments/{organization}/yaml/open`
pub(in crate::http) async fn open_yaml(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
    Text(definition): Text,
) -> Result<Audited<Json<OpenEnvironment>>, Problem> {
    let seconds = parameters.duration("duration", LIFETIME)?;
    let opened = app.engine.open_anonymous(&cx, path.organization, definition, seconds).await?;
    Ok(opened.map(session).into())
}

/// `GET /api/esc/environments/{organization}/yaml/open/{session}`
pub(in crate::http) async fn read_open_yaml(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Audited<JsonText>, Problem> {
    let id = session_id(&path.segment("session"))?;
    let property = parameters.get("property").map(str::to_owned);
    let read = app.engine.read_anonymous_session(&cx, path.organization, id, property).await?;
    Ok(read.map(values).into())
}
