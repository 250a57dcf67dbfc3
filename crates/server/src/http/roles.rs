//! Roles: `/api/orgs/{organization}/roles` and the roles of teams.

use api::{
    CreateRole, GiveTeamRole, ListRoleTeams, ListRoleTokens, ListRoleUsers, ListRoles, ListScopes, Role, RoleDetails,
    RoleScope, UpdateRole, UserInfo,
};
use axum::extract::State;
use axum::http::StatusCode;
use engine::store::custom_role::CustomRole;
use engine::store::organization::Organization;
use engine::{RoleChange, RoleDeletion, RoleDescription, RoleInfo, RoleKind, RoleName, Scope};

use super::answer::{Empty, Json};
use super::audited::Audited;
use super::body::JsonBody;
use super::caller::Caller;
use super::esc::time;
use super::parameters::Parameters;
use super::path::OrganizationPath;
use super::problem::Problem;
use super::{App, machine_tokens, teams};

fn invalid(error: impl std::fmt::Display) -> Problem {
    Problem::invalid(error.to_string())
}

fn rendered(info: RoleInfo) -> Role {
    let scopes = info.role.scopes().into_iter().map(|scope| scope.as_str().to_owned()).collect();
    let role = match info.role {
        RoleKind::Custom(role) => custom(&info.organization, role),
        RoleKind::Builtin(role) => builtin(&info.organization, role),
    };
    Role {
        details: RoleDetails { kind: ALLOW.to_owned(), permissions: scopes, entries: Vec::new() },
        is_org_default: info.is_default,
        ..role
    }
}

/// What lists the scopes of a role.
const ALLOW: &str = "PermissionDescriptorAllow";
/// What lists several such.
const GROUP: &str = "PermissionDescriptorGroup";

fn builtin(organization: &Organization, role: engine::Role) -> Role {
    let (name, description) = match role {
        engine::Role::Admin => ("Admin", "May do everything in the organization."),
        engine::Role::Member => ("Member", "Belongs to the organization; may do what its default lets all members do."),
    };
    Role {
        id: role.as_str().to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        resource_type: "organization",
        ux_purpose: "role",
        details: RoleDetails::default(),
        created: time(organization.created_at),
        modified: time(organization.created_at),
        org_id: organization.id.to_string(),
        version: 1,
        is_org_default: false,
        default_identifier: Some(role.as_str()),
    }
}

fn custom(organization: &Organization, role: CustomRole) -> Role {
    Role {
        id: role.id.to_string(),
        name: role.name,
        description: role.description,
        resource_type: "organization",
        ux_purpose: "role",
        details: RoleDetails::default(),
        created: time(role.created_at),
        modified: time(role.modified_at),
        org_id: organization.id.to_string(),
        version: role.version,
        is_org_default: false,
        default_identifier: None,
    }
}

/// The scopes that somebody lists. To ignore what is not known would give another role than was asked for.
fn scopes(details: &RoleDetails) -> Result<Vec<Scope>, Problem> {
    let (permissions, entries) = (&details.permissions, &details.entries);
    match &*details.kind {
        "" | ALLOW if entries.is_empty() => {
            let scope = |word: &String| {
                let known = || Problem::invalid(format!("`{word}` is no scope here; GET …/roles/scopes lists them"));
                Scope::parse(word).ok_or_else(known)
            };
            permissions.iter().map(scope).collect()
        }
        GROUP if permissions.is_empty() => {
            let parts: Vec<_> = entries.iter().map(scopes).collect::<Result<_, _>>()?;
            Ok(parts.concat())
        }
        _ => Err(Problem::invalid(format!(
            "`details` is a `{ALLOW}` with `permissions`, or a `{GROUP}` with `entries` of those"
        ))),
    }
}

fn role_of(path: &OrganizationPath) -> String {
    path.segment("role")
}

