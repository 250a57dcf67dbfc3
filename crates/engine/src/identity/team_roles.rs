//! The custom roles of teams: what all members of a team hold, and its tokens.

use ledger::{Detail, Event, Need, Statement, Target, TargetKind, TextKey};
use store::custom_role::{self, HeldRole};
use store::{Command, Done, Question, Read, Records, StoreError, Tx};

use super::roles::{RoleInfo, RoleKind, found};
use super::teams::find;
use crate::access::{Role, enter, enter_as_admin, permit_lasting, permit_organization};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::team::TeamName;
use crate::{Answer, Engine, Sight};

struct List {
    attempt: Attempt,
    organization: String,
    name: TeamName,
}

impl List {
    async fn list<R: Read>(&self, read: &mut R) -> Result<Vec<RoleInfo>, Error> {
        let entered = enter(read, &self.attempt, &self.organization).await?;
        permit_organization(&self.attempt, &entered, Role::Member, Need::TeamsRead)?;
        let team = find(read, &self.attempt, &entered, &self.name).await?;
        let held = custom_role::of_team(read, &team.id).await?;
        let default = custom_role::default_of(read, &entered.organization.id).await?.map(|role| role.id);
        let info = |held: HeldRole| RoleInfo {
            organization: entered.organization.clone(),
            is_default: default == Some(held.role.id),
            role: RoleKind::Custom(held.role),
        };
        Ok(held.into_iter().map(info).collect())
    }
}

impl Question for List {
    type Answer = Result<Vec<RoleInfo>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.list(read).await)
    }
}

/// What becomes of the roles of a team.
enum Change {
    Enable,
    Give(String),
    Take(String),
}

impl Change {
    const fn word(&self) -> &'static str {
        match self {
            Self::Enable => "roles-enabled",
            Self::Give(_) => "assigned",
            Self::Take(_) => "unassigned",
        }
    }
}

struct ChangeTeamRoles {
    attempt: Attempt,
    organization: String,
    name: TeamName,
    change: Change,
}

impl Command for ChangeTeamRoles {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let Self { attempt, organization, name, change } = self;
        attempt.target(Target::unresolved(TargetKind::Team));
        // Not for whoever only administers the team: a team does not give itself anything.
        let entered = enter_as_admin(tx, attempt, organization, Need::TeamsWrite).await?;
        let team = find(tx, attempt, &entered, name).await?;
        if !matches!(change, Change::Take(_)) {
            permit_lasting(attempt)?;
        }
        let detail = Detail::new().word("change", change.word());
        let role = match change {
            Change::Enable => {
                custom_role::let_team_take_roles(tx, &team.id).await?;
                attempt.detail(detail);
                return Ok(attempt.done(()));
            }
            Change::Give(id) | Change::Take(id) => found(tx, &entered.organization, id).await?,
        };
        attempt.text(TextKey::Role, &role.name).detail(detail.id("custom", role.id));
        if let Change::Take(_) = change {
            let taken = custom_role::take_from_team(tx, &team, &role.id).await?;
            return if taken { Ok(attempt.done(())) } else { Err(Error::Absent(What::Role)) };
        }
        if !custom_role::team_takes_roles(tx, &team.id).await? {
            return Err(Error::Invalid("the team takes no roles yet: enable them first".to_owned()));
        }
        if custom_role::of_team(tx, &team.id).await?.iter().any(|held| held.role.id == role.id) {
            return Err(Error::Exists(What::Role));
        }
        custom_role::give_to_team(tx, &team, &role.id, attempt.context().now).await?;
        Ok(attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// The custom roles of a team, by name.
    pub async fn list_team_roles(&self, cx: &Context, organization: String, name: TeamName) -> Sight<Vec<RoleInfo>> {
        let attempt = self.role_sight(cx, &organization, "list-team-roles");
        let list = List { attempt: attempt.clone(), organization, name };
        let engine = self.clone();
        self.detached(async move {
            let roles = engine.store().ask(list).await.map_err(Into::into).flatten();
            engine.seen(&attempt, roles).await
        })
        .await
    }

    /// Lets a team take roles. It has none by that.
    pub async fn enable_team_roles(&self, cx: &Context, organization: String, name: TeamName) -> Answer<()> {
        self.change_team_roles(cx, organization, name, Change::Enable).await
    }

    /// Gives a team a role: all its members hold it from now on, and its tokens.
    pub async fn give_team_role(&self, cx: &Context, organization: String, name: TeamName, id: String) -> Answer<()> {
        self.change_team_roles(cx, organization, name, Change::Give(id)).await
    }

    /// Takes a role from a team.
    pub async fn take_team_role(&self, cx: &Context, organization: String, name: TeamName, id: String) -> Answer<()> {
        self.change_team_roles(cx, organization, name, Change::Take(id)).await
    }

    async fn change_team_roles(
        &self,
        cx: &Context,
        organization: String,
        name: TeamName,
        change: Change,
    ) -> Answer<()> {
        let attempt = self.attempt(cx, Event::TeamUpdated);
        attempt
            .target_names(Statement::team(&organization, name.as_str()))
            .detail(Detail::new().word("change", change.word()));
        let command = ChangeTeamRoles { attempt, organization, name, change };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }
}
