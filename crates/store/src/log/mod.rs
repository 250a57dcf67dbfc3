//! The logs: where a record becomes an entry.
//!
//! On SQLite the writing thread gives a record its index and its time in the effect's own
//! commit. On PostgreSQL the effect's transaction puts the record into the outbox, and the
//! sequencer gives both when it appends. On both the tree of the log grows in the commit that
//! appends the entry.

mod clock;
mod epoch;
mod freeze;
mod heads;
mod outbox;
mod record;
mod tip;

use ledger::{LogId, OrganizationId, Origin};

use crate::StoreError;
use crate::command::{LogKey, Read, Tx};
use crate::sql::Sql;

pub(crate) use clock::LogClock;
pub use epoch::{current, server, succeed, successor};
pub(crate) use freeze::freeze;
pub use freeze::unfreeze;
pub(crate) use heads::Heads;
pub(crate) use outbox::enqueue;
pub(crate) use record::prepare;
pub use record::{actor, known_actor};
pub(crate) use tip::{Tip, advance, insert_tiles};

/// The permanent name of a log.
pub async fn origin<R: Read>(read: &mut R, log: LogKey) -> Result<Origin, StoreError> {
    static ORIGIN: Sql = Sql::new("SELECT origin FROM log WHERE id = $1");
    let origin = read
        .query_opt(&ORIGIN, &[log.0.into()], |row| {
            row.text(0)?.parse::<Origin>().map_err(|_| StoreError::bad_value("an origin", 0))
        })
        .await?;
    origin.ok_or(StoreError::BadValue { expected: "a log", column: 0 })
}

/// A log by its identifier, as paths name it.
pub async fn find<R: Read>(read: &mut R, identifier: LogId) -> Result<Option<LogKey>, StoreError> {
    static FIND: Sql = Sql::new("SELECT id FROM log WHERE identifier = $1");
    read.query_opt(&FIND, &[identifier.as_str().into()], |row| Ok(LogKey(row.integer(0)?))).await
}

/// Makes room for a log. Its first entry, `escriba-log-opened`, is the caller's to record.
pub async fn create<T: Tx>(
    tx: &mut T,
    log: LogKey,
    identifier: LogId,
    origin: &Origin,
    organization: Option<&OrganizationId>,
) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new("INSERT INTO log (id, identifier, origin, organization_id) VALUES ($1, $2, $3, $4)");
    let params = [log.0.into(), identifier.as_str().into(), origin.as_str().into(), organization.into()];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// The number the next log gets.
pub async fn next_key<R: Read>(read: &mut R) -> Result<LogKey, StoreError> {
    static MAX: Sql = Sql::new("SELECT COALESCE(MAX(id), 0) + 1 FROM log");
    Ok(LogKey(read.query_opt(&MAX, &[], |row| row.integer(0)).await?.unwrap_or(1)))
}
