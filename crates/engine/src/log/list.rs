//! A page of the audit log.

use std::ops::Range;
use std::sync::Arc;

use ledger::{Detail, Entry, Event, LogId, Statement, Target, TargetKind};
use store::{Command, Done, Question, Read, Records, StoreError, Tx};

use super::filter::{Filter, Match, WhichLog};
use super::reach::{Reached, reach};
use super::scan;
use crate::access::Scope;
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::{Answer, Engine};

/// How many entries one page may look at one by one before it asks to be continued.
pub(super) const BUDGET: u64 = 250_000;

/// An entry, and what is known of it beside the log.
#[derive(Debug)]
pub struct Told {
    /// The entry.
    pub entry: Entry,
    /// What its token is called today, if it was a token.
    pub token_name: Option<Arc<str>>,
}

impl Told {
    /// An entry of which nothing else is known.
    pub(super) fn bare(entry: Entry) -> Self {
        Self { entry, token_name: None }
    }
}

/// A page of the log, newest first.
#[derive(Debug)]
pub struct EntryPage {
    /// The entries.
    pub entries: Vec<Told>,
    /// The index below which to go on, if there may be more.
    pub next: Option<u64>,
    /// How many entries the log had when it was read.
    pub size: u64,
    /// Whether everything that was committed before the question is in it.
    pub complete: bool,
    /// The log that this one continues: what happened before stands there.
    pub predecessor: Option<LogId>,
    /// Whether the reader may read the server's log, too.
    pub keeps_server: bool,
}

struct Page {
    attempt: Attempt,
    organization: String,
    filter: Filter,
    before: Option<u64>,
    limit: usize,
    complete: bool,
}

impl Page {
    async fn read<R: Read>(&self, read: &mut R) -> Result<EntryPage, Error> {
        let Self { attempt, organization, filter, before, limit, complete } = self;
        let reached = reach(read, attempt, organization, filter.log, Scope::AuditLogsRead).await?;
        let matching = Match::resolve(read, reached.log, filter).await?;
        let range = scan::span(read, reached.log, filter).await?;
        page(read, &reached, &matching, range, (*before, *limit), *complete).await
    }
}

/// The newest entries of a range that match, below an index and at most so many.
pub(super) async fn page<R: Read>(
    read: &mut R,
    reached: &Reached,
    matching: &Match,
    mut range: Range<u64>,
    (before, limit): (Option<u64>, usize),
    complete: bool,
) -> Result<EntryPage, Error> {
    let Reached { log, predecessor, keeps_server, .. } = *reached;
    let size = store::entry::size(read, log).await?;
    let first = range.start;
    range.end = range.end.min(before.unwrap_or(u64::MAX)).max(first);
    let (leaves, next) = scan::below(read, log, matching, range, limit, BUDGET).await?;
    let entries = scan::tell(read, log, leaves).await?;
    let next = (next > first).then_some(next);
    Ok(EntryPage { entries, next, size, complete, predecessor, keeps_server })
}

impl Question for Page {
    type Answer = Result<EntryPage, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.read(read).await)
    }
}

/// Records that the log was read. The answer was put together before, so that it never holds the
/// record that it causes.
pub(super) struct Disclose<P> {
    pub(super) attempt: Attempt,
    pub(super) organization: String,
    pub(super) log: Option<WhichLog>,
    pub(super) read: Arc<P>,
}

impl<P: Send + Sync + 'static> Command for Disclose<P> {
    type Output = Arc<P>;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Arc<P>>, Error> {
        reach(tx, &self.attempt, &self.organization, self.log, Scope::AuditLogsRead).await?;
        Ok(self.attempt.done(Arc::clone(&self.read)))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// A page of an organisation's log, newest first, below an index. `view` names who asks for
    /// it: `v1`, `v2`, `console`.
    pub async fn list_events(
        &self,
        cx: &Context,
        organization: String,
        filter: Filter,
        before: Option<u64>,
        limit: usize,
        view: &'static str,
    ) -> Answer<Arc<EntryPage>> {
        let attempt = self.attempt(cx, Event::AuditLogRead);
        attempt
            .target(Target::unresolved(TargetKind::Log))
            .target_names(Statement::organization(&organization))
            .detail(filter.noted(Detail::new().word("view", view)));
        note_filter(&attempt, &filter);
        let engine = self.clone();
        self.detached(async move {
            let complete = match engine.store().caught_up().await {
                Ok(complete) => complete,
                Err(error) => return Err(engine.refuse(&attempt, error.into()).await),
            };
            let question = Page {
                attempt: attempt.clone(),
                organization: organization.clone(),
                filter: filter.clone(),
                before,
                limit,
                complete,
            };
            let page = engine.store().ask(question).await.map_err(Into::into).flatten();
            let page = engine.seen(&attempt, page).await?;
            let rows = page.entries.len() as u64;
            attempt.detail(filter.noted(Detail::new().integer("rows", rows).word("view", view)));
            engine.commit(Disclose { attempt, organization, log: filter.log, read: Arc::new(page) }).await
        })
        .await
    }
}

/// What was filtered for, in the words that the caller used.
pub(super) fn note_filter(attempt: &Attempt, filter: &Filter) {
    use ledger::TextKey;
    if let Some(user) = &filter.user {
        attempt.text(TextKey::User, user);
    }
    if let Some(event) = &filter.event {
        attempt.text(TextKey::Event, event);
    }
    match &filter.log {
        Some(WhichLog::Server) => {
            attempt.text(TextKey::Filter, "the log of the server");
        }
        Some(WhichLog::Ended(log)) => {
            attempt.text(TextKey::Filter, format!("the log {log}, which has ended"));
        }
        None => {}
    }
    if !filter.query.is_empty() {
        attempt.text(TextKey::Query, filter.query.to_string());
    }
    if let Some(places) = &filter.places {
        attempt.text(TextKey::Filter, format!("places from {} on, before {}", places.start, places.end));
    }
}
