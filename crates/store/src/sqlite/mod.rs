//! SQLite: one thread that writes and commits in groups, a few that read.

mod backup;
mod checkpoint;
mod reader;
mod snapshot;
mod writer;

use std::future::ready;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, ffi, params_from_iter};

use crate::command::{Read, Tx};
use crate::sql::{Row, Sql, Value};
use crate::store::{BackupProgress, Counters};
use crate::{Ambient, StoreError, dialect, migrate};

pub use backup::Backup;
pub(crate) use reader::Readers;
pub(crate) use snapshot::SqliteSnapshot;
pub(crate) use writer::{Work, Writer};

/// A SQLite database.
pub(crate) struct Sqlite {
    file: File,
    pub(crate) writer: Writer,
    pub(crate) readers: Readers,
}

impl Sqlite {
    /// Opens the file, migrates it, and starts the threads.
    pub(crate) fn open(path: &Path, ambient: &Ambient, counters: &Arc<Counters>) -> Result<Self, StoreError> {
        let file = File { path: path.to_owned() };
        let mut connection = file.writer()?;
        migrate::sqlite(&mut connection, ambient.clock.wall())?;
        let readers = Readers::start(&file)?;
        let writer = Writer::start(file.clone(), connection, ambient.clone(), Arc::clone(counters))?;
        Ok(Self { file, writer, readers })
    }

    /// Copies the database beside where nothing is yet.
    pub(crate) async fn backup(
        &self,
        to: PathBuf,
        mut progress: impl FnMut(BackupProgress) + Send + 'static,
    ) -> Result<Backup, StoreError> {
        let file = self.file.clone();
        let copied = tokio::task::spawn_blocking(move || backup::copy(&file, to, &mut progress));
        copied.await.map_err(|_| StoreError::Closed)?
    }

    /// Removes what is left of rows that were deleted: in pages, and in the write-ahead log, which holds pages
    /// as they were.
    pub(crate) async fn purge(&self) -> Result<(), StoreError> {
        self.writer.rewrite_personal().await?;
        let file = self.file.clone();
        tokio::task::spawn_blocking(move || checkpoint::truncate(&file)).await.map_err(|_| StoreError::Closed)?
    }
}

/// Where the database lies, and how its connections are made.
#[derive(Clone)]
pub(crate) struct File {
    path: PathBuf,
}

impl File {
    fn writer(&self) -> Result<Connection, StoreError> {
        let connection = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        // Of files that cannot be written SQLite gives a connection that reads, and that would go on
        // only reading when they can be written again. The first question is about the database
        // alone, the second about its write-ahead log.
        if connection.is_readonly(MAIN_DB)? {
            let read_only = rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_READONLY), None);
            return Err(StoreError::Sqlite(read_only));
        }
        dialect::sqlite_writer(&connection)?;
        connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
        Ok(connection)
    }

    fn reader(&self) -> Result<Connection, StoreError> {
        let connection = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        dialect::sqlite_reader(&connection)?;
        Ok(connection)
    }
}

/// A transaction, or a reader's snapshot: the same statements run on both.
///
/// It holds the connection mutably because other handles of a connection are not `Send`, and
/// the futures of a command must be.
pub(crate) struct SqliteTx<'a> {
    connection: &'a mut Connection,
    /// A failure of the database as a whole that a statement met. The transaction must be given
    /// up then, whatever the command made of the error.
    fatal: Option<ffi::Error>,
    /// Whether deleted content is overwritten, until this thread says otherwise.
    overwrites: bool,
}

impl<'a> SqliteTx<'a> {
    pub(crate) fn new(connection: &'a mut Connection) -> Self {
        Self { connection, fatal: None, overwrites: false }
    }

    fn note<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Sqlite(rusqlite::Error::SqliteFailure(failure, _))) = &result
            && is_fatal(failure.code)
        {
            self.fatal = Some(*failure);
        }
        result
    }

    fn all<T>(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<T, StoreError>,
        limit: usize,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql.sqlite())?;
        let mut rows = statement.query(params_from_iter(params))?;
        let mut all = Vec::new();
        while all.len() < limit
            && let Some(row) = rows.next()?
        {
            all.push(read(&Row::Sqlite(row))?);
        }
        Ok(all)
    }
}

impl Read for SqliteTx<'_> {
    fn query<T: Send>(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> impl Future<Output = Result<Vec<T>, StoreError>> + Send {
        let rows = self.all(sql, params, read, usize::MAX);
        ready(self.note(rows))
    }

    fn query_opt<T: Send>(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> impl Future<Output = Result<Option<T>, StoreError>> + Send {
        let rows = self.all(sql, params, read, 1);
        ready(self.note(rows).map(|mut rows| rows.pop()))
    }
}

impl Tx for SqliteTx<'_> {
    fn execute(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
    ) -> impl Future<Output = Result<u64, StoreError>> + Send {
        let run = |connection: &Connection| -> Result<u64, StoreError> {
            let mut statement = connection.prepare_cached(sql.sqlite())?;
            Ok(statement.execute(params_from_iter(params))? as u64)
        };
        let done = run(self.connection);
        ready(self.note(done))
    }

    fn ready_to_destroy(&mut self) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.overwrites = true;
        ready(dialect::sqlite_overwrite_deleted(self.connection, true))
    }
}

/// Whether an error concerns the database as a whole, so that the transaction must be given up.
fn is_fatal(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::OutOfMemory
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
    )
}

/// Runs a future whose every step is a call into SQLite: it is ready when first asked.
pub(crate) fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a command waited for something that is not the database"),
    }
}
