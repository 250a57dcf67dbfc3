//! Teams: look at them, create, change and delete them.

use ledger::{Detail, Event, Need, Outcome, Statement, Target, TargetKind, TeamId, TextKey};
use store::team::{self, Team, TeamMember};
use store::team_grant::{self, TeamGrant};
use store::{Command, Done, Question, Read, Records, StoreError, Tx, organization};

use super::machine_tokens::{end_all_of_team, retire};
use crate::access::{Entered, Role, enter, permit_organization, permit_team, visible};
use crate::audit::Attempt;
use crate::context::{Context, Who};
use crate::error::{Error, What};
use crate::team::{TeamDescription, TeamDisplayName, TeamName};
use crate::{Answer, Engine, Sight};

/// A team with all that belongs to it.
#[derive(Debug)]
pub struct TeamInfo {
    /// The team.
    pub team: Team,
    /// Who belongs to it, by login.
    pub members: Vec<TeamMember>,
    /// What its members may do, with the environments that the caller may know of.
    pub grants: Vec<TeamGrant>,
    /// What the caller is in it, if anything.
    pub role: Option<Role>,
}

/// Finds a team and notes it in the attempt.
pub(super) async fn find<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    entered: &Entered,
    name: &TeamName,
) -> Result<Team, Error> {
    attempt.target(Target::unresolved(TargetKind::Team));
    let found = team::find(read, &entered.organization.id, name.as_str()).await?;
    let found = found.ok_or(Error::Absent(What::Team))?;
    attempt.target(Target::new(TargetKind::Team, found.id));
    Ok(found)
}

struct List {
    attempt: Attempt,
    organization: String,
}

impl List {
    async fn list<R: Read>(&self, read: &mut R) -> Result<Vec<Team>, Error> {
        let entered = enter(read, &self.attempt, &self.organization).await?;
        permit_organization(&self.attempt, &entered, Role::Member, Need::TeamsRead)?;
        Ok(team::list(read, &entered.organization.id).await?)
    }
}

impl Question for List {
    type Answer = Result<Vec<Team>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.list(read).await)
    }
}

struct Find {
    attempt: Attempt,
    organization: String,
    name: TeamName,
}

impl Find {
    async fn find<R: Read>(&self, read: &mut R) -> Result<TeamInfo, Error> {
        let entered = enter(read, &self.attempt, &self.organization).await?;
        permit_organization(&self.attempt, &entered, Role::Member, Need::TeamsRead)?;
        let team = find(read, &self.attempt, &entered, &self.name).await?;
        let members = team::members(read, &team.id).await?;
        let visible = visible(read, &entered).await?;
        let mut grants = team_grant::of_team(read, &team.id).await?;
        grants.retain(|grant| visible.shows(&grant.id, &grant.owner));
        let account = self.attempt.context().account();
        let own = members.iter().find(|member| Some(&member.account) == account);
        let role = own.and_then(|member| Role::parse(&member.role));
        Ok(TeamInfo { team, members, grants, role })
    }
}

impl Question for Find {
    type Answer = Result<TeamInfo, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.find(read).await)
    }
}

struct TeamsOf {
    attempt: Attempt,
    organization: String,
    login: String,
}

impl TeamsOf {
    async fn names<R: Read>(&self, read: &mut R) -> Result<Vec<String>, Error> {
        let entered = enter(read, &self.attempt, &self.organization).await?;
        permit_organization(&self.attempt, &entered, Role::Member, Need::TeamsRead)?;
        let id = &entered.organization.id;
        let member = organization::find_member(read, id, &self.login).await?.ok_or(Error::Absent(What::Member))?;
        Ok(team::names_of(read, id, &member.account).await?)
    }
}

impl Question for TeamsOf {
    type Answer = Result<Vec<String>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.names(read).await)
    }
}

struct Create {
    attempt: Attempt,
    engine: Engine,
    organization: String,
    id: TeamId,
    name: TeamName,
    display_name: TeamDisplayName,
    description: TeamDescription,
}

