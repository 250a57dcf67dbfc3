//! What somebody needs who checks a log elsewhere: its name, its keys, and what was signed last.

use ledger::{Detail, Event, Origin, Statement};
use store::checkpoint::{self, Checkpoint};
use store::tree::{self, LogState};
use store::{Question, Read, StoreError};

use super::keys::verifier;
use crate::access::{Scope, enter, permit_scope};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::{Engine, Sight};

/// A log as whoever checks it knows it.
#[derive(Clone, Debug)]
pub struct LogIdentity {
    /// Its permanent name.
    pub origin: Origin,
    /// Its verifier keys, that of the key that signs now first.
    pub keys: Vec<String>,
    /// How many entries it has.
    pub size: u64,
    /// What was signed last.
    pub newest: Option<Checkpoint>,
}

struct FindLog {
    attempt: Attempt,
    organization: String,
}

impl FindLog {
    async fn find<R: Read>(&self, read: &mut R) -> Result<(LogState, Option<Checkpoint>), Error> {
        let entered = enter(read, &self.attempt, &self.organization).await?;
        permit_scope(read, &self.attempt, &entered, Scope::AuditLogsRead).await?;
        let log = entered.organization.log;
        // The checkpoint first: the log has at least what that covers.
        let newest = checkpoint::newest(read, log).await?;
        Ok((tree::state(read, log).await?, newest))
    }
}

impl Question for FindLog {
    type Answer = Result<(LogState, Option<Checkpoint>), Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.find(read).await)
    }
}

impl Engine {
    /// What somebody needs who checks an organisation's log elsewhere. It tells nothing of anybody.
    pub async fn log_identity(&self, cx: &Context, organization: String) -> Sight<LogIdentity> {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        let attempted = Detail::new().word("attempted", "read-log-key");
        attempt.target_names(Statement::organization(&organization)).detail(attempted);
        let question = FindLog { attempt: attempt.clone(), organization };
        let engine = self.clone();
        self.detached(async move {
            let found = engine.store().ask(question).await.map_err(Into::into).flatten();
            let (state, newest) = engine.seen(&attempt, found).await?;
            let keys = engine.0.log_keys.get();
            let keys = keys.public().map(|public| verifier(&state.origin, public).to_string()).collect();
            Ok(LogIdentity { origin: state.origin, keys, size: state.size, newest })
        })
        .await
    }
}
