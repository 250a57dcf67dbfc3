//! Bringing a deleted environment back.

use ledger::{Detail, Event, Target, TargetKind};
use store::{Command, Done, Records, Tx, environment};

use super::{target, typed};
use crate::access::{Scope, enter, permit_scope};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::name::EnvironmentName;
use crate::{Answer, Engine};

struct Restore {
    attempt: Attempt,
    name: EnvironmentName,
    deleted_at: i64,
}

impl Command for Restore {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let Self { attempt, name, deleted_at } = self;
        let entered = enter(tx, attempt, name.organization()).await?;
        attempt.target(Target::unresolved(TargetKind::Environment));
        permit_scope(tx, attempt, &entered, Scope::EnvironmentRestoreDeleted).await?;
        let organization = &entered.organization.id;
        let found =
            environment::find_deleted(tx, organization, name.project(), name.environment(), *deleted_at).await?;
        let environment = found.ok_or(Error::Absent(What::Environment))?;
        attempt.target(target(&environment, environment.revision));
        if environment::find(tx, organization, name.project(), name.environment()).await?.is_some() {
            return Err(Error::Exists(What::Environment));
        }
        environment::set_deleted(tx, &environment.id, None).await?;
        let deleted = u64::try_from(*deleted_at).unwrap_or(0);
        attempt.detail(Detail::new().integer("deleted", deleted).integer("revisions", environment.revision));
        Ok(attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Restores the environment of this name that was deleted at this time.
    pub async fn restore_environment(&self, cx: &Context, name: EnvironmentName, deleted_at: i64) -> Answer<()> {
        let attempt = self.attempt(cx, Event::EnvironmentRestored);
        attempt.target_names(typed(&name));
        let engine = self.clone();
        self.detached(async move { engine.commit(Restore { attempt, name, deleted_at }).await }).await
    }
}
