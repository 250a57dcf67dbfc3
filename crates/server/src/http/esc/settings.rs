//! What is known of an environment besides its definition.

use api::{EnvironmentMetadata, EnvironmentSettings, UpdateSettings, UserInfo};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::http::App;
use crate::http::answer::{Empty, Json};
use crate::http::audited::Audited;
use crate::http::body::JsonBody;
use crate::http::caller::Caller;
use crate::http::path::EnvironmentPath;
use crate::http::problem::Problem;

/// `GET …/metadata`
pub(in crate::http) async fn metadata(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Json<EnvironmentMetadata>, Problem> {
    let metadata = app.engine.environment_metadata(&cx, path.name, "read-metadata").await?;
    Ok(Json(EnvironmentMetadata {
        id: metadata.environment.id.to_string(),
        owned_by: UserInfo {
            avatar_url: app.settings.avatar(&metadata.owner_login),
            name: metadata.owner_name,
            github_login: metadata.owner_login,
            email: None,
        },
    }))
}

/// `GET …/settings`
pub(in crate::http) async fn read_settings(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Json<EnvironmentSettings>, Problem> {
    let metadata = app.engine.environment_metadata(&cx, path.name, "read-settings").await?;
    Ok(Json(EnvironmentSettings { deletion_protected: metadata.environment.deletion_protected }))
}

/// `PATCH …/settings`
pub(in crate::http) async fn update_settings(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    JsonBody(body): JsonBody<UpdateSettings>,
) -> Result<Response, Problem> {
    let Some(protected) = body.deletion_protected else {
        // Nothing to change; whoever may not even look gets the same answer as for a look.
        app.engine.environment_metadata(&cx, path.name, "update-settings").await?;
        return Ok(StatusCode::OK.into_response());
    };
    let changed = app.engine.protect_environment(&cx, path.name, protected).await?;
    Ok(Audited::from(changed.map(|()| Empty(StatusCode::OK))).into_response())
}
