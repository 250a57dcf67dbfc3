//! Searching a log: what a query asks for, found by the index and, where that is not yet, by looking.
//!
//! Lists, exports and searches ask for entries in the same way, so they agree. The index only says where to look, and
//! is never asked about an entry that it does not have.

mod build;
mod facets;
mod found;
mod histogram;
mod scan;
mod sieve;
mod take;

use std::sync::Arc;

use ledger::{Detail, Event, Statement, Target, TargetKind};
use store::{Question, Read, StoreError};

use super::filter::{Filter, Match};
use super::list::{Disclose, EntryPage, note_filter, page};
use super::reach::reach;
use super::scan::span;
use crate::access::Scope;
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::{Answer, Engine};

pub use facets::{FacetCounts, Facets};
pub(super) use found::Found;
pub use histogram::{Bucket, Histogram};
pub(super) use sieve::Sieve;
pub(super) use take::Taking;

/// What a search gives besides a page of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How often each value is there.
    pub has_facets: bool,
    /// How many entries there are over time.
    pub has_histogram: bool,
}

/// What a search found.
#[derive(Debug)]
pub struct SearchPage {
    /// A page of entries, newest first.
    pub page: EntryPage,
    /// How often each value is there among all that is found.
    pub facets: Option<Facets>,
    /// How many there are over time, of all that is found.
    pub histogram: Option<Histogram>,
}

struct Search {
    attempt: Attempt,
    organization: String,
    filter: Filter,
    place: (Option<u64>, usize),
    summary: Summary,
    complete: bool,
}

impl Search {
    async fn read<R: Read>(&self, read: &mut R) -> Result<SearchPage, Error> {
        let Self { attempt, organization, filter, place, summary, complete } = self;
        let reached = reach(read, attempt, organization, filter.log, Scope::AuditLogsRead).await?;
        let log = reached.log;
        let matching = Match::resolve(read, log, filter).await?;
        let range = span(read, log, filter).await?;
        let page = page(read, &reached, &matching, range.clone(), *place, *complete).await?;
        let mut found = SearchPage { page, facets: None, histogram: None };
        if summary.has_facets {
            found.facets = Some(facets::count(read, log, &matching, range.clone()).await?);
        }
        if summary.has_histogram {
            found.histogram = Some(histogram::count(read, log, &matching, range, filter).await?);
        }
        Ok(found)
    }
}

impl Question for Search {
    type Answer = Result<SearchPage, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.read(read).await)
    }
}

impl Engine {
    /// What a filter with a [query](Filter::and) finds in an organisation's log, newest first, at most `limit` entries
    /// below an index, and a summary of all that it finds.
    pub async fn search_events(
        &self,
        cx: &Context,
        organization: String,
        filter: Filter,
        (before, limit): (Option<u64>, usize),
        summary: Summary,
    ) -> Answer<Arc<SearchPage>> {
        let attempt = self.attempt(cx, Event::AuditLogRead);
        attempt
            .target(Target::unresolved(TargetKind::Log))
            .target_names(Statement::organization(&organization))
            .detail(filter.noted(Detail::new().word("view", "search")));
        note_filter(&attempt, &filter);
        let engine = self.clone();
        self.detached(async move {
            let complete = match engine.store().caught_up().await {
                Ok(complete) => complete,
                Err(error) => return Err(engine.refuse(&attempt, error.into()).await),
            };
            let log = filter.log;
            let question = Search {
                attempt: attempt.clone(),
                organization: organization.clone(),
                filter: filter.clone(),
                place: (before, limit),
                summary,
                complete,
            };
            let found = engine.store().ask(question).await.map_err(Into::into).flatten();
            let found = engine.seen(&attempt, found).await?;
            let rows = found.page.entries.len() as u64;
            attempt.detail(filter.noted(Detail::new().integer("rows", rows).word("view", "search")));
            engine.commit(Disclose { attempt, organization, log, read: Arc::new(found) }).await
        })
        .await
    }
}
