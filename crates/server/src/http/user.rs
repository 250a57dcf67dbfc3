//! The caller itself: `/api/user…`, and what clients ask before anything else.

use api::{
    AccessToken, AccessTokens, Capabilities, CliVersion, CreateToken, CreatedToken, DefaultOrganization, OrgSummary,
    TokenOwner, User,
};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::{IssuedToken, TokenInfo};

use super::App;
use super::answer::{Empty, Json};
use super::audited::Audited;
use super::body::JsonBody;
use super::caller::Caller;
use super::path::OrganizationPath;
use super::problem::Problem;
use crate::http::esc::time;

/// `GET /api/user`
pub(super) async fn read_user(State(app): State<App>, Caller(cx): Caller) -> Result<Json<User>, Problem> {
    let me = app.engine.me(&cx).await?;
    let organizations = me.organizations.iter().map(|(organization, role)| OrgSummary {
        github_login: organization.name.clone(),
        name: organization.name.clone(),
        avatar_url: app.settings.avatar(&organization.name),
        role: role.as_str(),
    });
    let token_info = me.machine_token.map(|token| TokenOwner {
        name: token.name,
        organization: me.organizations.first().map_or_else(String::new, |(own, _)| own.name.clone()),
        team: token.team.map(|_| me.account.name.clone()).unwrap_or_default(),
    });
    Ok(Json(User {
        id: me.account.id.to_string(),
        avatar_url: app.settings.avatar(&me.account.login),
        organizations: organizations.collect(),
        github_login: me.account.login,
        name: me.account.name,
        email: me.account.email,
        identities: Vec::new(),
        has_mfa: false,
        is_managed_by_multi_org: false,
        is_org_managed: false,
        token_info,
    }))
}

/// `GET /api/user/organizations/default`
pub(super) async fn read_default_organization(
    State(app): State<App>,
    Caller(cx): Caller,
) -> Result<Json<DefaultOrganization>, Problem> {
    let me = app.engine.me(&cx).await?;
    let github_login = me.default_organization().unwrap_or_default().to_owned();
    Ok(Json(DefaultOrganization { github_login, messages: Vec::new() }))
}

/// `POST /api/user/organizations/{organization}/default`
pub(super) async fn set_default_organization(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Audited<Empty>, Problem> {
    let set = app.engine.set_default_organization(&cx, path.organization).await?;
    Ok(set.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}

/// `GET /api/user/tokens`
pub(super) async fn list_tokens(State(app): State<App>, Caller(cx): Caller) -> Result<Json<AccessTokens>, Problem> {
    let tokens = app.engine.list_tokens(&cx).await?;
    Ok(Json(AccessTokens { tokens: tokens.into_iter().map(access_token).collect() }))
}

fn access_token(token: TokenInfo) -> AccessToken {
    AccessToken {
        id: token.id.to_string(),
        name: String::new(),
        description: token.name,
        admin: false,
        created: time(token.created_at),
        created_by: token.created_by,
        last_used: token.last_used_at.map_or(0, |at| at / 1_000_000),
        expires: token.expires_at.map_or(0, |at| at / 1_000_000),
        role: None,
        kind: "personal",
    }
}

/// `POST /api/user/tokens`
pub(super) async fn create_token(
    State(app): State<App>,
    Caller(cx): Caller,
    JsonBody(body): JsonBody<CreateToken>,
) -> Result<Audited<Json<CreatedToken>>, Problem> {
    let expires_at = end(body.expires, cx.now)?;
    let issued = app.engine.create_token(&cx, body.description, expires_at).await?;
    Ok(issued.map(created_token).into())
}

/// When a token ends that is to expire at a second.
pub(super) fn end(expires: i64, now: i64) -> Result<Option<i64>, Problem> {
    match expires {
        0 => Ok(None),
        // Two years, as the hosted product has it.
        seconds if seconds.saturating_mul(1_000_000) <= now + 63_072_000_000_000 => Ok(Some(seconds * 1_000_000)),
        _ => Err(Problem::invalid("a token lives at most two years")),
    }
}

pub(super) fn created_token(token: IssuedToken) -> Json<CreatedToken> {
    Json(CreatedToken { id: token.id.to_string(), token_value: token.text.expose().clone() })
}

/// `DELETE /api/user/tokens/{token}`
pub(super) async fn delete_token(
    State(app): State<App>,
    Caller(cx): Caller,
    Path(token): Path<String>,
) -> Result<Audited<Empty>, Problem> {
    let deleted = app.engine.delete_token(&cx, token).await?;
    Ok(deleted.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}

/// `GET /api/capabilities`
pub(super) async fn capabilities() -> Json<Capabilities> {
    Json(Capabilities::default())
}

/// `GET /api/cli/version`: no command line is too old.
pub(super) async fn cli_version() -> Json<CliVersion> {
    let version = || "0.0.0".to_owned();
    Json(CliVersion { latest_version: version(), oldest_without_warning: version(), latest_dev_version: version() })
}
