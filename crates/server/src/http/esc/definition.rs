//! Definitions: read, check, decrypt, update, and their history.

use std::sync::Arc;

use api::{EnvironmentRevision, RetractRevision, RevisionRetracted, UpdateEnvironment};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::{Decrypted, Definition, RetractionReason, Secrets, Updated};

use super::render::{checked, time};
use crate::http::App;
use crate::http::answer::{Empty, Json, JsonText, Yaml, name_revision};
use crate::http::audited::Audited;
use crate::http::body::{JsonBody, Text};
use crate::http::caller::Caller;
use crate::http::parameters::Parameters;
use crate::http::path::EnvironmentPath;
use crate::http::problem::{Problem, diagnostic};

/// How many revisions one page has, and the most that may be asked for.
const PAGE: (u32, u32) = (500, 1_000);

/// `GET …/{environment}` and `GET …/versions/{version}`
pub(in crate::http) async fn read(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Audited<Yaml>, Problem> {
    let version = path.version()?;
    let read = app.engine.read_environment(&cx, path.name, version).await?;
    Ok(read.map(definition).into())
}

fn definition(definition: Arc<Definition>) -> Yaml {
    Yaml { text: definition.text.clone().into_bytes(), revision: definition.revision, etag: definition.etag.clone() }
}

/// `HEAD …/{environment}`
pub(in crate::http) async fn stat(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Response, Problem> {
    let stat = app.engine.stat_environment(&cx, path.name).await?;
    let mut response = StatusCode::OK.into_response();
    name_revision(response.headers_mut(), stat.revision, &stat.etag);
    Ok(response)
}

/// `POST …/check` and `POST …/versions/{version}/check`
pub(in crate::http) async fn check(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    parameters: Parameters,
) -> Result<Audited<JsonText>, Problem> {
    let version = path.version()?;
    let secrets = show_secrets(&parameters)?;
    let result = app.engine.check_environment(&cx, path.name, version, secrets).await?;
    Ok(result.map(checked).into())
}

/// Whether a check is to show secrets.
pub(super) fn show_secrets(parameters: &Parameters) -> Result<Secrets, Problem> {
    Ok(if parameters.boolean("showSecrets")? { Secrets::Shown } else { Secrets::Hidden })
}

/// `GET …/decrypt` and `GET …/versions/{version}/decrypt`
pub(in crate::http) async fn decrypt(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Audited<Yaml>, Problem> {
    let version = path.version()?;
    let decrypted = app.engine.decrypt_environment(&cx, path.name, version).await?;
    Ok(decrypted.map(plaintext).into())
}

fn plaintext(decrypted: Arc<Decrypted>) -> Yaml {
    Yaml {
        text: decrypted.text.expose().clone().into_bytes(),
        revision: decrypted.revision,
        etag: decrypted.etag.clone(),
    }
}

/// `PATCH …/{environment}`
pub(in crate::http) async fn update(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    headers: HeaderMap,
    Text(definition): Text,
) -> Result<Audited<Response>, Problem> {
    let expected = precondition(&headers)?;
    let updated = app.engine.update_environment(&cx, path.name, definition, expected).await?;
    Ok(updated.map(stored).into())
}

fn stored(updated: Updated) -> Response {
    let diagnostics = updated.warnings.iter().map(diagnostic).collect();
    let mut response = Json(UpdateEnvironment { diagnostics }).into_response();
    name_revision(response.headers_mut(), updated.revision, &updated.etag);
    response
}

/// The revision that the caller last saw: official clients send it in a request header that is
/// called `ETag`, the documentation says `If-Match`. Empty, or `*`, means whatever it is.
fn precondition(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let sent = [header::IF_MATCH, header::ETAG].into_iter().find_map(|name| headers.get(name));
    let Some(sent) = sent else { return Ok(None) };
    let text = sent.to_str().map_err(|_| Problem::invalid("the precondition is not text"))?;
    let bare = text.trim().trim_start_matches("W/").trim_matches('"');
    Ok(Some(bare.to_owned()).filter(|bare| !bare.is_empty() && bare != "*"))
}

/// `GET …/versions`
pub(in crate::http) async fn revisions(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    parameters: Parameters,
) -> Result<Json<Vec<EnvironmentRevision>>, Problem> {
    // 0 is what the command line sends first, and means no bound.
    let before = parameters.integer::<u64>("before")?.filter(|before| *before > 0);
    let count = parameters.integer::<u32>("count")?.filter(|count| *count > 0).unwrap_or(PAGE.0).min(PAGE.1);
    let revisions = app.engine.list_revisions(&cx, path.name, before, count).await?;
    let revisions = revisions.into_iter().map(|(revision, tags)| EnvironmentRevision {
        number: revision.number,
        created: time(revision.created_at),
        creator_login: revision.author_login,
        creator_name: revision.author_name,
        tags,
        retracted: revision.retracted.map(|retracted| RevisionRetracted {
            replacement: retracted.replacement,
            at: time(retracted.at),
            by_login: retracted.by_login,
            by_name: retracted.by_name,
            reason: retracted.reason,
        }),
    });
    Ok(Json(revisions.collect()))
}

/// `POST …/versions/{version}/retract`
pub(in crate::http) async fn retract(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    JsonBody(body): JsonBody<RetractRevision>,
) -> Result<Audited<Empty>, Problem> {
    let version = path.version()?;
    let reason = body.reason.filter(|reason| !reason.is_empty());
    let reason = reason.as_deref().map(RetractionReason::new).transpose();
    let reason = reason.map_err(|error| Problem::invalid(error.to_string()))?;
    let retracted = app.engine.retract_revision(&cx, path.name, version, body.replacement, reason).await?;
    Ok(retracted.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}
