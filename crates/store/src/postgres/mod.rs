//! PostgreSQL: a pool of connections, `SERIALIZABLE` commands that are retried, an outbox.

mod sequencer;
mod snapshot;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use ledger::Origin;
use tokio_postgres::NoTls;
use tokio_postgres::error::{DbError, Severity};
use tokio_postgres::types::ToSql;

use self::sequencer::Sequencer;
use crate::command::{Command, Done, Failure, LogKey, Question, Read, Recorded, Records, Tx};
use crate::fault::injected;
use crate::sql::{Row, Sql, Value};
use crate::sqlite::Work;
use crate::store::Counters;
use crate::{Ambient, Fault, Step, StoreError, dialect, log, migrate};

pub(crate) use snapshot::PostgresSnapshot;

/// How often a command is run again after a serialisation failure.
const RETRIES: u32 = 10;
/// After how many conflicts a command runs alone: nothing of this process can then get in its way,
/// and only another replica can.
const PATIENT: u32 = 3;
/// Connections to the database: more of them only wait for the same cores.
const CONNECTIONS: usize = 32;

/// A PostgreSQL database.
pub(crate) struct Postgres {
    pool: Pool,
    ambient: Ambient,
    counters: Arc<Counters>,
    /// Shared by all commands that run, but for one that met several conflicts: it runs alone.
    turn: tokio::sync::RwLock<()>,
    /// A log's name never changes, so it is read once.
    origins: Mutex<HashMap<LogKey, Origin>>,
    /// Wakes the sequencer of this process.
    pub(crate) waiting: tokio::sync::Notify,
    /// Held while this process appends from the outbox.
    sequencer: tokio::sync::Mutex<Sequencer>,
}

