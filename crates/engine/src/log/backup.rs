//! Copies of the database, recorded like every other way to what is in it.
//!
//! A copy outlives us: what was taken once can be read for ever. So the record that it is begun comes first, and
//! stands in the copy itself: whoever finds one sees when it was made, and by whom. The record of how it ended, with the
//! digest of its bytes, can only stand in the log that goes on. It is durable before the copy has its name; one that could
//! not be recorded never gets it. Of a copy whose process was killed, a later one records that nobody knows how it ended.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ledger::{Detail, Event, EventId, Outcome, Reason, Target, TargetKind};
use seal::Sha256;
use store::{Backup, BackupProgress, Command, Done, Failure, Records, StoreError, Tx};

use super::intent::{self, End, is_undecided};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::{Answer, Engine};

/// A copy that was made.
#[derive(Clone, Debug)]
pub struct BackedUp {
    /// Its bytes.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

/// Records that a copy is begun. From then on it is owed that its end is recorded too.
struct Begin {
    engine: Engine,
    attempt: Attempt,
}

impl Command for Begin {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let records = intent::announce(tx, &self.engine, &self.attempt).await?;
        Ok(Done { output: (), records })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Copies the database into a file that is not there yet, while everything goes on. `progress` is told how far it is,
    /// on a thread that may wait.
    pub async fn back_up(
        &self,
        cx: &Context,
        file: PathBuf,
        progress: impl FnMut(BackupProgress) + Send + 'static,
    ) -> Answer<BackedUp> {
        let (engine, cx) = (self.clone(), cx.clone());
        self.detached(async move {
            let beginning = engine.backup_attempt(&cx, None);
            if engine.store().has_outbox() {
                let elsewhere = "a PostgreSQL database makes its own backups: `pg_basebackup` copies the whole server, \
                     `pg_dump` this database";
                return Err(engine.refuse(&beginning, Error::Invalid(elsewhere.to_owned())).await);
            }
            let intended = beginning.id();
            let begin = Begin { engine: engine.clone(), attempt: beginning };
            engine.announce(begin, intended, || engine.backup_attempt(&cx, None)).await?;
            let attempt = engine.backup_attempt(&cx, None);
            let (copy, output) = match engine.copy(file, progress).await {
                Ok(copied) => copied,
                Err(error) => {
                    let error = refusal(error);
                    error.tell_operator();
                    let end = End { attempt, intended, outcome: error.outcome(), output: error };
                    return Err(Failure::Refused(engine.conclude(intended, end).await?));
                }
            };
            attempt.detail(
                Detail::new()
                    .integer("bytes", output.bytes)
                    .word("database", engine.database())
                    .digest("sha256", output.sha256),
            );
            let made = match engine.commit(End { attempt, intended, outcome: Outcome::Succeeded, output }).await {
                Ok(made) => made,
                Err(failure) if is_undecided(&failure) => {
                    // It never gets its name, and so that is its outcome.
                    let unnamed = engine.backup_attempt(&cx, None);
                    let outcome = Outcome::Failed(Reason::StorageFailed);
                    // The first failure is told; another one is tried again.
                    let _ = engine.conclude(intended, End { attempt: unnamed, intended, outcome, output: () }).await;
                    return Err(failure);
                }
                Err(failure) => return Err(failure),
            };
            match copy.finish() {
                Ok(()) => Ok(made),
                // Its bytes were whole, and are gone again: the log says both.
                Err(error) => {
                    let unnamed = engine.backup_attempt(&cx, Some(intended));
                    Err(engine.refuse(&unnamed, refusal(error)).await)
                }
            }
        })
        .await
    }

    fn backup_attempt(&self, cx: &Context, cause: Option<EventId>) -> Attempt {
        let attempt = self.attempt(cx, Event::BackupMade);
        attempt.target(Target::unresolved(TargetKind::Server)).detail(Detail::new().word("database", self.database()));
        if let Some(cause) = cause {
            attempt.cause(cause);
        }
        attempt
    }

    /// A whole copy without its name, and what its bytes are.
    async fn copy(
        &self,
        to: PathBuf,
        progress: impl FnMut(BackupProgress) + Send + 'static,
    ) -> Result<(Backup, BackedUp), StoreError> {
        let copy = self.store().backup(to, progress).await?;
        let digested = tokio::task::spawn_blocking(move || {
            let backed_up = digest(copy.path());
            backed_up.map(|backed_up| (copy, backed_up))
        });
        let digested = digested.await.map_err(|_| StoreError::Closed)?;
        digested.map_err(|source| StoreError::Io { what: "the copy cannot be read back".to_owned(), source })
    }
}

/// What an operator is told who asked for a copy that cannot be made.
fn refusal(error: StoreError) -> Error {
    match error {
        StoreError::Io { what, source } => Error::Invalid(format!("{what}: {source}")),
        other => other.into(),
    }
}

fn digest(path: &Path) -> std::io::Result<BackedUp> {
    let mut file = File::open(path)?;
    let (mut sha256, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(BackedUp { bytes, sha256: sha256.finish() }),
            read => {
                sha256.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}
