//! The cookies: one that keeps somebody signed in, one that ties a form to a browser, one for as long as somebody signs in
//! elsewhere.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use engine::seal::SecretString;
use engine::{BegunSignIn, SignedIn};

use crate::http::Settings;

/// A cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cookie {
    /// Holds the session of somebody who is signed in.
    Session,
    /// Holds the random text behind the forms of somebody who is not.
    Form,
    /// Holds what checks that whoever comes back from the identity provider is who was sent there.
    Away,
}

impl Cookie {
    /// Its name. Over TLS its prefix makes browsers refuse it from anybody but this very host.
    fn name(self, settings: &Settings) -> &'static str {
        match (self, settings.secure_cookies) {
            (Self::Session, true) => "__Host-escriba_session",
            (Self::Session, false) => "escriba_session",
            (Self::Form, true) => "__Host-escriba_form",
            (Self::Form, false) => "escriba_form",
            (Self::Away, true) => "__Host-escriba_away",
            (Self::Away, false) => "escriba_away",
        }
    }

    /// Its value in a request.
    pub(super) fn read(self, headers: &HeaderMap, settings: &Settings) -> Option<String> {
        let name = self.name(settings);
        let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    }

    /// Sets it, for a number of seconds or until the browser ends.
    fn set(self, response: &mut Response, value: &str, seconds: Option<i64>, settings: &Settings) {
        let name = self.name(settings);
        let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        let secure = if settings.secure_cookies { "; Secure" } else { "" };
        let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}");
        if let Ok(mut line) = HeaderValue::try_from(line) {
            line.set_sensitive(true);
            response.headers_mut().append(SET_COOKIE, line);
        }
    }
}

/// Keeps somebody signed in.
pub(super) fn begin_session(response: &mut Response, signed_in: &SignedIn, settings: &Settings) {
    Cookie::Session.set(response, signed_in.cookie.expose(), Some(signed_in.seconds), settings);
}

/// Makes the browser forget the session.
pub(super) fn end_session(response: &mut Response, settings: &Settings) {
    Cookie::Session.set(response, "", Some(0), settings);
}

/// Ties the forms to come to this browser.
pub(super) fn tie_forms(response: &mut Response, value: &str, settings: &Settings) {
    Cookie::Form.set(response, value, None, settings);
}

/// Remembers that somebody was sent to the identity provider.
pub(super) fn send_away(response: &mut Response, begun: &BegunSignIn, settings: &Settings) {
    Cookie::Away.set(response, begun.cookie.expose(), Some(begun.seconds), settings);
}

/// What was remembered of that.
pub(super) fn sent_away(headers: &HeaderMap, settings: &Settings) -> Option<SecretString> {
    Cookie::Away.read(headers, settings).map(SecretString::new)
}

/// Makes the browser forget it: nobody comes back twice.
pub(super) fn come_back(response: &mut Response, settings: &Settings) {
    Cookie::Away.set(response, "", Some(0), settings);
}
