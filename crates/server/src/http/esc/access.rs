//! Whose an environment is, and who may do what with it.

use api::{Access, AccessGround, AccessOperation, NamedRole, NewOwner, UserInfo};
use axum::extract::State;
use axum::response::Response;
use engine::{Explanation, Ground, Role};

use crate::http::App;
use crate::http::answer::Json;
use crate::http::audited::answered;
use crate::http::body::JsonBody;
use crate::http::caller::Caller;
use crate::http::parameters::{Parameters, duration};
use crate::http::path::EnvironmentPath;
use crate::http::problem::Problem;

/// `POST …/ownership`
pub(in crate::http) async fn change_owner(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    JsonBody(body): JsonBody<NewOwner>,
) -> Result<Response, Problem> {
    let changed = app.engine.change_owner(&cx, path.name, body.github_login).await?;
    let before = changed.get();
    let body = UserInfo {
        avatar_url: app.settings.avatar(&before.login),
        name: before.name.clone(),
        github_login: before.login.clone(),
        email: None,
    };
    Ok(answered(&changed, Json(body)))
}

/// `GET …/access?user=`
pub(in crate::http) async fn explain(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    parameters: Parameters,
) -> Result<Json<Access>, Problem> {
    let login = parameters.get("user").filter(|login| !login.is_empty());
    let login = login.ok_or_else(|| Problem::invalid("`user` must be the login of whoever you ask about"))?;
    let why = app.engine.explain_access(&cx, path.name, login.to_owned()).await?;
    Ok(Json(shown(&app, why)))
}

fn shown(app: &App, why: Explanation) -> Access {
    let operations = why.operations.into_iter().map(|(operation, needs, by)| AccessOperation {
        operation,
        needs: needs.level().unwrap_or(engine::Level::Admin).as_str(),
        allowed: by.is_some(),
        by: by.map(ground),
    });
    Access {
        role: why.role.map_or("none", Role::as_str),
        level: why.level.as_str(),
        grounds: why.grounds.into_iter().map(ground).collect(),
        operations: operations.collect(),
        user: UserInfo {
            avatar_url: app.settings.avatar(&why.login),
            name: why.name,
            github_login: why.login,
            email: None,
        },
    }
}

fn ground(ground: Ground) -> AccessGround {
    AccessGround {
        by: ground.by.as_str(),
        level: ground.level.as_str(),
        team: ground.team,
        grant: ground.grant.map(|id| id.to_string()),
        role: ground.role.map(|(id, name)| NamedRole { id: id.to_string(), name, default_identifier: None }),
        max_open_duration: ground.longest_open.map(duration),
    }
}
