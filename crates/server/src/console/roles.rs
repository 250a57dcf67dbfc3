//! An organisation's roles: what each one gives, and who holds it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{Role, RoleKind};

use super::page::page;
use super::trouble::Trouble;
use super::views::{Person, RoleHolders, RoleRow, Roles, Section};
use super::visitor::Visitor;
use crate::http::{App, OrganizationPath, Parameters};

/// `GET /{organization}/settings/roles`
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Response, Trouble> {
    parameters.only(&[]).map_err(|problem| visitor.senseless(super::trouble::sentence(problem.message())))?;
    let organization = path.organization;
    let found = app.engine.list_roles(&visitor.cx, organization.clone()).await;
    let found = found.map_err(|failure| visitor.trouble(failure))?;
    let own = &visitor.me.organizations;
    let administers = own.iter().any(|(own, role)| own.name == organization && *role == Role::Admin);
    let mut roles = Vec::with_capacity(found.len());
    for info in found {
        let scopes = info.role.scopes().into_iter().map(|scope| (scope.as_str(), scope.about())).collect();
        let (name, description, id) = match info.role {
            RoleKind::Builtin(Role::Admin) => ("Admin".to_owned(), String::new(), None),
            RoleKind::Builtin(Role::Member) => ("Member".to_owned(), String::new(), None),
            RoleKind::Custom(role) => (role.name, role.description, Some(role.id)),
        };
        let holders = match &id {
            // Whoever is no administrator is not told, and whoever belongs to the organisation has one of the others.
            Some(id) if administers => Some(holders(&app, &visitor, &organization, id.to_string()).await?),
            _ => None,
        };
        roles.push(RoleRow { name, description, is_fixed: id.is_none(), is_default: info.is_default, scopes, holders });
    }
    let shown = Roles { shell: visitor.shell(&organization, Section::Roles), roles };
    Ok(page(StatusCode::OK, &shown))
}

async fn holders(app: &App, visitor: &Visitor, organization: &str, id: String) -> Result<RoleHolders, Trouble> {
    let found = app.engine.role_holders(&visitor.cx, organization.to_owned(), id, "list-users-of-role").await;
    let found = found.map_err(|failure| visitor.trouble(failure))?;
    Ok(RoleHolders {
        members: found.members.into_iter().map(|member| Person::user(member.login, member.name)).collect(),
        teams: found.teams.into_iter().map(|team| team.name).collect(),
        tokens: found.tokens.into_iter().map(|token| token.name).collect(),
    })
}
