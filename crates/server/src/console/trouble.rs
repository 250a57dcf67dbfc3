//! What a browser sees in place of the page it asked for.

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use engine::{Error, EventId, Failure};

use super::page::{guarded, page, redirect};
use super::views::{ErrorPage, Shell, links};
use crate::http::{Problem, name_events};

/// Why there is another page than the one asked for.
pub(super) enum Trouble {
    /// Nobody is signed in; where to go on afterwards.
    SignedOut(Option<String>),
    /// Something was refused or failed, and the events that say so.
    Page(Box<ErrorPage>, Vec<EventId>),
}

impl Trouble {
    /// A page that says what went wrong.
    pub(super) fn page(page: ErrorPage) -> Self {
        Self::Page(Box::new(page), Vec::new())
    }

    /// What the engine refused.
    pub(super) fn refused(failure: Failure<Error>, shell: Option<Shell>) -> Self {
        let events = match &failure {
            Failure::Refused(recorded) => recorded.events().to_vec(),
            Failure::Unrecorded(_) => Vec::new(),
        };
        let problem = Problem::from(failure);
        let page = match problem.status() {
            StatusCode::UNAUTHORIZED => return Self::SignedOut(None),
            StatusCode::FORBIDDEN => ErrorPage::forbidden(shell),
            StatusCode::NOT_FOUND => ErrorPage::not_found(shell),
            StatusCode::SERVICE_UNAVAILABLE => ErrorPage::unavailable(shell),
            status if status.is_server_error() => ErrorPage::internal(shell),
            _ => ErrorPage::bad_request(shell, sentence(problem.message())),
        };
        Self::Page(Box::new(page), events)
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        match self {
            Self::SignedOut(next) => redirect(&links::sign_in(next.as_deref())),
            Self::Page(error, events) => {
                let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let mut response = page(status, &*error);
                name_events(response.headers_mut(), &events);
                response
            }
        }
    }
}

/// A message of the engine as a sentence: with a capital, and with a full stop.
pub(super) fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    let Some(first) = characters.next() else { return String::new() };
    let mut sentence: String = first.to_uppercase().chain(characters).collect();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

/// The answer to a path that leads nowhere: a page for browsers, a problem for programs.
pub(crate) async fn lost(uri: Uri, headers: HeaderMap) -> Response {
    if is_for_programs(&uri, &headers) {
        return Problem::new(StatusCode::NOT_FOUND, "there is nothing at this path").into_response();
    }
    guarded(Trouble::page(ErrorPage::not_found(None)).into_response()).await
}

/// The answer to a method that a page does not take.
pub(super) async fn wrong_method(uri: Uri, headers: HeaderMap) -> Response {
    if is_for_programs(&uri, &headers) {
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method").into_response();
    }
    let mut page = ErrorPage::bad_request(None, "It is there to be sent to by a form, or only to be read.");
    page.status = StatusCode::METHOD_NOT_ALLOWED.as_u16();
    Trouble::page(page).into_response()
}

fn is_for_programs(uri: &Uri, headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).map_or(&[][..], HeaderValue::as_bytes);
    uri.path().starts_with("/api/") || !String::from_utf8_lossy(accepted).contains("text/html")
}
