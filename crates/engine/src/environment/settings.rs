//! What is known of an environment besides its definition, and its deletion protection.

use ledger::{Detail, Event};
use store::{Command, Done, Failure, Question, Read, Records, StoreError, Tx, environment};

use super::find::{Look, find};
use super::typed;
use crate::access::Level;
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::name::{EnvironmentName, Version};
use crate::{Answer, Engine, Sight};

/// What is known of an environment besides its definition.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// The environment.
    pub environment: environment::Environment,
    /// The login of its owner.
    pub owner_login: String,
    /// The name of its owner.
    pub owner_name: String,
}

struct Owner(ledger::AccountId);

impl Question for Owner {
    type Answer = Option<store::account::Account>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        store::account::find(read, &self.0).await
    }
}

struct Protect {
    attempt: Attempt,
    name: EnvironmentName,
    protected: bool,
}

impl Command for Protect {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let (_, environment, _) = find(tx, &self.attempt, &self.name, Level::Admin).await?;
        environment::set_deletion_protected(tx, &environment.id, self.protected).await?;
        Ok(self.attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// What is known of an environment besides its definition: `attempted` names the look-up.
    pub async fn environment_metadata(
        &self,
        cx: &Context,
        name: EnvironmentName,
        attempted: &'static str,
    ) -> Sight<Metadata> {
        let attempt = self.attempt(cx, Event::AuthFailureEnvironment);
        attempt.target_names(typed(&name)).detail(Detail::new().word("attempted", attempted));
        let engine = self.clone();
        self.detached(async move {
            let look = Look { attempt, name, version: Version::Newest, need: Level::Read };
            let found = engine.look(look).await?;
            let owner = engine.store().ask(Owner(found.environment.owner)).await.map_err(Failure::Unrecorded)?;
            let (owner_login, owner_name) = owner.map(|owner| (owner.login, owner.name)).unwrap_or_default();
            Ok(Metadata { environment: found.environment, owner_login, owner_name })
        })
        .await
    }

    /// Protects an environment from deletion, or stops protecting it.
    pub async fn protect_environment(&self, cx: &Context, name: EnvironmentName, protected: bool) -> Answer<()> {
        let event = if protected {
            Event::EnvironmentDeletionProtectionEnabled
        } else {
            Event::EnvironmentDeletionProtectionDisabled
        };
        let attempt = self.attempt(cx, event);
        attempt.target_names(typed(&name));
        let engine = self.clone();
        self.detached(async move { engine.commit(Protect { attempt, name, protected }).await }).await
    }
}
