//! What was announced and has not ended yet: entries with the outcome `intended` that no other one names as its cause.

use ledger::{EventId, NodeId};

use crate::StoreError;
use crate::command::{LogKey, Read, Tx};
use crate::sql::Sql;

/// Something that was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The log that says so.
    pub log: LogKey,
    /// The event that says so.
    pub event: EventId,
    /// The process that does it.
    pub node: NodeId,
    /// Until when that process is taken to be there, unless it says so again.
    pub alive_until: i64,
}

/// Notes an intent, in the commit that records it.
pub async fn announce<T: Tx>(tx: &mut T, intent: &Intent) -> Result<(), StoreError> {
    static INSERT: Sql =
        Sql::new("INSERT INTO log_intent (log_id, event_id, node, alive_until) VALUES ($1, $2, $3, $4)");
    let Intent { log, event, node, alive_until } = intent;
    let params = [log.0.into(), event.as_bytes().into(), node.into(), (*alive_until).into()];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// Forgets an intent, in the commit that records how it ended. False if that was recorded before.
pub async fn end<T: Tx>(tx: &mut T, log: LogKey, event: EventId) -> Result<bool, StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM log_intent WHERE log_id = $1 AND event_id = $2");
    Ok(tx.execute(&DELETE, &[log.0.into(), event.as_bytes().into()]).await? == 1)
}

/// Forgets an intent whose process is gone. False if it ended, or its process said since that it is there.
pub async fn end_orphan<T: Tx>(tx: &mut T, orphan: &Intent) -> Result<bool, StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM log_intent WHERE log_id = $1 AND event_id = $2 AND alive_until <= $3");
    let params = [orphan.log.0.into(), orphan.event.as_bytes().into(), orphan.alive_until.into()];
    Ok(tx.execute(&DELETE, &params).await? == 1)
}

/// All intents that have not ended.
pub async fn all<R: Read>(read: &mut R) -> Result<Vec<Intent>, StoreError> {
    static ALL: Sql = Sql::new("SELECT log_id, event_id, node, alive_until FROM log_intent ORDER BY log_id, event_id");
    read.query(&ALL, &[], |row| {
        Ok(Intent {
            log: LogKey(row.integer(0)?),
            event: row.event(1)?,
            node: row.id(2)?,
            alive_until: row.integer(3)?,
        })
    })
    .await
}

/// The log of an intent that has not ended.
pub async fn log_of<R: Read>(read: &mut R, event: EventId) -> Result<Option<LogKey>, StoreError> {
    static FIND: Sql = Sql::new("SELECT log_id FROM log_intent WHERE event_id = $1");
    read.query_opt(&FIND, &[event.as_bytes().into()], |row| Ok(LogKey(row.integer(0)?))).await
}
