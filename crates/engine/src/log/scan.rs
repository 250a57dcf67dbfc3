//! Walking down a log: newest first, within a span of time, those that match.

use std::ops::Range;

use ledger::OwnedLeaf;
use store::{LogKey, Read, StoreError, entry};

use super::filter::{Filter, Match};
use super::list::Told;
use super::texts::Texts;

/// How many entries are read at once when all of them match, and when few may.
const STRIDES: [i64; 2] = [128, 1_024];

/// The indexes within a span of time, and those that were asked for. Time never goes back within a log, so they are a
/// range.
pub(super) async fn span<R: Read>(read: &mut R, log: LogKey, filter: &Filter) -> Result<Range<u64>, StoreError> {
    let size = entry::size(read, log).await?;
    let first = match filter.from {
        Some(from) => first_at_or_after(read, log, size, from).await?,
        None => 0,
    };
    let end = match filter.until {
        Some(until) => first_at_or_after(read, log, size, until.saturating_add(1)).await?,
        None => size,
    };
    let places = filter.places.clone().unwrap_or(0..size);
    let (first, end) = (first.max(places.start).min(size), end.min(places.end));
    Ok(first..end.max(first))
}

/// The first index whose time is not before one, by bisection.
async fn first_at_or_after<R: Read>(read: &mut R, log: LogKey, size: u64, time: i64) -> Result<u64, StoreError> {
    let (mut low, mut high) = (0, size);
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

/// Matching entries below an index, newest first, at most `limit`, and the index below which to
/// go on. It looks at no more than `budget` entries.
pub(super) async fn below<R: Read>(
    read: &mut R,
    log: LogKey,
    matching: Match,
    range: Range<u64>,
    limit: usize,
    budget: u64,
) -> Result<(Vec<(u64, OwnedLeaf)>, u64), StoreError> {
    let mut found = Vec::with_capacity(limit);
    let mut next = range.end;
    if matches!(matching, Match::Nothing) {
        return Ok((found, range.start));
    }
    let stride = if matching.is_all() { STRIDES[0] } else { STRIDES[1] };
    let lowest = range.start.max(range.end.saturating_sub(budget));
    while next > lowest && found.len() < limit {
        let rows = entry::below(read, log, next, stride).await?;
        if rows.is_empty() {
            return Ok((found, range.start));
        }
        for row in rows {
            if row.index < range.start {
                return Ok((found, range.start));
            }
            if found.len() == limit {
                break;
            }
            next = row.index;
            let (index, leaf) = leaf(log, row)?;
            if matching.holds(&leaf.as_leaf()) {
                found.push((index, leaf));
            }
        }
    }
    Ok((found, next))
}

/// Puts leaves together with the openings beside them, and the names of the tokens in them.
pub(super) async fn tell<R: Read>(
    read: &mut R,
    log: LogKey,
    leaves: Vec<(u64, OwnedLeaf)>,
) -> Result<Vec<Told>, StoreError> {
    Texts::default().tell(read, log, leaves).await
}
