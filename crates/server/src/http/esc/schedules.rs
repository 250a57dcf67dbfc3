//! Schedules of environments.

use api::{ListSchedules, ScheduleDefinition, ScheduleHistory, ScheduleHistoryEvent, ScheduledAction, SetSchedule};
use axum::extract::State;
use axum::http::StatusCode;
use engine::{Error, RotationPath, RunState, ScheduleId, ScheduleUpdate, Scheduled, When};

use super::render::time;
use crate::http::App;
use crate::http::answer::{Empty, Json};
use crate::http::audited::Audited;
use crate::http::body::JsonBody;
use crate::http::caller::Caller;
use crate::http::path::EnvironmentPath;
use crate::http::problem::Problem;

fn shown(scheduled: Scheduled) -> ScheduledAction {
    let Scheduled { organization, schedule } = scheduled;
    // As short as it was most likely written: declarative clients compare the texts.
    let once = schedule.once_at.and_then(|at| jiff::Timestamp::from_microsecond(at).ok());
    ScheduledAction {
        id: schedule.id.to_string(),
        org_id: organization.to_string(),
        kind: "environment_rotation",
        paused: schedule.paused,
        created: time(schedule.created_at),
        modified: time(schedule.modified_at),
        last_executed: schedule.last_at.map_or_else(String::new, time),
        next_execution: schedule.next_at.map_or_else(String::new, time),
        definition: ScheduleDefinition {
            environment_path: schedule.path,
            environment_id: schedule.environment.to_string(),
        },
        schedule_cron: schedule.cron,
        schedule_once: once.map(|at| at.to_string()),
    }
}

/// The schedule that a path names. What is no identifier is one that nothing has.
fn id(path: &EnvironmentPath) -> ScheduleId {
    path.segment("schedule").parse().unwrap_or_else(|_| ScheduleId::from_random([0; 10]))
}

/// What a body says: clients fill in every field, and an empty one means nothing.
fn update(body: SetSchedule) -> Result<ScheduleUpdate, Problem> {
    let problem = |error: Error| Problem::invalid(error.to_string());
    let meant = |text: Option<String>| text.filter(|text| !text.is_empty());
    let when = match (meant(body.schedule_cron), meant(body.schedule_once)) {
        (Some(_), Some(_)) => return Err(Problem::invalid("give `scheduleCron` or `scheduleOnce`, not both")),
        (Some(cron), None) => Some(When::cron(&cron).map_err(problem)?),
        (None, Some(once)) => Some(When::once(&once).map_err(problem)?),
        (None, None) => None,
    };
    let path = body.secret_rotation_request.map(|request| request.environment_path.unwrap_or_default());
    let path = path.map(|path| RotationPath::new(&path)).transpose().map_err(problem)?;
    Ok(ScheduleUpdate { when, path })
}

/// `GET …/schedules`
pub(in crate::http) async fn list(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Json<ListSchedules>, Problem> {
    let schedules = app.engine.list_schedules(&cx, path.name).await?;
    Ok(Json(ListSchedules { schedules: schedules.into_iter().map(shown).collect() }))
}

/// `POST …/schedules`
pub(in crate::http) async fn create(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    JsonBody(body): JsonBody<SetSchedule>,
) -> Result<Audited<Json<ScheduledAction>>, Problem> {
    let ScheduleUpdate { when, path: rotated } = update(body)?;
    let when = when.ok_or_else(|| Problem::invalid("give `scheduleCron` or `scheduleOnce`"))?;
    let created = app.engine.create_schedule(&cx, path.name, when, rotated.unwrap_or_default()).await?;
    Ok(created.map(|scheduled| Json(shown(scheduled))).into())
}

/// `GET …/schedules/{schedule}`
pub(in crate::http) async fn read(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Json<ScheduledAction>, Problem> {
    let id = id(&path);
    Ok(Json(shown(app.engine.read_schedule(&cx, path.name, id).await?)))
}

/// `PATCH …/schedules/{schedule}`, and `POST`, by which one client sends it
pub(in crate::http) async fn change(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    JsonBody(body): JsonBody<SetSchedule>,
) -> Result<Audited<Json<ScheduledAction>>, Problem> {
    let (id, update) = (id(&path), update(body)?);
    let updated = app.engine.update_schedule(&cx, path.name, id, update).await?;
    Ok(updated.map(|scheduled| Json(shown(scheduled))).into())
}

/// `DELETE …/schedules/{schedule}`
pub(in crate::http) async fn delete(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Audited<Empty>, Problem> {
    let id = id(&path);
    let deleted = app.engine.delete_schedule(&cx, path.name, id).await?;
    Ok(deleted.map(|()| Empty(StatusCode::OK)).into())
}

/// `POST …/schedules/{schedule}/pause`
pub(in crate::http) async fn pause(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Audited<Empty>, Problem> {
    let id = id(&path);
    let paused = app.engine.pause_schedule(&cx, path.name, id).await?;
    Ok(paused.map(|_| Empty(StatusCode::OK)).into())
}

/// `POST …/schedules/{schedule}/resume`
pub(in crate::http) async fn resume(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Audited<Empty>, Problem> {
    let id = id(&path);
    let resumed = app.engine.resume_schedule(&cx, path.name, id).await?;
    Ok(resumed.map(|_| Empty(StatusCode::OK)).into())
}

/// `GET …/schedules/{schedule}/history`
pub(in crate::http) async fn history(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
) -> Result<Json<ScheduleHistory>, Problem> {
    let id = id(&path);
    let runs = app.engine.schedule_history(&cx, path.name, id).await?;
    let shown = |run: engine::ScheduleRun| ScheduleHistoryEvent {
        id: run.event.to_string(),
        scheduled_action_id: id.to_string(),
        executed: time(run.began_at),
        version: run.version,
        result: match run.state {
            RunState::Running => "in_progress",
            RunState::Succeeded => "succeeded",
            RunState::Failed => "failed",
            RunState::Denied => "denied",
            RunState::Unknown => "unknown",
        },
    };
    Ok(Json(ScheduleHistory { schedule_history_events: runs.into_iter().map(shown).collect() }))
}
