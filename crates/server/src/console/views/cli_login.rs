//! Letting a command line act as oneself.

use askama::Template;

use super::Person;

/// `GET /cli-login`: what a command line asks for, and what it will get.
///
/// The form is posted to the same address with everything here but the user, and with `decision`.
#[derive(Clone, Debug, Template)]
#[template(path = "cli_login.html")]
pub struct CliLogin {
    /// The token that makes the posted form ours.
    pub csrf: String,
    /// Whom the command line will act as.
    pub user: Person,
    /// The port on this machine where it waits.
    pub port: u16,
    /// By which it recognises the answer.
    pub nonce: String,
    /// The name that the token will have: where and when it asked, in its own words.
    pub description: String,
    /// The command that was given, if it says so; else empty.
    pub command: String,
}

/// The last page: the command line was let in, or turned away.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "cli_login_end.html")]
pub struct CliLoginEnd {
    /// Whether it was let in.
    pub let_in: bool,
}

impl CliLogin {
    fn waits_at(&self) -> String {
        format!("localhost:{}", self.port)
    }
}
