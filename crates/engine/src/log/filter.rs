//! Which entries of a log somebody asks for.

use std::ops::Range;
use std::str::FromStr;

use ledger::{ActorId, Detail, Event, Leaf, LogId};
use store::{LogKey, Read, account, log};

use crate::error::{Error, What};

/// Which entries somebody asks for. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Entries of this login.
    pub user: Option<String>,
    /// Entries of this event, by identifier or display name.
    pub event: Option<String>,
    /// Entries not before this time, microseconds UTC.
    pub from: Option<i64>,
    /// Entries not after this time, microseconds UTC.
    pub until: Option<i64>,
    /// Entries with these indexes.
    pub places: Option<Range<u64>>,
    /// Entries of this log; of the organisation's log of today if not given.
    pub log: Option<WhichLog>,
}

/// A log other than the one an organisation writes today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichLog {
    /// The server's own: starts and stops, keys, backups, accounts, refusals without a valid credential.
    Server,
    /// One that ended, and that the log of today continues.
    Ended(LogId),
}

impl FromStr for WhichLog {
    type Err = <LogId as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "server" => Ok(Self::Server),
            other => other.parse().map(Self::Ended),
        }
    }
}

impl Filter {
    /// Whether it leaves nothing out of the span of time, or of entries, that it names.
    pub(super) fn is_whole(&self) -> bool {
        self.user.is_none() && self.event.is_none()
    }

    /// The words by which a record says what was filtered.
    pub(super) fn noted(&self, detail: Detail) -> Detail {
        let mut words = Vec::new();
        for (set, word) in [
            (self.event.is_some(), "event"),
            (self.from.is_some(), "from"),
            (self.log.is_some(), "log"),
            (self.places.is_some(), "places"),
            (self.until.is_some(), "until"),
            (self.user.is_some(), "user"),
        ] {
            words.extend(set.then_some(word));
        }
        let detail = if words.is_empty() { detail } else { detail.words("filters", words) };
        [("from", self.from), ("until", self.until)].into_iter().fold(detail, |detail, (key, time)| {
            match time.and_then(|time| u64::try_from(time).ok()) {
                // A later time means the same as the latest that a leaf can hold.
                Some(time) => detail.integer(key, time.min(ledger::MAX_INTEGER)),
                None => detail,
            }
        })
    }
}

/// A filter in the terms of one log.
#[derive(Clone, Copy, Debug)]
pub(super) enum Match {
    /// No entry can match: the user never acted here, or this server never writes the event.
    Nothing,
    /// Entries with these.
    These { actor: Option<ActorId>, event: Option<Event> },
}

impl Match {
    /// Puts a filter into the terms of a log.
    pub(super) async fn resolve<R: Read>(read: &mut R, log: LogKey, filter: &Filter) -> Result<Self, Error> {
        let event = match &filter.event {
            None => None,
            Some(text) => match Event::parse(text) {
                Some(event) => Some(event),
                None if ledger::documented(text) => return Ok(Self::Nothing),
                None => {
                    return Err(Error::Invalid(format!(
                        "`{text}` is no event; the list of event types has the identifiers"
                    )));
                }
            },
        };
        let actor = match &filter.user {
            None => None,
            Some(login) => {
                let account = account::by_login(read, login).await?.ok_or(Error::Absent(What::User))?;
                match log::known_actor(read, log, &account.id).await? {
                    Some(actor) => Some(actor),
                    None => return Ok(Self::Nothing),
                }
            }
        };
        Ok(Self::These { actor, event })
    }

    /// Whether an entry matches.
    pub(super) fn holds(self, leaf: &Leaf<'_>) -> bool {
        match self {
            Self::Nothing => false,
            Self::These { actor, event } => {
                event.is_none_or(|event| leaf.event_type() == event.id())
                    && actor.is_none_or(|actor| leaf.actor_id().is_some_and(|id| id.as_str() == actor.as_str()))
            }
        }
    }

    /// Whether every entry matches.
    pub(super) fn is_all(self) -> bool {
        matches!(self, Self::These { actor: None, event: None })
    }
}
