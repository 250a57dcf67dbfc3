//! Rotating, and the history of it.

use api::{RotateEnvironment, RotatedEnvironment, SecretRotation, SecretRotationEvent, SecretRotationEvents};
use axum::extract::State;
use engine::lang::PropertyPath;
use engine::store::rotation;
use engine::{RotationEvent, RotationOrder};

use super::render::time;
use crate::http::App;
use crate::http::answer::Json;
use crate::http::audited::Audited;
use crate::http::body::JsonBody;
use crate::http::caller::Caller;
use crate::http::path::EnvironmentPath;
use crate::http::problem::Problem;

/// `POST …/rotate`
pub(in crate::http) async fn rotate(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    JsonBody(body): JsonBody<RotateEnvironment>,
) -> Result<Audited<Json<RotatedEnvironment>>, Problem> {
    let paths = body.paths.unwrap_or_default();
    let paths: Result<Vec<_>, _> = paths.iter().map(|path| PropertyPath::parse(path)).collect();
    let paths = paths.map_err(|error| Problem::invalid(error.to_string()))?;
    let order = RotationOrder { name: path.name, paths, schedule: None };
    let rotated = app.engine.rotate_environment(&cx, order).await?;
    Ok(rotated.map(|event| Json(answer(event))).into())
}

fn answer(event: RotationEvent) -> RotatedEnvironment {
    let event = shown(event);
    RotatedEnvironment { id: event.id.clone(), secret_rotation_event: event }
}

fn shown(event: RotationEvent) -> SecretRotationEvent {
    let RotationEvent { rotation, paths } = event;
    SecretRotationEvent {
        id: rotation.id.to_string(),
        environment_id: rotation.environment.to_string(),
        created: time(rotation.created_at),
        pre_rotation_revision: rotation.revision_before,
        post_rotation_revision: rotation.revision_after,
        user_id: rotation.account.to_string(),
        completed: rotation.completed_at.map(time),
        status: match rotation.state {
            rotation::State::Running => "in_progress",
            rotation::State::Succeeded => "succeeded",
            rotation::State::Failed => "failed",
        },
        scheduled_action_id: rotation.schedule,
        error_message: rotation.problem,
        rotations: paths
            .into_iter()
            .map(|path| SecretRotation {
                id: path.id.to_string(),
                environment_path: path.path,
                status: if path.problem.is_some() { "failed" } else { "succeeded" },
                error_message: path.problem,
            })
            .collect(),
    }
}

/// `GET …/rotate/history`
pub(in crate::http) async fn history(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Json<SecretRotationEvents>, Problem> {
    let events = app.engine.rotation_history(&cx, path.name).await?;
    Ok(Json(SecretRotationEvents { events: events.into_iter().map(shown).collect() }))
}
