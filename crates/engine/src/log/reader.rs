//! Who may look at an audit log at all, and whether the database answers.

use ledger::{Detail, Event, Statement};
use store::{Question, Read, StoreError, instance};

use crate::access::{Scope, enter, permit_scope};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::{Engine, Sight};

struct MayRead {
    attempt: Attempt,
    organization: String,
}

impl MayRead {
    async fn check<R: Read>(&self, read: &mut R) -> Result<(), Error> {
        let entered = enter(read, &self.attempt, &self.organization).await?;
        permit_scope(read, &self.attempt, &entered, Scope::AuditLogsRead).await.map(drop)
    }
}

impl Question for MayRead {
    type Answer = Result<(), Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.check(read).await)
    }
}

struct Ready;

impl Question for Ready {
    type Answer = ();

    async fn ask<R: Read>(&self, read: &mut R) -> Result<(), StoreError> {
        instance::find(read).await.map(drop)
    }
}

impl Engine {
    /// Checks that the caller may read an organisation's log; what it asks for tells nothing of
    /// anybody. `attempted` names it.
    pub async fn audit_log_reader(&self, cx: &Context, organization: String, attempted: &'static str) -> Sight<()> {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt.target_names(Statement::organization(&organization)).detail(Detail::new().word("attempted", attempted));
        let question = MayRead { attempt: attempt.clone(), organization };
        let engine = self.clone();
        self.detached(async move {
            let checked = engine.store().ask(question).await.map_err(Into::into).flatten();
            engine.seen(&attempt, checked).await
        })
        .await
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> Result<(), StoreError> {
        self.store().ask(Ready).await
    }
}
