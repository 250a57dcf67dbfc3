//! Threads that read: each with a connection of its own, on a snapshot of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{File, SqliteTx, at_once};
use crate::command::Question;
use crate::{StoreError, sql::Sql};

/// How many threads read. They share the machine with the writer and the HTTP workers.
const THREADS: usize = 3;
/// How many questions may wait before more are turned away.
const WAITING: usize = 4_096;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The reading threads.
pub(crate) struct Readers {
    jobs: mpsc::SyncSender<Job>,
}

impl Readers {
    pub(super) fn start(file: &File) -> Result<Self, StoreError> {
        let (jobs, waiting) = mpsc::sync_channel::<Job>(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..THREADS {
            let mut connection = file.reader()?;
            let waiting = Arc::clone(&waiting);
            let name = format!("read-{number}");
            let body = move || {
                while let Ok(job) = next(&waiting) {
                    // Who asked what panics hears that nobody answers. Others are answered as before.
                    let asked = catch_unwind(AssertUnwindSafe(|| job(&mut connection)));
                    if asked.is_err() {
                        tracing::error!("a question panicked");
                    }
                    end_snapshot(&connection);
                }
            };
            thread::Builder::new()
                .name(name)
                .spawn(body)
                .map_err(|source| StoreError::Io { what: "a reading thread could not be started".into(), source })?;
        }
        Ok(Self { jobs })
    }

    /// Asks a question on a snapshot.
    pub(crate) async fn ask<Q: Question>(&self, question: Q) -> Result<Q::Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Nobody listens any more: the caller hung up, and a read leaves nothing behind.
            let _ = reply.send(snapshot(connection, &question));
        });
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::TrySendError::Disconnected(_) => StoreError::Closed,
        })?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

fn next(waiting: &Mutex<mpsc::Receiver<Job>>) -> Result<Job, mpsc::RecvError> {
    waiting.lock().expect("no reader panics while it takes a question").recv()
}

fn snapshot<Q: Question>(connection: &mut Connection, question: &Q) -> Result<Q::Answer, StoreError> {
    static BEGIN: Sql = Sql::new("BEGIN");
    connection.prepare_cached(BEGIN.sqlite())?.execute([])?;
    at_once(question.ask(&mut SqliteTx::new(connection)))
}

/// After an error SQLite may have ended it by itself. Kept open, it would keep the write-ahead log
/// from being folded.
fn end_snapshot(connection: &Connection) {
    static COMMIT: Sql = Sql::new("COMMIT");
    if connection.is_autocommit() {
        return;
    }
    let ended = connection.prepare_cached(COMMIT.sqlite()).and_then(|mut commit| commit.execute([]));
    if let Err(error) = ended {
        tracing::error!(error = &error as &dyn std::error::Error, "a snapshot could not be ended");
    }
}
