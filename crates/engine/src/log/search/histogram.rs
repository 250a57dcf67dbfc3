//! How many entries there are over time.

use std::ops::Range;

use store::index::{self, State};
use store::{LogKey, Read, StoreError, entry};

use super::found::Found;
use super::scan::scan;
use super::sieve::Sieve;
use crate::error::Error;
use crate::log::filter::{Filter, Match};
use crate::log::list::BUDGET;
use crate::log::scan::{first_at_or_after, leaf};

/// How many spans of time there are at most.
const MOST: i64 = 60;
/// How long a span may be, in seconds: what people count in.
const STEPS: [i64; 17] = [
    1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000, 7_776_000, 31_536_000,
];
/// How many entries are looked at together, and how many blocks.
const STRIDE: u64 = 1_024;
const BLOCKS: u64 = 256;
/// How often it is begun anew because something was taken out of the index meanwhile.
const PATIENCE: usize = 4;

/// How many entries there are over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// How long each span is, in microseconds.
    pub step: i64,
    /// The spans, each beginning where the one before ends.
    pub buckets: Vec<Bucket>,
    /// How many there are in all.
    pub total: u64,
    /// Whether all were counted. If not, the oldest are missing: counting them would have taken too long.
    pub is_complete: bool,
}

/// How many entries there are in a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// When it begins, microseconds UTC.
    pub from: i64,
    /// How many.
    pub count: u64,
}

/// Counts the entries of a range that match. The spans are those of the time that is asked about, as far as the log
/// has entries.
pub(super) async fn count<R: Read>(
    read: &mut R,
    log: LogKey,
    matching: &Match,
    range: Range<u64>,
    filter: &Filter,
) -> Result<Histogram, Error> {
    let Some(life) = life(read, log, filter).await? else {
        return Ok(Histogram { is_complete: true, ..Histogram::default() });
    };
    let (step, starts) = spans(&life);
    let mut cuts = Cuts::begin(read, log).await?;
    let mut places = Vec::with_capacity(starts.len() + 1);
    for start in &starts {
        places.push(cuts.place(read, *start).await?.clamp(range.start, range.end));
    }
    // What is before the first span, or after the last one, is not asked about.
    places.push(range.end);
    let (counts, is_complete) = match matching {
        Match::Nothing => (vec![0; starts.len()], true),
        Match::All => (places.windows(2).map(|pair| pair[1] - pair[0]).collect(), true),
        Match::These(sieve) => counted(read, log, sieve, range, &places).await?,
    };
    let buckets: Vec<Bucket> = starts.into_iter().zip(counts).map(|(from, count)| Bucket { from, count }).collect();
    let total = buckets.iter().map(|bucket| bucket.count).sum();
    Ok(Histogram { step, buckets, total, is_complete })
}

/// From the first moment that is asked about to the last one, as far as the log has entries.
async fn life<R: Read>(read: &mut R, log: LogKey, filter: &Filter) -> Result<Option<(i64, i64)>, StoreError> {
    let size = entry::size(read, log).await?;
    let Some(last) = size.checked_sub(1) else { return Ok(None) };
    let places = filter.places.clone().unwrap_or(0..size);
    let mut ends = [0; 2];
    for (end, index) in ends.iter_mut().zip([places.start.min(last), last.min(places.end.saturating_sub(1))]) {
        let stored = entry::at(read, log, index).await?.ok_or(StoreError::BadLeaf { log: log.0, index })?;
        *end = leaf(log, stored)?.1.as_leaf().ts();
    }
    let [first, last] = ends;
    let (from, until) = (filter.from.unwrap_or(first).max(first), filter.until.unwrap_or(last).min(last));
    Ok((from <= until).then_some((from, until)))
}

/// The length of the spans, and where each begins.
fn spans((from, until): &(i64, i64)) -> (i64, Vec<i64>) {
    let step = STEPS.map(|seconds| seconds * 1_000_000);
    let fits = |step: &i64| until.div_euclid(*step) - from.div_euclid(*step) < MOST;
    let longest = step[STEPS.len() - 1];
    let step = step.into_iter().find(fits).unwrap_or_else(|| {
        // A log of more than a lifetime: its clock was wrong once.
        ((until - from) / MOST / longest + 1).saturating_mul(longest)
    });
    let starts = (from.div_euclid(step)..=until.div_euclid(step)).map(|number| number * step);
    (step, starts.collect())
}

