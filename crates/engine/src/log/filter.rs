//! Which entries of a log somebody asks for.

use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use ledger::search::{Clause, Condition, Query};
use ledger::{Detail, Entry, Event, LogId};
use store::{LogKey, Read, StoreError, account, log};

use super::search::Sieve;
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
    /// Entries that this query finds. [`Filter::and`] puts it here.
    pub query: Query,
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
    /// What a query asks for must hold, too.
    #[must_use]
    pub fn and(self, query: Query) -> Self {
        let from = self.from.into_iter().chain(query.after()).max();
        let before = query.before().map(|time| time.saturating_sub(1));
        let until = self.until.into_iter().chain(before).min();
        Self { from, until, query, ..self }
    }

    /// Whether it leaves nothing out of the span of time, or of entries, that it names.
    pub(super) fn is_whole(&self) -> bool {
        self.user.is_none() && self.event.is_none() && self.query.clauses().is_empty()
    }

    /// The words by which a record says what was filtered.
    pub(super) fn noted(&self, detail: Detail) -> Detail {
        let mut words = Vec::new();
        for (set, word) in [
            (self.event.is_some(), "event"),
            (self.from.is_some(), "from"),
            (self.log.is_some(), "log"),
            (self.places.is_some(), "places"),
            (!self.query.is_empty(), "query"),
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
#[derive(Clone, Debug)]
pub(super) enum Match {
    /// No entry can match: the user never acted here, or this server never writes the event.
    Nothing,
    /// Every entry matches.
    All,
    /// Those that come through.
    These(Arc<Sieve>),
}

impl Match {
    /// Puts a filter into the terms of a log.
    pub(super) async fn resolve<R: Read>(read: &mut R, log: LogKey, filter: &Filter) -> Result<Self, Error> {
        let mut clauses = filter.query.clauses();
        if let Some(text) = &filter.event {
            match Event::parse(text) {
                Some(event) => clauses.push(Clause::one(Condition::Event(event))),
                None if ledger::documented(text) => return Ok(Self::Nothing),
                None => {
                    return Err(Error::Invalid(format!(
                        "`{text}` is no event; the list of event types has the identifiers"
                    )));
                }
            }
        }
        if let Some(login) = &filter.user {
            let account = account::by_login(read, login).await?.ok_or(Error::Absent(What::User))?;
            match log::known_actor(read, log, &account.id).await? {
                Some(actor) => clauses.push(Clause::one(Condition::Actor(actor))),
                None => return Ok(Self::Nothing),
            }
        }
        for clause in &mut clauses {
            clause.any.extend(actors(read, log, &clause.any).await?);
        }
        Ok(if clauses.is_empty() { Self::All } else { Self::These(Arc::new(Sieve::new(clauses))) })
    }

    /// Whether an entry matches.
    pub(super) fn holds(&self, entry: &Entry) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::These(sieve) => sieve.holds(entry),
        }
    }
}

/// Those who have today a login that was asked for, whatever it was then.
async fn actors<R: Read>(read: &mut R, log: LogKey, conditions: &[Condition]) -> Result<Vec<Condition>, StoreError> {
    let mut actors = Vec::new();
    for condition in conditions {
        if let Condition::Login(login) = condition
            && let Some(account) = account::by_login(read, login).await?
            && let Some(actor) = log::known_actor(read, log, &account.id).await?
        {
            actors.push(Condition::Actor(actor));
        }
    }
    Ok(actors)
}
