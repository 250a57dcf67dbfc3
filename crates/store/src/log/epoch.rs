//! Epochs: a log whose end was lost is continued by another one, whose first entry records the gap.

use ledger::{LogId, Origin};

use super::create;
use crate::StoreError;
use crate::command::{LogKey, Read, Tx};
use crate::sql::Sql;

/// Ends a log and makes room for the one that continues it: of the same organisation, which writes there
/// from now on, and with the same identifiers for the accounts that acted. Nothing is appended to the old
/// one any more; it stays to be read. The first entry of the new one is the caller's to record.
pub async fn succeed<T: Tx>(
    tx: &mut T,
    old: LogKey,
    new: LogKey,
    identifier: LogId,
    origin: &Origin,
) -> Result<(), StoreError> {
    static OWNER: Sql = Sql::new("SELECT organization_id FROM log WHERE id = $1 AND organization_id IS NOT NULL");
    static END: Sql = Sql::new("UPDATE log SET organization_id = NULL, frozen = $2 WHERE id = $1");
    static FOLLOW: Sql = Sql::new("UPDATE log SET predecessor = $2 WHERE id = $1");
    static MOVE: Sql = Sql::new("UPDATE organization SET log_id = $2 WHERE log_id = $1");
    static ACTORS: Sql = Sql::new(
        "INSERT INTO log_actor (log_id, account_id, actor_id)
         SELECT $2, account_id, actor_id FROM log_actor WHERE log_id = $1",
    );
    let owner = tx.query_opt(&OWNER, &[old.0.into()], |row| row.id(0)).await?;
    tx.execute(&END, &[old.0.into(), (&format!("it is continued by {origin}")).into()]).await?;
    create(tx, new, identifier, origin, owner.as_ref()).await?;
    tx.execute(&FOLLOW, &[new.0.into(), old.0.into()]).await?;
    for sql in [&MOVE, &ACTORS] {
        tx.execute(sql, &[old.0.into(), new.0.into()]).await?;
    }
    Ok(())
}

/// The log that continues a log, if its end was lost.
pub async fn successor<R: Read>(read: &mut R, log: LogKey) -> Result<Option<LogKey>, StoreError> {
    static SUCCESSOR: Sql = Sql::new("SELECT id FROM log WHERE predecessor = $1");
    read.query_opt(&SUCCESSOR, &[log.0.into()], |row| Ok(LogKey(row.integer(0)?))).await
}

/// The server's log as it goes on today.
pub async fn server<R: Read>(read: &mut R) -> Result<LogKey, StoreError> {
    current(read, LogKey::SERVER).await
}

/// The log that goes on today where a log ended, or the log itself.
pub async fn current<R: Read>(read: &mut R, log: LogKey) -> Result<LogKey, StoreError> {
    let mut log = log;
    while let Some(next) = successor(read, log).await? {
        log = next;
    }
    Ok(log)
}