/// Finds the first entry that is not before a time.
struct Cuts {
    log: LogKey,
    state: State,
    size: u64,
    /// When each block begins.
    firsts: Vec<i64>,
    /// The times of the block that was looked into last.
    block: Option<(u64, Vec<i64>)>,
}

impl Cuts {
    async fn begin<R: Read>(read: &mut R, log: LogKey) -> Result<Self, StoreError> {
        let state = index::state(read, log).await?;
        let mut firsts = index::first_times(read, log).await?;
        firsts.truncate(usize::try_from(state.blocks).unwrap_or(usize::MAX));
        let size = entry::size(read, log).await?;
        Ok(Self { log, state, size, firsts, block: None })
    }

    async fn place<R: Read>(&mut self, read: &mut R, time: i64) -> Result<u64, StoreError> {
        let before = self.firsts.partition_point(|first| *first < time) as u64;
        let Some(block) = before.checked_sub(1) else {
            let end = if self.firsts.is_empty() { self.size } else { 0 };
            return first_at_or_after(read, self.log, 0..end, time).await;
        };
        if self.block.as_ref().is_none_or(|(known, _)| *known != block) {
            let times = index::block_times(read, self.log, block).await?.unwrap_or_default();
            self.block = Some((block, times));
        }
        let times = self.block.as_ref().map_or(&[][..], |(_, times)| times);
        let within = times.partition_point(|at| *at < time) as u64;
        let start = block * self.state.width;
        if within < times.len() as u64 {
            return Ok(start + within);
        }
        // It is the first of the next block, or among the entries that are not indexed.
        let next = start + self.state.width;
        let end = if before < self.firsts.len() as u64 { next } else { self.size };
        first_at_or_after(read, self.log, next.min(end)..end, time).await
    }
}

/// How many entries there are between each two places, and whether all were counted.
async fn counted<R: Read>(
    read: &mut R,
    log: LogKey,
    sieve: &Sieve,
    range: Range<u64>,
    places: &[u64],
) -> Result<(Vec<u64>, bool), StoreError> {
    for _ in 0..PATIENCE {
        let found = Found::look_up(read, log, sieve).await?;
        let mut counts = vec![0; places.len().saturating_sub(1)];
        let (mut left, mut looked_at) = (range.clone(), 0);
        let indexed = found.state.end();
        while left.end > left.start.max(indexed) && looked_at < BUDGET {
            let start = left.end.saturating_sub(STRIDE).max(left.start).max(indexed);
            for (index, _) in scan(read, log, sieve, start..left.end).await? {
                let bucket = places.partition_point(|place| *place <= index);
                if let Some(count) = bucket.checked_sub(1).and_then(|bucket| counts.get_mut(bucket)) {
                    *count += 1;
                }
            }
            left.end = start;
            looked_at += STRIDE;
        }
        let is_complete = left.end <= left.start.max(indexed);
        let width = found.state.width;
        while is_complete && !left.is_empty() {
            let end = left.end.div_ceil(width) * width;
            let start = end.saturating_sub(BLOCKS * width).max(left.start / width * width);
            let mut marks = found.marks(read, log, start..end).await?;
            marks.within(&left);
            for (count, pair) in counts.iter_mut().zip(places.windows(2)) {
                *count += marks.count_in(pair[0]..pair[1]);
            }
            left.end = start.max(left.start);
        }
        if found.is_current(read, log).await? {
            return Ok((counts, is_complete));
        }
    }
    Err(StoreError::Conflict)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_what_people_count_in_and_cover_the_time() {
        let second = 1_000_000;
        for (from, until) in [
            (0, 0),
            (5, 59 * second),
            (-7, 61 * second),
            (1, 86_400 * second),
            (0, i64::MAX / 2),
            (3, 40_000_000 * second),
        ] {
            let (step, starts) = spans(&(from, until));
            assert!(starts.len() <= usize::try_from(MOST).unwrap(), "{from} {until}: {}", starts.len());
            assert!(starts[0] <= from && starts[0] + step > from);
            let last = starts[starts.len() - 1];
            assert!(last <= until && last.saturating_add(step) > until);
            assert!(starts.iter().all(|start| start % step == 0));
        }
        assert_eq!(spans(&(0, 59 * second)).0, second);
        assert_eq!(spans(&(0, 86_400 * second)).0, 1_800 * second);
    }
}
