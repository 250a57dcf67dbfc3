//! Posted forms: that they are ours, and what they hold.
//!
//! A form is ours if it holds a token that only a page of ours could hold, and if the browser,
//! as far as it says, sent it from such a page. The token is a digest of a cookie: of the session's
//! where there is one, else of a random one that the page with the form set.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderValue;
use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::response::Response;
use engine::Client;
use engine::seal::{SecretString, Sha256, hex};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::cookies::{Cookie, tie_forms};
use super::trouble::Trouble;
use super::views::ErrorPage;
use crate::http::{App, Peer, Settings, client_of};

/// Whoever sends a request, as far as headers and socket tell.
pub(super) struct Sender {
    /// From where.
    pub(super) client: Client,
    /// Whether the browser says that the request comes from a page of ours, or says nothing.
    same_origin: bool,
}

impl FromRequestParts<App> for Sender {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Trouble> {
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0);
        let client = client_of(&parts.headers, peer, &app.settings.trusted_proxies);
        Ok(Self { client, same_origin: same_origin(parts, &app.settings) })
    }
}

impl Sender {
    /// Checks that a form is ours. Nothing may happen before.
    pub(super) fn check(&self, given: &str, expected: &str) -> Result<(), Trouble> {
        if self.same_origin && equal(given.as_bytes(), expected.as_bytes()) {
            Ok(())
        } else {
            Err(Trouble::page(ErrorPage::stale_form(None)))
        }
    }
}

/// What the browser says of where a request comes from. Old browsers say nothing; then the token
/// alone must do.
fn same_origin(parts: &Parts, settings: &Settings) -> bool {
    let headers = &parts.headers;
    if let Some(site) = headers.get("sec-fetch-site") {
        // `none` is the user: a bookmark, or a page that was loaded once more.
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Some((_, authority)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else { return false };
    let host = headers.get(HOST).map(HeaderValue::as_bytes);
    let host = host.or_else(|| parts.uri.authority().map(|authority| authority.as_str().as_bytes()));
    let public = settings.public_url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    host == Some(authority.as_bytes()) || public == Some(authority)
}

/// Whether two texts are equal, in a time that does not tell where they differ.
fn equal(one: &[u8], other: &[u8]) -> bool {
    let difference = one.iter().zip(other).fold(0, |difference, (one, other)| difference | (one ^ other));
    one.len() == other.len() && std::hint::black_box(difference) == 0
}

/// The token in the forms of somebody who is signed in.
pub(super) fn token_of_session(cookie: &str) -> String {
    token("session", cookie)
}

/// From the cookie to the token there is a way, and none back: a page that leaks does not leak the
/// session.
fn token(of: &str, cookie: &str) -> String {
    let mut digest = Sha256::new();
    for part in ["escriba console form\0", of, "\0", cookie] {
        digest.update(part.as_bytes());
    }
    hex(&digest.finish())
}

/// Somebody who is not signed in, and whose forms are tied to a random cookie.
pub(super) struct Guest {
    cookie: String,
    is_new: bool,
}

impl FromRequestParts<App> for Guest {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Trouble> {
        let held = Cookie::Form.read(&parts.headers, &app.settings).filter(|held| !held.is_empty());
        let is_new = held.is_none();
        let cookie = held.unwrap_or_else(|| hex(&app.engine.ambient().random::<32>()));
        Ok(Self { cookie, is_new })
    }
}

impl Guest {
    /// The token in this browser's forms.
    pub(super) fn token(&self) -> String {
        token("guest", &self.cookie)
    }

    /// The page with the form, and the cookie that it is tied to.
    pub(super) fn tied(&self, mut page: Response, settings: &Settings) -> Response {
        if self.is_new {
            tie_forms(&mut page, &self.cookie, settings);
        }
        page
    }
}

/// The fields of a posted form.
pub(super) struct Form<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Form<T> {
    type Rejection = Trouble;

    async fn from_request(request: Request, app: &App) -> Result<Self, Trouble> {
        match axum::Form::from_request(request, app).await {
            Ok(axum::Form(fields)) => Ok(Self(fields)),
            Err(rejection) => {
                let mut page = ErrorPage::bad_request(None, "The form could not be read. Nothing was changed.");
                page.status = rejection.status().as_u16();
                Err(Trouble::page(page))
            }
        }
    }
}

/// A field that nobody may see by accident.
#[derive(Debug)]
pub(super) struct Hidden(pub(super) SecretString);

impl Default for Hidden {
    fn default() -> Self {
        Self(SecretString::new(String::new()))
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(SecretString::new(String::deserialize(deserializer)?)))
    }
}
