//! A snapshot of the file: one connection that only reads, on a thread of its own.

use std::path::Path;
use std::sync::mpsc;
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{File, SqliteTx, at_once};
use crate::StoreError;
use crate::command::Question;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The snapshot lasts until this is dropped.
pub(crate) struct SqliteSnapshot {
    jobs: mpsc::Sender<Job>,
}

impl SqliteSnapshot {
    /// Takes a snapshot of a file that is there.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = File { path: path.to_owned() }.reader()?;
        connection.execute_batch("BEGIN")?;
        let (jobs, waiting) = mpsc::channel::<Job>();
        thread::Builder::new()
            .name("snapshot".into())
            .spawn(move || {
                while let Ok(job) = waiting.recv() {
                    job(&mut connection);
                }
            })
            .map_err(|source| StoreError::Io { what: "a reading thread could not be started".into(), source })?;
        Ok(Self { jobs })
    }

    /// Asks a question.
    pub(crate) async fn ask<Q: Question>(&self, question: Q) -> Result<Q::Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Whoever asked may have gone; a read leaves nothing behind.
            let _ = reply.send(at_once(question.ask(&mut SqliteTx::new(connection))));
        });
        self.jobs.send(job).map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}
