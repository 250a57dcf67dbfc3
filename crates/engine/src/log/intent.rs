//! What is announced before it is done: an intent. It is owed an outcome, and has one.
//!
//! Whoever announces something notes it in a table, in the commit that records it, and whoever records the outcome takes
//! it away again, in that commit: so there is one outcome, whoever else comes. A process that cannot commit one tries
//! until it can. Of a process that is gone another one says that nobody knows ([`super::orphans`]); if it was only away,
//! it finds its intents taken away, and adds nothing.

use std::sync::Arc;
use std::time::Duration;

use ledger::{EventId, Outcome, Reason};
use store::intent::{self, Intent};
use store::{Command, Done, Failure, LogKey, Question, Read, Records, StoreError, Tx};

use super::orphans::ALIVE;
use crate::audit::Attempt;
use crate::error::Error;
use crate::{Answer, Engine};

/// How long it is waited before the database is tried again, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_mins(1));

/// Notes in a transaction that something is about to be done, and gives the record that says so.
pub(crate) async fn announce<T: Tx>(tx: &mut T, engine: &Engine, attempt: &Attempt) -> Result<Records, StoreError> {
    let (log, event) = (attempt.log(), attempt.id());
    let alive_until = engine.now() + ALIVE;
    intent::announce(tx, &Intent { log, event, node: engine.node(), alive_until }).await?;
    Ok(attempt.records(Outcome::Intended))
}

/// Takes an intent away in the commit that records its outcome, and has that name it. Fails if it has an outcome.
pub(crate) async fn conclude<T: Tx>(tx: &mut T, intended: EventId, outcome: &Attempt) -> Result<(), Error> {
    outcome.causes(Vec::new());
    if !intent::end(tx, outcome.log(), intended).await? {
        return Err(Error::Interrupted);
    }
    outcome.cause(intended);
    Ok(())
}

/// What the log says if an outcome could not be recorded: nothing that would count as one.
pub(crate) fn unconcluded(outcome: &Attempt, error: &Error) -> Records {
    outcome.causes(Vec::new());
    outcome.records(error.outcome())
}

/// Records the outcome of an intent, and does nothing else. No permission is needed for that: what was done was done.
pub(crate) struct End<O> {
    /// What the log says of it.
    pub(crate) attempt: Attempt,
    /// The event that announced it.
    pub(crate) intended: EventId,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// What is given away once that is recorded.
    pub(crate) output: O,
}

impl<O: Clone + Send + Sync + 'static> Command for End<O> {
    type Output = O;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<O>, Error> {
        conclude(tx, self.intended, &self.attempt).await?;
        Ok(Done { output: self.output.clone(), records: self.attempt.records(self.outcome) })
    }

    fn refused(&self, error: &Error) -> Records {
        unconcluded(&self.attempt, error)
    }
}

/// The log in which something was announced that has no outcome.
struct Owed(EventId);

impl Question for Owed {
    type Answer = Option<LogKey>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        intent::log_of(read, self.0).await
    }
}

impl Engine {
    /// Commits an announcement. If the database does not say whether it did, the caller does nothing of what is
    /// announced; and if it is announced all the same, that ends as `undone` says.
    pub(crate) async fn announce<C: Command<Error = Error>>(
        &self,
        announcement: C,
        intended: EventId,
        undone: impl FnOnce() -> Attempt,
    ) -> Answer<C::Output> {
        let announced = self.commit(announcement).await;
        if matches!(announced, Err(Failure::Unrecorded(_))) {
            let outcome = Outcome::Failed(Reason::StorageFailed);
            self.insist(intended, Arc::new(End { attempt: undone(), intended, outcome, output: () }));
        }
        announced
    }

    /// Commits the outcome of an intent. If that fails the caller hears of it, and it is tried again until it is
    /// committed, for as long as this process lives.
    pub(crate) async fn conclude<C: Command<Error = Error>>(&self, intended: EventId, outcome: C) -> Answer<C::Output> {
        let outcome = Arc::new(outcome);
        let concluded = self.commit(Arc::clone(&outcome)).await;
        if let Err(failure) = &concluded
            && is_undecided(failure)
        {
            self.insist(intended, outcome);
        }
        concluded
    }

    /// Whether something was announced that has no outcome: asked until the database answers.
    pub(crate) async fn is_owed(&self, intended: EventId) -> bool {
        let mut pause = PAUSES.0;
        loop {
            match self.store().ask(Owed(intended)).await {
                Ok(log) => return log.is_some(),
                Err(StoreError::Closed) => return false,
                Err(error) => wait(&mut pause, &error).await,
            }
        }
    }

    /// Commits the outcome of an intent, in a task of its own that tries until it is committed or owed no longer.
    fn insist<C: Command<Error = Error>>(&self, intended: EventId, outcome: Arc<C>) {
        let engine = self.clone();
        tokio::spawn(async move {
            let mut pause = PAUSES.0;
            while engine.is_owed(intended).await {
                match engine.commit(Arc::clone(&outcome)).await {
                    Err(Failure::Unrecorded(StoreError::Closed)) => return,
                    Err(failure) if is_undecided(&failure) => match failure {
                        Failure::Unrecorded(error) => wait(&mut pause, &error).await,
                        Failure::Refused(error) => wait(&mut pause, error.get()).await,
                    },
                    Ok(_) | Err(_) => return,
                }
            }
        });
    }
}

/// Whether it was the database that failed, so that it may succeed another time.
pub(super) fn is_undecided(failure: &Failure<Error>) -> bool {
    match failure {
        Failure::Unrecorded(_) => true,
        Failure::Refused(error) => matches!(error.get(), Error::Store(_)),
    }
}

/// Waits, longer each time.
async fn wait(pause: &mut Duration, error: &(dyn std::error::Error + Sync + 'static)) {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "how something ended is not recorded yet; it is tried again"
    );
    tokio::time::sleep(*pause).await;
    *pause = PAUSES.1.min(*pause * 2);
}
