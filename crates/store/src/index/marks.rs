//! Marks on entries: one bit for each of a few blocks that follow each other.

use std::ops::Range;

/// Marks on the entries of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    range: Range<u64>,
    words: Vec<u64>,
}

impl Marks {
    /// Nothing is marked.
    pub fn none(range: Range<u64>) -> Self {
        let words = range.end.saturating_sub(range.start).div_ceil(64);
        Self { words: vec![0; usize::try_from(words).expect("a range of marks is small")], range }
    }

    /// Everything is marked.
    pub fn all(range: Range<u64>) -> Self {
        let mut marks = Self::none(range);
        marks.turn_around();
        marks
    }

    /// The entries that may have marks.
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// Marks an entry; one outside of the range is none of these.
    pub fn set(&mut self, index: u64) {
        self.set_run(index, 1);
    }

    /// Marks entries that follow each other.
    pub(super) fn set_run(&mut self, first: u64, length: u64) {
        let start = first.max(self.range.start);
        let end = first.saturating_add(length).min(self.range.end);
        let mut at = start.saturating_sub(self.range.start);
        let end = end.saturating_sub(self.range.start);
        while at < end {
            let (word, bit) = (at / 64, at % 64);
            let take = (64 - bit).min(end - at);
            let mask = if take == 64 { u64::MAX } else { ((1 << take) - 1) << bit };
            self.words[place(word)] |= mask;
            at += take;
        }
    }

    /// Takes the marks off what is not in a range.
    pub fn within(&mut self, kept: &Range<u64>) {
        let mut other = Self::none(self.range.clone());
        other.set_run(kept.start, kept.end.saturating_sub(kept.start));
        self.and(&other);
    }

    /// Keeps the marks that others of the same range have, too.
    pub fn and(&mut self, other: &Self) {
        debug_assert_eq!(self.range, other.range, "marks of one range are compared");
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    /// Marks what is not marked, and takes the mark off what is.
    pub fn turn_around(&mut self) {
        for word in &mut self.words {
            *word = !*word;
        }
        let used = (self.range.end.saturating_sub(self.range.start)) % 64;
        if let (1.., Some(last)) = (used, self.words.last_mut()) {
            *last &= (1 << used) - 1;
        }
    }

    /// Whether nothing is marked.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// How many are marked.
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// How many are marked of a range.
    pub fn count_in(&self, within: Range<u64>) -> u64 {
        let start = within.start.clamp(self.range.start, self.range.end) - self.range.start;
        let end = within.end.clamp(self.range.start, self.range.end) - self.range.start;
        self.count_below(end).saturating_sub(self.count_below(start))
    }

    /// How many marks are common with others of the same range.
    pub fn count_common(&self, other: &Self) -> u64 {
        debug_assert_eq!(self.range, other.range, "marks of one range are compared");
        self.words.iter().zip(&other.words).map(|(word, other)| u64::from((word & other).count_ones())).sum()
    }

    fn count_below(&self, offset: u64) -> u64 {
        let (word, bit) = (place(offset / 64), offset % 64);
        let whole: u64 = self.words[..word].iter().map(|word| u64::from(word.count_ones())).sum();
        let rest = if bit == 0 { 0 } else { u64::from((self.words[word] & ((1 << bit) - 1)).count_ones()) };
        whole + rest
    }

    /// What is marked, the lowest first.
    pub fn ascending(&self) -> impl Iterator<Item = u64> {
        self.words.iter().zip((self.range.start..).step_by(64)).flat_map(|(word, at)| {
            let mut bits = *word;
            std::iter::from_fn(move || {
                let bit = (bits != 0).then(|| u64::from(bits.trailing_zeros()))?;
                bits &= bits - 1;
                Some(at + bit)
            })
        })
    }

    /// What is marked, the highest first.
    pub fn descending(&self) -> impl Iterator<Item = u64> {
        let start = self.range.start;
        self.words.iter().enumerate().rev().flat_map(move |(word, bits)| {
            let (at, mut bits) = (start + 64 * word as u64, *bits);
            std::iter::from_fn(move || {
                let bit = (bits != 0).then(|| 63 - u64::from(bits.leading_zeros()))?;
                bits &= !(1 << bit);
                Some(at + bit)
            })
        })
    }
}

fn place(number: u64) -> usize {
    usize::try_from(number).expect("a range of marks is small")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_marked_counted_and_turned_around() {
        let mut marks = Marks::none(100..300);
        marks.set_run(90, 20);
        marks.set_run(150, 130);
        marks.set(299);
        marks.set(300);
        let expected: Vec<u64> = (100..110).chain(150..280).chain([299]).collect();
        assert_eq!(marks.ascending().collect::<Vec<_>>(), expected);
        assert_eq!(marks.descending().collect::<Vec<_>>(), expected.iter().copied().rev().collect::<Vec<_>>());
        assert_eq!(marks.count(), 141);
        for range in [0..1_000, 105..151, 110..150, 279..300, 163..164, 299..300] {
            let counted = expected.iter().filter(|index| range.contains(*index)).count() as u64;
            assert_eq!(marks.count_in(range.clone()), counted, "{range:?}");
        }
        let before = marks.clone();
        marks.turn_around();
        assert_eq!(marks.count(), 200 - 141);
        assert_eq!(marks.count_common(&before), 0);
        marks.turn_around();
        assert_eq!(marks, before);
        marks.within(&(108..152));
        assert_eq!(marks.ascending().collect::<Vec<_>>(), [108, 109, 150, 151]);
        marks.and(&Marks::all(100..300));
        assert_eq!(marks.count(), 4);
        assert!(!marks.is_empty() && Marks::none(0..64).is_empty());
        assert_eq!(Marks::all(0..64).count_in(0..64), 64);
    }
}
