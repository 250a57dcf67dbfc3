//! Finding the organisation, the caller's place in it, and the permission for an act.

use std::collections::HashMap;

use ledger::{AccountId, Authorization, EnvironmentId, GrantSource, Held, Need, Reason};
use store::Read;
use store::environment::Environment;
use store::organization::Organization;
use store::team::{self, Team};
use store::team_grant::{self, Grant};

use super::decide::{Holding, decide, level};
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
pub(crate) struct Permit {
    /// What decided, as the record says it.
    pub(crate) authorization: Authorization,
    /// The longest time an opening may last, in seconds, if what decided bounds it.
    pub(crate) longest_open: Option<u64>,
}

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
pub(crate) async fn permit<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    entered: &Entered,
    environment: &Environment,
    need: Level,
) -> Result<Permit, Error> {
    let mut holdings = own_holdings(attempt, entered, &environment.owner);
    if level(&holdings) < need
        && let Some(account) = attempt.context().account()
    {
        let grants = team_grant::of_account(read, account, &environment.id).await?;
        holdings.extend(grants.iter().map(Holding::of_team));
    }
    let deciding = decide(&holdings, need);
    let held = level(&holdings);
    let authorization = Authorization {
        by: deciding.map_or(GrantSource::None, |holding| holding.by),
        id: deciding.and_then(|holding| holding.id).map(Into::into),
        need: need.need(),
        held: deciding.is_none().then(|| held.held()),
        policy: entered.organization.access_version,
    };
    attempt.authorization(authorization);
    match deciding {
        Some(holding) => Ok(Permit { authorization, longest_open: holding.longest_open }),
        None if held < Level::Read => Err(Error::Hidden(What::Environment, Reason::PermissionMissing)),
        None => Err(Error::Forbidden("you do not have the permission for this on the environment")),
    }
}

/// What a caller holds on an environment without any grant. Only if that does not suffice are grants
/// looked up: none of them is bounded, so no grant could decide in its place.
fn own_holdings(attempt: &Attempt, entered: &Entered, owner: &AccountId) -> Vec<Holding> {
    let role = if entered.by_shell { GrantSource::Operator } else { GrantSource::OrgRole };
    let is_owner = attempt.context().account() == Some(owner);
    let mut holdings = Vec::with_capacity(3);
    if entered.role == Role::Admin {
        holdings.push(Holding::new(Level::Admin, role));
    }
    if is_owner {
        holdings.push(Holding::new(Level::Admin, GrantSource::Owner));
    }
    holdings.push(Holding::new(default_level(&entered.organization), GrantSource::Default));
    holdings
}

/// Which environments of an organisation a caller may know of: what lists show.
pub(crate) struct Visible<'a> {
    attempt: &'a Attempt,
    entered: &'a Entered,
    grants: HashMap<EnvironmentId, Vec<Grant>>,
}

/// Looks up what decides which environments a caller may know of.
pub(crate) async fn visible<'a, R: Read>(
    read: &mut R,
    attempt: &'a Attempt,
    entered: &'a Entered,
) -> Result<Visible<'a>, Error> {
    let sees_all = entered.role == Role::Admin || default_level(&entered.organization) >= Level::Read;
    let grants = match attempt.context().account() {
        Some(account) if !sees_all => team_grant::all_of_account(read, &entered.organization.id, account).await?,
        _ => HashMap::new(),
    };
    Ok(Visible { attempt, entered, grants })
}

impl Visible<'_> {
    /// Whether the caller may know of an environment of this owner.
    pub(crate) fn shows(&self, id: &EnvironmentId, owner: &AccountId) -> bool {
        let mut holdings = own_holdings(self.attempt, self.entered, owner);
        holdings.extend(self.grants.get(id).into_iter().flatten().map(Holding::of_team));
        level(&holdings) >= Level::Read
    }
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

/// Checks that the caller may change a team: an administrator of the organisation, or of the team.
pub(crate) async fn permit_team<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    entered: &Entered,
    team: &Team,
) -> Result<OrganizationPermit, Error> {
    if entered.role == Role::Member
        && let Some(account) = attempt.context().account()
        && let Some(member) = team::find_member(read, &team.id, account).await?
        && Role::parse(&member.role) == Some(Role::Admin)
    {
        // What comes from a team has one word: that the id is of a team, and of no grant, tells that it
        // is a role in it.
        attempt.authorization(Authorization {
            by: GrantSource::TeamGrant,
            id: Some(team.id.into()),
            need: Need::TeamsWrite,
            held: None,
            policy: entered.organization.access_version,
        });
        return Ok(OrganizationPermit(()));
    }
    permit_organization(attempt, entered, Role::Admin, Need::TeamsWrite)
}
