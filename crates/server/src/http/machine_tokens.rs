//! Tokens of organisations and teams: `/api/orgs/{organization}/tokens` and `…/teams/{team}/tokens`.

use api::{AccessToken, AccessTokens, CreateMachineToken, CreatedToken, NamedRole};
use axum::extract::State;
use axum::http::StatusCode;
use engine::{
    Context, MachineOwner, MachineTokenInfo, NewMachineToken, Role, RoleChoice, TeamName, TokenDescription, TokenName,
};

use super::answer::{Empty, Json};
use super::audited::Audited;
use super::body::JsonBody;
use super::caller::Caller;
use super::path::OrganizationPath;
use super::problem::Problem;
use super::user::{created_token, end};
use super::{App, time};

fn invalid(error: impl std::fmt::Display) -> Problem {
    Problem::invalid(error.to_string())
}

fn team(path: &OrganizationPath) -> Result<MachineOwner, Problem> {
    Ok(MachineOwner::Team(TeamName::new(&path.segment("team")).map_err(invalid)?))
}

/// `GET /api/orgs/{organization}/tokens`
pub(super) async fn list(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<AccessTokens>, Problem> {
    list_of(&app, &cx, path, MachineOwner::Organization).await
}

/// `GET /api/orgs/{organization}/teams/{team}/tokens`
pub(super) async fn list_of_team(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<AccessTokens>, Problem> {
    let owner = team(&path)?;
    list_of(&app, &cx, path, owner).await
}

async fn list_of(
    app: &App,
    cx: &Context,
    path: OrganizationPath,
    owner: MachineOwner,
) -> Result<Json<AccessTokens>, Problem> {
    let tokens = app.engine.list_machine_tokens(cx, path.organization, owner).await?;
    Ok(Json(AccessTokens { tokens: tokens.into_iter().map(shown).collect() }))
}

pub(super) fn shown(token: MachineTokenInfo) -> AccessToken {
    let custom =
        token.custom_role.map(|role| NamedRole { id: role.id.to_string(), name: role.name, default_identifier: None });
    let builtin = || {
        let role = Role::parse(&token.role)?;
        Some(NamedRole {
            id: role.as_str().to_owned(),
            name: role.as_str().to_owned(),
            default_identifier: Some(role.as_str()),
        })
    };
    AccessToken {
        role: if token.team.is_some() { None } else { custom.or_else(builtin) },
        id: token.id.to_string(),
        name: token.name,
        description: token.description,
        admin: token.role == Role::Admin.as_str(),
        created: time(token.created_at),
        created_by: token.created_by,
        last_used: token.last_used_at.map_or(0, |at| at / 1_000_000),
        expires: token.expires_at.map_or(0, |at| at / 1_000_000),
        kind: if token.team.is_some() { "team" } else { "organization" },
    }
}

/// `POST /api/orgs/{organization}/tokens`
pub(super) async fn create(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<CreateMachineToken>,
) -> Result<Audited<Json<CreatedToken>>, Problem> {
    create_for(&app, &cx, path, MachineOwner::Organization, &body).await
}

/// `POST /api/orgs/{organization}/teams/{team}/tokens`
pub(super) async fn create_for_team(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<CreateMachineToken>,
) -> Result<Audited<Json<CreatedToken>>, Problem> {
    if body.admin {
        return Err(Problem::invalid("a token of a team is never an administrator of the organization"));
    }
    if body.role_id.as_deref().is_some_and(|id| !id.is_empty()) {
        return Err(Problem::invalid("a token of a team has the roles of its team"));
    }
    let owner = team(&path)?;
    create_for(&app, &cx, path, owner, &body).await
}

/// The role that a token is to have.
fn role(body: &CreateMachineToken) -> Result<RoleChoice, Problem> {
    match body.role_id.as_deref().filter(|id| !id.is_empty()) {
        None if body.admin => Ok(Role::Admin.into()),
        None => Ok(Role::Member.into()),
        Some(_) if body.admin => Err(Problem::invalid("give `admin` or `roleID`, not both")),
        Some(id) => RoleChoice::parse(id).ok_or_else(|| Problem::invalid("`roleID` is not the identifier of a role")),
    }
}

async fn create_for(
    app: &App,
    cx: &Context,
    path: OrganizationPath,
    owner: MachineOwner,
    body: &CreateMachineToken,
) -> Result<Audited<Json<CreatedToken>>, Problem> {
    let new = NewMachineToken {
        name: TokenName::new(&body.name).map_err(invalid)?,
        description: TokenDescription::new(&body.description).map_err(invalid)?,
        role: role(body)?,
        expires_at: end(body.expires, cx.now)?,
    };
    let issued = app.engine.create_machine_token(cx, path.organization, owner, new).await?;
    Ok(issued.map(created_token).into())
}

/// `DELETE /api/orgs/{organization}/tokens/{token}`
pub(super) async fn delete(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Audited<Empty>, Problem> {
    delete_of(&app, &cx, path, MachineOwner::Organization).await
}

/// `DELETE /api/orgs/{organization}/teams/{team}/tokens/{token}`
pub(super) async fn delete_of_team(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Audited<Empty>, Problem> {
    let owner = team(&path)?;
    delete_of(&app, &cx, path, owner).await
}

async fn delete_of(
    app: &App,
    cx: &Context,
    path: OrganizationPath,
    owner: MachineOwner,
) -> Result<Audited<Empty>, Problem> {
    let token = path.segment("token");
    let deleted = app.engine.delete_machine_token(cx, path.organization, owner, token).await?;
    Ok(deleted.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}
