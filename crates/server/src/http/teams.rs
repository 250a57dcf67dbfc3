//! Teams: `/api/orgs/{organization}/teams/…`.

use api::{CreateTeam, ListTeamNames, ListTeams, Team, TeamEnvironment, TeamMember, UpdateTeam};
use axum::extract::State;
use axum::http::StatusCode;
use engine::store::team_grant::TeamGrant;
use engine::{
    EnvironmentName, Level, LongestOpen, Role, TeamDescription, TeamDisplayName, TeamGrantChange, TeamMemberChange,
    TeamName,
};

use super::App;
use super::answer::{Empty, Json};
use super::audited::Audited;
use super::body::JsonBody;
use super::caller::Caller;
use super::parameters::{duration, seconds};
use super::path::OrganizationPath;
use super::problem::Problem;

fn invalid(error: impl std::fmt::Display) -> Problem {
    Problem::invalid(error.to_string())
}

pub(super) fn named(path: &OrganizationPath) -> Result<TeamName, Problem> {
    TeamName::new(&path.segment("team")).map_err(invalid)
}

pub(super) fn listed(team: engine::store::team::Team) -> Team {
    Team {
        name: team.name,
        display_name: team.display_name,
        description: team.description,
        kind: "pulumi",
        members: None,
        environments: None,
        user_role: None,
    }
}

/// `GET /api/orgs/{organization}/teams`
pub(super) async fn list(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<ListTeams>, Problem> {
    let teams = app.engine.list_teams(&cx, path.organization).await?;
    Ok(Json(ListTeams { teams: teams.into_iter().map(listed).collect() }))
}

/// `GET /api/orgs/{organization}/members/{login}/teams`
pub(super) async fn of_member(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<ListTeamNames>, Problem> {
    let login = path.segment("login");
    let teams = app.engine.teams_of_member(&cx, path.organization, login).await?;
    Ok(Json(ListTeamNames { teams }))
}

/// `POST /api/orgs/{organization}/teams/pulumi`
pub(super) async fn create(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<CreateTeam>,
) -> Result<Audited<Json<Team>>, Problem> {
    let name = TeamName::new(&body.name).map_err(invalid)?;
    let display_name = TeamDisplayName::new(&body.display_name).map_err(invalid)?;
    let description = TeamDescription::new(&body.description).map_err(invalid)?;
    let created = app.engine.create_team(&cx, path.organization, name, display_name, description).await?;
    Ok(Audited::from(created.map(|team| Json(listed(team)))).with_status(StatusCode::CREATED))
}

/// `GET /api/orgs/{organization}/teams/{team}`
pub(super) async fn read(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<Team>, Problem> {
    let name = named(&path)?;
    let info = app.engine.read_team(&cx, path.organization, name).await?;
    let members = info.members.into_iter().map(|member| TeamMember {
        avatar_url: app.settings.avatar(&member.login),
        name: member.name,
        github_login: member.login,
        role: member.role,
    });
    Ok(Json(Team {
        members: Some(members.collect()),
        environments: Some(info.grants.into_iter().map(granted).collect()),
        user_role: Some(info.role.map_or("none", Role::as_str)),
        ..listed(info.team)
    }))
}

fn granted(grant: TeamGrant) -> TeamEnvironment {
    TeamEnvironment {
        project_name: grant.project,
        env_name: grant.environment,
        permission: grant.grant.permission,
        max_open_duration: grant.grant.longest_open.map(duration),
    }
}

/// `PATCH /api/orgs/{organization}/teams/{team}`
pub(super) async fn update(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<UpdateTeam>,
) -> Result<Audited<Empty>, Problem> {
    let name = named(&path)?;
    let organization = path.organization;
    let updated = match wanted(body, &organization)? {
        Wanted::Describe(display_name, description) => {
            app.engine.describe_team(&cx, organization, name, display_name, description).await?
        }
        Wanted::Member(login, change) => app.engine.change_team_member(&cx, organization, name, login, change).await?,
        Wanted::Grant(environment, change) => app.engine.change_team_grant(&cx, name, environment, change).await?,
    };
    Ok(updated.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}

/// The one thing that a change of a team is about.
enum Wanted {
    Describe(Option<TeamDisplayName>, Option<TeamDescription>),
    Member(String, TeamMemberChange),
    Grant(EnvironmentName, TeamGrantChange),
}

/// What a body asks for. Each change is a record of its own, and an answer names one.
fn wanted(body: UpdateTeam, organization: &str) -> Result<Wanted, Problem> {
    let describes = body.new_display_name.is_some() || body.new_description.is_some();
    let mut all = Vec::with_capacity(1);
    if describes {
        let display_name = body.new_display_name.as_deref().map(TeamDisplayName::new).transpose().map_err(invalid)?;
        let description = body.new_description.as_deref().map(TeamDescription::new).transpose().map_err(invalid)?;
        all.push(Wanted::Describe(display_name, description));
    }
    match (body.member, body.member_action) {
        (None, None) => {}
        (Some(login), Some(action)) => all.push(Wanted::Member(login, member_change(&action)?)),
        _ => return Err(Problem::invalid("give `member` together with `memberAction`")),
    }
    if let Some(grant) = body.add_environment_permission {
        let change = TeamGrantChange::Add(level(&grant)?, longest_open(&grant)?);
        all.push(Wanted::Grant(environment(organization, &grant)?, change));
    }
    if let Some(grant) = body.edit_environment_permission {
        let change = TeamGrantChange::Edit(level(&grant)?, longest_open(&grant)?);
        all.push(Wanted::Grant(environment(organization, &grant)?, change));
    }
    if let Some(grant) = body.remove_environment {
        all.push(Wanted::Grant(environment(organization, &grant)?, TeamGrantChange::Remove));
    }
    match all.len() {
        0 => Err(Problem::invalid("nothing to change")),
        1 => Ok(all.remove(0)),
        _ => Err(Problem::invalid("change one thing at a time: the description, a member, or an environment")),
    }
}

fn member_change(action: &str) -> Result<TeamMemberChange, Problem> {
    match action {
        "add" => Ok(TeamMemberChange::Add),
        "remove" => Ok(TeamMemberChange::Remove),
        "promote" => Ok(TeamMemberChange::Promote),
        "demote" => Ok(TeamMemberChange::Demote),
        _ => Err(Problem::invalid("`memberAction` must be one of add, remove, promote, demote")),
    }
}

fn level(grant: &TeamEnvironment) -> Result<Level, Problem> {
    let level = Level::parse(&grant.permission);
    level.ok_or_else(|| Problem::invalid("`permission` must be one of none, read, open, write, admin"))
}

fn longest_open(grant: &TeamEnvironment) -> Result<LongestOpen, Problem> {
    match grant.max_open_duration.as_deref() {
        None | Some("") => Ok(LongestOpen::default()),
        Some(text) => {
            let wrong = || Problem::invalid("`maxOpenDuration` must be a duration such as `2h` or `90m`");
            LongestOpen::new(seconds(text).ok_or_else(wrong)?).map_err(invalid)
        }
    }
}

fn environment(organization: &str, grant: &TeamEnvironment) -> Result<EnvironmentName, Problem> {
    EnvironmentName::new(organization, &grant.project_name, &grant.env_name).map_err(invalid)
}

/// `DELETE /api/orgs/{organization}/teams/{team}`
pub(super) async fn delete(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Audited<Empty>, Problem> {
    let name = named(&path)?;
    let deleted = app.engine.delete_team(&cx, path.organization, name).await?;
    Ok(deleted.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}
