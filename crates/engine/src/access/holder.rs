//! What somebody holds on an environment: by role, ownership, the default and grants.
//!
//! It is looked up in one place, for the caller of an operation as well as for somebody whom another one asks about.

use std::collections::HashMap;

use ledger::{AccountId, EnvironmentId, GrantSource, TeamId};
use store::organization::Organization;
use store::team_grant::{self, Grant};
use store::{Read, StoreError};

use super::decide::Holding;
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
    /// A member, or the organisation itself by a token of its own.
    Member(AccountId),
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
            holdings.push(Holding::new(Level::Admin, self.role_source()));
        }
        if let Principal::Member(account) | Principal::Team(account, _) = &self.who
            && account == owner
        {
            holdings.push(Holding::new(Level::Admin, GrantSource::Owner));
        }
        // It is for members, and a team is none: what its token may do is what the team was given.
        if !matches!(self.who, Principal::Team(..)) {
            holdings.push(Holding::new(default_level(organization), GrantSource::Default));
        }
        holdings
    }

    /// What it holds on an environment by grants of teams.
    pub(super) async fn granted<R: Read>(
        self,
        read: &mut R,
        environment: &EnvironmentId,
    ) -> Result<Vec<Holding>, StoreError> {
        let grants = match &self.who {
            Principal::Host => Vec::new(),
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
            Principal::Host => Ok(HashMap::new()),
            Principal::Member(account) => team_grant::all_of_account(read, &organization.id, account).await,
            Principal::Team(_, team) => {
                let grants = team_grant::of_team(read, team).await?;
                Ok(grants.into_iter().map(|of| (of.id, vec![of.grant])).collect())
            }
        }
    }
}

pub(super) fn default_level(organization: &Organization) -> Level {
    // A word that this version does not know permits nothing.
    Level::parse(&organization.default_permission).unwrap_or(Level::None)
}
