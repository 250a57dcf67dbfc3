//! Signing in by an identity provider: there, and back.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::seal::SecretString;
use engine::{Error, Failure, ReturnedSignIn};

use super::cookies::{come_back, send_away, sent_away};
use super::forms::{Guest, Sender};
use super::page::{page, redirect};
use super::sign_in::{Attempted, form, local, signed_in_at, turned_away};
use super::trouble::{Trouble, sentence};
use super::views::{ErrorPage, SignInError, Way, links};
use crate::http::{App, Parameters, Settings, name_events};

/// Where the provider sends the browser back to.
fn back(settings: &Settings) -> String {
    format!("{}{}", settings.public_url, links::SIGN_IN_BACK)
}

/// `GET /sign-in/provider?next=`
pub(super) async fn begin(
    State(app): State<App>,
    sender: Sender,
    guest: Guest,
    parameters: Parameters,
) -> Result<Response, Trouble> {
    let provider = app.engine.sign_in_provider().ok_or_else(|| Trouble::page(ErrorPage::not_found(None)))?;
    let next = parameters.get("next").and_then(local);
    let to = next.unwrap_or("/").to_owned();
    match app.engine.begin_sign_in(provider, back(&app.settings), to, sender.client).await {
        Ok(begun) => {
            let mut response = redirect(&begun.address);
            send_away(&mut response, &begun, &app.settings);
            Ok(response)
        }
        Err(failure) => refused(&app, &guest, next, failure),
    }
}

/// `GET /sign-in/back`: whoever was at the provider comes back.
pub(super) async fn finish(
    State(app): State<App>,
    sender: Sender,
    guest: Guest,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    let provider = app.engine.sign_in_provider().ok_or_else(|| Trouble::page(ErrorPage::not_found(None)))?;
    if let Some(page) = turned_away(&app, &guest, None, &sender.client, Attempted::by(Way::Provider)).await? {
        return Ok(page);
    }
    let get = |name| parameters.get(name).map(str::to_owned);
    let returned = ReturnedSignIn {
        cookie: sent_away(&headers, &app.settings),
        state: get("state").unwrap_or_default(),
        code: SecretString::new(get("code").unwrap_or_default()),
        issuer: get("iss"),
        error: get("error"),
        redirect: back(&app.settings),
    };
    let mut response = match app.engine.finish_sign_in(provider, returned, sender.client).await {
        // What was sealed here was checked before; it is checked again where it counts.
        Ok((signed_in, next)) => signed_in_at(local(&next).unwrap_or("/"), Ok(signed_in), &app)?,
        Err(failure) => refused(&app, &guest, None, failure)?,
    };
    come_back(&mut response, &app.settings);
    Ok(response)
}

/// The page to sign in on, with what went wrong.
fn refused(app: &App, guest: &Guest, next: Option<&str>, failure: Failure<Error>) -> Result<Response, Trouble> {
    let Failure::Refused(refusal) = &failure else { return Err(Trouble::refused(failure, None)) };
    let message = match refusal.get() {
        why @ Error::SignIn(_) => sentence(&why.to_string()),
        Error::IdToken(_) | Error::Unauthenticated(_) => {
            "What the identity provider said of you does not hold here. Please begin again.".to_owned()
        }
        Error::Issuer(_) => {
            "The identity provider does not answer as it should. Please try again in a moment, or sign in \
             in another way. The server's own log says more."
                .to_owned()
        }
        _ => return Err(Trouble::refused(failure, None)),
    };
    let error = SignInError { message, way: Way::Provider };
    let mut page = page(StatusCode::UNAUTHORIZED, &form(app, guest, next, String::new(), Some(error)));
    name_events(page.headers_mut(), refusal.events());
    Ok(guest.tied(page, &app.settings))
}
