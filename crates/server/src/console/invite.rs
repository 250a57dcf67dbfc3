//! Joining an organisation by an invitation, as somebody who is signed in or as somebody new.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use engine::seal::SecretString;
use engine::seal::password::MINIMUM_LENGTH;
use engine::{Error, Failure, Joining, Recorded};
use serde::Deserialize;

use super::forms::{Form, Guest, Hidden, Sender};
use super::page::{page, redirect};
use super::sign_in::signed_in_at;
use super::trouble::{Trouble, sentence};
use super::views::{Invite, InviteExpired, Person, links};
use super::visitor::Visitor;
use crate::http::{App, name_events};

/// `GET /invite/{link}`
pub(super) async fn show(
    State(app): State<App>,
    guest: Guest,
    Path(link): Path<String>,
    request: Request,
) -> Result<Response, Trouble> {
    let visitor = Visitor::recognise(&mut request.into_parts().0, &app).await?;
    match form(&app, &link).await? {
        Some(form) => Ok(match visitor {
            Some(visitor) => page(StatusCode::OK, &for_visitor(form, &visitor)),
            None => guest.tied(page(StatusCode::OK, &Invite { csrf: guest.token(), ..form }), &app.settings),
        }),
        None => Ok(ended()),
    }
}

/// What the form of somebody who is signed in holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    csrf: String,
}

/// `POST /invite/{link}`
pub(super) async fn join(
    State(app): State<App>,
    sender: Sender,
    visitor: Visitor,
    Path(link): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Trouble> {
    sender.check(&fields.csrf, &visitor.csrf)?;
    let joining = Joining { text: SecretString::new(link.clone()), named: None };
    match app.engine.accept_invite(&visitor.cx, joining).await {
        Ok(joined) => {
            let mut response = redirect(&links::environments(joined.get()));
            name_events(response.headers_mut(), joined.events());
            Ok(response)
        }
        Err(Failure::Refused(refusal)) if is_about_the_link(refusal.get()) => {
            let again = form(&app, &link).await?.map(|form| for_visitor(form, &visitor));
            Ok(refused(&refusal, again))
        }
        Err(failure) => Err(visitor.trouble(failure)),
    }
}

/// What the form of somebody new holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct NewFields {
    csrf: String,
    login: String,
    password: Hidden,
    confirmation: Hidden,
}

/// `POST /invite/{link}/account`
pub(super) async fn join_as_new(
    State(app): State<App>,
    sender: Sender,
    guest: Guest,
    Path(link): Path<String>,
    Form(fields): Form<NewFields>,
) -> Result<Response, Trouble> {
    sender.check(&fields.csrf, &guest.token())?;
    let NewFields { login, password, confirmation, .. } = fields;
    let again = form(&app, &link).await?.map(|form| Invite { csrf: guest.token(), login: login.clone(), ..form });
    if password.0.expose() != confirmation.0.expose() {
        let error = Some("The two passwords differ.".to_owned());
        return Ok(again.map_or_else(ended, |form| page(StatusCode::BAD_REQUEST, &Invite { error, ..form })));
    }
    match app.engine.join_as_new(SecretString::new(link), login, password.0, sender.client).await {
        Err(Failure::Refused(refusal)) if is_about_the_link(refusal.get()) => Ok(refused(&refusal, again)),
        answer => signed_in_at("/", answer, &app),
    }
}

/// Whether somebody can do something about an error here, or the link is at fault.
fn is_about_the_link(error: &Error) -> bool {
    matches!(error, Error::Invalid(_) | Error::Exists(_) | Error::Accepted | Error::Hidden(..) | Error::Absent(_))
}

/// The form once more, with what was wrong; or that the link no longer works.
fn refused(refusal: &Recorded<Error>, again: Option<Invite>) -> Response {
    let mut response = match (refusal.get(), again) {
        (error @ (Error::Invalid(_) | Error::Exists(_)), Some(form)) => {
            let error = Some(sentence(&error.to_string()));
            page(StatusCode::BAD_REQUEST, &Invite { error, ..form })
        }
        _ => ended(),
    };
    name_events(response.headers_mut(), refusal.events());
    response
}

fn ended() -> Response {
    page(StatusCode::NOT_FOUND, &InviteExpired)
}

fn for_visitor(form: Invite, visitor: &Visitor) -> Invite {
    let user = Some(Person::user(&visitor.me.account.login, &visitor.me.account.name));
    Invite { csrf: visitor.csrf.clone(), user, ..form }
}

async fn form(app: &App, link: &str) -> Result<Option<Invite>, Trouble> {
    let purpose = app.engine.invite_purpose(SecretString::new(link.to_owned())).await;
    let purpose = purpose.map_err(|failure| Trouble::refused(failure, None))?;
    Ok(purpose.map(|purpose| Invite {
        link: link.to_owned(),
        organization: purpose.organization,
        role: purpose.role.as_str(),
        shortest: MINIMUM_LENGTH,
        ..Invite::default()
    }))
}
