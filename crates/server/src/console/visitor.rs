//! Somebody who is signed in, and what surrounds every page of theirs.

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use engine::{Context, Error, Failure, Me, Role};

use super::cookies::Cookie;
use super::forms::{Sender, token_of_session};
use super::trouble::Trouble;
use super::views::{ErrorPage, Organization, Person, Section, Shell};
use crate::http::App;

/// Somebody who is signed in. A handler that takes one runs only for somebody; everybody else is
/// asked to sign in, and comes back.
pub(super) struct Visitor {
    /// Who asks, and from where.
    pub(super) cx: Context,
    /// What they may know of themselves.
    pub(super) me: Me,
    /// The token in their forms.
    pub(super) csrf: String,
    /// What they asked for, if going there again makes sense.
    address: Option<String>,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Trouble> {
        let address = (parts.method == Method::GET)
            .then(|| parts.uri.path_and_query().map(ToString::to_string))
            .flatten()
            .filter(|address| address != "/");
        match Self::recognise(parts, app).await? {
            Some(visitor) => Ok(Self { address, ..visitor }),
            None => Err(Trouble::SignedOut(address)),
        }
    }
}

impl Visitor {
    /// Who it is, if somebody is signed in.
    pub(super) async fn recognise(parts: &mut Parts, app: &App) -> Result<Option<Self>, Trouble> {
        let Some(cookie) = Cookie::Session.read(&parts.headers, &app.settings) else { return Ok(None) };
        let Sender { client, .. } = Sender::from_request_parts(parts, app).await?;
        let caller = app.engine.console_caller(&cookie, client).await;
        let Some(cx) = caller.map_err(|failure| Trouble::refused(failure, None))? else { return Ok(None) };
        match app.engine.me(&cx).await {
            Ok(me) => Ok(Some(Self { cx, me, csrf: token_of_session(&cookie), address: None })),
            Err(failure) => match Trouble::refused(failure, None) {
                Trouble::SignedOut(_) => Ok(None),
                trouble @ Trouble::Page(..) => Err(trouble),
            },
        }
    }

    /// What surrounds a page of an organisation.
    pub(super) fn shell(&self, organization: &str, section: Section) -> Shell {
        let own = |name: &str| Organization { login: name.to_owned(), name: String::new() };
        let others = self.me.organizations.iter().map(|(other, _)| other.name.as_str());
        Shell {
            organization: own(organization),
            others: others.filter(|other| *other != organization).map(own).collect(),
            user: Person::user(&self.me.account.login, &self.me.account.name),
            csrf: self.csrf.clone(),
            section,
        }
    }

    /// Whether they administer an organisation.
    pub(super) fn administers(&self, organization: &str) -> bool {
        self.me.organizations.iter().any(|(own, role)| own.name == organization && *role == Role::Admin)
    }

    /// What surrounds a page that belongs to no organisation in particular.
    pub(super) fn elsewhere(&self) -> Option<Shell> {
        self.me.default_organization().map(|organization| self.shell(organization, Section::Elsewhere))
    }

    /// The page in place of one that the engine refused.
    pub(super) fn trouble(&self, failure: Failure<Error>) -> Trouble {
        match Trouble::refused(failure, self.elsewhere()) {
            Trouble::SignedOut(_) => Trouble::SignedOut(self.address.clone()),
            trouble @ Trouble::Page(..) => trouble,
        }
    }

    /// The page in place of one whose address makes no sense.
    pub(super) fn senseless(&self, message: impl Into<String>) -> Trouble {
        Trouble::page(ErrorPage::bad_request(self.elsewhere(), message))
    }
}
