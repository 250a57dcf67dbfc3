//! Token buckets: how often each of many may come.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;

/// How many buckets are kept. Beyond it those that are full are dropped, which is the same as not to have
/// them; if that is not enough, all are: whoever can come from so many places is not held up by a limit a place.
const KEPT: usize = 50_000;
/// How often a refusal is told to the log, in microseconds: once a minute for each bucket.
const TOLD: i64 = 60_000_000;

/// How fast a bucket fills, and how much it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// How long it takes to fill by one request, in microseconds.
    interval: i64,
    /// How long it takes to fill but for one request.
    nearly: i64,
}

impl Rate {
    /// So many requests in so many seconds, and so many at once.
    pub(super) fn new(requests: u32, seconds: u32, holds: u32) -> Self {
        let interval = i64::from(seconds) * 1_000_000 / i64::from(requests.max(1));
        Self { interval, nearly: interval * i64::from(holds.max(1) - 1) }
    }
}

/// A request that is not to be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// In how many seconds the next one is taken.
    pub(super) seconds: u64,
    /// Whether it is the first one for a minute.
    pub(super) first: bool,
}

#[derive(Debug)]
struct Bucket {
    /// When it is full again, if nothing more is taken.
    full_at: i64,
    told: Option<i64>,
}

/// A bucket for each key.
#[derive(Debug)]
pub(super) struct Buckets<K> {
    rate: Rate,
    by_key: Mutex<HashMap<K, Bucket>>,
}

impl<K: Hash + Eq> Buckets<K> {
    /// No bucket yet: all are full.
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, by_key: Mutex::default() }
    }

    /// Takes one request out of a bucket, at a time in microseconds.
    pub(super) fn take(&self, key: K, now: i64) -> Result<(), Refused> {
        let Rate { interval, nearly } = self.rate;
        let mut buckets = self.by_key.lock().expect("nobody panics while counting");
        if buckets.len() >= KEPT && !buckets.contains_key(&key) {
            buckets.retain(|_, bucket| bucket.full_at > now);
            if buckets.len() >= KEPT {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(key).or_insert(Bucket { full_at: now, told: None });
        let missing = (bucket.full_at - now).max(0);
        if missing <= nearly {
            bucket.full_at = now + missing + interval;
            return Ok(());
        }
        let first = bucket.told.is_none_or(|told| now - told >= TOLD);
        if first {
            bucket.told = Some(now);
        }
        let seconds = u64::try_from(missing - nearly).unwrap_or(1).div_ceil(1_000_000);
        Err(Refused { seconds: seconds.max(1), first })
    }
}

#[cfg(test)]
mod tests {
    use super::{Buckets, KEPT, Rate, Refused};

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_bucket_gives_what_it_holds_at_once_and_then_as_it_fills() {
        let buckets = Buckets::new(Rate::new(2, 1, 3));
        assert_eq!([0; 4].map(|now| buckets.take("a", now).is_ok()), [true, true, true, false]);
        assert!(buckets.take("b", 0).is_ok(), "each has its own");
        assert!(buckets.take("a", SECOND / 2).is_ok());
        assert!(buckets.take("a", SECOND / 2).is_err());
        assert_eq!([0; 4].map(|_| buckets.take("a", 60 * SECOND).is_ok()), [true, true, true, false]);
    }

    #[test]
    fn one_refusal_a_minute_is_told_and_all_say_when_to_come_again() {
        let buckets = Buckets::new(Rate::new(1, 10, 1));
        assert!(buckets.take("a", 0).is_ok());
        assert_eq!(buckets.take("a", 0), Err(Refused { seconds: 10, first: true }));
        assert_eq!(buckets.take("a", 9 * SECOND), Err(Refused { seconds: 1, first: false }));
        for ten in 1..=6 {
            assert!(buckets.take("a", ten * 10 * SECOND).is_ok());
        }
        assert_eq!(buckets.take("a", 60 * SECOND), Err(Refused { seconds: 10, first: true }));
    }

    #[test]
    fn a_clock_that_goes_back_fills_nothing_and_breaks_nothing() {
        let buckets = Buckets::new(Rate::new(1, 1, 1));
        assert!(buckets.take("a", SECOND).is_ok());
        assert!(buckets.take("a", 0).is_err());
    }

    #[test]
    fn there_are_never_more_buckets_than_are_kept() {
        let buckets = Buckets::new(Rate::new(1, 1, 2));
        for key in 0..KEPT + 10 {
            buckets.take(key, 0).unwrap();
        }
        assert!(buckets.by_key.lock().unwrap().len() <= KEPT);
    }
}
