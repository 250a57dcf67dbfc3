//! What the formats for other tools show of an entry.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;

use crate::describe::ERASED;
use crate::entry::{Entry, Told};
use crate::words::StatementName;

/// What every format shows of an entry.
pub(super) struct Shown<'a> {
    pub(super) time: Timestamp,
    pub(super) seconds: i64,
    pub(super) login: Cow<'a, str>,
    pub(super) name: Cow<'a, str>,
    pub(super) address: Cow<'a, str>,
    pub(super) event: &'a str,
    pub(super) display_name: &'a str,
    pub(super) description: String,
    pub(super) requires_org_admin: bool,
    pub(super) authentication_failure: bool,
    /// The id of the access token, if it was one.
    pub(super) token: Option<&'a str>,
    pub(super) actor: Option<&'a str>,
}

/// Who acted, borrowed from the opening. So are the others here: rows are written by the million.
#[derive(Deserialize)]
struct Actor<'a> {
    #[serde(borrow)]
    login: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Client<'a> {
    #[serde(borrow, default)]
    addr: Cow<'a, str>,
}

impl<'a> Shown<'a> {
    pub(super) fn of(entry: &'a Entry) -> Self {
        let leaf = entry.leaf.as_leaf();
        let event = leaf.event();
        let seconds = leaf.ts().div_euclid(1_000_000);
        let erased = Cow::Borrowed(ERASED);
        let (login, name) = match entry.told(StatementName::Actor) {
            Told::Text(Actor { login, name }) => (login, name),
            Told::Erased => (erased.clone(), erased.clone()),
            Told::Nothing => Default::default(),
        };
        let address = match entry.told(StatementName::Client) {
            Told::Text(Client { addr }) => addr,
            Told::Erased => erased,
            Told::Nothing => Cow::default(),
        };
        let has_token = leaf.credential_kind().is_some_and(crate::CredentialKind::is_token);
        let present = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        Self {
            time: Timestamp::from_second(seconds).unwrap_or_default(),
            seconds,
            login,
            name,
            address,
            event: leaf.event_type(),
            display_name: event.map_or_else(|| leaf.event_type(), |event| event.display_name()),
            description: crate::sentence(entry),
            requires_org_admin: event.is_some_and(crate::Event::requires_org_admin),
            authentication_failure: entry.is_authentication_failure(),
            token: present(leaf.part("cred", "id")).filter(|_| has_token),
            actor: present(leaf.part("actor", "id")),
        }
    }
}
