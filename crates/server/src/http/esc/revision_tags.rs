//! Tags on revisions.

use api::{CreateRevisionTag, ListRevisionTags, RevisionTag, UpdateRevisionTag};
use axum::extract::State;
use axum::http::StatusCode;
use engine::{RevisionTagName, Version};

use super::render::time;
use crate::http::App;
use crate::http::answer::{Empty, Json};
use crate::http::audited::Audited;
use crate::http::body::JsonBody;
use crate::http::caller::Caller;
use crate::http::parameters::Parameters;
use crate::http::path::EnvironmentPath;
use crate::http::problem::Problem;

/// How many tags one page has, and the most that may be asked for.
const PAGE: (u32, u32) = (500, 1_000);

/// `GET …/versions/tags` and `GET …/versions/{version}/tags`
pub(in crate::http) async fn list(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    parameters: Parameters,
) -> Result<Json<ListRevisionTags>, Problem> {
    let version = Some(path.version()?).filter(|version| *version != Version::Newest);
    let after = parameters.get("after").unwrap_or_default().to_owned();
    let count = parameters.integer::<u32>("count")?.filter(|count| *count > 0).unwrap_or(PAGE.0).min(PAGE.1);
    let tags = app.engine.list_revision_tags(&cx, path.name, version, after, count).await?;
    Ok(Json(ListRevisionTags { tags: tags.iter().map(shown).collect(), next_token: "" }))
}

fn shown(tag: &engine::RevisionTag) -> RevisionTag {
    RevisionTag {
        name: tag.name.clone(),
        revision: tag.revision,
        created: time(tag.created_at),
        modified: time(tag.modified_at),
        editor_login: tag.editor_login.clone(),
        editor_name: tag.editor_name.clone(),
    }
}

fn parsed(name: &str) -> Result<RevisionTagName, Problem> {
    RevisionTagName::new(name).map_err(|error| Problem::invalid(error.to_string()))
}

/// The revision that a body names; the newest where it names none.
fn version(revision: Option<u64>) -> Version {
    revision.map_or(Version::Newest, Version::Number)
}

/// `POST …/versions/tags`
pub(in crate::http) async fn create(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    JsonBody(body): JsonBody<CreateRevisionTag>,
) -> Result<Audited<Empty>, Problem> {
    let tag = parsed(&body.name)?;
    let created = app.engine.create_revision_tag(&cx, path.name, tag, version(body.revision)).await?;
    Ok(created.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}

/// `POST …/versions/tags/{tag}`, as very old clients create under their own prefix: the path has the name.
pub(in crate::http) async fn create_here(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    JsonBody(body): JsonBody<UpdateRevisionTag>,
) -> Result<Audited<Empty>, Problem> {
    let tag = parsed(path.segment("tag"))?;
    let created = app.engine.create_revision_tag(&cx, path.name, tag, version(body.revision)).await?;
    Ok(created.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}

/// `GET …/versions/tags/{tag}`
pub(in crate::http) async fn read(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Audited<Json<RevisionTag>>, Problem> {
    let tag = parsed(path.segment("tag"))?;
    let read = app.engine.read_revision_tag(&cx, path.name, tag).await?;
    Ok(read.map(|tag| Json(shown(&tag))).into())
}

/// `PATCH …/versions/tags/{tag}`
pub(in crate::http) async fn update(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    JsonBody(body): JsonBody<UpdateRevisionTag>,
) -> Result<Audited<Empty>, Problem> {
    let tag = parsed(path.segment("tag"))?;
    let moved = app.engine.move_revision_tag(&cx, path.name, tag, version(body.revision)).await?;
    Ok(moved.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}

/// `DELETE …/versions/tags/{tag}`
pub(in crate::http) async fn delete(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Audited<Empty>, Problem> {
    let tag = parsed(path.segment("tag"))?;
    let deleted = app.engine.delete_revision_tag(&cx, path.name, tag).await?;
    Ok(deleted.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}
