//! Pages that say what went wrong.

use askama::Template;

use super::shell::Shell;

/// A page in place of the one that was asked for.
///
/// It says nothing of the inside: an absent page and a forbidden one may be
/// given the same words.
#[derive(Clone, Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// What surrounds the page, if the reader is signed in.
    pub shell: Option<Shell>,
    /// The status code, shown small.
    pub status: u16,
    /// What happened, in a few words.
    pub title: String,
    /// What that means and what to do, in a sentence or two.
    pub message: String,
    /// The request's id, for whoever runs the server.
    pub request: Option<String>,
}

impl ErrorPage {
    /// 404.
    pub fn not_found(shell: Option<Shell>) -> Self {
        Self::new(shell, 404, "This page is not here", "It may have moved, or you may not have access to it.")
    }

    /// 403.
    pub fn forbidden(shell: Option<Shell>) -> Self {
        Self::new(
            shell,
            403,
            "This page is not open to you",
            "An administrator of your organisation can give you access.",
        )
    }

    /// 403, for a form whose token is missing or old.
    pub fn stale_form(shell: Option<Shell>) -> Self {
        Self::new(
            shell,
            403,
            "This form has gone stale",
            "Nothing was changed. Go back, load the page again, and send the form once more.",
        )
    }

    /// 400.
    pub fn bad_request(shell: Option<Shell>, message: impl Into<String>) -> Self {
        Self::new(shell, 400, "This address does not make sense", message)
    }

    /// 500.
    pub fn internal(shell: Option<Shell>) -> Self {
        Self::new(
            shell,
            500,
            "Something went wrong on our side",
            "The error is in the server's log. Trying again may help.",
        )
    }

    /// 503: what was asked for could not be recorded, so it did not happen.
    pub fn unavailable(shell: Option<Shell>) -> Self {
        Self::new(
            shell,
            503,
            "The log cannot be written right now",
            "Nothing happens here without being recorded, so nothing was done and nothing was shown. Please try again in a moment.",
        )
    }

    /// The same page with a request id.
    #[must_use]
    pub fn with_request(mut self, request: impl Into<String>) -> Self {
        self.request = Some(request.into());
        self
    }

    fn new(shell: Option<Shell>, status: u16, title: &str, message: impl Into<String>) -> Self {
        Self { shell, status, title: title.to_owned(), message: message.into(), request: None }
    }
}
