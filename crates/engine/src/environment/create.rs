//! Creating an environment, empty, at revision 1.

use ledger::{Detail, EnvironmentId, Event, Need, ProjectId, Target, TargetKind};
use store::data_key::WrappedKey;
use store::environment::{self, Environment, Revision};
use store::{Command, Done, Records, Tx, data_key};

use super::{target, typed};
use crate::access::{Role, enter, permit_organization};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::name::EnvironmentName;
use crate::{Answer, Engine};

struct Create {
    attempt: Attempt,
    name: EnvironmentName,
    id: EnvironmentId,
    /// The identifier of the project, should it be the first of its environments.
    project: ProjectId,
    /// Makes the environment's key, once the organisation is known.
    engine: Engine,
    now: i64,
}

impl Command for Create {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let Self { attempt, name, now, .. } = self;
        let entered = enter(tx, attempt, name.organization()).await?;
        attempt.target(Target::unresolved(TargetKind::Environment));
        permit_organization(attempt, &entered, Role::Member, Need::EnvironmentCreate)?;
        let account = attempt.context().account().copied();
        let owner = account.ok_or(Error::Forbidden("an environment is created by somebody with an account"))?;
        let organization = entered.organization.id;
        if environment::find(tx, &organization, name.project(), name.environment()).await?.is_some() {
            return Err(Error::Exists(What::Environment));
        }
        let project = match environment::project(tx, &organization, name.project()).await? {
            Some(project) => project,
            None => {
                environment::insert_project(tx, &self.project, &organization, name.project()).await?;
                self.project
            }
        };
        let created = Environment {
            id: self.id,
            organization,
            project,
            project_name: name.project().to_owned(),
            name: name.environment().to_owned(),
            owner,
            revision: 1,
            deletion_protected: false,
            created_at: *now,
            modified_at: *now,
            deleted_at: None,
        };
        environment::insert(tx, &created).await?;
        let revision = Revision { number: 1, definition: String::new() };
        environment::insert_revision(tx, &self.id, &revision, &[], &owner, *now).await?;
        let key: WrappedKey = self.engine.new_key(organization, Some(self.id));
        data_key::insert(tx, &key, *now).await?;
        attempt.target(target(&created, 1)).detail(Detail::new().integer("bytes", 0));
        Ok(attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Creates an environment.
    pub async fn create_environment(&self, cx: &Context, name: EnvironmentName) -> Answer<()> {
        let attempt = self.attempt(cx, Event::EnvironmentCreated);
        attempt.target_names(typed(&name));
        let command = Create {
            attempt,
            name,
            id: EnvironmentId::from_random(self.ambient().random()),
            project: ProjectId::from_random(self.ambient().random()),
            engine: self.clone(),
            now: cx.now,
        };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }
}