impl Command for Create {
    type Output = Team;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Team>, Error> {
        let attempt = &self.attempt;
        let entered = enter(tx, attempt, &self.organization).await?;
        attempt.target(Target::unresolved(TargetKind::Team));
        let organization = entered.organization.id;
        let members_may = organization::members_can_create_teams(tx, &organization).await?;
        let role = if members_may { Role::Member } else { Role::Admin };
        permit_organization(attempt, &entered, role, Need::TeamsWrite)?;
        if team::find(tx, &organization, self.name.as_str()).await?.is_some() {
            return Err(Error::Exists(What::Team));
        }
        let team = Team {
            id: self.id,
            organization,
            name: self.name.as_str().to_owned(),
            display_name: self.display_name.as_str().to_owned(),
            description: self.description.as_str().to_owned(),
            created_at: attempt.context().now,
        };
        team::insert(tx, &team).await?;
        attempt.target(Target::new(TargetKind::Team, team.id));
        let joined = self.join(tx, &entered, &team).await?;
        let Done { output, records } = attempt.done(team);
        Ok(Done { output, records: joined.into_iter().fold(records, Records::and_all) })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Create {
    /// A member who creates a team administers it: nobody could let the member in otherwise.
    async fn join<T: Tx>(&self, tx: &mut T, entered: &Entered, team: &Team) -> Result<Option<Records>, Error> {
        let cx = self.attempt.context();
        let Who::Account { id, login, .. } = &cx.who else { return Ok(None) };
        if entered.role == Role::Admin {
            return Ok(None);
        }
        team::insert_member(tx, team, id, Role::Admin.as_str(), cx.now).await?;
        let joined = self.engine.attempt(cx, Event::TeamUpdated);
        joined
            .place(self.attempt.placed())
            .target(Target::new(TargetKind::Team, team.id))
            .target_names(Statement::team(&entered.organization.name, &team.name))
            .text(TextKey::Login, &**login)
            .detail(Detail::new().id("account", *id).word("change", "added").word("role", Role::Admin.as_str()))
            .cause(self.attempt.id());
        Ok(Some(joined.records(Outcome::Succeeded)))
    }
}

struct Describe {
    attempt: Attempt,
    organization: String,
    name: TeamName,
    display_name: Option<TeamDisplayName>,
    description: Option<TeamDescription>,
}

impl Command for Describe {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let attempt = &self.attempt;
        let entered = enter(tx, attempt, &self.organization).await?;
        let team = find(tx, attempt, &entered, &self.name).await?;
        permit_team(tx, attempt, &entered, &team, Need::TeamsWrite).await?;
        let display_name = self.display_name.as_ref().map_or(&*team.display_name, TeamDisplayName::as_str);
        let description = self.description.as_ref().map_or(&*team.description, TeamDescription::as_str);
        team::describe(tx, &team.id, display_name, description).await?;
        Ok(attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

struct Delete {
    attempt: Attempt,
    engine: Engine,
    organization: String,
    name: TeamName,
}

impl Command for Delete {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let attempt = &self.attempt;
        let entered = enter(tx, attempt, &self.organization).await?;
        attempt.target(Target::unresolved(TargetKind::Team));
        permit_organization(attempt, &entered, Role::Admin, Need::TeamsWrite)?;
        let team = find(tx, attempt, &entered, &self.name).await?;
        let members = team::members(tx, &team.id).await?.len() as u64;
        let grants = team_grant::of_team(tx, &team.id).await?.len() as u64;
        let ended = end_all_of_team(tx, &self.engine, attempt, &team).await?;
        retire(tx, &entered.organization.name, &team.name, &team.id).await?;
        team::delete(tx, &team).await?;
        attempt.detail(Detail::new().integer("grants", grants).integer("members", members));
        let Done { output, records } = attempt.done(());
        Ok(Done { output, records: ended.into_iter().fold(records, Records::and_all) })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// The teams of an organisation, by name.
    pub async fn list_teams(&self, cx: &Context, organization: String) -> Sight<Vec<Team>> {
        let attempt = self.team_sight(cx, &organization, "list-teams");
        let list = List { attempt: attempt.clone(), organization };
        let engine = self.clone();
        self.detached(async move {
            let teams = engine.store().ask(list).await.map_err(Into::into).flatten();
            engine.seen(&attempt, teams).await
        })
        .await
    }

    /// A team with its members and grants.
    pub async fn read_team(&self, cx: &Context, organization: String, name: TeamName) -> Sight<TeamInfo> {
        let attempt = self.team_sight(cx, &organization, "read-team");
        let find = Find { attempt: attempt.clone(), organization, name };
        let engine = self.clone();
        self.detached(async move {
            let team = engine.store().ask(find).await.map_err(Into::into).flatten();
            engine.seen(&attempt, team).await
        })
        .await
    }

    /// The names of the teams that a member belongs to.
    pub async fn teams_of_member(&self, cx: &Context, organization: String, login: String) -> Sight<Vec<String>> {
        let attempt = self.team_sight(cx, &organization, "list-teams-of-member");
        let question = TeamsOf { attempt: attempt.clone(), organization, login };
        let engine = self.clone();
        self.detached(async move {
            let names = engine.store().ask(question).await.map_err(Into::into).flatten();
            engine.seen(&attempt, names).await
        })
        .await
    }

    fn team_sight(&self, cx: &Context, organization: &str, attempted: &'static str) -> Attempt {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt.target_names(Statement::organization(organization)).detail(Detail::new().word("attempted", attempted));
        attempt
    }

    /// Creates a team, of nobody and nothing yet.
    pub async fn create_team(
        &self,
        cx: &Context,
        organization: String,
        name: TeamName,
        display_name: TeamDisplayName,
        description: TeamDescription,
    ) -> Answer<Team> {
        let attempt = self.attempt(cx, Event::TeamCreated);
        attempt.target_names(Statement::team(&organization, name.as_str()));
        attempt.text(TextKey::Name, display_name.as_str()).text(TextKey::Description, description.as_str());
        let id = TeamId::from_random(self.ambient().random());
        let command = Create { attempt, engine: self.clone(), organization, id, name, display_name, description };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Says anew what people call a team, and what it is for. What is `None` stays.
    pub async fn describe_team(
        &self,
        cx: &Context,
        organization: String,
        name: TeamName,
        display_name: Option<TeamDisplayName>,
        description: Option<TeamDescription>,
    ) -> Answer<()> {
        let attempt = self.attempt(cx, Event::TeamUpdated);
        attempt
            .target_names(Statement::team(&organization, name.as_str()))
            .detail(Detail::new().word("change", "described"));
        if let Some(display_name) = &display_name {
            attempt.text(TextKey::After, display_name.as_str());
        }
        if let Some(description) = &description {
            attempt.text(TextKey::Description, description.as_str());
        }
        let command = Describe { attempt, organization, name, display_name, description };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Deletes a team, and with it what its members and tokens could do by it.
    pub async fn delete_team(&self, cx: &Context, organization: String, name: TeamName) -> Answer<()> {
        let attempt = self.attempt(cx, Event::TeamDeleted);
        attempt.target_names(Statement::team(&organization, name.as_str()));
        let command = Delete { attempt, engine: self.clone(), organization, name };
        let engine = self.clone();
        self.detached(async move {
            let deleted = engine.commit(command).await;
            engine.forget_credentials();
            deleted
        })
        .await
    }
}
