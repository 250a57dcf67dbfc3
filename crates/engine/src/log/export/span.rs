//! What an export holds, in the terms of one log.

use std::ops::Range;

use ledger::{LogId, MAX_INTEGER, OrganizationId, Origin};
use store::{LogKey, Read, StoreError, entry, log};

use super::ExportFormat;
use crate::error::Error;
use crate::log::filter::{Filter, Match};
use crate::log::reach::Reached;
use crate::log::scan;

/// A bundle is written in several passes, and texts may be destroyed between them.
const BY_TEXTS: &str = "a bundle is chosen by what stands in the entries themselves: by `event`, `outcome`, `credential`, \
                        `request`, the id of an environment or of somebody, or by time";

/// What an export holds.
#[derive(Clone)]
pub(super) struct Span {
    pub(super) organization: OrganizationId,
    pub(super) log: LogKey,
    pub(super) predecessor: Option<LogId>,
    pub(super) origin: Origin,
    pub(super) matching: Match,
    /// The entries that it is about, or among which it chooses.
    pub(super) range: Range<u64>,
    /// The span of time that a bundle says it covers.
    pub(super) window: Option<Range<i64>>,
}

impl Span {
    pub(super) async fn find<R: Read>(
        read: &mut R,
        Reached { organization, log, predecessor, .. }: Reached,
        filter: &Filter,
        format: ExportFormat,
    ) -> Result<Self, Error> {
        let matching = Match::resolve(read, log, filter).await?;
        if format == ExportFormat::Bundle
            && let Match::These(sieve) = &matching
            && sieve.asks_for_texts()
        {
            return Err(Error::Invalid(BY_TEXTS.to_owned()));
        }
        let range = scan::span(read, log, filter).await?;
        let origin = log::origin(read, log).await?;
        let mut span = Self { organization: organization.id, log, predecessor, origin, matching, range, window: None };
        let has_times = filter.from.is_some() || filter.until.is_some();
        if format == ExportFormat::Bundle && has_times {
            span.widen(read, filter).await?;
        }
        if format == ExportFormat::Bundle && span.range.is_empty() && filter.is_whole() {
            return Err(Error::Invalid("there are no such entries, so there is nothing to prove of them".to_owned()));
        }
        Ok(span)
    }

    /// A bundle for a span of time has the entries just before and after it as well: they show that none is missing at
    /// its ends. Where no entry is newer yet, it covers the time up to the newest.
    async fn widen<R: Read>(&mut self, read: &mut R, filter: &Filter) -> Result<(), Error> {
        let end = i64::try_from(MAX_INTEGER).unwrap_or(i64::MAX);
        let from = filter.from.unwrap_or(0).clamp(0, end);
        let mut until = filter.until.unwrap_or(end).clamp(0, end - 1) + 1;
        if !filter.is_whole() {
            self.window = Some(from..until.max(from));
            return Ok(());
        }
        let size = entry::size(read, self.log).await?;
        if self.range.end >= size && size > 0 {
            until = until.min(time(read, self.log, size - 1).await?);
        }
        if until <= from {
            return Err(Error::Invalid("no entry shows yet what that span of time holds".to_owned()));
        }
        self.range = self.range.start.saturating_sub(1)..(self.range.end + 1).min(size);
        self.window = Some(from..until);
        Ok(())
    }
}

async fn time<R: Read>(read: &mut R, log: LogKey, index: u64) -> Result<i64, Error> {
    let bad = || StoreError::BadLeaf { log: log.0, index };
    let stored = entry::at(read, log, index).await?.ok_or_else(bad)?;
    Ok(scan::leaf(log, stored)?.1.as_leaf().ts())
}
