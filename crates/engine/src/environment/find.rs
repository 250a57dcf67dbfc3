//! Finding an environment for a caller: the names, the permission, the revision.

use ledger::Target;
use ledger::TargetKind;
use store::environment::{self, Environment, Revision};
use store::{Question, Read, StoreError};

use super::target;
use crate::access::{Entered, Level, Permit, enter, permit};
use crate::audit::Attempt;
use crate::error::{Error, What};
use crate::name::{EnvironmentName, Version};

/// Finds an environment and checks the caller's permission for it.
pub(super) async fn find<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    name: &EnvironmentName,
    need: Level,
) -> Result<(Entered, Environment, Permit), Error> {
    let entered = enter(read, attempt, name.organization()).await?;
    attempt.target(Target::unresolved(TargetKind::Environment));
    let found = environment::find(read, &entered.organization.id, name.project(), name.environment()).await?;
    let environment = found.ok_or(Error::Absent(What::Environment))?;
    attempt.target(target(&environment, environment.revision));
    let permit = permit(attempt, &entered, &environment, need)?;
    Ok((entered, environment, permit))
}

/// The revision that a version means.
pub(crate) async fn revision_of<R: Read>(
    read: &mut R,
    environment: &Environment,
    version: &Version,
) -> Result<Revision, Error> {
    let number = match version {
        Version::Newest => environment.revision,
        Version::Tag(tag) if tag == "latest" => environment.revision,
        Version::Tag(_) => return Err(Error::Absent(What::Revision)),
        Version::Number(number) => *number,
    };
    environment::revision(read, &environment.id, number).await?.ok_or(Error::Absent(What::Revision))
}

/// Looks at an environment, at a revision of it, for a caller.
pub(super) struct Look {
    pub(super) attempt: Attempt,
    pub(super) name: EnvironmentName,
    pub(super) version: Version,
    pub(super) need: Level,
}

/// What a look found.
pub(super) struct Found {
    pub(super) entered: Entered,
    pub(super) environment: Environment,
    pub(super) revision: Revision,
}

impl Look {
    async fn found<R: Read>(&self, read: &mut R) -> Result<Found, Error> {
        let (entered, environment, _) = find(read, &self.attempt, &self.name, self.need).await?;
        let revision = revision_of(read, &environment, &self.version).await?;
        self.attempt.target(target(&environment, revision.number));
        Ok(Found { entered, environment, revision })
    }
}

impl Question for Look {
    type Answer = Result<Found, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.found(read).await)
    }
}
