//! Latencies with a bounded relative error, in the manner of HDR histograms.

use std::time::Duration;

/// Each power of two is cut into this many equal steps, so that an answer is off by less than one part in 128.
const STEPS: u64 = 1 << STEP_BITS;
const STEP_BITS: u32 = 7;
const BUCKETS: usize = 1 << (STEP_BITS + 5);

/// Counts of durations by nanoseconds.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0 }
    }
}

impl Histogram {
    /// Counts one duration.
    pub fn record(&mut self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.counts[bucket(nanoseconds)] += 1;
        self.total += 1;
    }

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// The duration that `percent` of the counted ones do not exceed, rounded up to a step; zero if none was counted.
    pub fn percentile(&self, percent: u64) -> Duration {
        let wanted = (self.total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return Duration::from_nanos(highest(index));
            }
        }
        Duration::ZERO
    }
}

fn bucket(value: u64) -> usize {
    let shift = (value | (STEPS - 1)).ilog2() + 1 - STEP_BITS;
    if shift == 0 {
        return usize::try_from(value).expect("below the number of steps");
    }
    // Above the first, a row holds only its upper half: the lower one is covered by the rows before.
    let half = STEPS / 2;
    let step = (value >> shift) - half;
    usize::try_from(STEPS + u64::from(shift - 1) * half + step).expect("below the number of buckets")
}

fn highest(index: usize) -> u64 {
    let index = index as u64;
    if index < STEPS {
        return index;
    }
    let half = STEPS / 2;
    let shift = (index - STEPS) / half + 1;
    let step = (index - STEPS) % half + half;
    (step << shift) + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_again_with_an_error_below_one_step() {
        for value in (0..64).flat_map(|bit| [1_u64 << bit, (1 << bit) - 1, (1 << bit) + (1 << bit) / 3]) {
            let found = highest(bucket(value));
            assert!(found >= value && found - value <= value / (STEPS / 2), "{value} became {found}");
        }
        assert_eq!(highest(bucket(u64::MAX)), u64::MAX);
    }

    #[test]
    fn buckets_follow_each_other_without_gap() {
        for index in 0..2_000 {
            assert_eq!(bucket(highest(index)), index);
            assert_eq!(bucket(highest(index) + 1), index + 1);
        }
    }

    #[test]
    fn percentiles_are_taken_over_all_that_was_merged() {
        let mut all = Histogram::default();
        let mut slow = Histogram::default();
        for _ in 0..98 {
            all.record(Duration::from_nanos(100));
        }
        slow.record(Duration::from_nanos(120));
        slow.record(Duration::from_secs(1));
        all.merge(&slow);
        assert_eq!(all.count(), 100);
        assert_eq!(all.percentile(50), Duration::from_nanos(100));
        assert_eq!(all.percentile(99), Duration::from_nanos(120));
        assert!(all.percentile(100) >= Duration::from_secs(1));
        assert_eq!(Histogram::default().percentile(99), Duration::ZERO);
    }
}
