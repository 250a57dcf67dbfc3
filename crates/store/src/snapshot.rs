//! A database as it is at one moment, for whoever only looks.

use crate::command::{Question, Read};
use crate::postgres::PostgresSnapshot;
use crate::sql::Sql;
use crate::sqlite::SqliteSnapshot;
use crate::store::Database;
use crate::{Store, StoreError, migrate};

/// Whom questions are asked.
pub trait Ask: Sync {
    /// Asks a question.
    fn ask<Q: Question + Sync>(&self, question: Q) -> impl Future<Output = Result<Q::Answer, StoreError>> + Send;
}

impl Ask for Store {
    fn ask<Q: Question + Sync>(&self, question: Q) -> impl Future<Output = Result<Q::Answer, StoreError>> + Send {
        Store::ask(self, question)
    }
}

/// A database as it is at one moment. No lock is taken, so a server may run beside it; nothing is written, and nothing
/// is migrated. On SQLite the write-ahead log grows for as long as it is there.
pub struct Snapshot(Kind);

enum Kind {
    Sqlite(SqliteSnapshot),
    Postgres(Box<PostgresSnapshot>),
}

/// The migrations that were applied to a database.
struct Applied;

impl Question for Applied {
    type Answer = Vec<(i64, String)>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        static APPLIED: Sql = Sql::new("SELECT number, digest FROM schema_migration WHERE number > 0 ORDER BY number");
        read.query(&APPLIED, &[], |row| Ok((row.integer(0)?, row.text(1)?.to_owned()))).await
    }
}

impl Snapshot {
    /// Takes a snapshot of a database of the schema that this version knows.
    pub async fn open(database: Database<'_>) -> Result<Self, StoreError> {
        let this = Self(match database {
            Database::Sqlite(path) => Kind::Sqlite(SqliteSnapshot::open(path)?),
            Database::Postgres(url) => Kind::Postgres(Box::new(PostgresSnapshot::open(url).await?)),
        });
        let applied = this.ask(Applied).await?;
        match this.0 {
            Kind::Sqlite(_) => migrate::check_sqlite(&applied)?,
            Kind::Postgres(_) => migrate::check_postgres(&applied)?,
        }
        Ok(this)
    }
}

impl Ask for Snapshot {
    async fn ask<Q: Question + Sync>(&self, question: Q) -> Result<Q::Answer, StoreError> {
        match &self.0 {
            Kind::Sqlite(sqlite) => sqlite.ask(question).await,
            Kind::Postgres(postgres) => postgres.ask(&question).await,
        }
    }
}
