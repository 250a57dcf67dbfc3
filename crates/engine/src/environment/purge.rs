//! Removing environments for good that were deleted long enough ago. Until then they can be restored.

use ledger::{Detail, EnvironmentId, Event, Statement};
use store::environment::{self, Environment};
use store::{Chore, Command, Done, Question, Read, Records, StoreError, Tx, purge};

use super::target;
use crate::Engine;
use crate::access::enter;
use crate::audit::Attempt;
use crate::error::{Error, What};

/// How many environments are looked for at once.
const STRIDE: i64 = 100;
/// How long a replica that purges keeps others from doing so too: one minute.
const LEASE: i64 = 60_000_000;

struct Due {
    before: i64,
}

impl Question for Due {
    type Answer = Vec<(Environment, String)>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        purge::due(read, self.before, STRIDE).await
    }
}

struct Purge {
    attempt: Attempt,
    organization: String,
    environment: EnvironmentId,
    before: i64,
}

impl Command for Purge {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        tx.ready_to_destroy().await?;
        enter(tx, &self.attempt, &self.organization).await?;
        let found = environment::by_id(tx, &self.environment).await?;
        // Somebody may have restored it meanwhile, or restored and deleted it again.
        let due = found.and_then(|found| found.deleted_at.filter(|at| *at < self.before).map(|at| (found, at)));
        let (environment, deleted_at) = due.ok_or(Error::Absent(What::Environment))?;
        purge::purge(tx, &environment.id).await?;
        let deleted = u64::try_from(deleted_at).unwrap_or(0);
        let detail = Detail::new().integer("deleted", deleted).integer("revisions", environment.revision);
        self.attempt.target(target(&environment, environment.revision)).detail(detail);
        Ok(self.attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Removes what was deleted longer ago than this many microseconds, each with a record, and gives how
    /// many environments that were.
    pub async fn purge_environments(&self, retention: i64) -> Result<u64, StoreError> {
        let now = self.now();
        let before = now.saturating_sub(retention);
        let due = self.store().ask(Due { before }).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let lease = Chore::Lease { name: "purge", holder: self.node().to_string(), now, until: now + LEASE };
        if self.store().has_outbox() && self.store().chore(lease).await? == 0 {
            return Ok(0);
        }
        let mut purged = 0;
        for (environment, organization) in due {
            let attempt = self.attempt(&self.system_context(), Event::EnvironmentPurged);
            let Environment { id, project_name, name, .. } = &environment;
            attempt.target_names(Statement::environment(&organization, project_name, name));
            match self.commit(Purge { attempt, organization, environment: *id, before }).await {
                Ok(_) => purged += 1,
                Err(failure) => {
                    tracing::error!(environment = %id, ?failure, "a deleted environment could not be purged");
                }
            }
            self.forget_key(environment.organization, environment.id);
        }
        Ok(purged)
    }
}
