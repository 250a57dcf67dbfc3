//! Schedules: what an environment does by itself at set times.

use ledger::{AccountId, EnvironmentId, ScheduleId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::organization::count;
use crate::sql::{Row, Sql};

/// A schedule.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Its identifier.
    pub id: ScheduleId,
    /// The environment.
    pub environment: EnvironmentId,
    /// When it runs again and again, as somebody wrote it; none where it runs once.
    pub cron: Option<String>,
    /// When it runs once.
    pub once_at: Option<i64>,
    /// What of the environment; empty for all of it.
    pub path: String,
    /// Whether it waits until somebody resumes it.
    pub paused: bool,
    /// Who changed it last, by whose permission it runs.
    pub editor: AccountId,
    /// Counts its changes, from 1.
    pub version: u64,
    /// When it was created.
    pub created_at: i64,
    /// When it was changed last.
    pub modified_at: i64,
    /// When it runs next, if it ever does.
    pub next_at: Option<i64>,
    /// When it ran last, if it ever did.
    pub last_at: Option<i64>,
    /// The newest revision of the environment when it was changed last: its editor answers for that one.
    pub seen_revision: u64,
}

fn schedule(row: &Row<'_>) -> Result<Schedule, StoreError> {
    Ok(Schedule {
        id: row.id(0)?,
        environment: row.id(1)?,
        cron: row.text_opt(2)?.map(str::to_owned),
        once_at: row.integer_opt(3)?,
        path: row.text(4)?.to_owned(),
        paused: row.boolean(5)?,
        editor: row.id(6)?,
        version: row.count(7)?,
        created_at: row.integer(8)?,
        modified_at: row.integer(9)?,
        next_at: row.integer_opt(10)?,
        last_at: row.integer_opt(11)?,
        seen_revision: row.count(12)?,
    })
}

/// A schedule of an environment.
pub async fn find<R: Read>(
    read: &mut R,
    environment: &EnvironmentId,
    id: &ScheduleId,
) -> Result<Option<Schedule>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT id, environment_id, cron, once_at, path, paused, editor_id, version, created_at, modified_at, next_at,
                last_at, seen_revision
         FROM schedule WHERE id = $2 AND environment_id = $1",
    );
    read.query_opt(&FIND, &[environment.into(), id.into()], schedule).await
}

/// The schedules of an environment: one at most.
pub async fn list<R: Read>(read: &mut R, environment: &EnvironmentId) -> Result<Vec<Schedule>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT id, environment_id, cron, once_at, path, paused, editor_id, version, created_at, modified_at, next_at,
                last_at, seen_revision
         FROM schedule WHERE environment_id = $1",
    );
    read.query(&LIST, &[environment.into()], schedule).await
}

/// A schedule whose time has come, with what it takes to act in the name of its editor.
#[derive(Clone, Debug)]
pub struct Due {
    /// The schedule.
    pub schedule: Schedule,
    /// The name of the organisation.
    pub organization: String,
    /// The name of the project.
    pub project: String,
    /// The name of the environment.
    pub environment: String,
    /// The login of its editor.
    pub editor_login: String,
    /// The name of its editor.
    pub editor_name: String,
}

/// The schedules whose time has come, those that have waited longest first. One of an environment that was deleted
/// waits until that is restored.
pub async fn due<R: Read>(read: &mut R, now: i64, limit: i64) -> Result<Vec<Due>, StoreError> {
    static DUE: Sql = Sql::new(
        "SELECT s.id, s.environment_id, s.cron, s.once_at, s.path, s.paused, s.editor_id, s.version, s.created_at,
                s.modified_at, s.next_at, s.last_at, s.seen_revision, o.name, p.name, e.name, a.login, a.name
         FROM schedule s
         JOIN environment e ON e.id = s.environment_id AND e.deleted_at IS NULL
         JOIN project p ON p.id = e.project_id
         JOIN organization o ON o.id = e.organization_id
         JOIN account a ON a.id = s.editor_id
         WHERE s.paused = 0 AND s.next_at IS NOT NULL AND s.next_at <= $1
         ORDER BY s.next_at, s.id LIMIT $2",
    );
    read.query(&DUE, &[now.into(), limit.into()], |row| {
        Ok(Due {
            schedule: schedule(row)?,
            organization: row.text(13)?.to_owned(),
            project: row.text(14)?.to_owned(),
            environment: row.text(15)?.to_owned(),
            editor_login: row.text(16)?.to_owned(),
            editor_name: row.text(17)?.to_owned(),
        })
    })
    .await
}

/// Creates a schedule.
pub async fn insert<T: Tx>(tx: &mut T, schedule: &Schedule) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO schedule (id, environment_id, kind, cron, once_at, path, paused, editor_id, version, created_at,
                               modified_at, next_at, last_at, seen_revision)
         VALUES ($1, $2, 'environment-rotation', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    );
    let params = [
        (&schedule.id).into(),
        (&schedule.environment).into(),
        schedule.cron.as_deref().into(),
        schedule.once_at.into(),
        (&schedule.path).into(),
        schedule.paused.into(),
        (&schedule.editor).into(),
        count(schedule.version).into(),
        schedule.created_at.into(),
        schedule.modified_at.into(),
        schedule.next_at.into(),
        schedule.last_at.into(),
        count(schedule.seen_revision).into(),
    ];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// Changes a schedule: everything but what it is of, when it was created and when it ran last.
pub async fn set<T: Tx>(tx: &mut T, schedule: &Schedule) -> Result<(), StoreError> {
    static SET: Sql = Sql::new(
        "UPDATE schedule SET cron = $2, once_at = $3, path = $4, paused = $5, editor_id = $6, version = $7,
                             modified_at = $8, next_at = $9, seen_revision = $10
         WHERE id = $1",
    );
    let params = [
        (&schedule.id).into(),
        schedule.cron.as_deref().into(),
        schedule.once_at.into(),
        (&schedule.path).into(),
        schedule.paused.into(),
        (&schedule.editor).into(),
        count(schedule.version).into(),
        schedule.modified_at.into(),
        schedule.next_at.into(),
        count(schedule.seen_revision).into(),
    ];
    tx.execute(&SET, &params).await?;
    Ok(())
}

/// Deletes a schedule with its history. What it did stands in the log.
pub async fn delete<T: Tx>(tx: &mut T, id: &ScheduleId) -> Result<(), StoreError> {
    static RUNS: Sql = Sql::new("DELETE FROM schedule_run WHERE schedule_id = $1");
    static SCHEDULE: Sql = Sql::new("DELETE FROM schedule WHERE id = $1");
    tx.execute(&RUNS, &[id.into()]).await?;
    tx.execute(&SCHEDULE, &[id.into()]).await?;
    Ok(())
}

/// Puts a schedule forward from a time that has come to the next one. False if it was put forward, changed or paused
/// meanwhile.
pub async fn advance<T: Tx>(
    tx: &mut T,
    id: &ScheduleId,
    due_at: i64,
    next_at: Option<i64>,
    now: i64,
) -> Result<bool, StoreError> {
    static ADVANCE: Sql =
        Sql::new("UPDATE schedule SET next_at = $3, last_at = $4 WHERE id = $1 AND next_at = $2 AND paused = 0");
    let params = [id.into(), due_at.into(), next_at.into(), now.into()];
    Ok(tx.execute(&ADVANCE, &params).await? == 1)
}
