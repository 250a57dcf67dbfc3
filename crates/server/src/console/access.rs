//! Who may do what with an environment, and why.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::ledger::GrantSource;
use engine::{Explanation, Ground};

use super::page::page;
use super::trouble::{Trouble, sentence};
use super::views::{Access, MemberAccess, Person, Section, links};
use super::visitor::Visitor;
use crate::http::{App, EnvironmentPath, Parameters, duration};

/// How many members one page has.
const PAGE: i64 = 50;

/// `GET /{organization}/environments/{project}/{environment}/access?after=`
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    path: EnvironmentPath,
    parameters: Parameters,
) -> Result<Response, Trouble> {
    parameters.only(&["after"]).map_err(|problem| visitor.senseless(sentence(problem.message())))?;
    let after = parameters.get("after").unwrap_or_default().to_owned();
    let name = path.name;
    let found = app.engine.list_access(&visitor.cx, name.clone(), after, PAGE).await;
    let found = found.map_err(|failure| visitor.trouble(failure))?;
    let (organization, project, environment) = (name.organization(), name.project(), name.environment());
    let shown = Access {
        shell: visitor.shell(organization, Section::Environments),
        environment: name.qualified(),
        address: links::environment(organization, project, environment),
        members: found.members.into_iter().map(member).collect(),
        more: found.next.map(|login| links::access_after(organization, project, environment, &login)),
    };
    Ok(page(StatusCode::OK, &shown))
}

fn member(why: Explanation) -> MemberAccess {
    MemberAccess {
        who: Person::user(why.login, why.name),
        level: why.level.as_str(),
        grounds: why.grounds.iter().map(ground).collect(),
    }
}

/// By what somebody holds a level.
fn ground(ground: &Ground) -> String {
    let level = ground.level.as_str();
    if let Some((id, role)) = &ground.role {
        let team = ground.team.as_ref().map(|team| format!(" of team {team}"));
        return format!("Role {role}{}: {level} ({id})", team.unwrap_or_default());
    }
    match (ground.by, &ground.team, &ground.grant) {
        (GrantSource::OrgRole, ..) => "Administrator of the organization".to_owned(),
        (GrantSource::Owner, ..) => "Owner of the environment".to_owned(),
        (GrantSource::Default, ..) => format!("Default of the organization: {level}"),
        (_, Some(team), Some(id)) => {
            let bound = ground.longest_open.map(|longest| format!(", opens for at most {}", duration(longest)));
            format!("Team {team}: {level}{} ({id})", bound.unwrap_or_default())
        }
        (by, ..) => format!("{}: {level}", by.as_str()),
    }
}
