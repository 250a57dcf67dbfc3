//! Who belongs to a team: add, remove, promote and demote.

use ledger::{Detail, Event, Need, Statement, TextKey};
use store::organization::Member;
use store::team::{self, Team};
use store::{Command, Done, Records, Tx, organization};

use super::teams::find;
use crate::access::{Role, enter, permit_lasting, permit_team};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::team::TeamName;
use crate::{Answer, Engine};

/// What is done to a membership in a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TeamMemberChange {
    /// A member of the organisation joins, as a member of the team.
    Add,
    /// It leaves.
    Remove,
    /// It becomes an administrator of the team.
    Promote,
    /// It is one no more.
    Demote,
}

impl TeamMemberChange {
    const fn word(self) -> &'static str {
        match self {
            Self::Add => "added",
            Self::Remove => "removed",
            Self::Promote => "promoted",
            Self::Demote => "demoted",
        }
    }
}

struct ChangeTeamMember {
    attempt: Attempt,
    organization: String,
    name: TeamName,
    login: String,
    change: TeamMemberChange,
}

impl Command for ChangeTeamMember {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let attempt = &self.attempt;
        let entered = enter(tx, attempt, &self.organization).await?;
        let team = find(tx, attempt, &entered, &self.name).await?;
        permit_team(tx, attempt, &entered, &team, Need::TeamsWrite).await?;
        if matches!(self.change, TeamMemberChange::Add | TeamMemberChange::Promote) {
            permit_lasting(attempt)?;
        }
        let member = organization::find_member(tx, &entered.organization.id, &self.login).await?;
        self.change(tx, &team, &member.ok_or(Error::Absent(What::Member))?).await?;
        Ok(attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl ChangeTeamMember {
    async fn change<T: Tx>(&self, tx: &mut T, team: &Team, member: &Member) -> Result<(), Error> {
        let account = &member.account;
        let known = team::find_member(tx, &team.id, account).await?;
        let before = known.map(|known| Role::parse(&known.role).unwrap_or(Role::Member));
        let role = match (self.change, before) {
            (TeamMemberChange::Add, Some(_)) => return Err(Error::Exists(What::Member)),
            (TeamMemberChange::Add, None) => {
                team::insert_member(tx, team, account, Role::Member.as_str(), self.attempt.context().now).await?;
                Role::Member
            }
            (_, None) => return Err(Error::Absent(What::Member)),
            (TeamMemberChange::Remove, Some(before)) => {
                team::delete_member(tx, team, account).await?;
                before
            }
            (TeamMemberChange::Promote, Some(_)) => {
                team::set_role(tx, team, account, Role::Admin.as_str()).await?;
                Role::Admin
            }
            (TeamMemberChange::Demote, Some(_)) => {
                team::set_role(tx, team, account, Role::Member.as_str()).await?;
                Role::Member
            }
        };
        let mut detail =
            Detail::new().id("account", *account).word("change", self.change.word()).word("role", role.as_str());
        if let Some(before) = before {
            detail = detail.word("before", before.as_str());
        }
        self.attempt.detail(detail);
        Ok(())
    }
}

impl Engine {
    /// Changes who belongs to a team, or what somebody is in it.
    pub async fn change_team_member(
        &self,
        cx: &Context,
        organization: String,
        name: TeamName,
        login: String,
        change: TeamMemberChange,
    ) -> Answer<()> {
        let attempt = self.attempt(cx, Event::TeamUpdated);
        attempt
            .target_names(Statement::team(&organization, name.as_str()))
            .text(TextKey::Login, &login)
            .detail(Detail::new().word("change", change.word()));
        let command = ChangeTeamMember { attempt, organization, name, login, change };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }
}
