//! Freezing a log that is not what it should be.

use ledger::{Detail, Event, Target, TargetKind};
use store::tree::LogState;
use store::{Chore, StoreError};

use super::anchor::TreeHead;
use super::fault::Fault;
use super::note::Note;
use crate::Engine;

impl Engine {
    /// Lets nothing more be appended to a log, and says so wherever it can be heard: to whoever reads the program's log,
    /// and in the server's log, unless that is the one.
    pub(super) async fn freeze(
        &self,
        state: &LogState,
        signed: Option<TreeHead>,
        fault: &Fault,
    ) -> Result<(), StoreError> {
        tracing::error!(log = %state.origin, reason = %fault, "a log is frozen: it is not what was signed of it");
        self.store().chore(Chore::Freeze { log: state.log, reason: fault.to_string() }).await?;
        if state.log == self.server_log() {
            return Ok(());
        }
        let attempt = self.attempt(&self.system_context(), Event::LogFrozen);
        let detail = Detail::new().log("log", state.origin.log()).word("reason", fault.word());
        let detail = match signed {
            Some(TreeHead { size, root }) => detail.integer("size", size).digest("root", root),
            None => detail.integer("size", 0).digest("root", ledger::empty_root()),
        };
        attempt.target(Target::unresolved(TargetKind::Log)).detail(detail);
        if self.commit(Note(attempt)).await.is_err() {
            tracing::error!("that a log is frozen could not be recorded in the log of the server");
        }
        Ok(())
    }
}
