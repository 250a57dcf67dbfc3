//! Whether anybody may read the hashes and checkpoints of an organisation's log.

use ledger::{Detail, Event, Need, Statement, Target, TargetKind};
use store::{Command, Done, Records, Tx, log, organization};

use crate::access::{Role, enter, permit_organization};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::{Answer, Engine};

struct SetVisibility {
    attempt: Attempt,
    organization: String,
    is_public: bool,
}

impl Command for SetVisibility {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let entered = enter(tx, &self.attempt, &self.organization).await?;
        permit_organization(&self.attempt, &entered, Role::Admin, Need::SettingsWrite)?;
        organization::set_log_public(tx, &entered.organization.id, self.is_public).await?;
        let log = log::origin(tx, entered.organization.log).await?.log();
        self.attempt.detail(Detail::new().log("log", log).boolean("public", self.is_public));
        Ok(self.attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Lets anybody read the hashes and checkpoints of an organisation's log, or only those who may read the log.
    /// Leaves and texts are never public.
    pub async fn set_log_visibility(&self, cx: &Context, organization: String, is_public: bool) -> Answer<()> {
        let attempt = self.attempt(cx, Event::LogVisibilityChanged);
        attempt
            .target(Target::unresolved(TargetKind::Log))
            .target_names(Statement::organization(&organization))
            .detail(Detail::new().boolean("public", is_public));
        let command = SetVisibility { attempt, organization, is_public };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }
}
