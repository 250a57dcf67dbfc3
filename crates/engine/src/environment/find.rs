//! Finding an environment for a caller: the names, the permission, the revision.

use ledger::Target;
use ledger::TargetKind;
use store::environment::{self, Environment, Revision};
use store::{Question, Read, StoreError, revision_tag};

use super::target;
use crate::Engine;
use crate::access::{Act, Entered, Level, Permit, enter, permit};
use crate::audit::Attempt;
use crate::error::{Error, What};
use crate::name::{EnvironmentName, Version};
use crate::resolve::{Finder, Rest, Root};
use crate::tag::LATEST;

/// Finds an environment and checks the caller's permission for it.
pub(crate) async fn find<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    name: &EnvironmentName,
    act: impl Into<Act>,
) -> Result<(Entered, Environment, Permit), Error> {
    let entered = enter(read, attempt, name.organization()).await?;
    attempt.target(Target::unresolved(TargetKind::Environment));
    let found = environment::find(read, &entered.organization.id, name.project(), name.environment()).await?;
    let environment = found.ok_or(Error::Absent(What::Environment))?;
    attempt.target(target(&environment, environment.revision));
    let permit = permit(read, attempt, &entered, &environment, act).await?;
    Ok((entered, environment, permit))
}

/// The number of the revision that a version means. Revisions are numbered without a gap, and only
/// a number can mean one that was retracted: its tags have moved, and the newest never is.
pub(crate) async fn revision_number<R: Read>(
    read: &mut R,
    environment: &Environment,
    version: &Version,
) -> Result<u64, Error> {
    match version {
        Version::Newest => Ok(environment.revision),
        Version::Tag(tag) if tag == LATEST => Ok(environment.revision),
        Version::Number(number) if (1..=environment.revision).contains(number) => {
            match environment::replacement(read, &environment.id, *number).await? {
                Some(replacement) => Err(Error::Retracted { revision: *number, replacement }),
                None => Ok(*number),
            }
        }
        Version::Number(_) => Err(Error::Absent(What::Revision)),
        Version::Tag(tag) => {
            let tagged = revision_tag::revision(read, &environment.id, tag).await?;
            tagged.ok_or(Error::Absent(What::Revision))
        }
    }
}

/// The revision that a version means.
async fn revision_of<R: Read>(read: &mut R, environment: &Environment, version: &Version) -> Result<Revision, Error> {
    let number = revision_number(read, environment, version).await?;
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

/// Looks at an environment for a caller, as it is to be resolved: its program, and what that
/// imports, all the way down.
pub(super) struct Gather {
    pub(super) engine: Engine,
    pub(super) attempt: Attempt,
    pub(super) name: EnvironmentName,
    pub(super) version: Version,
    pub(super) level: Level,
}

/// What is to be resolved.
pub(super) struct Gathered {
    pub(super) entered: Entered,
    pub(super) environment: Environment,
    pub(super) revision: u64,
    pub(super) root: Root,
}

impl Gather {
    async fn gathered<R: Read>(&self, read: &mut R) -> Result<Gathered, Error> {
        let Self { engine, attempt, name, version, level } = self;
        let (entered, environment, _) = find(read, attempt, name, *level).await?;
        let revision = revision_number(read, &environment, version).await?;
        attempt.target(target(&environment, revision));
        let program = engine.program(read, &environment, revision, &name.qualified()).await?;
        let program = program.map_err(Error::Diagnostics)?;
        // Whoever changes an environment only reads or opens what it imports.
        let level = (*level).min(Level::Open);
        let finder = Finder { engine: engine.clone(), attempt: attempt.clone(), entered: entered.clone(), level };
        let imports = finder.imports_of(read, &program).await?;
        let root = Root { program, environment: Some((environment.id, revision)), imports, rest: Rest::Follows };
        Ok(Gathered { entered, environment, revision, root })
    }
}

impl Question for Gather {
    type Answer = Result<Gathered, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.gathered(read).await)
    }
}
