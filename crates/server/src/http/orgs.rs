//! Organisations and their members: `/api/orgs/…`.

use api::{
    ChangeMember, FgaRole, ListMembers, Organization, OrganizationMember, OrganizationMetadata, UpdateOrganization,
    UserInfo,
};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{Level, Member, OrganizationInfo, Role, RoleChoice, TeamCreators};

use super::App;
use super::answer::{Empty, Json};
use super::audited::{Audited, answered};
use super::body::JsonBody;
use super::caller::Caller;
use super::esc::time;
use super::parameters::Parameters;
use super::path::OrganizationPath;
use super::problem::Problem;

/// How many members one page has.
const PAGE: i64 = 100;

/// `GET /api/orgs/{organization}`
pub(super) async fn read_organization(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<Organization>, Problem> {
    let info = app.engine.organization(&cx, path.organization, "read-organization").await?;
    let name = info.organization.name;
    Ok(Json(Organization {
        avatar_url: app.settings.avatar(&name),
        github_login: name.clone(),
        name,
        repos: Vec::new(),
    }))
}

/// `PATCH /api/orgs/{organization}`
pub(super) async fn update_organization(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<UpdateOrganization>,
) -> Result<Response, Problem> {
    let organization = path.organization;
    let set = match wanted(&body)? {
        Setting::DefaultPermission(level) => {
            app.engine.set_default_permission(&cx, organization.clone(), level).await?
        }
        Setting::TeamCreators(who) => app.engine.set_team_creators(&cx, organization.clone(), who).await?,
        Setting::LongestTokenLife(days) => app.engine.set_longest_token_life(&cx, organization.clone(), days).await?,
        Setting::TreePublic(is_public) => app.engine.set_log_visibility(&cx, organization.clone(), is_public).await?,
    };
    let info = app.engine.organization(&cx, organization, "read-organization-metadata").await?;
    Ok(answered(&set, Json(metadata(info))))
}

/// The one setting that a change is about. Each is a record of its own, and an answer names one.
enum Setting {
    DefaultPermission(Level),
    TeamCreators(TeamCreators),
    LongestTokenLife(u64),
    TreePublic(bool),
}

fn wanted(body: &UpdateOrganization) -> Result<Setting, Problem> {
    let mut all = Vec::with_capacity(1);
    if let Some(level) = body.set_default_environment_permission.as_deref() {
        let level = Level::parse(level).ok_or_else(|| {
            Problem::invalid("`setDefaultEnvironmentPermission` must be one of none, read, open, write, admin")
        })?;
        all.push(Setting::DefaultPermission(level));
    }
    if let Some(may) = body.set_members_can_create_teams {
        all.push(Setting::TeamCreators(if may { TeamCreators::Members } else { TeamCreators::Administrators }));
    }
    if let Some(days) = body.set_max_access_token_expiry_days {
        let days = u64::try_from(days);
        all.push(Setting::LongestTokenLife(days.map_err(|_| {
            Problem::invalid("`setMaxAccessTokenExpiryDays` must be a number of days, or 0 for no bound")
        })?));
    }
    all.extend(body.set_audit_log_tree_public.map(Setting::TreePublic));
    match all.len() {
        0 => Err(Problem::invalid(
            "nothing to change: give `setDefaultEnvironmentPermission`, `setMembersCanCreateTeams`, \
             `setMaxAccessTokenExpiryDays` or `setAuditLogTreePublic`",
        )),
        1 => Ok(all.remove(0)),
        _ => Err(Problem::invalid("change one setting at a time")),
    }
}

/// `GET /api/orgs/{organization}/metadata`
pub(super) async fn read_metadata(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<OrganizationMetadata>, Problem> {
    let info = app.engine.organization(&cx, path.organization, "read-organization-metadata").await?;
    Ok(Json(metadata(info)))
}

fn metadata(info: OrganizationInfo) -> OrganizationMetadata {
    OrganizationMetadata {
        id: info.organization.id.to_string(),
        kind: "pulumi",
        created: time(info.organization.created_at),
        user_role: info.role.as_str(),
        member_count: info.members,
        environment_count: info.environments,
        stack_count: 0,
        account_count: 0,
        default_environment_permission: info.organization.default_permission,
        default_stack_permission: "none",
        default_account_permission: "none",
        members_can_create_teams: info.members_can_create_teams,
        max_access_token_expiry_days: info.longest_token_days,
        audit_logs_enabled: true,
        webhooks_enabled: false,
    }
}

/// `GET /api/orgs/{organization}/members`
pub(super) async fn list_members(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Json<ListMembers>, Problem> {
    let after = parameters.get("continuationToken").unwrap_or_default().to_owned();
    let page = app.engine.list_members(&cx, path.organization, after, PAGE).await?;
    let members = page.members.into_iter().map(|member| rendered(&app, member)).collect();
    Ok(Json(ListMembers { members, continuation_token: page.next }))
}

fn rendered(app: &App, member: Member) -> OrganizationMember {
    let fga_role = match member.custom_role {
        Some(role) => FgaRole { id: role.id.to_string(), name: role.name, modified_at: time(role.modified_at) },
        None => FgaRole { id: member.role.clone(), name: member.role.clone(), modified_at: String::new() },
    };
    OrganizationMember {
        role: member.role,
        created: time(member.created_at),
        user: UserInfo {
            avatar_url: app.settings.avatar(&member.login),
            name: member.name,
            github_login: member.login,
            email: Some(member.email),
        },
        fga_role,
        known_to_pulumi: true,
        virtual_admin: false,
    }
}

/// The role that somebody is to have: by its word, by its identifier, or by both if they agree. Whoever names only
/// `member` means whoever joins.
pub(super) fn chosen(role: Option<Role>, id: Option<&str>, field: &str) -> Result<RoleChoice, Problem> {
    let named = |id| {
        let wrong = || Problem::invalid(format!("`{field}` is not the identifier of a role"));
        RoleChoice::parse(id).ok_or_else(wrong)
    };
    let by_id = id.filter(|id| !id.is_empty()).map(named).transpose()?;
    match (role, by_id) {
        (_, Some(by_id @ RoleChoice::Builtin(by_word))) if role.is_none_or(|role| role == by_word) => Ok(by_id),
        (None | Some(Role::Member), Some(by_id @ RoleChoice::Custom(_))) => Ok(by_id),
        (Some(Role::Admin), None) => Ok(Role::Admin.into()),
        (Some(Role::Member), None) => Ok(RoleChoice::Newcomer),
        (None, None) => Err(Problem::invalid("`role` must be `member` or `admin`")),
        _ => Err(Problem::invalid(format!("`role` and `{field}` name two roles"))),
    }
}

fn role(body: &ChangeMember) -> Result<RoleChoice, Problem> {
    let word = |word| Role::parse(word).ok_or_else(|| Problem::invalid("`role` must be `member` or `admin`"));
    let role = body.role.as_deref().filter(|word| !word.is_empty()).map(word).transpose()?;
    chosen(role, body.fga_role_id.as_deref(), "fgaRoleId")
}

/// `POST /api/orgs/{organization}/members/{login}`
pub(super) async fn add_member(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<ChangeMember>,
) -> Result<Audited<Empty>, Problem> {
    let login = path.segment("login");
    let added = app.engine.add_member(&cx, path.organization, login, role(&body)?).await?;
    Ok(added.map(|()| Empty(StatusCode::OK)).into())
}

/// `PATCH /api/orgs/{organization}/members/{login}`
pub(super) async fn change_member(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<ChangeMember>,
) -> Result<Audited<Empty>, Problem> {
    let login = path.segment("login");
    let role = match role(&body)? {
        // Whoever is a member has joined already.
        RoleChoice::Newcomer => Role::Member.into(),
        role => role,
    };
    let changed = app.engine.set_member_role(&cx, path.organization, login, role).await?;
    Ok(changed.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}

/// `POST /api/orgs/{organization}/members/{login}/set-admin`
pub(super) async fn set_admin(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Audited<Empty>, Problem> {
    let login = path.segment("login");
    let changed = app.engine.set_member_role(&cx, path.organization, login, Role::Admin).await?;
    Ok(changed.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}

/// `DELETE /api/orgs/{organization}/members/{login}`
pub(super) async fn remove_member(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Audited<Empty>, Problem> {
    let login = path.segment("login");
    let removed = app.engine.remove_member(&cx, path.organization, login).await?;
    Ok(removed.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}
