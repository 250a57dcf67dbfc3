//! The real differences between the two databases, on one page.
//!
//! | | SQLite | PostgreSQL |
//! |---|---|---|
//! | types | `INTEGER`, `TEXT`, `BLOB` | `bigint`, `text`, `bytea` |
//! | a record's index and time | given in the effect's own commit | given by the sequencer, from the outbox |
//! | isolation | one writer thread | `SERIALIZABLE`, retried on 40001 and 40P01 |
//! | migrations | `BEGIN EXCLUSIVE` | a locked row |
//! | destroying texts | secure deletion | a locked outbox, a table written anew |
//! | bulk insert of entries | one statement a row | one statement with `UNNEST` |
//! | a log's tree grows | once a commit | once a transaction of the sequencer, under the log's locked row |
//! | a backup | copied page by page, from one snapshot | `pg_dump` or `pg_basebackup` |
//! | what erasure leaves in the files | overwritten, the table rewritten, the write-ahead log emptied | `VACUUM (FULL)` |
//!
//! Everything else is one text. Nothing here may lean on `LISTEN`, advisory locks, triggers or
//! extensions: PostgreSQL-compatible distributed databases do not have them all.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

use crate::StoreError;

/// How many pages the write-ahead log may have before the writing thread itself folds it into the
/// database: 256 MiB. A thread of its own does so long before, unless it cannot.
const WAL_PAGES: i64 = 65_536;
/// How many other programs that open the same new database one is prepared for.
const SWITCHES: u32 = 16;

/// Settings of the one connection that writes.
pub(crate) fn sqlite_writer(connection: &Connection) -> Result<(), StoreError> {
    sqlite_write_ahead_log(connection)?;
    connection.execute_batch(&format!(
        "PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA wal_autocheckpoint = {WAL_PAGES};
         PRAGMA journal_size_limit = 268435456;
         PRAGMA cache_size = -65536;"
    ))?;
    sqlite_overwrite_deleted(connection, false)?;
    stable_plans(connection)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(())
}

/// Whether what is deleted is overwritten in pages, too, that become free by that. Where it need not be, it
/// is only where that costs no writing.
pub(crate) fn sqlite_overwrite_deleted(connection: &Connection, always: bool) -> Result<(), StoreError> {
    let setting = if always { "PRAGMA secure_delete = ON" } else { "PRAGMA secure_delete = FAST" };
    connection.execute_batch(setting)?;
    Ok(())
}

/// Writes the tables that hold texts of people anew, in a transaction of its own. Rows that once moved from
/// page to page have left copies behind in the unused part of pages, which no deletion of the row overwrites.
pub(crate) fn sqlite_rewrite_personal(connection: &Connection) -> Result<(), StoreError> {
    // Every row that is referred to comes back in the same commit; to prove that, each would be looked for.
    connection.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON")?;
    let rewritten = connection.execute_batch(
        "BEGIN IMMEDIATE;
         CREATE TEMP TABLE opening_kept AS SELECT * FROM log_opening;
         DELETE FROM log_opening;
         INSERT INTO log_opening SELECT * FROM opening_kept ORDER BY log_id, commitment;
         DROP TABLE opening_kept;
         CREATE TEMP TABLE account_kept AS SELECT * FROM account;
         DELETE FROM account;
         INSERT INTO account SELECT * FROM account_kept ORDER BY id;
         DROP TABLE account_kept;
         CREATE TEMP TABLE credential_kept AS SELECT * FROM credential;
         DELETE FROM credential;
         INSERT INTO credential SELECT * FROM credential_kept ORDER BY id;
         DROP TABLE credential_kept;
         CREATE TEMP TABLE term_kept AS SELECT * FROM log_term;
         DELETE FROM log_term;
         INSERT INTO log_term SELECT * FROM term_kept ORDER BY log_id, facet, digest;
         DROP TABLE term_kept;
         CREATE TEMP TABLE identity_kept AS SELECT * FROM identity;
         DELETE FROM identity;
         INSERT INTO identity SELECT * FROM identity_kept ORDER BY issuer, subject;
         DROP TABLE identity_kept;
         CREATE TEMP TABLE invite_kept AS SELECT * FROM invite;
         DELETE FROM invite;
         INSERT INTO invite SELECT * FROM invite_kept ORDER BY id;
         DROP TABLE invite_kept;
         COMMIT",
    );
    if rewritten.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    connection.execute_batch("PRAGMA foreign_keys = ON")?;
    sqlite_overwrite_deleted(connection, false)?;
    Ok(rewritten?)
}

/// The same on PostgreSQL, which also keeps samples of the tables beside them. Nobody can append meanwhile.
pub(crate) const POSTGRES_REWRITE_PERSONAL: &str =
    "VACUUM (FULL, ANALYZE) log_opening, account, credential, log_term, identity, invite";

/// Keeps everybody else from putting records into the outbox, so that whoever destroys texts does not conflict with
/// each command that shares one, again and again: who is erased may be busy. No stronger lock, and none on the texts:
/// that would give the transaction its number before its snapshot, and PostgreSQL does not notice conflicts with
/// such a one.
pub(crate) const POSTGRES_LOCK_OUTBOX: &str = "LOCK TABLE log_outbox IN EXCLUSIVE MODE";

/// Switches a new database to the write-ahead log. Unlike a transaction, the switch does not wait for
/// another program that is about to do the same: an empty transaction waits, and then it is asked again.
fn sqlite_write_ahead_log(connection: &Connection) -> Result<(), rusqlite::Error> {
    let switch = || connection.execute_batch("PRAGMA journal_mode = WAL");
    for _ in 0..SWITCHES {
        match switch() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
            }
            done => return done,
        }
    }
    switch()
}

/// Settings of a connection that only reads.
pub(crate) fn sqlite_reader(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch(
        "PRAGMA query_only = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cache_size = -16384;",
    )?;
    stable_plans(connection)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Keeps SQLite from compiling a statement again because other parameters were bound to it: with
/// that, compiling was most of what a command cost.
fn stable_plans(connection: &Connection) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}
