//! Joining an organisation by an invitation.

use askama::Template;

use super::{Person, links};

/// `GET /invite/{link}`, and the answer to a `POST` that did not succeed.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "invite.html")]
pub struct Invite {
    /// The link's secret part, as it stands in the address.
    pub link: String,
    /// The organisation's name.
    pub organization: String,
    /// The role that the invitation gives.
    pub role: &'static str,
    /// The token that makes the posted form ours.
    pub csrf: String,
    /// Who is signed in; whoever is not makes an account.
    pub user: Option<Person>,
    /// The login that somebody new asked for.
    pub login: String,
    /// The fewest characters that a password may have.
    pub shortest: usize,
    /// Why nobody joined.
    pub error: Option<String>,
}

/// The answer to a link that is unknown, used, cancelled or too old: one page for all, so that it tells nothing
/// about links.
#[derive(Clone, Copy, Debug, Default, Template)]
#[template(path = "invite_expired.html")]
pub struct InviteExpired;

impl Invite {
    fn action(&self) -> String {
        links::invite(&self.link)
    }

    fn account_action(&self) -> String {
        links::invite_account(&self.link)
    }

    fn sign_in(&self) -> String {
        links::sign_in(Some(&self.action()))
    }
}
