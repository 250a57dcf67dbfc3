//! Schedules of environments.

use serde::{Deserialize, Serialize};

/// A schedule, and the state it is in.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduledAction {
    /// Its identifier.
    pub id: String,
    /// The organisation's identifier.
    #[serde(rename = "orgID")]
    pub org_id: String,
    /// What it does: `environment_rotation`.
    pub kind: &'static str,
    /// Whether it waits until it is resumed.
    pub paused: bool,
    /// When it was created.
    pub created: String,
    /// When it was changed last.
    pub modified: String,
    /// When it ran last; empty if it never did.
    pub last_executed: String,
    /// When it runs next; empty if it never will.
    pub next_execution: String,
    /// What it does it to.
    pub definition: ScheduleDefinition,
    /// When it runs again and again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule_cron: Option<String>,
    /// When it runs once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule_once: Option<String>,
}

/// What a schedule does something to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleDefinition {
    /// The property that is rotated; empty for all.
    pub environment_path: String,
    /// The environment's identifier.
    #[serde(rename = "environmentID")]
    pub environment_id: String,
}

/// The schedules of an environment.
#[derive(Debug, Serialize)]
pub struct ListSchedules {
    /// The schedules.
    pub schedules: Vec<ScheduledAction>,
}

/// What a schedule is to be, or how it changes. An empty text means nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetSchedule {
    /// When it runs again and again: the five fields of `cron`.
    pub schedule_cron: Option<String>,
    /// When it runs once.
    pub schedule_once: Option<String>,
    /// What it rotates.
    pub secret_rotation_request: Option<RotationRequest>,
}

/// What a schedule rotates.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RotationRequest {
    /// The property; empty or absent for all.
    pub environment_path: Option<String>,
}

/// What became of a schedule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleHistory {
    /// The runs, the newest first.
    pub schedule_history_events: Vec<ScheduleHistoryEvent>,
}

/// One run of a schedule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleHistoryEvent {
    /// The event of the audit log that says that it began.
    pub id: String,
    /// The schedule's identifier.
    #[serde(rename = "scheduledActionID")]
    pub scheduled_action_id: String,
    /// When it began.
    pub executed: String,
    /// Which version of the schedule it was.
    pub version: u64,
    /// How it ended.
    pub result: &'static str,
}