/// `GET /api/orgs/{organization}/roles?uxPurpose=`
pub(super) async fn list(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Json<ListRoles>, Problem> {
    let purpose = parameters.get("uxPurpose").unwrap_or_default().to_owned();
    let roles = app.engine.list_roles(&cx, path.organization).await?;
    let roles = match &*purpose {
        "role" => roles.into_iter().map(rendered).collect(),
        // Such are other things than roles, and there are none here.
        "policy" | "set" => Vec::new(),
        _ => return Err(Problem::invalid("`uxPurpose` must be one of role, policy, set")),
    };
    Ok(Json(ListRoles { roles }))
}

/// `GET /api/orgs/{organization}/roles/scopes`
pub(super) async fn list_scopes(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<ListScopes>, Problem> {
    let scopes = app.engine.list_scopes(&cx, path.organization).await?.into_iter().map(|scope| RoleScope {
        name: scope.as_str(),
        description: scope.about(),
        resource_type: scope.resource(),
    });
    Ok(Json(ListScopes { scopes: scopes.collect() }))
}

/// `POST /api/orgs/{organization}/roles`
pub(super) async fn create(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<CreateRole>,
) -> Result<Audited<Json<Role>>, Problem> {
    if !matches!(body.ux_purpose.as_deref(), None | Some("" | "role")) {
        return Err(Problem::invalid("`uxPurpose` must be `role`"));
    }
    if !matches!(body.resource_type.as_deref(), None | Some("" | "organization" | "global")) {
        return Err(Problem::invalid("`resourceType` must be `organization`: a role holds in all of it"));
    }
    let name = RoleName::new(&body.name).map_err(invalid)?;
    let description = RoleDescription::new(&body.description).map_err(invalid)?;
    let scopes = scopes(&body.details)?;
    let created = app.engine.create_role(&cx, path.organization, name, description, scopes).await?;
    Ok(created.map(|info| Json(rendered(info))).into())
}

/// `GET /api/orgs/{organization}/roles/{role}`
pub(super) async fn read(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<Role>, Problem> {
    let id = role_of(&path);
    Ok(Json(rendered(app.engine.read_role(&cx, path.organization, id).await?)))
}

/// `PATCH /api/orgs/{organization}/roles/{role}`
pub(super) async fn update(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<UpdateRole>,
) -> Result<Audited<Json<Role>>, Problem> {
    let id = role_of(&path);
    let change = RoleChange {
        name: body.name.as_deref().map(RoleName::new).transpose().map_err(invalid)?,
        description: body.description.as_deref().map(RoleDescription::new).transpose().map_err(invalid)?,
        scopes: body.details.as_ref().map(scopes).transpose()?,
    };
    let updated = app.engine.update_role(&cx, path.organization, id, change).await?;
    Ok(updated.map(|info| Json(rendered(info))).into())
}

/// `DELETE /api/orgs/{organization}/roles/{role}?force=`
pub(super) async fn delete(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Audited<Empty>, Problem> {
    let id = role_of(&path);
    let deletion = match parameters.get("force") {
        None | Some("" | "false") => RoleDeletion::Unheld,
        Some("true") => RoleDeletion::Forced,
        Some(_) => return Err(Problem::invalid("`force` must be `true` or `false`")),
    };
    let deleted = app.engine.delete_role(&cx, path.organization, id, deletion).await?;
    Ok(deleted.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}

/// `PATCH /api/orgs/{organization}/roles/{role}/default`
pub(super) async fn set_default(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Audited<Empty>, Problem> {
    let id = role_of(&path);
    let set = app.engine.set_default_role(&cx, path.organization, id).await?;
    Ok(set.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}

/// `GET /api/orgs/{organization}/roles/{role}/users`
pub(super) async fn users(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<ListRoleUsers>, Problem> {
    let id = role_of(&path);
    let holders = app.engine.role_holders(&cx, path.organization, id, "list-users-of-role").await?;
    let users = holders.members.into_iter().map(|member| UserInfo {
        avatar_url: app.settings.avatar(&member.login),
        name: member.name,
        github_login: member.login,
        email: Some(member.email),
    });
    Ok(Json(ListRoleUsers { users: users.collect() }))
}

/// `GET /api/orgs/{organization}/roles/{role}/teams`
pub(super) async fn teams_with(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<ListRoleTeams>, Problem> {
    let id = role_of(&path);
    let holders = app.engine.role_holders(&cx, path.organization, id, "list-teams-of-role").await?;
    Ok(Json(ListRoleTeams { teams: holders.teams.into_iter().map(teams::listed).collect() }))
}

/// `GET /api/orgs/{organization}/roles/{role}/tokens`
pub(super) async fn tokens(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<ListRoleTokens>, Problem> {
    let id = role_of(&path);
    let holders = app.engine.role_holders(&cx, path.organization, id, "list-tokens-of-role").await?;
    Ok(Json(ListRoleTokens { tokens: holders.tokens.into_iter().map(machine_tokens::shown).collect() }))
}

/// `GET /api/orgs/{organization}/teams/{team}/roles`
pub(super) async fn of_team(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<ListRoles>, Problem> {
    let name = teams::named(&path)?;
    let roles = app.engine.list_team_roles(&cx, path.organization, name).await?;
    Ok(Json(ListRoles { roles: roles.into_iter().map(rendered).collect() }))
}

/// `POST /api/orgs/{organization}/teams/{team}/roles`
pub(super) async fn give_to_team(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<GiveTeamRole>,
) -> Result<Audited<Empty>, Problem> {
    let name = teams::named(&path)?;
    let given = app.engine.give_team_role(&cx, path.organization, name, body.role_id).await?;
    Ok(given.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}

/// `DELETE /api/orgs/{organization}/teams/{team}/roles/{role}`
pub(super) async fn take_from_team(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Audited<Empty>, Problem> {
    let (name, id) = (teams::named(&path)?, role_of(&path));
    let taken = app.engine.take_team_role(&cx, path.organization, name, id).await?;
    Ok(taken.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}

/// `POST /api/orgs/{organization}/teams/{team}/enable-team-roles`
pub(super) async fn enable_for_team(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Audited<Empty>, Problem> {
    let name = teams::named(&path)?;
    let enabled = app.engine.enable_team_roles(&cx, path.organization, name).await?;
    Ok(enabled.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}
