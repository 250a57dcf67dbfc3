//! The real differences between the two databases, on one page.
//!
//! | | SQLite | PostgreSQL |
//! |---|---|---|
//! | types | `INTEGER`, `TEXT`, `BLOB` | `bigint`, `text`, `bytea` |
//! | a record's index and time | given in the effect's own commit | given by the sequencer, from the outbox |
//! | isolation | one writer thread | `SERIALIZABLE`, retried on 40001 and 40P01 |
//! | migrations | `BEGIN EXCLUSIVE` | a locked row |
//! | bulk insert of entries | one statement a row | one statement with `UNNEST` |
//!
//! Everything else is one text. Nothing here may lean on `LISTEN`, advisory locks, triggers or
//! extensions: PostgreSQL-compatible distributed databases do not have them all.

use rusqlite::Connection;

use crate::StoreError;

/// How many pages the write-ahead log may grow before SQLite folds it into the database: 64 MiB.
/// Each fold is a burst of random writes and two syncs, so it should be rare.
const WAL_PAGES: i64 = 16_384;

/// Settings of the one connection that writes.
pub(crate) fn sqlite_writer(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = FAST;
         PRAGMA trusted_schema = OFF;
         PRAGMA wal_autocheckpoint = {WAL_PAGES};
         PRAGMA journal_size_limit = 268435456;
         PRAGMA cache_size = -65536;"
    ))?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(())
}

/// Settings of a connection that only reads.
pub(crate) fn sqlite_reader(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch(
        "PRAGMA query_only = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cache_size = -16384;",
    )?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}
