//! Invitations by link: `/api/orgs/{organization}/invites`.

use api::{
    AcceptInvite, CreateInvite, CreateInvites, FailedInvite, ListInvites, OrganizationInvite, SentInvite, SentInvites,
    UserInfo,
};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::seal::SecretString;
use engine::{InviteInfo, InviteState, IssuedInvite, Joining, NewInvite, Role};

use super::App;
use super::answer::{Empty, Json};
use super::audited::{Audited, answered};
use super::body::JsonBody;
use super::caller::Caller;
use super::esc::time;
use super::orgs::chosen;
use super::path::OrganizationPath;
use super::problem::Problem;
use super::user::end;

fn rendered(app: &App, invite: InviteInfo, now: i64) -> OrganizationInvite {
    OrganizationInvite {
        status: InviteState::of(&invite, now).as_str(),
        id: invite.id.to_string(),
        email: invite.email,
        role: invite.role,
        role_id: invite.custom_role.map(|role| role.id.to_string()),
        sent_at: time(invite.created_at),
        sent_by: UserInfo {
            avatar_url: app.settings.avatar(&invite.created_by),
            name: invite.created_by.clone(),
            github_login: invite.created_by,
            email: None,
        },
        expires_at: time(invite.expires_at),
        accept_invite_url: "",
    }
}

/// The link of an invitation, for the one answer that shows it.
fn sent(app: &App, issued: &IssuedInvite) -> SentInvite {
    let path = crate::console::views::links::invite(issued.text.expose());
    SentInvite { id: issued.id.to_string(), accept_invite_url: format!("{}{path}", app.settings.public_url) }
}

fn new(body: &CreateInvite, now: i64) -> Result<NewInvite, Problem> {
    let role = Role::parse(&body.role).ok_or_else(|| Problem::invalid("`role` is `member` or `admin`"))?;
    let role = chosen(Some(role), body.role_id.as_deref(), "roleId")?;
    let email = body.email.clone().unwrap_or_default();
    Ok(NewInvite { role, email, expires_at: end(body.expires, now)? })
}

/// `GET /api/orgs/{organization}/invites`
pub(super) async fn list(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<ListInvites>, Problem> {
    let invites = app.engine.list_invites(&cx, path.organization).await?;
    Ok(Json(ListInvites { invites: invites.into_iter().map(|invite| rendered(&app, invite, cx.now)).collect() }))
}

/// `POST /api/orgs/{organization}/invites/link`
pub(super) async fn create(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<CreateInvite>,
) -> Result<Response, Problem> {
    let issued = app.engine.send_invite(&cx, path.organization, new(&body, cx.now)?).await?;
    Ok(answered(&issued, Json(sent(&app, issued.get()))))
}

/// `POST /api/orgs/{organization}/invites/batch`
pub(super) async fn create_several(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<CreateInvites>,
) -> Result<Response, Problem> {
    let all = body.invites.iter().map(|invite| new(invite, cx.now)).collect::<Result<_, _>>()?;
    let issued = app.engine.send_invites(&cx, path.organization, all).await?;
    let (mut sent_invites, mut failed_invites) = (Vec::new(), Vec::new());
    for (asked, one) in body.invites.into_iter().zip(issued.get()) {
        match one {
            Ok(one) => sent_invites.push(sent(&app, one)),
            Err(error) => failed_invites.push(FailedInvite {
                email: asked.email.unwrap_or_default(),
                role: asked.role,
                error: error.to_string(),
            }),
        }
    }
    Ok(answered(&issued, Json(SentInvites { sent_invites, failed_invites })))
}

/// `GET /api/orgs/{organization}/invites/{invite}`
pub(super) async fn read(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Json<OrganizationInvite>, Problem> {
    let invite = path.segment("invite");
    Ok(Json(rendered(&app, app.engine.invite(&cx, path.organization, invite).await?, cx.now)))
}

/// `PATCH /api/orgs/{organization}/invites/{invite}`
///
/// The secret comes in the body: a path of the API may end up in the log of a proxy.
pub(super) async fn accept(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
    JsonBody(body): JsonBody<AcceptInvite>,
) -> Result<Audited<Empty>, Problem> {
    let invite = path.segment("invite");
    let joining = Joining { text: SecretString::new(body.token), named: Some((path.organization, invite)) };
    let joined = app.engine.accept_invite(&cx, joining).await?;
    Ok(joined.map(|_| Empty(StatusCode::NO_CONTENT)).into())
}

/// `DELETE /api/orgs/{organization}/invites/{invite}`
pub(super) async fn cancel(
    State(app): State<App>,
    Caller(cx): Caller,
    path: OrganizationPath,
) -> Result<Audited<Empty>, Problem> {
    let invite = path.segment("invite");
    let canceled = app.engine.cancel_invite(&cx, path.organization, invite).await?;
    Ok(canceled.map(|()| Empty(StatusCode::NO_CONTENT)).into())
}
