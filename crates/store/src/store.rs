//! The store: one interface over the two databases.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::chore::Chore;
use crate::command::{Command, Failure, Question, Recorded};
use crate::postgres::Postgres;
use crate::sqlite::{Backup, Sqlite};
use crate::{Ambient, StoreError, bundle, index};

/// How long a reader of the log waits for what was committed before it asked.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which database to open.
#[derive(Clone)]
pub enum Database<'a> {
    /// The embedded one, in this file.
    Sqlite(&'a Path),
    /// PostgreSQL at this address. It may hold a password, so it is shown nowhere.
    Postgres(&'a str),
}

/// The database.
pub struct Store {
    engine: Engine,
    ambient: Ambient,
    counters: Arc<Counters>,
}

enum Engine {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Store {
    /// Opens the database and brings its schema up to date.
    pub async fn open(database: Database<'_>, ambient: Ambient) -> Result<Self, StoreError> {
        let counters = Arc::new(Counters::default());
        let engine = match database {
            Database::Sqlite(path) => Engine::Sqlite(Sqlite::open(path, &ambient, &counters)?),
            Database::Postgres(url) => Engine::Postgres(Box::new(Postgres::open(url, &ambient, &counters).await?)),
        };
        Ok(Self { engine, ambient, counters })
    }

    /// Runs a command and commits what it did together with its records: both, or neither.
    pub async fn commit<C: Command>(&self, command: C) -> Result<Recorded<C::Output>, Failure<C::Error>> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.writer.commit(command).await,
            Engine::Postgres(postgres) => postgres.commit(command).await,
        }
    }

    /// Asks a question.
    pub async fn ask<Q: Question>(&self, question: Q) -> Result<Q::Answer, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.readers.ask(question).await,
            Engine::Postgres(postgres) => postgres.ask(&question).await,
        }
    }

    /// Does one of the few writes that no record speaks of.
    pub async fn chore(&self, chore: Chore) -> Result<u64, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.writer.chore(chore).await,
            Engine::Postgres(postgres) => postgres.chore(&chore).await,
        }
    }

    /// Moves leaves whose tiles are full into bundles, as many as are due, and says how many bundles that
    /// made. A log whose leaves do not fit the tiles is frozen; the error says so when all others are done.
    pub async fn bundle(&self) -> Result<u64, StoreError> {
        let (mut made, mut damaged) = (0, None);
        for (log, numbers) in self.ask(bundle::Due).await? {
            for number in numbers {
                let material = self.ask(bundle::Gather(log, number)).await?;
                let packed = tokio::task::spawn_blocking(|| material.pack()).await.map_err(|_| StoreError::Closed)?;
                match packed {
                    Ok(bundle) => made += self.chore(Chore::Bundle(bundle)).await?,
                    Err(error) => {
                        let reason = format!("the entries under tile {number} do not have its hashes");
                        self.chore(Chore::Freeze { log, reason }).await?;
                        damaged = Some(error);
                        break;
                    }
                }
            }
        }
        damaged.map_or(Ok(made), Err)
    }

    /// Puts blocks of entries that are complete into the index, at most so many, and says how many that were.
    pub async fn index(&self, most: u64) -> Result<u64, StoreError> {
        let mut made = 0;
        for log in self.ask(index::Due).await? {
            while made < most
                && let Some(block) = self.ask(index::Gather(log)).await?
            {
                match self.chore(Chore::Index(Box::new(block))).await? {
                    // Somebody else is at it, or something was destroyed: what was read means nothing any more.
                    0 => break,
                    blocks => made += blocks,
                }
            }
        }
        Ok(made)
    }

    /// Copies the database, as it is now, beside a file that is not there yet; the server goes on meanwhile. The
    /// copy gets its name when the caller [finishes](Backup::finish) it. On PostgreSQL that is the database's own
    /// business.
    pub async fn backup(
        &self,
        to: PathBuf,
        progress: impl FnMut(BackupProgress) + Send + 'static,
    ) -> Result<Backup, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.backup(to, progress).await,
            Engine::Postgres(_) => {
                Err(StoreError::Elsewhere("a PostgreSQL database is backed up with pg_dump or pg_basebackup"))
            }
        }
    }

    /// Removes from the files what is left of people who were erased, after the commit: it writes the tables of
    /// openings, accounts and credentials and the dictionary of the index anew, and empties the write-ahead log of SQLite. Commands wait meanwhile. Out of its reach are
    /// copies of the files, the write-ahead log of PostgreSQL, and what the disk keeps of freed blocks.
    pub async fn purge(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.purge().await,
            Engine::Postgres(postgres) => postgres.purge().await,
        }
    }

    /// Which database this is: `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        match &self.engine {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgres",
        }
    }

    /// Whether records get their place after the commit, from an outbox.
    pub fn has_outbox(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// Appends what waits in the outbox until it is empty, and says how many entries that made.
    pub async fn sequence(&self) -> Result<u64, StoreError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(0),
            Engine::Postgres(postgres) => postgres.sequence().await,
        }
    }

    /// Waits until this process has committed something that the sequencer may append.
    pub async fn outbox_filled(&self) {
        match &self.engine {
            Engine::Sqlite(_) => std::future::pending().await,
            Engine::Postgres(postgres) => postgres.waiting.notified().await,
        }
    }

    /// Makes everything that was committed before now visible in the logs: a reader drains the
    /// outbox itself, since safety is the locked row and not the lease. Gives false where it
    /// took longer than a reader should wait.
    pub async fn caught_up(&self) -> Result<bool, StoreError> {
        let Engine::Postgres(postgres) = &self.engine else { return Ok(true) };
        let catch_up = async {
            while !postgres.outbox_is_empty().await? {
                self.sequence().await?;
            }
            Ok(())
        };
        match tokio::time::timeout(PATIENCE, catch_up).await {
            Ok(result) => result.map(|()| true),
            Err(_) => Ok(false),
        }
    }

    /// What surrounds the store.
    pub fn ambient(&self) -> &Ambient {
        &self.ambient
    }

    /// Counts since the start.
    pub fn statistics(&self) -> Statistics {
        let counters = &self.counters;
        Statistics {
            commits: counters.commits.get(),
            failed_commits: counters.failed_commits.get(),
            entries: counters.entries.get(),
            retries: counters.retries.get(),
            clock_adoptions: counters.clock_adoptions.get(),
        }
    }

    /// Finishes what waits and closes the database.
    pub fn close(&self) {
        if let Engine::Sqlite(sqlite) = &self.engine {
            sqlite.writer.close();
        }
    }
}

/// How far a backup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupProgress {
    /// Pages copied.
    pub pages: u64,
    /// Pages that the database has.
    pub total: u64,
}

/// What the store did since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Commits, each of them one sync of the disk; on SQLite one holds many commands.
    pub commits: u64,
    /// Commits that failed and did nothing.
    pub failed_commits: u64,
    /// Entries appended to logs.
    pub entries: u64,
    /// Commands that ran again after a conflict.
    pub retries: u64,
    /// Times a clock that had been doubted was believed.
    pub clock_adoptions: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) commits: Counter,
    pub(crate) failed_commits: Counter,
    pub(crate) entries: Counter,
    pub(crate) retries: Counter,
    pub(crate) clock_adoptions: Counter,
}

#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn inc(&self) {
        self.inc_by(1);
    }

    pub(crate) fn inc_by(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
