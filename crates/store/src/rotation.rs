//! Rotations of an environment's secrets: their history, the one that runs, and what those that have not ended hold.

use ledger::{AccountId, EnvironmentId, EventId, NodeId};

use crate::StoreError;
use crate::command::{LogKey, Read, Tx};
use crate::organization::count;
use crate::sql::{Row, Sql};

/// One rotation of an environment.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// Its identifier: the event that began it.
    pub id: EventId,
    /// Which environment.
    pub environment: EnvironmentId,
    /// Who asked for it, or for the schedule that did.
    pub account: AccountId,
    /// The schedule that asked for it, if one did.
    pub schedule: Option<String>,
    /// When it began.
    pub created_at: i64,
    /// When it ended.
    pub completed_at: Option<i64>,
    /// The revision whose secrets were rotated.
    pub revision_before: u64,
    /// The revision that it wrote, if it did.
    pub revision_after: Option<u64>,
    /// How far it is.
    pub state: State,
    /// Why it failed, in our words.
    pub problem: Option<String>,
    /// The process that runs it.
    pub node: NodeId,
    /// Until when that process is taken to be at it, unless it says so again.
    pub alive_until: i64,
}

/// How far a rotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs, or its process is gone.
    Running,
    /// All that was to be rotated was.
    Succeeded,
    /// Something was not.
    Failed,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Succeeded, Self::Failed].into_iter().find(|state| state.as_str() == text)
    }
}

/// What came of one rotator.
#[derive(Clone, Debug)]
pub struct RotatedPath {
    /// Names it: the event that announced it, or else that records it.
    pub id: EventId,
    /// Where the rotator stands, below `values`.
    pub path: String,
    /// Why it failed, in our words.
    pub problem: Option<String>,
}

/// What is about to be set at a target, until the definition has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Where the rotator stands, below `values`.
    pub path: String,
    /// The log that announced it.
    pub log: LogKey,
    /// The event that announced it.
    pub event: EventId,
    /// What is about to be set, sealed.
    pub sealed: Vec<u8>,
}

fn rotation(row: &Row<'_>) -> Result<Rotation, StoreError> {
    Ok(Rotation {
        id: row.event(0)?,
        environment: row.id(1)?,
        account: row.id(2)?,
        schedule: row.text_opt(3)?.map(str::to_owned),
        created_at: row.integer(4)?,
        completed_at: row.integer_opt(5)?,
        revision_before: row.count(6)?,
        revision_after: row.integer_opt(7)?.and_then(|number| number.try_into().ok()),
        state: State::parse(row.text(8)?).ok_or(StoreError::bad_value("a state", 8))?,
        problem: row.text_opt(9)?.map(str::to_owned),
        node: row.id(10)?,
        alive_until: row.integer(11)?,
    })
}

/// Stores a rotation.
pub async fn insert<T: Tx>(tx: &mut T, rotation: &Rotation) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO rotation (id, environment_id, account_id, schedule_id, created_at, completed_at, revision_before,
                               revision_after, state, problem, node, alive_until)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    );
    let params = [
        rotation.id.as_bytes().into(),
        (&rotation.environment).into(),
        (&rotation.account).into(),
        rotation.schedule.as_ref().into(),
        rotation.created_at.into(),
        rotation.completed_at.into(),
        count(rotation.revision_before).into(),
        rotation.revision_after.map(count).into(),
        rotation.state.as_str().into(),
        rotation.problem.as_ref().into(),
        (&rotation.node).into(),
        rotation.alive_until.into(),
    ];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// The rotation of an environment that has not ended, whether its process is there or not.
pub async fn running<R: Read>(read: &mut R, environment: &EnvironmentId) -> Result<Option<Rotation>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT id, environment_id, account_id, schedule_id, created_at, completed_at, revision_before, revision_after,
                state, problem, node, alive_until
         FROM rotation WHERE environment_id = $1 AND state = 'running'",
    );
    read.query_opt(&FIND, &[environment.into()], rotation).await
}

