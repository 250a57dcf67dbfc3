//! Recording something that the server, or an operator, did to the logs themselves.

use store::{Command, Done, Records, Tx};

use crate::audit::Attempt;
use crate::error::Error;

/// Records something, and does nothing else.
pub(super) struct Note(pub(super) Attempt);

impl Command for Note {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, _tx: &mut T) -> Result<Done<()>, Error> {
        Ok(self.0.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.0.records(error.outcome())
    }
}

/// Records several things in one commit. There is at least one.
pub(super) struct Notes {
    pub(super) first: Attempt,
    pub(super) more: Vec<Attempt>,
}

impl Command for Notes {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, _tx: &mut T) -> Result<Done<()>, Error> {
        let Done { output, records } = self.first.done(());
        let more = self.more.iter().map(|attempt| attempt.records(ledger::Outcome::Succeeded));
        Ok(Done { output, records: more.fold(records, store::Records::and_all) })
    }

    fn refused(&self, error: &Error) -> Records {
        self.first.records(error.outcome())
    }
}