impl Postgres {
    /// Connects and migrates.
    pub(crate) async fn open(url: &str, ambient: &Ambient, counters: &Arc<Counters>) -> Result<Self, StoreError> {
        let config: tokio_postgres::Config = url.parse()?;
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(std::time::Duration::from_secs(10)))
            .build()
            .map_err(|error| StoreError::Pool(Box::new(error)))?;
        let client = pool.get().await?;
        refuse_unsafe_settings(&client).await?;
        migrate::postgres(&client, ambient.clock.wall()).await?;
        drop(client);
        Ok(Self {
            pool,
            ambient: ambient.clone(),
            counters: Arc::clone(counters),
            turn: tokio::sync::RwLock::new(()),
            origins: Mutex::default(),
            waiting: tokio::sync::Notify::new(),
            sequencer: tokio::sync::Mutex::new(Sequencer::new(ambient)),
        })
    }

    /// Runs a command and records it.
    pub(crate) async fn commit<C: Command>(&self, command: C) -> Result<Recorded<C::Output>, Failure<C::Error>> {
        for attempt in 0..RETRIES {
            let ended = if attempt < PATIENT {
                let _beside_others = self.turn.read().await;
                self.attempt(&command).await
            } else {
                let _alone = self.turn.write().await;
                self.attempt(&command).await
            };
            match ended {
                Ok(end) => {
                    self.waiting.notify_one();
                    self.counters.commits.inc();
                    return end;
                }
                Err(error) if error.is_conflict() => {
                    self.counters.retries.inc();
                    self.pause(attempt).await;
                }
                Err(error) => return Err(Failure::Unrecorded(error)),
            }
        }
        Err(Failure::Unrecorded(StoreError::Conflict))
    }

    /// One run of a command, from `BEGIN` to `COMMIT`. An error means that nothing was done,
    /// unless it is `CommitUnknown`.
    async fn attempt<C: Command>(
        &self,
        command: &C,
    ) -> Result<Result<Recorded<C::Output>, Failure<C::Error>>, StoreError> {
        let open = Open::begin(&self.pool, "BEGIN ISOLATION LEVEL SERIALIZABLE; SAVEPOINT work").await?;
        let mut tx = open.tx();
        let ran = command.run(&mut tx).await;
        if tx.conflict {
            // Whatever `run` made of it: what it saw never was, so it decides nothing.
            open.rollback().await;
            return Err(StoreError::Conflict);
        }
        match ran {
            Ok(Done { output, mut records }) => {
                self.finish(open, &mut records).await?;
                Ok(Ok(Recorded::new(output, records.events())))
            }
            Err(error) => {
                open.client().batch_execute("ROLLBACK TO work").await?;
                let mut records = command.refused(&error);
                self.finish(open, &mut records).await?;
                Ok(Err(Failure::Refused(Recorded::new(error, records.events()))))
            }
        }
    }

    /// Puts the records into the outbox and commits.
    async fn finish(&self, open: Open, records: &mut Records) -> Result<(), StoreError> {
        match self.enqueue(&mut open.tx(), records).await {
            Ok(origins) => {
                self.commit_open(open, Some(Step::Commit)).await?;
                // Not before: the log may have been made by this very transaction, and its number
                // goes to another one if that fails.
                self.origins.lock().expect("no one panics while noting").extend(origins);
                Ok(())
            }
            Err(error) => {
                open.rollback().await;
                Err(error)
            }
        }
    }

    /// Gives the names of the logs that it had to look up.
    async fn enqueue(
        &self,
        tx: &mut PostgresTx<'_>,
        records: &mut Records,
    ) -> Result<HashMap<LogKey, Origin>, StoreError> {
        let mut found = HashMap::new();
        for addressed in records.iter_mut() {
            let key = addressed.log;
            let noted = self.origins.lock().expect("no one panics while looking up").get(&key).cloned();
            let origin = match noted.or_else(|| found.get(&key).cloned()) {
                Some(origin) => origin,
                None => log::origin(tx, key).await?,
            };
            let pending = log::prepare(tx, &self.ambient, &origin, addressed).await?;
            let enqueue = log::enqueue(tx, key, &origin, addressed.record.id, &pending);
            self.ambient.faults.within(Step::Append, enqueue).await?;
            found.insert(key, origin);
        }
        Ok(found)
    }

    /// Does a chore.
    pub(crate) async fn chore<W: Work>(&self, work: &W) -> Result<W::Output, StoreError> {
        for attempt in 0..RETRIES {
            let open = Open::begin(&self.pool, "BEGIN ISOLATION LEVEL READ COMMITTED").await?;
            let ended = match work.work(&mut open.tx()).await {
                Ok(output) => self.commit_open(open, work.step()).await.map(|()| output),
                Err(error) => {
                    open.rollback().await;
                    Err(error)
                }
            };
            match ended {
                Err(error) if error.is_conflict() => self.pause(attempt).await,
                ended => return ended,
            }
        }
        Err(StoreError::Conflict)
    }

    /// Commits, unless a test lets that fail.
    async fn commit_open(&self, open: Open, step: Option<Step>) -> Result<(), StoreError> {
        match step.and_then(|step| Some((step, self.ambient.faults.at(step)?))) {
            None => open.commit().await,
            Some((step, Fault::Lost)) => {
                open.rollback().await;
                Err(injected(step))
            }
            Some((step, Fault::Kept)) => {
                open.commit().await?;
                Err(injected(step))
            }
        }
    }

    /// Asks a question. Every statement sees its own snapshot; what must agree is one statement,
    /// or is checked again by the command that acts on it.
    pub(crate) async fn ask<Q: Question>(&self, question: &Q) -> Result<Q::Answer, StoreError> {
        let client = self.pool.get().await?;
        question.ask(&mut PostgresTx::new(&client)).await
    }

    /// Removes what is left of rows that were deleted.
    pub(crate) async fn purge(&self) -> Result<(), StoreError> {
        self.pool.get().await?.batch_execute(dialect::POSTGRES_REWRITE_PERSONAL).await?;
        Ok(())
    }

    /// Waits a little, more each time, and never as long as the neighbour.
    async fn pause(&self, attempt: u32) {
        let [jitter]: [u8; 1] = self.ambient.random();
        let micros = (u64::from(jitter) * 8 + 200) << attempt.min(6);
        tokio::time::sleep(std::time::Duration::from_micros(micros)).await;
    }
}

