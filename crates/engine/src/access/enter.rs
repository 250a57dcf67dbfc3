//! Finding the organisation, the caller's place in it, and the permission for an act.

use std::collections::HashMap;

use ledger::{AccountId, Authorization, CredentialKind, EnvironmentId, GrantSource, Held, Need, Reason, TeamId};
use store::environment::Environment;
use store::machine_token;
use store::organization::Organization;
use store::team::{self, Team};
use store::team_grant::Grant;
use store::{Read, StoreError};

use super::decide::{Holding, decide, level};
use super::holder::{Holder, Principal, default_level};
use super::{Act, Level, Role, Scope};
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
    who: Principal,
}

impl Entered {
    /// The caller, as one about whom is decided.
    fn holder(&self) -> Holder {
        Holder { role: self.role, who: self.who }
    }
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

/// Checks that the credential may make what outlives it. How long a token lives that came of an identity is for the
/// policy of its issuer to say, and it ends with that: so it makes no other token, no schedule and no trust, and gives
/// nobody a role, a grant or an environment.
pub(crate) fn permit_lasting(attempt: &Attempt) -> Result<(), Error> {
    if attempt.context().credential.kind == CredentialKind::OidcToken {
        return Err(Error::Forbidden(
            "a token that came of an identity makes nothing that outlives it; use a token of your own",
        ));
    }
    Ok(())
}

/// Finds the organisation and the caller's place in it. What is learnt goes into the attempt, so
/// that even a refusal lands in the right log.
pub(crate) async fn enter<R: Read>(read: &mut R, attempt: &Attempt, name: &str) -> Result<Entered, Error> {
    match &attempt.context().who {
        Who::Account { id, .. } | Who::Behalf { id, .. } => enter_as_account(read, attempt, name, id).await,
        Who::Machine { id, team, .. } => enter_as_machine(read, attempt, name, id, *team).await,
        Who::Operator(_) | Who::System => {
            let organization = store::organization::find(read, name).await?;
            let organization = organization.ok_or(Error::Absent(What::Organization))?;
            attempt.place(Place { log: organization.log, actor: None, outsider: false });
            Ok(Entered { organization, role: Role::Admin, who: Principal::Host })
        }
        Who::Anonymous => Err(Error::Unauthenticated(Unauthenticated::Missing)),
    }
}

async fn enter_as_account<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    name: &str,
    account: &AccountId,
) -> Result<Entered, Error> {
    let cx = attempt.context();
    let credential = cx.credential.id.as_ref().map_or("", |id| id.as_str());
    let standing = store::organization::standing(read, name, account, credential, cx.now).await?;
    let Some(standing) = standing else {
        return Err(Error::Absent(What::Organization));
    };
    let acts_by_itself = matches!(cx.who, Who::Behalf { .. });
    let actor = match standing.actor {
        // Who left is known by the identifier of before, where the server acts for them.
        None if acts_by_itself => store::log::known_actor(read, standing.organization.log, account).await?,
        actor => actor,
    };
    attempt.place(Place { log: standing.organization.log, actor, outsider: standing.role.is_none() });
    let role = role(standing.role.as_deref(), standing.credential_is_good || acts_by_itself)?;
    Ok(Entered { organization: standing.organization, role, who: Principal::Member(*account) })
}

async fn enter_as_machine<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    name: &str,
    account: &AccountId,
    team: Option<TeamId>,
) -> Result<Entered, Error> {
    let cx = attempt.context();
    let token = cx.credential.id.as_ref().ok_or(Error::Unauthenticated(Unauthenticated::Missing))?;
    let standing = machine_token::standing(read, name, token, cx.now).await?;
    let Some(standing) = standing else {
        return Err(Error::Absent(What::Organization));
    };
    let place = Place { log: standing.organization.log, actor: standing.actor, outsider: standing.role.is_none() };
    attempt.place(place);
    let role = role(standing.role.as_deref(), standing.token_is_good)?;
    let organizations = Principal::Organization(*account, standing.custom_role);
    let who = team.map_or(organizations, |team| Principal::Team(*account, team));
    Ok(Entered { organization: standing.organization, role, who })
}

/// The role of a caller whose credential is still good.
fn role(role: Option<&str>, is_good: bool) -> Result<Role, Error> {
    if !is_good {
        // It was good when the request came in, and is no longer: revoked or run out meanwhile.
        return Err(Error::Unauthenticated(Unauthenticated::Revoked));
    }
    role.and_then(Role::parse).ok_or(Error::Hidden(What::Organization, Reason::NotAMember))
}

/// Checks that the caller may do something with an environment.
///
/// Whoever may not even read it learns nothing of it, not even that it is there.
pub(crate) async fn permit<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    entered: &Entered,
    environment: &Environment,
    act: impl Into<Act>,
) -> Result<Permit, Error> {
    let (act, holder) = (act.into(), entered.holder());
    let mut holdings = holder.own(&entered.organization, &environment.owner);
    // Neither its own nor a role is bounded, so nothing that is looked up later could decide in the place of one of
    // those that suffices.
    if decide(&holdings, act).is_none() {
        holdings.extend(holder.roles(read, &entered.organization).await?);
    }
    if decide(&holdings, act).is_none() {
        holdings.extend(holder.granted(read, &environment.id).await?);
    }
    let deciding = decide(&holdings, act);
    let held = level(&holdings);
    let authorization = authorization(entered, act, deciding, held.held());
    attempt.authorization(authorization);
    match deciding {
        Some(holding) => Ok(Permit { authorization, longest_open: holding.longest_open }),
        None if held < Level::Read => Err(Error::Hidden(What::Environment, Reason::PermissionMissing)),
        None => Err(Error::Forbidden("you do not have the permission for this on the environment")),
    }
}

