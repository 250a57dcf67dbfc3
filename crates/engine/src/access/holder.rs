//! What somebody holds: by role, ownership, the default and grants.
//!
//! It is looked up in one place, for the caller of an operation as well as for somebody whom another one asks about.

use std::collections::HashMap;

use ledger::{AccountId, EnvironmentId, GrantSource, RoleId, TeamId};
use store::custom_role::{self, HeldRole};
use store::environment::Environment;
use store::organization::{self, Organization};
use store::team_grant::{self, Grant};
use store::{Read, StoreError, machine_token};

use super::decide::{Holding, level};
use super::{Level, Role};

/// Somebody of an organisation, about whom is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    /// What it is in the organisation.
    pub(crate) role: Role,
    /// Who it is there.
    pub(crate) who: Principal,
}

/// Who somebody is in an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// Somebody at the shell of the host, or the server itself.
    Host,
    /// A member.
    Member(AccountId),
    /// The organisation itself, by a token of its own with this custom role.
    Organization(AccountId, Option<RoleId>),
    /// A team, by a token of its own.
    Team(AccountId, TeamId),
}

impl Holder {
    /// As whose doing a role counts.
    pub(super) fn role_source(self) -> GrantSource {
        if self.who == Principal::Host { GrantSource::Operator } else { GrantSource::OrgRole }
    }

    /// What it holds on an environment of this owner without any grant. None of it is bounded.
    pub(super) fn own(self, organization: &Organization, owner: &AccountId) -> Vec<Holding> {
        let mut holdings = Vec::with_capacity(3);
        if self.role == Role::Admin {
            holdings.push(Holding::everything(self.role_source()));
        }
        if self.account() == Some(owner) {
            holdings.push(Holding::new(Level::Admin, GrantSource::Owner));
        }
        // It is for members, and a team is none: what its token may do is what the team was given.
        if !matches!(self.who, Principal::Team(..)) {
            holdings.push(Holding::new(default_level(organization), GrantSource::Default));
        }
        holdings
    }

    fn account(&self) -> Option<&AccountId> {
        match &self.who {
            Principal::Host => None,
            Principal::Member(account) | Principal::Organization(account, _) | Principal::Team(account, _) => {
                Some(account)
            }
        }
    }

    /// What it holds by custom roles, on every environment and in the organisation. None of it is bounded.
    pub(super) async fn roles<R: Read>(
        self,
        read: &mut R,
        organization: &Organization,
    ) -> Result<Vec<Holding>, StoreError> {
        let held = match &self.who {
            Principal::Host | Principal::Organization(_, None) => Vec::new(),
            Principal::Member(account) => custom_role::of_account(read, &organization.id, account).await?,
            Principal::Organization(_, Some(role)) => {
                let role = custom_role::find(read, &organization.id, role.as_str()).await?;
                role.map(|role| HeldRole { role, team: None }).into_iter().collect()
            }
            Principal::Team(_, team) => custom_role::of_team(read, team).await?,
        };
        Ok(held.into_iter().map(Holding::of_role).collect())
    }

    /// What it holds on an environment by grants of teams.
    pub(super) async fn granted<R: Read>(
        self,
        read: &mut R,
        environment: &EnvironmentId,
    ) -> Result<Vec<Holding>, StoreError> {
        let grants = match &self.who {
            Principal::Host | Principal::Organization(..) => Vec::new(),
            Principal::Member(account) => team_grant::of_account(read, account, environment).await?,
            Principal::Team(_, team) => team_grant::find(read, team, environment).await?.into_iter().collect(),
        };
        Ok(grants.iter().map(Holding::of_team).collect())
    }

    /// Its grants on all environments of an organisation.
    pub(super) async fn all_grants<R: Read>(
        self,
        read: &mut R,
        organization: &Organization,
    ) -> Result<HashMap<EnvironmentId, Vec<Grant>>, StoreError> {
        match &self.who {
            Principal::Host | Principal::Organization(..) => Ok(HashMap::new()),
            Principal::Member(account) => team_grant::all_of_account(read, &organization.id, account).await,
            Principal::Team(_, team) => {
                let grants = team_grant::of_team(read, team).await?;
                Ok(grants.into_iter().map(|of| (of.id, vec![of.grant])).collect())
            }
        }
    }
}

/// How far everything reaches that somebody holds on an environment who does not ask: a member, or programs that act as an
/// organisation or team, by the least of their tokens.
pub(crate) async fn held_by<R: Read>(
    read: &mut R,
    organization: &Organization,
    account: &AccountId,
    environment: &Environment,
    now: i64,
) -> Result<Level, StoreError> {
    // It is not asked for a credential, since none was shown.
    let standing = organization::standing(read, &organization.name, account, "", now).await?;
    let (role, who) = match standing.and_then(|standing| standing.role) {
        Some(role) => (role, Principal::Member(*account)),
        None => match machine_token::role_of_account(read, &organization.id, account, now).await? {
            Some((role, Some(team))) => (role, Principal::Team(*account, team)),
            // Which custom role its token had is not known, so it counts for nothing.
            Some((role, None)) => (role, Principal::Organization(*account, None)),
            None => return Ok(Level::None),
        },
    };
    let Some(role) = Role::parse(&role) else { return Ok(Level::None) };
    let holder = Holder { role, who };
    let mut holdings = holder.own(organization, &environment.owner);
    holdings.extend(holder.roles(read, organization).await?);
    holdings.extend(holder.granted(read, &environment.id).await?);
    Ok(level(&holdings))
}

pub(super) fn default_level(organization: &Organization) -> Level {
    // A word that this version does not know permits nothing.
    Level::parse(&organization.default_permission).unwrap_or(Level::None)
}
