//! The page to sign in on.

use askama::Template;

use super::links;

/// `GET /sign-in`, and the answer to a `POST` that did not succeed.
///
/// A link leads to the identity provider, where there is one. Two forms are posted to `/sign-in`: one with the field `token`, one with
/// `login` and `password`; both carry `csrf` and, if there is one, `next`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "sign_in.html")]
pub struct SignIn {
    /// The token that makes the posted form ours.
    pub csrf: String,
    /// The path to return to. The handler checks that it is a path of ours.
    pub next: Option<String>,
    /// What people call the identity provider, if there is one.
    pub provider: Option<String>,
    /// The login that was typed, to be shown again. Secrets never are.
    pub login: String,
    /// Why signing in did not succeed.
    pub error: Option<SignInError>,
    /// Something to say that is no error, such as "You have signed out."
    pub notice: Option<String>,
}

/// Why signing in did not succeed.
#[derive(Clone, Debug)]
pub struct SignInError {
    /// A sentence that does not tell which part was wrong.
    pub message: String,
    /// The form that was posted.
    pub way: Way,
}

/// A way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// An access token.
    Token,
    /// A login and a password.
    Password,
    /// The identity provider.
    Provider,
}

impl SignIn {
    fn to_provider(&self) -> String {
        links::sign_in_by_provider(self.next.as_deref())
    }

    fn token_failed(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.way == Way::Token)
    }

    fn password_failed(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.way == Way::Password)
    }
}
