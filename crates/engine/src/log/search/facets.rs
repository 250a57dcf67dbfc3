//! How often each value is there among the entries that are found.

use std::collections::HashMap;
use std::ops::Range;

use ledger::OwnedLeaf;
use ledger::search::{Facet, facets_of_leaf, facets_of_opening};
use store::index::{self, Marks, TermId};
use store::{LogKey, Read, StoreError, entry};

use super::found::Found;
use super::scan::scan;
use crate::error::Error;
use crate::log::filter::Match;
use crate::log::scan::leaf;

/// The facets that are counted.
const COUNTED: [Facet; 6] =
    [Facet::Login, Facet::Event, Facet::Outcome, Facet::Environment, Facet::Address, Facet::CredentialKind];
/// How many entries are counted at most: the newest. All of a large log would take too long to be waited for.
const NEWEST: u64 = 65_536;
/// How many values each facet shows.
const SHOWN: usize = 10;
/// How many entries are looked at together.
const STRIDE: u64 = 1_024;
/// How often it is begun anew because something was taken out of the index meanwhile.
const PATIENCE: usize = 4;

/// How often each value is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// How many entries were counted.
    pub among: u64,
    /// Whether these are all that are found. If not, they are the newest.
    pub is_complete: bool,
    /// The facets.
    pub facets: Vec<FacetCounts>,
}

/// How often each value of a facet is there, the most frequent first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetCounts {
    /// Which facet.
    pub facet: Facet,
    /// The values, each with the number of entries.
    pub values: Vec<(String, u64)>,
    /// How many other values there are.
    pub others: u64,
}

type Tally = HashMap<(Facet, String), u64>;

/// Counts the values of the entries of a range that match.
pub(super) async fn count<R: Read>(
    read: &mut R,
    log: LogKey,
    matching: &Match,
    range: Range<u64>,
) -> Result<Facets, Error> {
    let newest = range.end.saturating_sub(NEWEST).max(range.start)..range.end;
    let facets = Facets { is_complete: newest == range, ..Facets::default() };
    if matches!(matching, Match::Nothing) {
        return Ok(Facets { is_complete: true, facets: shown(Tally::new()), ..facets });
    }
    for _ in 0..PATIENCE {
        let found = match matching {
            Match::These(sieve) => Found::look_up(read, log, sieve).await?,
            Match::Nothing | Match::All => Found::all(read, log).await?,
        };
        let indexed = found.state.end().clamp(newest.start, newest.end);
        let mut tally = Tally::new();
        let mut among = looked(read, log, matching, indexed..newest.end, &mut tally).await?;
        if indexed > newest.start {
            among += marked(read, log, &found, newest.start..indexed, &mut tally).await?;
        }
        if found.is_current(read, log).await? {
            return Ok(Facets { among, facets: shown(tally), ..facets });
        }
    }
    Err(StoreError::Conflict.into())
}

/// Counts the values of entries by looking at them.
async fn looked<R: Read>(
    read: &mut R,
    log: LogKey,
    matching: &Match,
    range: Range<u64>,
    tally: &mut Tally,
) -> Result<u64, StoreError> {
    let mut among = 0;
    let mut committed: HashMap<[u8; 32], u64> = HashMap::new();
    let mut left = range;
    while !left.is_empty() {
        let some = left.start..left.end.min(left.start + STRIDE);
        left.start = some.end;
        let leaves: Vec<(u64, OwnedLeaf)> = match matching {
            Match::These(sieve) => scan(read, log, sieve, some).await?,
            Match::Nothing | Match::All => {
                let stored = entry::range(read, log, some).await?.into_iter();
                stored.map(|stored| leaf(log, stored)).collect::<Result<_, _>>()?
            }
        };
        among += leaves.len() as u64;
        for (_, leaf) in &leaves {
            let leaf = leaf.as_leaf();
            facets_of_leaf(&leaf, |facet, value| add(tally, facet, value, 1));
            leaf.commitments().for_each(|(_, commitment)| *committed.entry(commitment).or_default() += 1);
        }
    }
    let commitments: Vec<[u8; 32]> = committed.keys().copied().collect();
    for (commitment, opening) in entry::openings(read, log, &commitments).await? {
        let count = committed.get(&commitment).copied().unwrap_or_default();
        facets_of_opening(&opening.name, &opening.value, |facet, value| add(tally, facet, value, count));
    }
    Ok(among)
}

fn add(tally: &mut Tally, facet: Facet, value: &str, count: u64) {
    if COUNTED.contains(&facet) {
        *tally.entry((facet, value.to_owned())).or_default() += count;
    }
}

/// Counts the values of entries that are indexed.
async fn marked<R: Read>(
    read: &mut R,
    log: LogKey,
    found: &Found,
    range: Range<u64>,
    tally: &mut Tally,
) -> Result<u64, StoreError> {
    let width = found.state.width;
    let mut marks = found.marks(read, log, range.start / width * width..range.end.div_ceil(width) * width).await?;
    marks.within(&range);
    if marks.is_empty() {
        return Ok(0);
    }
    for facet in COUNTED {
        let values = index::terms(read, log, facet).await?;
        let counts = counts(read, found, facet, &values, &marks).await?;
        for (term, value) in values {
            if let Some(count) = counts.get(&term).filter(|count| **count > 0) {
                *tally.entry((facet, value)).or_default() += count;
            }
        }
    }
    Ok(marks.count())
}

/// How many of the marked entries have each of some values.
async fn counts<R: Read>(
    read: &mut R,
    found: &Found,
    facet: Facet,
    values: &[(TermId, String)],
    marks: &Marks,
) -> Result<HashMap<TermId, u64>, StoreError> {
    let terms: Vec<TermId> = values.iter().map(|(term, _)| *term).collect();
    if facet.statement().is_none() {
        return index::count_common(read, &found.state, &terms, marks).await;
    }
    let links = index::links(read, &terms).await?;
    let mut statements: Vec<TermId> = links.iter().map(|(_, statement)| *statement).collect();
    statements.sort_unstable();
    statements.dedup();
    let of_statements = index::count_common(read, &found.state, &statements, marks).await?;
    let mut counts = HashMap::new();
    for (term, statement) in links {
        *counts.entry(term).or_default() += of_statements.get(&statement).copied().unwrap_or_default();
    }
    Ok(counts)
}

fn shown(tally: Tally) -> Vec<FacetCounts> {
    let mut by_facet: HashMap<Facet, Vec<(String, u64)>> = HashMap::new();
    for ((facet, value), count) in tally {
        by_facet.entry(facet).or_default().push((value, count));
    }
    let counts = COUNTED.into_iter().map(|facet| {
        let mut values = by_facet.remove(&facet).unwrap_or_default();
        values.sort_unstable_by(|(one, count), (other, than)| than.cmp(count).then_with(|| one.cmp(other)));
        let others = values.len().saturating_sub(SHOWN) as u64;
        values.truncate(SHOWN);
        FacetCounts { facet, values, others }
    });
    counts.collect()
}
