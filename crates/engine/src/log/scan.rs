//! Walking down a log: newest first, within a span of time, those that match.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use ledger::{Entry, OwnedLeaf};
use store::{LogKey, Read, StoreError, credential, entry};

use super::filter::{Filter, Match};
use super::list::Told;

/// How many entries are read at once when all of them match, and when few may.
const STRIDES: [i64; 2] = [128, 1_024];

/// The indexes within a span of time. Time never goes back within a log, so they are a range.
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
    let mut commitments = BTreeSet::new();
    let mut tokens = BTreeSet::new();
    for (_, leaf) in &leaves {
        let leaf = leaf.as_leaf();
        commitments.extend(leaf.commitments().map(|(_, commitment)| commitment));
        let token = leaf.credential_kind().filter(|kind| kind.is_token()).and_then(|_| leaf.credential_id());
        tokens.extend(token.map(|id| id.to_string()));
    }
    let openings = entry::openings(read, log, &Vec::from_iter(commitments)).await?;
    let mut names = HashMap::new();
    for id in tokens {
        if let Some(token) = credential::find(read, &id).await? {
            names.insert(id, token.name);
        }
    }
    let told = leaves.into_iter().map(|(index, leaf)| {
        let openings =
            leaf.as_leaf().commitments().filter_map(|(_, commitment)| openings.get(&commitment).cloned()).collect();
        let token = leaf.as_leaf().credential_id().and_then(|id| names.get(id.as_str()).cloned());
        Told { entry: Entry { index, leaf, openings }, token_name: token }
    });
    Ok(told.collect())
}
