//! Copies of the database, recorded like every other way to what is in it.
//!
//! A copy outlives us: what was taken once can be read for ever. So the record that it is begun comes first, and
//! stands in the copy itself: whoever finds one sees when it was made, and by whom. The record of how it ended, with the
//! digest of its bytes, can only stand in the log that goes on. It is durable before the copy has its name; one that could
//! not be recorded never gets it. Of a copy whose process was killed, a later one records that nobody knows how it ended.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ledger::{Detail, Event, EventId, Outcome, Target, TargetKind};
use seal::Sha256;
use store::intent::{self, Intent};
use store::{Backup, BackupProgress, Command, Done, Failure, Records, StoreError, Tx};

use super::orphans::ALIVE;
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
    attempt: Attempt,
    intent: Intent,
}

impl Command for Begin {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        intent::announce(tx, &self.intent).await?;
        Ok(Done { output: (), records: self.attempt.records(Outcome::Intended) })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

/// Records how it ended, well or not: either way nothing is owed any more.
struct End<T> {
    attempt: Attempt,
    begun: Intent,
    outcome: Outcome,
    output: T,
}

impl<T: Clone + Send + Sync + 'static> Command for End<T> {
    type Output = T;
    type Error = Error;

    async fn run<X: Tx>(&self, tx: &mut X) -> Result<Done<T>, Error> {
        intent::end(tx, self.begun.log, self.begun.event).await?;
        Ok(Done { output: self.output.clone(), records: self.attempt.records(self.outcome) })
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
            let begun = Intent {
                log: engine.server_log(),
                event: beginning.id(),
                node: engine.node(),
                alive_until: cx.now + ALIVE,
            };
            engine.commit(Begin { attempt: beginning, intent: begun }).await?;
            let attempt = engine.backup_attempt(&cx, Some(begun.event));
            let (copy, output) = match engine.copy(file, progress).await {
                Ok(copied) => copied,
                Err(error) => {
                    let output = refusal(error);
                    output.tell_operator();
                    let ended = End { attempt, begun, outcome: output.outcome(), output };
                    return Err(Failure::Refused(engine.commit(ended).await?));
                }
            };
            attempt.detail(
                Detail::new()
                    .integer("bytes", output.bytes)
                    .word("database", engine.database())
                    .digest("sha256", output.sha256),
            );
            let ended = End { attempt, begun, outcome: Outcome::Succeeded, output };
            let made = engine.commit(ended).await?;
            match copy.finish() {
                Ok(()) => Ok(made),
                // Its bytes were whole, and are gone again: the log says both.
                Err(error) => {
                    let unnamed = engine.backup_attempt(&cx, Some(begun.event));
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
