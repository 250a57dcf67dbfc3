//! Taking what comes through from one end of a range: out of the index where it has the entries, else one by one.

use std::ops::Range;
use std::sync::Arc;

use ledger::OwnedLeaf;
use store::index::Marks;
use store::{LogKey, Read, StoreError, entry};

use super::found::Found;
use super::scan::scan;
use super::sieve::Sieve;
use crate::log::scan::leaf;
use crate::log::walk::Order;

/// How many entries are looked at together.
const STRIDE: u64 = 1_024;
/// How many blocks are asked for together at most. It begins with one, for what is often there is near.
const BLOCKS: u64 = 256;
/// How often blocks are asked for before an answer is given.
const ROUNDS: usize = 128;
/// How often it is begun anew because something was taken out of the index meanwhile.
const PATIENCE: usize = 4;

/// Takes entries that come through off a range.
pub(in crate::log) struct Taking<'a> {
    pub(in crate::log) log: LogKey,
    pub(in crate::log) sieve: &'a Sieve,
    /// From which end.
    pub(in crate::log) order: Order,
    /// How many at most.
    pub(in crate::log) limit: usize,
    /// How many entries are looked at one by one at most.
    pub(in crate::log) budget: u64,
}

impl Taking<'_> {
    /// Takes entries off `left`, in order. `found` is what was looked up before, and is kept for the next time.
    pub(in crate::log) async fn take<R: Read>(
        &self,
        read: &mut R,
        left: &mut Range<u64>,
        found: &mut Option<Arc<Found>>,
    ) -> Result<Vec<(u64, OwnedLeaf)>, StoreError> {
        let mut taken = Vec::new();
        let (mut looked_at, mut blocks, mut rounds, mut anew) = (0, 1, 0, 0);
        while !left.is_empty() && taken.len() < self.limit {
            let index = self.current(read, found).await?;
            let end = index.state.end().clamp(left.start, left.end);
            let is_indexed = match self.order {
                Order::Newest => end == left.end,
                Order::Oldest => end > left.start,
            };
            if is_indexed {
                if rounds == ROUNDS {
                    break;
                }
                rounds += 1;
                let range = self.blocks(&index, left.start..end, blocks);
                let mut marks = index.marks(read, self.log, range.clone()).await?;
                marks.within(left);
                let some = self.chosen(read, &marks, self.limit - taken.len()).await?;
                if !index.is_current(read, self.log).await? {
                    anew += 1;
                    if anew == PATIENCE {
                        return Err(StoreError::Conflict);
                    }
                    *found = None;
                    continue;
                }
                self.keep(some, range, left, &mut taken);
                blocks = (blocks * 4).min(BLOCKS);
            } else {
                if looked_at >= self.budget {
                    break;
                }
                looked_at += STRIDE;
                let range = match self.order {
                    Order::Newest => left.end.saturating_sub(STRIDE).max(end)..left.end,
                    Order::Oldest => left.start..left.end.min(left.start + STRIDE),
                };
                let mut some = scan(read, self.log, self.sieve, range.clone()).await?;
                if self.order == Order::Newest {
                    some.reverse();
                }
                some.truncate(self.limit - taken.len());
                self.keep(some, range, left, &mut taken);
            }
        }
        Ok(taken)
    }

    async fn current<R: Read>(&self, read: &mut R, found: &mut Option<Arc<Found>>) -> Result<Arc<Found>, StoreError> {
        if let Some(found) = found {
            return Ok(Arc::clone(found));
        }
        let new = Found::look_up(read, self.log, self.sieve).await?;
        *found = Some(Arc::clone(&new));
        Ok(new)
    }

    /// The next blocks, as a range of their entries.
    fn blocks(&self, index: &Found, indexed: Range<u64>, blocks: u64) -> Range<u64> {
        let width = index.state.width;
        match self.order {
            Order::Newest => {
                let end = indexed.end.div_ceil(width) * width;
                end.saturating_sub(blocks * width).max(indexed.start / width * width)..end
            }
            Order::Oldest => {
                let start = indexed.start / width * width;
                start..(start + blocks * width).min(indexed.end.div_ceil(width) * width)
            }
        }
    }

    /// The marked entries, as many as are wanted.
    async fn chosen<R: Read>(
        &self,
        read: &mut R,
        marks: &Marks,
        limit: usize,
    ) -> Result<Vec<(u64, OwnedLeaf)>, StoreError> {
        let mut indexes: Vec<u64> = match self.order {
            Order::Newest => marks.descending().take(limit).collect(),
            Order::Oldest => marks.ascending().take(limit).collect(),
        };
        indexes.sort_unstable();
        let stored = entry::some(read, self.log, &indexes).await?;
        let mut leaves: Vec<_> = stored.into_iter().map(|stored| leaf(self.log, stored)).collect::<Result<_, _>>()?;
        if self.order == Order::Newest {
            leaves.reverse();
        }
        Ok(leaves)
    }

    /// Keeps what came out of a part of what is left. If that is all that is wanted, the rest of the part stays.
    fn keep(
        &self,
        some: Vec<(u64, OwnedLeaf)>,
        part: Range<u64>,
        left: &mut Range<u64>,
        taken: &mut Vec<(u64, OwnedLeaf)>,
    ) {
        taken.extend(some);
        let last = taken.last().filter(|_| taken.len() == self.limit).map(|(index, _)| *index);
        match self.order {
            Order::Newest => left.end = last.unwrap_or(part.start).max(left.start),
            Order::Oldest => left.start = last.map_or(part.end, |last| last + 1).min(left.end),
        }
    }
}
