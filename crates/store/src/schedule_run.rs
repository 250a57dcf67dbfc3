//! Runs of schedules: each time that came, who took it, and what became of it.
//!
//! A time is first *taken*, which nothing in the log speaks of, and may be taken again by somebody else once the process
//! that took it is gone. Only who holds it makes it *run*, in the commit that announces the run and puts the schedule
//! forward; from then on nobody runs that time again.

use ledger::{EventId, NodeId, ScheduleId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::organization::count;
use crate::sql::Sql;

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// It has begun, and not ended.
    Running,
    /// It did what it was to do.
    Succeeded,
    /// It did not.
    Failed,
    /// The editor of the schedule lacked the permission.
    Denied,
    /// The process that ran it is gone.
    Unknown,
}

impl RunState {
    /// The word for it in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Unknown => "unknown",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Succeeded, Self::Failed, Self::Denied, Self::Unknown]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A run that has begun.
#[derive(Clone, Debug)]
pub struct ScheduleRun {
    /// The event that says so.
    pub event: EventId,
    /// When it was due.
    pub due_at: i64,
    /// When it began.
    pub began_at: i64,
    /// Which version of the schedule it was of.
    pub version: u64,
    /// What became of it.
    pub state: RunState,
}

/// The newest runs of a schedule that have begun, the newest first.
pub async fn list<R: Read>(read: &mut R, schedule: &ScheduleId, limit: i64) -> Result<Vec<ScheduleRun>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT event_id, due_at, began_at, version, state FROM schedule_run
         WHERE schedule_id = $1 AND event_id IS NOT NULL ORDER BY due_at DESC LIMIT $2",
    );
    read.query(&LIST, &[schedule.into(), limit.into()], |row| {
        Ok(ScheduleRun {
            event: row.event(0)?,
            due_at: row.integer(1)?,
            began_at: row.integer(2)?,
            version: row.count(3)?,
            state: RunState::parse(row.text(4)?).ok_or(StoreError::bad_value("the state of a run", 4))?,
        })
    })
    .await
}

/// Takes a time for a process. Gives 1 if the process has it now: nobody has taken it before, or who did is gone.
pub(crate) async fn take<T: Tx>(
    tx: &mut T,
    schedule: &ScheduleId,
    due_at: i64,
    node: &NodeId,
    now: i64,
) -> Result<u64, StoreError> {
    static TAKE: Sql = Sql::new(
        "INSERT INTO schedule_run (schedule_id, due_at, node, state) VALUES ($1, $2, $3, 'taken')
         ON CONFLICT (schedule_id, due_at) DO UPDATE SET node = excluded.node
         WHERE schedule_run.state = 'taken' AND (schedule_run.node = excluded.node OR NOT EXISTS
               (SELECT 1 FROM node n WHERE n.id = schedule_run.node AND n.alive_until >= $4))",
    );
    tx.execute(&TAKE, &[schedule.into(), due_at.into(), node.into(), now.into()]).await
}

/// Begins a run of a time that this process has taken. False if it has it no longer.
pub async fn begin<T: Tx>(
    tx: &mut T,
    schedule: &ScheduleId,
    node: &NodeId,
    run: &ScheduleRun,
) -> Result<bool, StoreError> {
    static BEGIN: Sql = Sql::new(
        "UPDATE schedule_run SET state = $4, event_id = $5, version = $6, began_at = $7
         WHERE schedule_id = $1 AND due_at = $2 AND node = $3 AND state = 'taken'",
    );
    let params = [
        schedule.into(),
        run.due_at.into(),
        node.into(),
        run.state.as_str().into(),
        run.event.as_bytes().into(),
        count(run.version).into(),
        run.began_at.into(),
    ];
    Ok(tx.execute(&BEGIN, &params).await? == 1)
}

/// Says what became of a run, if it was one and goes on.
pub async fn end<T: Tx>(tx: &mut T, event: EventId, state: RunState) -> Result<(), StoreError> {
    static END: Sql = Sql::new("UPDATE schedule_run SET state = $2 WHERE event_id = $1 AND state = 'running'");
    tx.execute(&END, &[event.as_bytes().into(), state.as_str().into()]).await?;
    Ok(())
}
