//! Copies of the database, which are recorded like every other way to what is in it.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ledger::{Detail, Event, Target, TargetKind};
use seal::Sha256;
use store::{Command, Done, Records, StoreError, Tx};

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

/// Records that a copy was made.
struct Copied {
    attempt: Attempt,
    copied: BackedUp,
}

impl Command for Copied {
    type Output = BackedUp;
    type Error = Error;

    async fn run<T: Tx>(&self, _tx: &mut T) -> Result<Done<BackedUp>, Error> {
        Ok(self.attempt.done(self.copied.clone()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Copies the database into a file that is not there yet, while everything goes on. A copy that cannot be recorded is
    /// removed again.
    pub async fn back_up(&self, cx: &Context, file: PathBuf) -> Answer<BackedUp> {
        let attempt = self.attempt(cx, Event::BackupMade);
        attempt.target(Target::unresolved(TargetKind::Server)).detail(Detail::new().word("database", self.database()));
        let engine = self.clone();
        self.detached(async move {
            if let Err(error) = engine.store().backup(file.clone(), |_| {}).await {
                return Err(engine.refuse(&attempt, refusal(error)).await);
            }
            let copied = {
                let file = file.clone();
                tokio::task::spawn_blocking(move || digest(&file)).await.map_err(std::io::Error::other).flatten()
            };
            let copied = match copied {
                Ok(copied) => copied,
                Err(error) => {
                    remove(&file);
                    let error = Error::Invalid(format!("the copy {} cannot be read: {error}", file.display()));
                    return Err(engine.refuse(&attempt, error).await);
                }
            };
            attempt.detail(
                Detail::new()
                    .integer("bytes", copied.bytes)
                    .word("database", engine.database())
                    .digest("sha256", copied.sha256),
            );
            let made = engine.commit(Copied { attempt, copied }).await;
            if made.is_err() {
                remove(&file);
            }
            made
        })
        .await
    }
}

/// What an operator is told who asked for a copy that cannot be made.
fn refusal(error: StoreError) -> Error {
    match error {
        StoreError::Elsewhere(where_instead) => Error::Invalid(where_instead.to_owned()),
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

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        let error = &error as &dyn std::error::Error;
        tracing::error!(error, "a copy of the database that could not be recorded could not be removed either");
    }
}
