//! What the formats for other tools show of an entry.

use jiff::Timestamp;

use crate::describe::ERASED;
use crate::entry::{Entry, Told};

/// What every format shows of an entry.
pub(super) struct Shown {
    pub(super) time: Timestamp,
    pub(super) seconds: i64,
    pub(super) login: String,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) event: String,
    pub(super) display_name: String,
    pub(super) description: String,
    pub(super) requires_org_admin: bool,
    pub(super) authentication_failure: bool,
    /// The id of the access token, if it was one.
    pub(super) token: Option<String>,
    pub(super) actor: Option<String>,
}

impl Shown {
    pub(super) fn of(entry: &Entry) -> Self {
        let leaf = entry.leaf.as_leaf();
        let event = leaf.event();
        let seconds = leaf.ts().div_euclid(1_000_000);
        let erased = || (ERASED.to_owned(), ERASED.to_owned());
        let (login, name) = match entry.actor() {
            Told::Text(actor) => (actor.login, actor.name),
            Told::Erased => erased(),
            Told::Nothing => (String::new(), String::new()),
        };
        let address = match entry.client() {
            Told::Text(client) => client.addr.unwrap_or_default(),
            Told::Erased => ERASED.to_owned(),
            Told::Nothing => String::new(),
        };
        let token = leaf.credential_kind().filter(|kind| kind.is_token()).and_then(|_| leaf.credential_id());
        Self {
            time: Timestamp::from_second(seconds).unwrap_or_default(),
            seconds,
            login,
            name,
            address,
            event: leaf.event_type().to_owned(),
            display_name: event.map_or_else(|| leaf.event_type(), |event| event.display_name()).to_owned(),
            description: crate::sentence(entry),
            requires_org_admin: event.is_some_and(crate::Event::requires_org_admin),
            authentication_failure: entry.is_authentication_failure(),
            token: token.map(|id| id.to_string()),
            actor: leaf.actor_id().map(|id| id.to_string()),
        }
    }
}
