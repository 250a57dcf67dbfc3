//! Signing in and out.

use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use engine::{Answer, Client, Failure, SignedIn};
use serde::Deserialize;

use super::cookies::{begin_session, end_session};
use super::forms::{Form, Guest, Hidden, Sender};
use super::page::{page, redirect};
use super::trouble::Trouble;
use super::views::{SignIn, SignInError, Way, links};
use super::visitor::Visitor;
use crate::http::{App, Parameters, name_events};

/// The longest address to return to.
const LONGEST: usize = 2_000;

/// `GET /sign-in?next=`
pub(super) async fn show(
    State(app): State<App>,
    guest: Guest,
    parameters: Parameters,
    request: Request,
) -> Result<Response, Trouble> {
    let next = parameters.get("next").and_then(local);
    if Visitor::recognise(&mut request.into_parts().0, &app).await?.is_some() {
        return Ok(redirect(next.unwrap_or("/")));
    }
    let notice = parameters.get("signed-out").map(|_| "You have signed out.".to_owned());
    let form = SignIn { notice, ..form(&app, &guest, next, String::new(), None) };
    Ok(guest.tied(page(StatusCode::OK, &form), &app.settings))
}

/// What either form of the page holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    csrf: String,
    next: String,
    token: Hidden,
    login: String,
    password: Hidden,
}

/// `POST /sign-in`
pub(super) async fn sign_in(
    State(app): State<App>,
    sender: Sender,
    guest: Guest,
    Form(fields): Form<Fields>,
) -> Result<Response, Trouble> {
    sender.check(&fields.csrf, &guest.token())?;
    let Fields { next, token, login, password, .. } = fields;
    let next = local(&next);
    let way = if token.0.expose().is_empty() { Way::Password } else { Way::Token };
    let attempted = Attempted { login: (way == Way::Password).then_some(login.as_str()), way };
    if let Some(page) = turned_away(&app, &guest, next, &sender.client, attempted).await? {
        return Ok(page);
    }
    let answer = match way {
        Way::Password => app.engine.sign_in_with_password(&login, password.0, sender.client).await,
        Way::Token | Way::Provider => app.engine.sign_in_with_token(&token.0, sender.client).await,
    };
    match answer {
        Ok(signed_in) => Ok(signed_in_at(next.unwrap_or("/"), Ok(signed_in), &app)?),
        Err(Failure::Refused(refusal)) => {
            let error = SignInError { message: refused(way).to_owned(), way };
            let mut page = page(StatusCode::UNAUTHORIZED, &form(&app, &guest, next, login, Some(error)));
            name_events(page.headers_mut(), refusal.events());
            Ok(page)
        }
        Err(failure) => Err(Trouble::refused(failure, None)),
    }
}

/// An attempt to sign in, before it is known who it is.
#[derive(Clone, Copy)]
pub(super) struct Attempted<'a> {
    login: Option<&'a str>,
    way: Way,
}

impl Attempted<'_> {
    /// An attempt that names no login.
    pub(super) const fn by(way: Way) -> Self {
        Self { login: None, way }
    }
}

/// The page in place of an attempt before which there were too many.
pub(super) async fn turned_away(
    app: &App,
    guest: &Guest,
    next: Option<&str>,
    client: &Client,
    Attempted { login, way }: Attempted<'_>,
) -> Result<Option<Response>, Trouble> {
    let now = app.engine.ambient().clock.steady();
    let Err(limit) = app.settings.limits.sign_in(login, client.address.as_deref(), now) else { return Ok(None) };
    let mut events = Vec::new();
    if limit.first {
        match app.engine.sign_in_limited(login, method(way), client.clone(), limit.seconds).await {
            Failure::Refused(refusal) => events = refusal.events().to_vec(),
            failure @ Failure::Unrecorded(_) => return Err(Trouble::refused(failure, None)),
        }
    }
    let message = format!("There were too many attempts. Please try again in {} seconds.", limit.seconds);
    let login = login.unwrap_or_default().to_owned();
    let form = form(app, guest, next, login, Some(SignInError { message, way }));
    let mut page = page(StatusCode::TOO_MANY_REQUESTS, &form);
    page.headers_mut().insert(RETRY_AFTER, HeaderValue::from(limit.seconds));
    name_events(page.headers_mut(), &events);
    Ok(Some(page))
}

/// The form, with what went wrong before if something did.
pub(super) fn form(app: &App, guest: &Guest, next: Option<&str>, login: String, error: Option<SignInError>) -> SignIn {
    let provider = app.engine.sign_in_provider();
    SignIn {
        csrf: guest.token(),
        next: next.map(str::to_owned),
        provider: provider.map(|provider| provider.name.clone()),
        login,
        error,
        notice: None,
    }
}

/// The way, as the log names it.
fn method(way: Way) -> &'static str {
    match way {
        Way::Token => "token",
        Way::Password => "password",
        Way::Provider => "oidc",
    }
}

/// Sends somebody who just signed in to a page.
pub(super) fn signed_in_at(to: &str, answer: Answer<SignedIn>, app: &App) -> Result<Response, Trouble> {
    let signed_in = answer.map_err(|failure| Trouble::refused(failure, None))?;
    let mut response = redirect(to);
    begin_session(&mut response, signed_in.get(), &app.settings);
    name_events(response.headers_mut(), signed_in.events());
    Ok(response)
}

/// The same for an unknown login, one without a password, and a wrong password.
fn refused(way: Way) -> &'static str {
    match way {
        Way::Token | Way::Provider => "This is not an access token that can be used here.",
        Way::Password => "That login and password do not belong together.",
    }
}

/// An address to return to, if it is a path of this server and of nobody else's.
pub(super) fn local(next: &str) -> Option<&str> {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') && next.len() <= LONGEST;
    (plain && next.starts_with('/') && !next.starts_with("//")).then_some(next)
}

/// What the form in the account menu holds.
#[derive(Deserialize)]
pub(super) struct SignOut {
    #[serde(default)]
    csrf: String,
}

/// `POST /sign-out`
pub(super) async fn sign_out(
    State(app): State<App>,
    sender: Sender,
    visitor: Visitor,
    Form(SignOut { csrf }): Form<SignOut>,
) -> Result<Response, Trouble> {
    sender.check(&csrf, &visitor.csrf)?;
    let ended = app.engine.sign_out(&visitor.cx).await.map_err(|failure| visitor.trouble(failure))?;
    let mut response = redirect(links::SIGNED_OUT);
    end_session(&mut response, &app.settings);
    name_events(response.headers_mut(), ended.events());
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn one_returns_to_a_path_of_this_server_only() {
        for path in ["/", "/acme/settings/audit-logs?user=ada&event=environment-open", "/a#b/c"] {
            assert_eq!(local(path), Some(path));
        }
        let elsewhere = [
            "",
            "acme",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            " //evil.example",
            "/é",
        ];
        for path in elsewhere {
            assert_eq!(local(path), None, "{path:?}");
        }
        assert_eq!(local(&format!("/{}", "a".repeat(2_000))), None);
    }
}