/// What a record says of a decision.
fn authorization(entered: &Entered, act: Act, deciding: Option<&Holding>, held: Held) -> Authorization {
    Authorization {
        by: deciding.map_or(GrantSource::None, |holding| holding.by),
        id: deciding.and_then(|holding| holding.id),
        need: act.need(),
        held: deciding.is_none().then_some(held),
        policy: entered.organization.access_version,
    }
}

/// What lets somebody do something in an organisation that takes a scope, if anything does.
async fn scoped<R: Read>(
    read: &mut R,
    organization: &Organization,
    holder: Holder,
    scope: Scope,
) -> Result<Option<Holding>, StoreError> {
    let holdings = match holder.role {
        Role::Admin => vec![Holding::everything(holder.role_source())],
        Role::Member => holder.roles(read, organization).await?,
    };
    Ok(decide(&holdings, Act::Scope(scope)).cloned())
}

/// Whether somebody holds a scope in an organisation.
pub(crate) async fn holds<R: Read>(
    read: &mut R,
    organization: &Organization,
    holder: Holder,
    scope: Scope,
) -> Result<bool, StoreError> {
    Ok(scoped(read, organization, holder, scope).await?.is_some())
}

/// Checks that the caller may do something in the organisation that takes a scope; an administrator holds all.
pub(crate) async fn permit_scope<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    entered: &Entered,
    scope: Scope,
) -> Result<OrganizationPermit, Error> {
    let deciding = scoped(read, &entered.organization, entered.holder(), scope).await?;
    attempt.authorization(authorization(entered, Act::Scope(scope), deciding.as_ref(), Held::Member));
    match deciding {
        Some(_) => Ok(OrganizationPermit(())),
        None => Err(Error::Forbidden(scope.refusal())),
    }
}

/// Which environments of an organisation a caller may know of: what lists show.
pub(crate) struct Visible<'a> {
    entered: &'a Entered,
    roles: Vec<Holding>,
    grants: HashMap<EnvironmentId, Vec<Grant>>,
}

/// Looks up what decides which environments a caller may know of.
pub(crate) async fn visible<'a, R: Read>(read: &mut R, entered: &'a Entered) -> Result<Visible<'a>, Error> {
    let (organization, holder) = (&entered.organization, entered.holder());
    let by_default = default_level(organization) >= Level::Read && !matches!(entered.who, Principal::Team(..));
    let mut visible = Visible { entered, roles: Vec::new(), grants: HashMap::new() };
    if entered.role == Role::Admin || by_default {
        return Ok(visible);
    }
    visible.roles = holder.roles(read, organization).await?;
    if level(&visible.roles) < Level::Read {
        visible.grants = holder.all_grants(read, organization).await?;
    }
    Ok(visible)
}

impl Visible<'_> {
    /// Whether the caller may know of an environment of this owner.
    pub(crate) fn shows(&self, id: &EnvironmentId, owner: &AccountId) -> bool {
        let mut holdings = self.entered.holder().own(&self.entered.organization, owner);
        holdings.extend_from_slice(&self.roles);
        holdings.extend(self.grants.get(id).into_iter().flatten().map(Holding::of_team));
        level(&holdings) >= Level::Read
    }
}

/// Enters an organisation as one of its administrators.
pub(crate) async fn enter_as_admin<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    name: &str,
    need: Need,
) -> Result<Entered, Error> {
    let entered = enter(read, attempt, name).await?;
    permit_organization(attempt, &entered, Role::Admin, need)?;
    Ok(entered)
}

/// Checks that the caller has a role in the organisation.
pub(crate) fn permit_organization(
    attempt: &Attempt,
    entered: &Entered,
    role: Role,
    need: Need,
) -> Result<OrganizationPermit, Error> {
    let denied = entered.role < role;
    let by = entered.holder().role_source();
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

/// Checks that the caller may change a team, or its tokens: an administrator of the organisation, or of the team.
pub(crate) async fn permit_team<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    entered: &Entered,
    team: &Team,
    need: Need,
) -> Result<OrganizationPermit, Error> {
    if entered.role == Role::Member
        && let Principal::Member(account) = &entered.who
        && let Some(member) = team::find_member(read, &team.id, account).await?
        && Role::parse(&member.role) == Some(Role::Admin)
    {
        // What comes from a team has one word: that the id is of a team, and of no grant, tells that it
        // is a role in it.
        attempt.authorization(Authorization {
            by: GrantSource::TeamGrant,
            id: Some(team.id.into()),
            need,
            held: None,
            policy: entered.organization.access_version,
        });
        return Ok(OrganizationPermit(()));
    }
    permit_organization(attempt, entered, Role::Admin, need)
}
