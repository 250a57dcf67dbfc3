//! Tags on environments.

use api::{CreateEnvironmentTag, EnvironmentTag, ListEnvironmentTags, UpdateEnvironmentTag};
use axum::extract::State;
use axum::http::StatusCode;
use engine::{EnvironmentTagName, EnvironmentTagValue, TagPage, TagUpdate};

use super::render::time;
use crate::http::App;
use crate::http::answer::{Empty, Json};
use crate::http::audited::Audited;
use crate::http::body::JsonBody;
use crate::http::caller::Caller;
use crate::http::parameters::Parameters;
use crate::http::path::{EnvironmentPath, OrganizationPath};
use crate::http::problem::Problem;

/// How many tags one page has, and the most that may be asked for.
const PAGE: (u32, u32) = (500, 1_000);

/// `GET /api/esc/environments/{organization}/tags`
pub(in crate::http) async fn list_values(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<engine::TagValues>, Problem> {
    Ok(Json(app.engine.list_tag_values(&cx, path.organization).await?))
}

/// `GET …/tags`
pub(in crate::http) async fn list(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    parameters: Parameters,
) -> Result<Json<ListEnvironmentTags>, Problem> {
    let skip = parameters.integer::<u64>("after")?.unwrap_or(0);
    let count = parameters.integer::<u32>("count")?.filter(|count| *count > 0).unwrap_or(PAGE.0).min(PAGE.1);
    let TagPage { tags, next } = app.engine.list_environment_tags(&cx, path.name, skip, count).await?;
    Ok(Json(ListEnvironmentTags {
        tags: tags.into_iter().map(|tag| (tag.name.clone(), shown(tag))).collect(),
        next_token: next.unwrap_or(0).to_string(),
    }))
}

fn shown(tag: engine::EnvironmentTag) -> EnvironmentTag {
    EnvironmentTag {
        name: tag.name,
        value: tag.value,
        created: time(tag.created_at),
        modified: time(tag.modified_at),
        editor_login: tag.editor_login,
        editor_name: tag.editor_name,
    }
}

fn name(text: &str) -> Result<EnvironmentTagName, Problem> {
    EnvironmentTagName::new(text).map_err(|error| Problem::invalid(error.to_string()))
}

fn value(text: &str) -> Result<EnvironmentTagValue, Problem> {
    EnvironmentTagValue::new(text).map_err(|error| Problem::invalid(error.to_string()))
}

/// `POST …/tags`
pub(in crate::http) async fn create(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    JsonBody(body): JsonBody<CreateEnvironmentTag>,
) -> Result<Audited<Json<EnvironmentTag>>, Problem> {
    let (name, value) = (name(&body.name)?, value(&body.value)?);
    let created = app.engine.create_environment_tag(&cx, path.name, name, value).await?;
    Ok(created.map(|tag| Json(shown(tag))).into())
}

/// `GET …/tags/{tag}`
pub(in crate::http) async fn read(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Json<EnvironmentTag>, Problem> {
    let tag = name(path.segment("tag"))?;
    Ok(Json(shown(app.engine.read_environment_tag(&cx, path.name, tag).await?)))
}

/// `PATCH …/tags/{tag}`
pub(in crate::http) async fn update(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    JsonBody(body): JsonBody<UpdateEnvironmentTag>,
) -> Result<Audited<Json<EnvironmentTag>>, Problem> {
    let tag = name(path.segment("tag"))?;
    // Clients fill in every field; an empty one means nothing.
    let meant = |text: Option<String>| text.filter(|text| !text.is_empty());
    let update = TagUpdate {
        expected: meant(body.current_tag.value),
        name: meant(body.new_tag.name).as_deref().map(name).transpose()?,
        value: meant(body.new_tag.value).as_deref().map(value).transpose()?,
    };
    let updated = app.engine.update_environment_tag(&cx, path.name, tag, update).await?;
    Ok(updated.map(|tag| Json(shown(tag))).into())
}

/// `DELETE …/tags/{tag}`
pub(in crate::http) async fn delete(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Audited<Empty>, Problem> {
    let tag = name(path.segment("tag"))?;
    let deleted = app.engine.delete_environment_tag(&cx, path.name, tag).await?;
    Ok(deleted.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}
