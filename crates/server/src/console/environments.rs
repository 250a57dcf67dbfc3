//! The list of an organisation's environments.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::{EnvironmentPage, Listed, RevisionInfo};

use super::entries::moment;
use super::page::page;
use super::trouble::Trouble;
use super::views::{Activity, EnvironmentRow, Environments, Person, Section, links};
use super::visitor::Visitor;
use crate::http::{App, OrganizationPath, Parameters};

/// How many environments one page has.
const PAGE: usize = 100;

/// `GET /{organization}/environments?after=`
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    path: OrganizationPath,
    parameters: Parameters,
) -> Result<Response, Trouble> {
    let organization = path.organization;
    let after = parameters.get("after").unwrap_or_default();
    let (project, name) = after.split_once('/').unwrap_or_default();
    let after = (organization.clone(), project.to_owned(), name.to_owned());
    let engine = &app.engine;
    let trouble = |failure| visitor.trouble(failure);
    let listed = engine.list_environments(&visitor.cx, Some(organization.clone()), after, PAGE).await;
    let listed = listed.map_err(trouble)?;
    let changes = engine.last_changes(&listed).await.map_err(trouble)?;
    let opens = engine.last_opens(&listed).await.map_err(trouble)?;
    let EnvironmentPage { environments, next } = listed;
    let now = visitor.cx.now;
    let opened = opens.into_iter().map(|open| open.map(|(at, login, name)| activity(&login, &name, at, now)));
    let rows = environments.into_iter().zip(changes).zip(opened);
    let administers = visitor.administers(&organization);
    // Whoever else may see it, by a grant, has the address from somebody: the list does not look up each one's grants.
    let explained = |listed: &Listed| administers || listed.owner_login == visitor.me.account.login;
    let shown = Environments {
        shell: visitor.shell(&organization, Section::Environments),
        environments: rows
            .map(|((listed, change), opened)| {
                let explained = explained(&listed);
                EnvironmentRow { explained, ..row(listed, change, opened, now) }
            })
            .collect(),
        more: next.map(|(organization, project, name)| links::environments_after(&organization, &project, &name)),
        server_url: app.settings.public_url.clone(),
    };
    Ok(page(StatusCode::OK, &shown))
}

fn row(listed: Listed, change: Option<RevisionInfo>, opened: Option<Activity>, now: i64) -> EnvironmentRow {
    let environment = listed.environment;
    let changed = match change {
        Some(made) => activity(&made.author_login, &made.author_name, made.created_at, now),
        None => activity(&listed.owner_login, &listed.owner_name, environment.modified_at, now),
    };
    EnvironmentRow {
        project: environment.project_name,
        name: environment.name,
        revision: environment.revision,
        changed,
        opened,
        protected: environment.deletion_protected,
        explained: false,
    }
}

fn activity(login: &str, name: &str, at: i64, now: i64) -> Activity {
    Activity { who: Person::user(login, name), at: moment(at, now) }
}