/// Notes how a rotation ended. False if that was noted before.
pub async fn complete<T: Tx>(
    tx: &mut T,
    id: EventId,
    now: i64,
    revision_after: Option<u64>,
    problem: Option<&str>,
) -> Result<bool, StoreError> {
    static COMPLETE: Sql = Sql::new(
        "UPDATE rotation SET completed_at = $2, revision_after = $3, problem = $4, state = $5
         WHERE id = $1 AND state = 'running'",
    );
    let state = if problem.is_some() { State::Failed } else { State::Succeeded };
    let params =
        [id.as_bytes().into(), now.into(), revision_after.map(count).into(), problem.into(), state.as_str().into()];
    Ok(tx.execute(&COMPLETE, &params).await? == 1)
}

/// The newest rotations of an environment, newest first.
pub async fn newest<R: Read>(
    read: &mut R,
    environment: &EnvironmentId,
    limit: i64,
) -> Result<Vec<Rotation>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT id, environment_id, account_id, schedule_id, created_at, completed_at, revision_before, revision_after,
                state, problem, node, alive_until
         FROM rotation WHERE environment_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
    );
    read.query(&LIST, &[environment.into(), limit.into()], rotation).await
}

/// Stores what came of one rotator of a rotation.
pub async fn insert_path<T: Tx>(tx: &mut T, rotation: EventId, path: &RotatedPath) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new("INSERT INTO rotation_path (rotation_id, id, path, problem) VALUES ($1, $2, $3, $4)");
    let RotatedPath { id, path, problem } = path;
    let params = [rotation.as_bytes().into(), id.as_bytes().into(), path.into(), problem.as_ref().into()];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// What came of the rotators of the newest rotations, each with the rotation that it belongs to.
pub async fn paths<R: Read>(
    read: &mut R,
    environment: &EnvironmentId,
    limit: i64,
) -> Result<Vec<(EventId, RotatedPath)>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT p.rotation_id, p.id, p.path, p.problem FROM rotation_path p
         JOIN (SELECT id FROM rotation WHERE environment_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2) r
           ON r.id = p.rotation_id
         ORDER BY p.rotation_id, p.id",
    );
    read.query(&LIST, &[environment.into(), limit.into()], |row| {
        let path = RotatedPath {
            id: row.event(1)?,
            path: row.text(2)?.to_owned(),
            problem: row.text_opt(3)?.map(str::to_owned),
        };
        Ok((row.event(0)?, path))
    })
    .await
}

/// What is about to be set for an environment.
pub async fn attempts<R: Read>(read: &mut R, environment: &EnvironmentId) -> Result<Vec<Attempt>, StoreError> {
    static LIST: Sql =
        Sql::new("SELECT path, log_id, event_id, sealed FROM rotation_attempt WHERE environment_id = $1 ORDER BY path");
    read.query(&LIST, &[environment.into()], |row| {
        Ok(Attempt {
            path: row.text(0)?.to_owned(),
            log: LogKey(row.integer(1)?),
            event: row.event(2)?,
            sealed: row.bytes(3)?.to_vec(),
        })
    })
    .await
}

/// Stores what is about to be set, in place of what was to be set there before.
pub async fn set_attempt<T: Tx>(tx: &mut T, environment: &EnvironmentId, attempt: &Attempt) -> Result<(), StoreError> {
    static SET: Sql = Sql::new(
        "INSERT INTO rotation_attempt (environment_id, path, log_id, event_id, sealed) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (environment_id, path)
         DO UPDATE SET log_id = excluded.log_id, event_id = excluded.event_id, sealed = excluded.sealed",
    );
    let Attempt { path, log, event, sealed } = attempt;
    let params = [environment.into(), path.into(), log.0.into(), event.as_bytes().into(), sealed.into()];
    tx.execute(&SET, &params).await?;
    Ok(())
}

/// Forgets what was about to be set, in the commit whose definition has it.
pub async fn delete_attempt<T: Tx>(tx: &mut T, environment: &EnvironmentId, path: &str) -> Result<(), StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM rotation_attempt WHERE environment_id = $1 AND path = $2");
    tx.execute(&DELETE, &[environment.into(), path.into()]).await?;
    Ok(())
}
