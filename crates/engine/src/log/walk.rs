//! Going through a log page by page: everything that matches, with the texts beside it, at constant memory.

use std::ops::Range;
use std::sync::Mutex;

use ledger::Entry;
use store::{LogKey, Question, Read, Store, StoreError, entry};

use super::filter::Match;
use super::list::Told;
use super::scan;
use super::texts::Texts;

/// How many entries are read at once: those of a bundle, which so is unpacked once.
const PAGE: u64 = 256;
/// How many pages one question may look at before it answers with what it found.
const BUDGET: usize = 128;

/// From which end one goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// From the newest entry down.
    Newest,
    /// From the oldest entry up.
    Oldest,
}

/// A way through a log. What it has still before it is what the log held when it began.
pub(super) struct Walk {
    log: LogKey,
    matching: Match,
    order: Order,
    left: Range<u64>,
    texts: Option<Texts>,
}

impl Walk {
    /// Goes over leaves alone.
    pub(super) fn leaves(log: LogKey, matching: Match, order: Order, range: Range<u64>) -> Self {
        Self { log, matching, order, left: range, texts: None }
    }

    /// Goes over entries with their texts.
    pub(super) fn entries(log: LogKey, matching: Match, order: Order, range: Range<u64>) -> Self {
        Self { texts: Some(Texts::default()), ..Self::leaves(log, matching, order, range) }
    }

    /// The next entries that match; none at the end.
    pub(super) async fn next(&mut self, store: &Store) -> Result<Option<Vec<Told>>, StoreError> {
        if matches!(self.matching, Match::Nothing) {
            return Ok(None);
        }
        while !self.left.is_empty() {
            let texts = Mutex::new(self.texts.take());
            let Self { log, matching, order, .. } = *self;
            let page = store.ask(Page { log, matching, order, left: self.left.clone(), texts }).await?;
            (self.left, self.texts) = (page.left, page.texts);
            if !page.told.is_empty() {
                return Ok(Some(page.told));
            }
        }
        Ok(None)
    }
}

struct Page {
    log: LogKey,
    matching: Match,
    order: Order,
    left: Range<u64>,
    /// Taken by whoever answers, and given back with the answer.
    texts: Mutex<Option<Texts>>,
}

struct Answer {
    told: Vec<Told>,
    left: Range<u64>,
    texts: Option<Texts>,
}

impl Question for Page {
    type Answer = Answer;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Answer, StoreError> {
        let mut found = Vec::with_capacity(if self.matching.is_all() { places(PAGE) } else { 0 });
        let mut left = self.left.clone();
        for _ in 0..BUDGET {
            if left.is_empty() || !found.is_empty() && found.len() >= places(PAGE) / 2 {
                break;
            }
            let page = self.order.first_page(&mut left);
            let mut stored = entry::range(read, self.log, page).await?;
            if self.order == Order::Newest {
                stored.reverse();
            }
            for stored in stored {
                let (index, leaf) = scan::leaf(self.log, stored)?;
                if self.matching.holds(&leaf.as_leaf()) {
                    found.push((index, leaf));
                }
            }
        }
        let mut texts = self.texts.lock().expect("nobody panics while taking it").take();
        let told = match &mut texts {
            Some(texts) => texts.tell(read, self.log, found).await?,
            None => {
                found.into_iter().map(|(index, leaf)| Told::bare(Entry { index, leaf, openings: Vec::new() })).collect()
            }
        };
        Ok(Answer { told, left, texts })
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
