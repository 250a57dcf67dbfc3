//! Deleting an environment. Its revisions and its records stay, and it can be restored.

use ledger::{Detail, Event};
use store::{Command, Done, Records, Tx, environment};

use super::find::find;
use super::typed;
use crate::access::Act;
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::name::EnvironmentName;
use crate::{Answer, Engine};

struct Delete {
    attempt: Attempt,
    name: EnvironmentName,
    now: i64,
}

impl Command for Delete {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let (_, environment, _) = find(tx, &self.attempt, &self.name, Act::Delete).await?;
        if environment.deletion_protected {
            return Err(Error::Protected);
        }
        environment::set_deleted(tx, &environment.id, Some(self.now)).await?;
        self.attempt.detail(Detail::new().integer("revisions", environment.revision));
        Ok(self.attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Deletes an environment.
    pub async fn delete_environment(&self, cx: &Context, name: EnvironmentName) -> Answer<()> {
        let attempt = self.attempt(cx, Event::EnvironmentDeleted);
        attempt.target_names(typed(&name));
        let (engine, now) = (self.clone(), cx.now);
        self.detached(async move { engine.commit(Delete { attempt, name, now }).await }).await
    }
}
