//! Walking down a log: newest first, within a span of time, those that match.

use std::ops::Range;

use ledger::OwnedLeaf;
use store::{LogKey, Read, StoreError, entry};

use super::filter::{Filter, Match};
use super::list::Told;
use super::search::Taking;
use super::texts::Texts;
use super::walk::Order;

/// The indexes within a span of time, and those that were asked for. Time never goes back within a log, so they are a
/// range.
pub(super) async fn span<R: Read>(read: &mut R, log: LogKey, filter: &Filter) -> Result<Range<u64>, StoreError> {
    let size = entry::size(read, log).await?;
    let first = match filter.from {
        Some(from) => first_at_or_after(read, log, 0..size, from).await?,
        None => 0,
    };
    let end = match filter.until {
        Some(until) => first_at_or_after(read, log, 0..size, until.saturating_add(1)).await?,
        None => size,
    };
    let places = filter.places.clone().unwrap_or(0..size);
    let (first, end) = (first.max(places.start).min(size), end.min(places.end));
    Ok(first..end.max(first))
}

/// The first index of a range whose time is not before one, by bisection; the end, if there is none.
pub(super) async fn first_at_or_after<R: Read>(
    read: &mut R,
    log: LogKey,
    range: Range<u64>,
    time: i64,
) -> Result<u64, StoreError> {
    let Range { start: mut low, end: mut high } = range;
    while low < high {
        let middle = low + (high - low) / 2;
        let stored = entry::at(read, log, middle).await?;
        let before = match stored {
            Some(stored) => leaf(log, stored)?.1.as_leaf().ts() < time,
            // Above the end, by a reader that sees less than the size said.
            None => false,
        };
        if before { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

/// Reads the leaf of an entry.
pub(super) fn leaf(log: LogKey, stored: entry::Stored) -> Result<(u64, OwnedLeaf), StoreError> {
    let index = stored.index;
    let leaf = OwnedLeaf::parse(stored.leaf).map_err(|_| StoreError::BadLeaf { log: log.0, index })?;
    Ok((index, leaf))
}

/// Matching entries of a range, newest first, at most `limit`, and the index below which to go on. It looks at no more
/// than `budget` entries one by one.
pub(super) async fn below<R: Read>(
    read: &mut R,
    log: LogKey,
    matching: &Match,
    mut range: Range<u64>,
    limit: usize,
    budget: u64,
) -> Result<(Vec<(u64, OwnedLeaf)>, u64), StoreError> {
    let sieve = match matching {
        Match::Nothing => return Ok((Vec::new(), range.start)),
        Match::All => {
            let start = range.end.saturating_sub(limit as u64).max(range.start);
            let mut stored = entry::range(read, log, start..range.end).await?;
            stored.reverse();
            return Ok((stored.into_iter().map(|stored| leaf(log, stored)).collect::<Result<_, _>>()?, start));
        }
        Match::These(sieve) => sieve,
    };
    let taking = Taking { log, sieve, order: Order::Newest, limit, budget };
    let found = taking.take(read, &mut range, &mut None).await?;
    Ok((found, range.end))
}

/// Puts leaves together with the openings beside them, and the names of the tokens in them.
pub(super) async fn tell<R: Read>(
    read: &mut R,
    log: LogKey,
    leaves: Vec<(u64, OwnedLeaf)>,
) -> Result<Vec<Told>, StoreError> {
    Texts::default().tell(read, log, leaves).await
}
