//! Threads that read: each with a connection of its own, on a snapshot of its own.

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
                    job(&mut connection);
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
    static COMMIT: Sql = Sql::new("COMMIT");
    connection.prepare_cached(BEGIN.sqlite())?.execute([])?;
    let answer = at_once(question.ask(&mut SqliteTx { connection }));
    connection.prepare_cached(COMMIT.sqlite())?.execute([])?;
    answer
}
