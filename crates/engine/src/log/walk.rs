//! Going through a log page by page: everything that matches, with the texts beside it, at constant memory.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use ledger::{Entry, OwnedLeaf};
use store::{LogKey, Question, Read, Store, StoreError, entry};

use super::filter::Match;
use super::list::Told;
use super::scan;
use super::search::{Found, Taking};
use super::texts::Texts;

/// How many entries are read at once: those of two bundles, which so are unpacked once.
const PAGE: u64 = 512;
/// How many pages one question may look through before it answers with what it found.
const BUDGET: u64 = 64;

/// From which end one goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// From the newest entry down.
    Newest,
    /// From the oldest entry up.
    Oldest,
}

/// A way through a log. What it has still before it is what the log held when it began.
///
/// Unpacking and parsing leaves is most of the work, so those of the next page are read while the texts of this one are
/// looked up, by another reader.
pub(super) struct Walk {
    log: LogKey,
    matching: Match,
    order: Order,
    left: Range<u64>,
    /// What was looked up in the index.
    found: Option<Arc<Found>>,
    /// The next page, without its texts.
    ahead: Option<Leaves>,
    texts: Option<Texts>,
}

/// The leaves of a page, each with its index.
type Leaves = Vec<(u64, OwnedLeaf)>;

impl Walk {
    /// Goes over leaves alone.
    pub(super) fn leaves(log: LogKey, matching: Match, order: Order, range: Range<u64>) -> Self {
        Self { log, matching, order, left: range, found: None, ahead: None, texts: None }
    }

    /// Goes over entries with their texts.
    pub(super) fn entries(log: LogKey, matching: Match, order: Order, range: Range<u64>) -> Self {
        Self { texts: Some(Texts::default()), ..Self::leaves(log, matching, order, range) }
    }

    /// The next entries that match; none at the end.
    pub(super) async fn next(&mut self, store: &Store) -> Result<Option<Vec<Told>>, StoreError> {
        let found = match self.ahead.take() {
            Some(found) => Some(found),
            None => self.read(store).await?,
        };
        let Some(found) = found else { return Ok(None) };
        let Some(texts) = self.texts.take() else { return Ok(Some(found.into_iter().map(bare).collect())) };
        let tell = Tell { log: self.log, given: Mutex::new(Some((texts, found))) };
        let ((texts, told), ahead) = tokio::try_join!(store.ask(tell), self.read(store))?;
        (self.texts, self.ahead) = (Some(texts), ahead);
        Ok(Some(told))
    }

    /// The leaves of the next page with any that match.
    async fn read(&mut self, store: &Store) -> Result<Option<Leaves>, StoreError> {
        if matches!(self.matching, Match::Nothing) {
            return Ok(None);
        }
        while !self.left.is_empty() {
            let Self { log, order, .. } = *self;
            let (matching, left, found) = (self.matching.clone(), self.left.clone(), self.found.clone());
            let answer = store.ask(Page { log, matching, order, left, found }).await?;
            (self.left, self.found) = (answer.left, answer.found);
            if !answer.leaves.is_empty() {
                return Ok(Some(answer.leaves));
            }
        }
        Ok(None)
    }
}

fn bare((index, leaf): (u64, OwnedLeaf)) -> Told {
    Told::bare(Entry { index, leaf, openings: Vec::new() })
}

/// Reads leaves that match, and says what is left after them.
struct Page {
    log: LogKey,
    matching: Match,
    order: Order,
    left: Range<u64>,
    found: Option<Arc<Found>>,
}

/// Leaves that match, what is left after them, and what was looked up in the index.
struct Leafed {
    leaves: Leaves,
    left: Range<u64>,
    found: Option<Arc<Found>>,
}

impl Question for Page {
    type Answer = Leafed;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let (mut left, mut found) = (self.left.clone(), self.found.clone());
        let leaves = match &self.matching {
            Match::Nothing => Vec::new(),
            Match::All => {
                let page = self.order.first_page(&mut left);
                let mut stored = entry::range(read, self.log, page).await?;
                if self.order == Order::Newest {
                    stored.reverse();
                }
                stored.into_iter().map(|stored| scan::leaf(self.log, stored)).collect::<Result<_, _>>()?
            }
            Match::These(sieve) => {
                let Self { log, order, .. } = *self;
                let taking = Taking { log, sieve, order, limit: places(PAGE) / 2, budget: PAGE * BUDGET };
                taking.take(read, &mut left, &mut found).await?
            }
        };
        Ok(Leafed { leaves, left, found })
    }
}

/// Puts leaves together with their texts.
struct Tell {
    log: LogKey,
    /// Taken by the one that answers. What is known of the texts comes back with the answer.
    given: Mutex<Option<(Texts, Leaves)>>,
}

impl Question for Tell {
    type Answer = (Texts, Vec<Told>);

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let given = self.given.lock().expect("nobody panics while taking it").take();
        let (mut texts, leaves) = given.expect("a question is asked once");
        let told = texts.tell(read, self.log, leaves).await?;
        Ok((texts, told))
    }
}

impl Order {
    /// Takes the next page off what is left: one that ends, or begins, where a bundle does.
    fn first_page(self, left: &mut Range<u64>) -> Range<u64> {
        match self {
            Self::Newest => {
                let start = (left.end.saturating_sub(1) / PAGE * PAGE).max(left.start);
                let page = start..left.end;
                left.end = start;
                page
            }
            Self::Oldest => {
                let end = ((left.start / PAGE + 1) * PAGE).min(left.end);
                let page = left.start..end;
                left.start = end;
                page
            }
        }
    }
}

fn places(count: u64) -> usize {
    usize::try_from(count).expect("a page is small")
}
