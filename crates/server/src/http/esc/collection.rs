//! The collection: list, create, delete, restore.

use api::{CloneEnvironment, CloneVersion, CreateEnvironment, ListEnvironments, RestoreEnvironment};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::{Context, EnvironmentName, EnvironmentPage, Kept, Version};

use super::render::{bare_status, listed};
use crate::http::App;
use crate::http::answer::{Empty, Json};
use crate::http::audited::Audited;
use crate::http::body::JsonBody;
use crate::http::caller::Caller;
use crate::http::parameters::Parameters;
use crate::http::path::{EnvironmentPath, OrganizationPath};
use crate::http::problem::Problem;

/// How many environments one page has, and the most that may be asked for.
const PAGE: (usize, usize) = (500, 1_000);

/// `GET /api/esc/environments`
pub(in crate::http) async fn list_all(
    State(app): State<App>,
    Caller(cx): Caller,
    parameters: Parameters,
) -> Result<Json<ListEnvironments>, Problem> {
    let organization = parameters.get("organization").map(str::to_owned);
    page(&app, &cx, organization, &parameters).await
}

/// `GET /api/esc/environments/{organization}`
pub(in crate::http) async fn list(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Json<ListEnvironments>, Problem> {
    page(&app, &cx, Some(path.organization), &parameters).await
}

async fn page(
    app: &App,
    cx: &Context,
    organization: Option<String>,
    parameters: &Parameters,
) -> Result<Json<ListEnvironments>, Problem> {
    let after = parameters.get("continuationToken").map(after).transpose()?.unwrap_or_default();
    let limit = parameters.integer::<usize>("maxResults")?.unwrap_or(PAGE.0).clamp(1, PAGE.1);
    let EnvironmentPage { environments, next } = app.engine.list_environments(cx, organization, after, limit).await?;
    Ok(Json(ListEnvironments {
        environments: environments.into_iter().map(|row| listed(app, row)).collect(),
        next_token: next
            .map(|(organization, project, name)| URL_SAFE_NO_PAD.encode(format!("{organization}/{project}/{name}"))),
    }))
}

/// The last environment of the page before.
fn after(token: &str) -> Result<(String, String, String), Problem> {
    let decode = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (organization, rest) = text.split_once('/')?;
        let (project, name) = rest.split_once('/')?;
        Some((organization.to_owned(), project.to_owned(), name.to_owned()))
    };
    decode().ok_or_else(|| Problem::invalid("`continuationToken` is not one that this server gave"))
}

/// `POST /api/esc/environments/{organization}`
pub(in crate::http) async fn create(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    headers: HeaderMap,
    JsonBody(body): JsonBody<CreateEnvironment>,
) -> Result<Audited<Empty>, Problem> {
    let project = body.project.as_deref().filter(|project| !project.is_empty()).unwrap_or("default");
    let name = EnvironmentName::for_creation(&path.organization, project, &body.name)
        .map_err(|error| Problem::invalid(error.to_string()))?;
    let created = app.engine.create_environment(&cx, name).await?;
    Ok(Audited::from(created.map(|()| Empty(StatusCode::NO_CONTENT))).with_status(bare_status(&headers)))
}

/// `POST /api/esc/environments/{organization}/{project}/{environment}`, as very old clients create
/// under their own prefix: the path has the name.
pub(in crate::http) async fn create_here(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    headers: HeaderMap,
) -> Result<Audited<Empty>, Problem> {
    let name = EnvironmentName::for_creation(path.name.organization(), path.name.project(), path.name.environment())
        .map_err(|error| Problem::invalid(error.to_string()))?;
    let created = app.engine.create_environment(&cx, name).await?;
    Ok(Audited::from(created.map(|()| Empty(StatusCode::NO_CONTENT))).with_status(bare_status(&headers)))
}

/// `POST /api/esc/environments/{organization}/{project}/{environment}/clone`
pub(in crate::http) async fn clone(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    JsonBody(body): JsonBody<CloneEnvironment>,
) -> Result<Audited<Empty>, Problem> {
    let invalid = |error: engine::Error| Problem::invalid(error.to_string());
    let project = body.project.as_deref().filter(|project| !project.is_empty()).unwrap_or(path.name.project());
    let destination = EnvironmentName::for_creation(path.name.organization(), project, &body.name).map_err(invalid)?;
    let version = match body.version {
        Some(CloneVersion::Number(number)) => Version::Number(number),
        Some(CloneVersion::Text(text)) if !text.is_empty() => Version::parse(&text).map_err(invalid)?,
        Some(CloneVersion::Text(_)) | None => Version::Newest,
    };
    let kept = Kept {
        history: body.preserve_history.unwrap_or(false),
        tags: body.preserve_environment_tags.unwrap_or(false),
        revision_tags: body.preserve_revision_tags.unwrap_or(false),
        access: body.preserve_access.unwrap_or(false),
    };
    let cloned = app.engine.clone_environment(&cx, path.name, version, destination, kept).await?;
    Ok(cloned.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}

/// `DELETE /api/esc/environments/{organization}/{project}/{environment}`
pub(in crate::http) async fn delete(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    headers: HeaderMap,
) -> Result<Audited<Empty>, Problem> {
    let deleted = app.engine.delete_environment(&cx, path.name).await?;
    Ok(Audited::from(deleted.map(|()| Empty(StatusCode::NO_CONTENT))).with_status(bare_status(&headers)))
}

/// `GET /api/esc/environments/{organization}/restore`
pub(in crate::http) async fn list_deleted(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Json<ListEnvironments>, Problem> {
    let before = parameters.integer::<i64>("continuationToken")?.unwrap_or(i64::MAX);
    let limit = i64::try_from(PAGE.0).unwrap_or(i64::MAX);
    let rows = app.engine.list_deleted_environments(&cx, path.organization, before, limit).await?;
    let full = rows.len() == PAGE.0;
    let next = rows.last().and_then(|row| row.environment.deleted_at).filter(|_| full);
    Ok(Json(ListEnvironments {
        environments: rows.into_iter().map(|row| listed(&app, row)).collect(),
        next_token: next.map(|time| time.to_string()),
    }))
}

/// `PUT /api/esc/environments/{organization}/restore`
pub(in crate::http) async fn restore(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<RestoreEnvironment>,
) -> Result<Audited<Empty>, Problem> {
    let name = EnvironmentName::new(&path.organization, &body.project, &body.name)
        .map_err(|error| Problem::invalid(error.to_string()))?;
    let deleted_at = body
        .deletion_timestamp
        .parse::<jiff::Timestamp>()
        .map_err(|_| Problem::invalid("`deletionTimestamp` must be the `deletedAt` of the deleted environment"))?;
    let restored = app.engine.restore_environment(&cx, name, deleted_at.as_microsecond()).await?;
    Ok(restored.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}
