//! Whoever did something, as a row shows them.

use super::links;
use crate::console::assets;

/// A login longer than this gets no picture of its own: it is text that
/// somebody typed, and a URL is no place for it.
const LONGEST_LOGIN_IN_A_URL: usize = 100;

/// What a picture shows, and whether a log can be filtered by its owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A person with a login: a round picture.
    #[default]
    User,
    /// A service, such as the holder of an organisation's token: a square one.
    Service,
    /// The server itself, under its own mark.
    Server,
    /// An erased person, an operator at the shell, or somebody never identified:
    /// no picture of their own and nothing to filter by.
    Nobody,
}

/// A person or service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The login, unique in its organisation. May be empty for [`Kind::Nobody`].
    pub login: String,
    /// The name to show. Where it is empty, the login stands for it.
    pub name: String,
    /// What this is.
    pub kind: Kind,
}

impl Person {
    /// A person with a login.
    pub fn user(login: impl Into<String>, name: impl Into<String>) -> Self {
        Self { login: login.into(), name: name.into(), kind: Kind::User }
    }

    /// A service with a login.
    pub fn service(login: impl Into<String>, name: impl Into<String>) -> Self {
        Self { login: login.into(), name: name.into(), kind: Kind::Service }
    }

    /// The server itself.
    pub fn server() -> Self {
        Self { login: String::new(), name: "Escriba".to_owned(), kind: Kind::Server }
    }

    /// Somebody or something without an account, such as "Anonymous".
    pub fn nobody(name: impl Into<String>) -> Self {
        Self { login: String::new(), name: name.into(), kind: Kind::Nobody }
    }

    /// The name, or the login where there is none.
    pub fn label(&self) -> &str {
        if self.name.trim().is_empty() { &self.login } else { &self.name }
    }

    /// The login, where it says more than the label already does.
    pub fn secondary(&self) -> Option<&str> {
        (!self.login.is_empty() && self.login != self.label()).then_some(&self.login)
    }

    /// The address of the picture.
    pub fn picture(&self) -> String {
        match self.kind {
            Kind::Server => assets::mark().to_owned(),
            Kind::User | Kind::Service if self.has_account() && self.login.len() <= LONGEST_LOGIN_IN_A_URL => {
                links::avatar(&self.login)
            }
            Kind::User | Kind::Service | Kind::Nobody => assets::person().to_owned(),
        }
    }

    /// Whether the log can be filtered by this person.
    pub fn has_account(&self) -> bool {
        matches!(self.kind, Kind::User | Kind::Service) && !self.login.is_empty()
    }

    pub(super) fn is_service(&self) -> bool {
        self.kind == Kind::Service
    }
}
