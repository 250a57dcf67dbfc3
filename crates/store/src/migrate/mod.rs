//! Numbered migrations, the same numbers on both databases, applied at start.
//!
//! A migration is never edited after release, goes forward only, and is safe while the version
//! before it still runs. Two replicas that start at once take turns.

mod trees;

use deadpool_postgres::Object;
use rusqlite::{Connection, params};

use crate::StoreError;
use crate::command::Tx;
use crate::postgres::PostgresTx;
use crate::sqlite::{SqliteTx, at_once};

/// One migration: its number, name, and text for either database.
struct Migration {
    number: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    then: Then,
}

/// What follows on the text, in the same transaction.
enum Then {
    Nothing,
    /// Builds the trees of the entries that are there.
    GrowTrees,
}

impl Then {
    async fn run<T: Tx>(&self, tx: &mut T) -> Result<(), StoreError> {
        match self {
            Self::Nothing => Ok(()),
            Self::GrowTrees => trees::grow(tx).await,
        }
    }
}

macro_rules! migration {
    ($number:literal, $name:literal, $then:ident) => {
        Migration {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
            then: Then::$then,
        }
    };
}

const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_initial", Nothing),
    migration!(2, "0002_tree", GrowTrees),
    migration!(3, "0003_tags", Nothing),
    migration!(4, "0004_retraction", Nothing),
    migration!(5, "0005_imports", Nothing),
    migration!(6, "0006_teams", Nothing),
    migration!(7, "0007_machine_tokens", Nothing),
    migration!(8, "0008_rotation", Nothing),
    migration!(9, "0009_administrator", Nothing),
    migration!(10, "0010_schedules", Nothing),
    migration!(11, "0011_members_can_create_teams", Nothing),
    migration!(12, "0012_oidc_issuers", Nothing),
    migration!(13, "0013_invites", Nothing),
    migration!(14, "0014_exchanged_machine_tokens", Nothing),
    migration!(15, "0015_custom_roles", Nothing),
    migration!(16, "0016_authors", Nothing),
    migration!(17, "0017_identities", Nothing),
    migration!(18, "0018_index", Nothing),
];

const TABLE_SQLITE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    number     INTEGER NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    digest     TEXT NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT";

const TABLE_POSTGRES: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    number     bigint NOT NULL PRIMARY KEY,
    name       text NOT NULL,
    digest     text NOT NULL,
    applied_at bigint NOT NULL
)";

/// Brings a SQLite database up to date. After an error the connection is good for nothing more.
pub(crate) fn sqlite(connection: &mut Connection, now: i64) -> Result<(), StoreError> {
    // EXCLUSIVE, so that two programs that start on one file take turns.
    connection.execute_batch("BEGIN EXCLUSIVE")?;
    connection.execute_batch(TABLE_SQLITE)?;
    let applied: Vec<(i64, String)> = connection
        .prepare("SELECT number, digest FROM schema_migration ORDER BY number")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for migration in outstanding(&applied, |migration| migration.sqlite)? {
        connection.execute_batch(migration.sqlite)?;
        at_once(migration.then.run(&mut SqliteTx::new(connection)))?;
        connection.execute(
            "INSERT INTO schema_migration (number, name, digest, applied_at) VALUES (?1, ?2, ?3, ?4)",
            params![migration.number, migration.name, digest(migration.sqlite), now],
        )?;
    }
    connection.execute_batch("COMMIT")?;
    Ok(())
}

/// Brings a PostgreSQL database up to date. After an error the connection is good for nothing more.
pub(crate) async fn postgres(client: &Object, now: i64) -> Result<(), StoreError> {
    create_table(client).await?;
    client
        .execute(
            "INSERT INTO schema_migration (number, name, digest, applied_at) VALUES (0, 'lock', '', $1)
             ON CONFLICT (number) DO NOTHING",
            &[&now],
        )
        .await?;
    client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    // Row 0 is the turn: whoever holds it migrates, and who waited finds the work done.
    client.execute("SELECT number FROM schema_migration WHERE number = 0 FOR UPDATE", &[]).await?;
    let rows =
        client.query("SELECT number, digest FROM schema_migration WHERE number > 0 ORDER BY number", &[]).await?;
    let applied: Vec<(i64, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    for migration in outstanding(&applied, |migration| migration.postgres)? {
        client.batch_execute(migration.postgres).await?;
        migration.then.run(&mut PostgresTx::new(client)).await?;
        client
            .execute(
                "INSERT INTO schema_migration (number, name, digest, applied_at) VALUES ($1, $2, $3, $4)",
                &[&migration.number, &migration.name, &digest(migration.postgres), &now],
            )
            .await?;
    }
    client.batch_execute("COMMIT").await?;
    Ok(())
}

/// `IF NOT EXISTS` does not help two sessions that create the table at the same instant: one of
/// them fails on the catalogue's own unique index, and finds the table on its second try.
async fn create_table(client: &Object) -> Result<(), StoreError> {
    let first = client.batch_execute(TABLE_POSTGRES).await;
    if first.is_err() {
        client.batch_execute(TABLE_POSTGRES).await?;
    }
    Ok(())
}

/// Checks that a SQLite database is of the schema that this version knows.
pub(crate) fn check_sqlite(applied: &[(i64, String)]) -> Result<(), StoreError> {
    check(outstanding(applied, |migration| migration.sqlite)?)
}

/// Checks that a PostgreSQL database is of the schema that this version knows.
pub(crate) fn check_postgres(applied: &[(i64, String)]) -> Result<(), StoreError> {
    check(outstanding(applied, |migration| migration.postgres)?)
}

fn check(outstanding: Vec<&Migration>) -> Result<(), StoreError> {
    match outstanding.first() {
        None => Ok(()),
        Some(migration) => Err(StoreError::Migration(format!(
            "the database lacks migration {} ({}); start the server once, which applies it",
            migration.number, migration.name
        ))),
    }
}

/// What is still to be applied, after a look at what was.
fn outstanding(
    applied: &[(i64, String)],
    text: fn(&Migration) -> &'static str,
) -> Result<Vec<&'static Migration>, StoreError> {
    let newest = MIGRATIONS.last().map_or(0, |migration| migration.number);
    if let Some((number, _)) = applied.iter().find(|(number, _)| *number > newest) {
        return Err(StoreError::Migration(format!(
            "the database is at schema {number}, newer than the {newest} this program knows; run the newer program"
        )));
    }
    for (number, stored) in applied {
        let known = MIGRATIONS.iter().find(|migration| migration.number == *number);
        if known.is_none_or(|migration| digest(text(migration)) != *stored) {
            return Err(StoreError::Migration(format!(
                "migration {number} of this database is not the one this program carries"
            )));
        }
    }
    Ok(MIGRATIONS.iter().filter(|migration| !applied.iter().any(|(number, _)| *number == migration.number)).collect())
}

fn digest(text: &str) -> String {
    seal::hex(&seal::sha256(text.as_bytes()))
}
