//! Setting a password by a one-time link.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use engine::seal::password::MINIMUM_LENGTH;
use engine::{Error, Failure};
use serde::Deserialize;

use super::forms::{Form, Guest, Hidden, Sender};
use super::page::page;
use super::sign_in::signed_in_at;
use super::trouble::{Trouble, sentence};
use super::views::{Welcome, WelcomeExpired};
use crate::http::{App, name_events};

/// `GET /welcome/{link}`
pub(super) async fn show(State(app): State<App>, guest: Guest, Path(link): Path<String>) -> Result<Response, Trouble> {
    match form(&app, &guest, &link, None).await? {
        Some(form) => Ok(guest.tied(page(StatusCode::OK, &form), &app.settings)),
        None => Ok(page(StatusCode::NOT_FOUND, &WelcomeExpired)),
    }
}

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    csrf: String,
    password: Hidden,
    confirmation: Hidden,
}

/// `POST /welcome/{link}`
pub(super) async fn set_password(
    State(app): State<App>,
    sender: Sender,
    guest: Guest,
    Path(link): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Trouble> {
    sender.check(&fields.csrf, &guest.token())?;
    if fields.password.0.expose() != fields.confirmation.0.expose() {
        return again(&app, &guest, &link, "The two passwords differ.".to_owned()).await;
    }
    match app.engine.use_link(&link, fields.password.0, sender.client).await {
        Err(Failure::Refused(refusal)) => {
            let mut page = match refusal.get() {
                Error::Invalid(message) => again(&app, &guest, &link, sentence(message)).await?,
                _ => page(StatusCode::NOT_FOUND, &WelcomeExpired),
            };
            name_events(page.headers_mut(), refusal.events());
            Ok(page)
        }
        answer => signed_in_at("/", answer, &app),
    }
}

/// The form once more, and what was wrong.
async fn again(app: &App, guest: &Guest, link: &str, error: String) -> Result<Response, Trouble> {
    match form(app, guest, link, Some(error)).await? {
        Some(form) => Ok(page(StatusCode::BAD_REQUEST, &form)),
        None => Ok(page(StatusCode::NOT_FOUND, &WelcomeExpired)),
    }
}

async fn form(app: &App, guest: &Guest, link: &str, error: Option<String>) -> Result<Option<Welcome>, Trouble> {
    let purpose = app.engine.link_purpose(link).await.map_err(|failure| Trouble::refused(failure, None))?;
    Ok(purpose.map(|purpose| Welcome {
        link: link.to_owned(),
        login: purpose.login,
        organization: String::new(),
        csrf: guest.token(),
        shortest: MINIMUM_LENGTH,
        error,
    }))
}
