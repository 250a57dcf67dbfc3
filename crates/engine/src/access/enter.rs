//! Finding the organisation, the caller's place in it, and the permission for an act.

use ledger::{Authorization, GrantSource, Held, Need, Reason};
use store::Read;
use store::environment::Environment;
use store::organization::Organization;

use super::{Level, Role};
use crate::audit::{Attempt, Place};
use crate::context::Who;
use crate::error::{Error, Unauthenticated, What};

/// A caller inside an organisation that it belongs to (or from the shell of the host).
#[derive(Clone, Debug)]
pub(crate) struct Entered {
    /// The organisation.
    pub(crate) organization: Organization,
    /// What the caller is there.
    pub(crate) role: Role,
    by_shell: bool,
}

/// Permission to do something with an environment. Only [`permit`] makes one.
#[derive(Debug)]
pub(crate) struct Permit(());

/// Permission to do something in an organisation. Only [`permit_organization`] makes one.
#[derive(Debug)]
pub(crate) struct OrganizationPermit(());

/// Finds the organisation and the caller's place in it. What is learnt goes into the attempt, so
/// that even a refusal lands in the right log.
pub(crate) async fn enter<R: Read>(read: &mut R, attempt: &Attempt, name: &str) -> Result<Entered, Error> {
    match &attempt.context().who {
        Who::Account { .. } => enter_as_account(read, attempt, name).await,
        Who::Operator(_) | Who::System => {
            let organization = store::organization::find(read, name).await?;
            let organization = organization.ok_or(Error::Absent(What::Organization))?;
            attempt.place(Place { log: organization.log, actor: None, outsider: false });
            Ok(Entered { organization, role: Role::Admin, by_shell: true })
        }
        Who::Anonymous => Err(Error::Unauthenticated(Unauthenticated::Missing)),
    }
}

async fn enter_as_account<R: Read>(read: &mut R, attempt: &Attempt, name: &str) -> Result<Entered, Error> {
    let cx = attempt.context();
    let account = cx.account().ok_or(Error::Unauthenticated(Unauthenticated::Missing))?;
    let credential = cx.credential.id.as_ref().map_or("", |id| id.as_str());
    let standing = store::organization::standing(read, name, account, credential, cx.now).await?;
    let Some(standing) = standing else {
        return Err(Error::Absent(What::Organization));
    };
    let organization = standing.organization;
    let outsider = standing.role.is_none();
    attempt.place(Place { log: organization.log, actor: standing.actor, outsider });
    if !standing.credential_is_good {
        // It was good when the request came in, and is no longer: revoked or run out meanwhile.
        return Err(Error::Unauthenticated(Unauthenticated::Revoked));
    }
    match standing.role.as_deref().and_then(Role::parse) {
        Some(role) => Ok(Entered { organization, role, by_shell: false }),
        None => Err(Error::Hidden(What::Organization, Reason::NotAMember)),
    }
}

/// Checks that the caller may do something with an environment.
///
/// Whoever may not even read it learns nothing of it, not even that it is there.
pub(crate) fn permit(
    attempt: &Attempt,
    entered: &Entered,
    environment: &Environment,
    need: Level,
) -> Result<Permit, Error> {
    let (level, by) = level(attempt, entered, environment);
    let denied = level < need;
    attempt.authorization(Authorization {
        by: if denied { GrantSource::None } else { by },
        id: None,
        need: need.need(),
        held: denied.then(|| level.held()),
        policy: entered.organization.access_version,
    });
    if !denied {
        Ok(Permit(()))
    } else if level < Level::Read {
        Err(Error::Hidden(What::Environment, Reason::PermissionMissing))
    } else {
        Err(Error::Forbidden("you do not have the permission for this on the environment"))
    }
}

/// The level that a caller has on an environment, and why.
fn level(attempt: &Attempt, entered: &Entered, environment: &Environment) -> (Level, GrantSource) {
    if entered.by_shell {
        return (Level::Admin, GrantSource::Operator);
    }
    if entered.role == Role::Admin {
        return (Level::Admin, GrantSource::OrgRole);
    }
    if attempt.context().account() == Some(&environment.owner) {
        return (Level::Admin, GrantSource::Owner);
    }
    (default_level(&entered.organization), GrantSource::Default)
}

/// Whether a caller may know of an environment: what a list shows.
pub(crate) fn may_see(attempt: &Attempt, entered: &Entered, environment: &Environment) -> bool {
    level(attempt, entered, environment).0 >= Level::Read
}

fn default_level(organization: &Organization) -> Level {
    // A word that this version does not know permits nothing.
    Level::parse(&organization.default_permission).unwrap_or(Level::None)
}

/// Checks that the caller has a role in the organisation.
pub(crate) fn permit_organization(
    attempt: &Attempt,
    entered: &Entered,
    role: Role,
    need: Need,
) -> Result<OrganizationPermit, Error> {
    let denied = entered.role < role;
    let by = if entered.by_shell { GrantSource::Operator } else { GrantSource::OrgRole };
    attempt.authorization(Authorization {
        by: if denied { GrantSource::None } else { by },
        id: None,
        need,
        held: denied.then_some(Held::Member),
        policy: entered.organization.access_version,
    });
    if denied {
        Err(Error::Forbidden("only an administrator of the organization may do this"))
    } else {
        Ok(OrganizationPermit(()))
    }
}
