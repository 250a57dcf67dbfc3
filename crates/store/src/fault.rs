//! Faults that a test lets happen: at each step by which the logs are written.

use std::fmt;
use std::sync::Arc;

use crate::StoreError;

/// A step by which the logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The records of a command go into the open transaction: as entries, or into the outbox.
    Append,
    /// The commit of commands.
    Commit,
    /// The sequencer takes records out of the outbox.
    Take,
    /// Tiles and the logs' rows go into the open transaction.
    Grow,
    /// The commit of the sequencer.
    Sequence,
    /// The commit of checkpoints.
    Publish,
    /// The commit of a bundle.
    Bundle,
}

/// How a step fails. Whoever takes it hears of an error either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Nothing happened.
    Lost,
    /// It happened.
    Kept,
}

type Hook = dyn Fn(Step) -> Option<Fault> + Send + Sync;

/// Decides which steps fail: none, but in tests.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<Hook>>);

impl Faults {
    /// Asks a test before each step.
    pub fn new(hook: impl Fn(Step) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    /// The fault of a step, if it is to fail.
    pub(crate) fn at(&self, step: Step) -> Option<Fault> {
        self.0.as_ref().and_then(|hook| hook(step))
    }

    /// Takes a step of which nothing is left if the transaction is given up.
    pub(crate) async fn within<T, E: From<StoreError>>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match self.at(step) {
            None => work.await,
            Some(Fault::Lost) => Err(injected(step).into()),
            Some(Fault::Kept) => {
                work.await?;
                Err(injected(step).into())
            }
        }
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "Faults(some)" } else { "Faults(none)" })
    }
}

/// The error that a step which was let fail gives.
pub(crate) fn injected(step: Step) -> StoreError {
    StoreError::Io { what: format!("a test let {step:?} fail"), source: std::io::ErrorKind::Other.into() }
}
