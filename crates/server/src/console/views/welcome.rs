//! Setting a password by a one-time link.

use askama::Template;

use super::links;

/// `GET /welcome/{link}`, and the answer to a `POST` that did not succeed.
///
/// The form is posted to the same address with `password`, `confirmation` and
/// `csrf`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "welcome.html")]
pub struct Welcome {
    /// The link's secret part, as it stands in the address.
    pub link: String,
    /// The login that the password is for.
    pub login: String,
    /// The organisation's name; may be empty.
    pub organization: String,
    /// The token that makes the posted form ours.
    pub csrf: String,
    /// The fewest characters that a password may have.
    pub shortest: usize,
    /// Why the password was not set.
    pub error: Option<String>,
}

/// The answer to a link that is unknown, used or too old: one page for all
/// three, so that it tells nothing about links.
#[derive(Clone, Copy, Debug, Default, Template)]
#[template(path = "welcome_expired.html")]
pub struct WelcomeExpired;

impl Welcome {
    fn action(&self) -> String {
        links::welcome(&self.link)
    }
}
