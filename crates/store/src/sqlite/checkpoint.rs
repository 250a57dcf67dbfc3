//! The thread that folds the write-ahead log into the database, beside the one that writes.
//!
//! A fold is a burst of writes and two syncs. In the writing thread it would stand between a commit
//! and the callers who wait for the next one.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use super::File;
use crate::StoreError;

/// How often is folded what was committed. Pages that change again meanwhile are written once.
const PERIOD: Duration = Duration::from_secs(1);

/// Tells the folding thread that there is something to fold. The thread ends when this is dropped.
pub(super) struct Dirty {
    flag: Arc<AtomicBool>,
    _end: mpsc::Sender<Infallible>,
}

impl Dirty {
    /// There was a commit.
    pub(super) fn set(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }
}

/// Starts the thread.
pub(super) fn start(file: File) -> Result<(Dirty, thread::JoinHandle<()>), StoreError> {
    let flag = Arc::new(AtomicBool::new(false));
    let (end, ended) = mpsc::channel();
    let dirty = Dirty { flag: Arc::clone(&flag), _end: end };
    let thread = thread::Builder::new()
        .name("checkpoint".into())
        .spawn(move || serve(&file, &flag, &ended))
        .map_err(|source| StoreError::Io { what: "the checkpointing thread could not be started".into(), source })?;
    Ok((dirty, thread))
}

fn serve(file: &File, dirty: &AtomicBool, ended: &mpsc::Receiver<Infallible>) {
    let mut connection = None;
    while let Err(mpsc::RecvTimeoutError::Timeout) = ended.recv_timeout(PERIOD) {
        if !dirty.swap(false, Ordering::Relaxed) {
            continue;
        }
        // A failure loses nothing: the log stays, and the next fold takes it up. SQLite folds in the
        // writing thread as well, should the log ever grow very long.
        if let Err(error) = fold(file, &mut connection) {
            tracing::debug!(error = &error as &dyn std::error::Error, "the write-ahead log could not be folded");
            connection = None;
        }
    }
}

/// Folds all of the log, and empties it. Waits for readers and for the writer, a while.
pub(super) fn truncate(file: &File) -> Result<(), StoreError> {
    let connection = file.writer()?;
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(()) } else { Err(StoreError::Overloaded) }
}

fn fold(file: &File, connection: &mut Option<Connection>) -> Result<(), StoreError> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(file.writer()?),
    };
    connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)")?;
    Ok(())
}
