//! Issuers of identities that an organisation trusts, and their policies.

use api::{
    AuthPolicy, AuthPolicyDefinition, ListOidcIssuers, OidcIssuer, RegisterOidcIssuer, UpdateAuthPolicy,
    UpdateOidcIssuer,
};
use axum::extract::State;
use axum::http::StatusCode;
use engine::{Decision, IssuerChange, IssuerInfo, NewIssuer, PolicyInfo, Rule, TokenType};

use super::App;
use super::answer::{Empty, Json};
use super::audited::Audited;
use super::body::JsonBody;
use super::caller::Caller;
use super::esc::time;
use super::path::OrganizationPath;
use super::problem::Problem;

fn rendered(issuer: IssuerInfo) -> OidcIssuer {
    OidcIssuer {
        id: issuer.id.to_string(),
        name: issuer.name,
        issuer: issuer.url.clone(),
        url: issuer.url,
        created: time(issuer.created_at),
        modified: time(issuer.modified_at),
        last_used: issuer.last_used_at.map(time),
        thumbprints: serde_json::from_str(&issuer.thumbprints).unwrap_or_default(),
        max_expiration: issuer.longest,
        jwks: issuer.keys.and_then(|keys| serde_json::from_str(&keys).ok()),
    }
}

/// `GET /api/orgs/{organization}/oidc/issuers`
pub(super) async fn list(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<ListOidcIssuers>, Problem> {
    let issuers = app.engine.list_issuers(&cx, path.organization).await?;
    Ok(Json(ListOidcIssuers { oidc_issuers: issuers.into_iter().map(rendered).collect() }))
}

/// `POST /api/orgs/{organization}/oidc/issuers`
pub(super) async fn register(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<RegisterOidcIssuer>,
) -> Result<Audited<Json<OidcIssuer>>, Problem> {
    let new = NewIssuer {
        name: body.name,
        url: body.url,
        keys: body.jwks.map(|keys| keys.to_string()),
        thumbprints: body.thumbprints.unwrap_or_default(),
        longest: body.max_expiration.filter(|longest| *longest != 0),
    };
    let registered = app.engine.register_issuer(&cx, path.organization, new).await?;
    Ok(registered.map(|issuer| Json(rendered(issuer))).into())
}

/// `GET /api/orgs/{organization}/oidc/issuers/{issuer}`
pub(super) async fn read(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<OidcIssuer>, Problem> {
    let issuer = path.segment("issuer");
    Ok(Json(rendered(app.engine.issuer(&cx, path.organization, issuer).await?)))
}

/// `PATCH /api/orgs/{organization}/oidc/issuers/{issuer}`
pub(super) async fn update(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<UpdateOidcIssuer>,
) -> Result<Audited<Json<OidcIssuer>>, Problem> {
    let issuer = path.segment("issuer");
    let change = IssuerChange {
        name: body.name,
        keys: body.jwks.map(|keys| keys.to_string()),
        thumbprints: body.thumbprints,
        longest: body.max_expiration,
    };
    let updated = app.engine.update_issuer(&cx, path.organization, issuer, change).await?;
    Ok(updated.map(|issuer| Json(rendered(issuer))).into())
}

/// `DELETE /api/orgs/{organization}/oidc/issuers/{issuer}`
pub(super) async fn delete(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Audited<Empty>, Problem> {
    let issuer = path.segment("issuer");
    let deleted = app.engine.delete_issuer(&cx, path.organization, issuer).await?;
    Ok(deleted.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}

/// `POST /api/orgs/{organization}/oidc/issuers/{issuer}/regenerate-thumbprints`
pub(super) async fn refresh(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Audited<Json<OidcIssuer>>, Problem> {
    let issuer = path.segment("issuer");
    let refreshed = app.engine.refresh_issuer(&cx, path.organization, issuer).await?;
    Ok(refreshed.map(|issuer| Json(rendered(issuer))).into())
}

fn policy(info: PolicyInfo) -> AuthPolicy {
    let rule = |rule: Rule| AuthPolicyDefinition {
        decision: match rule.decision {
            Decision::Allow => "allow",
            Decision::Deny => "deny",
        }
        .to_owned(),
        token_type: rule.token.as_str().to_owned(),
        team_name: rule.team,
        user_login: rule.user,
        runner_id: rule.runner,
        authorized_permissions: rule.permissions,
        rules: rule.claims,
    };
    AuthPolicy {
        id: info.issuer.policy.id.to_string(),
        version: info.issuer.policy.version,
        created: time(info.issuer.created_at),
        modified: time(info.issuer.policy.modified_at),
        policies: info.rules.into_iter().map(rule).collect(),
    }
}

fn rule(definition: AuthPolicyDefinition) -> Result<Rule, Problem> {
    let decision = match &*definition.decision {
        "allow" => Decision::Allow,
        "deny" => Decision::Deny,
        _ => return Err(Problem::invalid("`decision` must be `allow` or `deny`")),
    };
    let token = TokenType::parse(&definition.token_type).ok_or_else(|| {
        Problem::invalid("`tokenType` must be `organization`, `team`, `personal` or `deployment-runner`")
    })?;
    let named = |name: Option<String>| name.filter(|name| !name.is_empty());
    Ok(Rule {
        decision,
        token,
        team: named(definition.team_name),
        user: named(definition.user_login),
        runner: named(definition.runner_id),
        permissions: definition.authorized_permissions,
        claims: definition.rules,
    })
}

/// `GET /api/orgs/{organization}/auth/policies/oidcissuers/{issuer}`
pub(super) async fn read_policy(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<AuthPolicy>, Problem> {
    let issuer = path.segment("issuer");
    Ok(Json(policy(app.engine.issuer_policy(&cx, path.organization, issuer).await?)))
}

/// `PATCH /api/orgs/{organization}/auth/policies/{policy}`
pub(super) async fn update_policy(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<UpdateAuthPolicy>,
) -> Result<Audited<Json<AuthPolicy>>, Problem> {
    let id = path.segment("policy");
    let rules = body.policies.into_iter().map(rule).collect::<Result<_, _>>()?;
    let set = app.engine.set_policy_rules(&cx, path.organization, id, rules).await?;
    Ok(set.map(|info| Json(policy(info))).into())
}