/// With one of these settings off a commit is not durable when it is answered, and a record that
/// is not durable proves nothing.
async fn refuse_unsafe_settings(client: &Object) -> Result<(), StoreError> {
    const SETTINGS: &str = "SELECT current_setting('fsync'), current_setting('synchronous_commit'),
                current_setting('server_version_num')";
    let row = client.query_one(SETTINGS, &[]).await?;
    let (fsync, synchronous_commit, version): (String, String, String) = (row.get(0), row.get(1), row.get(2));
    for (setting, value) in [("fsync", fsync), ("synchronous_commit", synchronous_commit)] {
        if value == "off" {
            return Err(StoreError::Migration(format!(
                "the database runs with {setting} = off, so no record would be durable; turn it on"
            )));
        }
    }
    if version.parse::<u32>().is_ok_and(|version| version < 150_000) {
        return Err(StoreError::Migration(format!("PostgreSQL 15 or newer is needed, this is {version}")));
    }
    Ok(())
}

/// A connection with an open transaction. Dropped before its end (its caller was cancelled), it
/// closes the connection: in the pool the transaction would stay open and keep its locks.
struct Open {
    client: Option<Object>,
}

impl Open {
    async fn begin(pool: &Pool, statement: &str) -> Result<Self, StoreError> {
        let open = Self { client: Some(pool.get().await?) };
        open.client().batch_execute(statement).await?;
        Ok(open)
    }

    fn client(&self) -> &Object {
        self.client.as_ref().expect("the connection is given back only at the end")
    }

    fn tx(&self) -> PostgresTx<'_> {
        PostgresTx::new(self.client())
    }

    /// A `COMMIT` that the server refuses with an error did not commit. Anything else ends the
    /// connection, and the server may have committed before that.
    async fn commit(mut self) -> Result<(), StoreError> {
        let done = self.client().batch_execute("COMMIT").await;
        match done {
            Ok(()) => {
                self.client.take();
                Ok(())
            }
            Err(error) => {
                let severity = error.as_db_error().and_then(DbError::parsed_severity);
                if severity == Some(Severity::Error) {
                    Err(StoreError::Postgres(error))
                } else {
                    Err(StoreError::CommitUnknown)
                }
            }
        }
    }

    async fn rollback(mut self) {
        if self.client().batch_execute("ROLLBACK").await.is_ok() {
            self.client.take();
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}

/// A transaction, or a connection that only reads.
pub(crate) struct PostgresTx<'a> {
    client: &'a Object,
    /// A serialisation failure that a statement met. The transaction is dead from then on.
    conflict: bool,
}

impl<'a> PostgresTx<'a> {
    pub(crate) fn new(client: &'a Object) -> Self {
        Self { client, conflict: false }
    }

    async fn rows(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        // A text in PostgreSQL cannot hold U+0000, so one that does is equal to none.
        if params.iter().any(|value| matches!(value, Value::Text(text) if text.contains('\0'))) {
            return Ok(Vec::new());
        }
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let rows = async {
            let statement = self.client.prepare_cached(sql.postgres()).await?;
            self.client.query(&statement, &params).await
        };
        let rows = rows.await;
        rows.map_err(|error| self.note(error.into()))
    }

    fn note(&mut self, error: StoreError) -> StoreError {
        if error.is_conflict() {
            self.conflict = true;
        }
        error
    }
}

impl Read for PostgresTx<'_> {
    async fn query<T: Send>(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.rows(sql, params).await?.iter().map(|row| read(&Row::Postgres(row))).collect()
    }

    async fn query_opt<T: Send>(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.rows(sql, params).await?.first().map(|row| read(&Row::Postgres(row))).transpose()
    }
}

impl Tx for PostgresTx<'_> {
    async fn execute(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<u64, StoreError> {
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let done = async {
            let statement = self.client.prepare_cached(sql.postgres()).await?;
            self.client.execute(&statement, &params).await
        };
        let done = done.await;
        done.map_err(|error| self.note(error.into()))
    }

    /// What was deleted stays until the table is written anew. Locking takes no snapshot yet, so that the
    /// transaction sees all that was committed before it had the lock.
    async fn ready_to_destroy(&mut self) -> Result<(), StoreError> {
        self.client.batch_execute(dialect::POSTGRES_LOCK_OUTBOX).await.map_err(|error| self.note(error.into()))
    }
}
