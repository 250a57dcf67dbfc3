//! The time of entries: the wall clock's, unless that is doubted.

/// How far a reading may run ahead of the steady clock before it is doubted: 60 s.
const DOUBT: i64 = 60_000_000;
/// How long doubted readings must agree before they are believed: 5 minutes.
const BELIEF: i64 = 300_000_000;

/// Keeps one bad reading of the wall clock from freezing the time of a log: since time never
/// falls within a log, a reading from next year would hold every later entry there.
#[derive(Debug)]
pub(crate) struct LogClock {
    wall: i64,
    steady: i64,
    doubted: Option<Doubt>,
}

#[derive(Debug)]
struct Doubt {
    since: i64,
    offset: i64,
}

/// What the time is, for an entry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) ts: i64,
    /// A doubted clock has been believed just now, which is worth a record.
    pub(crate) adopted: bool,
}

impl LogClock {
    /// At start the wall clock is believed.
    pub(crate) fn start(wall: i64, steady: i64) -> Self {
        Self { wall, steady, doubted: None }
    }

    pub(crate) fn read(&mut self, wall: i64, steady: i64) -> Reading {
        let expected = self.wall + (steady - self.steady);
        let is_ahead = wall > expected + DOUBT;
        if !is_ahead && wall >= expected - DOUBT {
            self.believe(wall, steady);
            return Reading { ts: wall, adopted: false };
        }
        let offset = wall - steady;
        match &self.doubted {
            Some(doubt) if (offset - doubt.offset).abs() <= DOUBT => {
                if steady - doubt.since >= BELIEF {
                    self.believe(wall, steady);
                    return Reading { ts: wall, adopted: is_ahead };
                }
            }
            _ => self.doubted = Some(Doubt { since: steady, offset }),
        }
        // A reading far behind needs no holding, since time never falls within a log. But to believe
        // it at once would make the next good one look as if it were far ahead.
        Reading { ts: if is_ahead { expected } else { wall }, adopted: false }
    }

    fn believe(&mut self, wall: i64, steady: i64) {
        *self = Self::start(wall, steady);
    }
}

#[cfg(test)]
mod tests {
    use super::{BELIEF, DOUBT, LogClock, Reading};

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_reading_from_next_year_is_held_until_it_agrees_for_five_minutes() {
        let mut clock = LogClock::start(1_000 * SECOND, 0);
        let year = 365 * 86_400 * SECOND;

        let ahead = clock.read(1_001 * SECOND + year, SECOND);
        let still = clock.read(1_002 * SECOND + year, 2 * SECOND);
        let adopted = clock.read(1_001 * SECOND + year + BELIEF, SECOND + BELIEF);

        assert_eq!(ahead, Reading { ts: 1_001 * SECOND, adopted: false });
        assert_eq!(still, Reading { ts: 1_002 * SECOND, adopted: false });
        assert_eq!(adopted, Reading { ts: 1_001 * SECOND + year + BELIEF, adopted: true });
    }

    #[test]
    fn one_bad_reading_among_good_ones_changes_nothing() {
        let mut clock = LogClock::start(1_000 * SECOND, 0);
        let _ = clock.read(1_001 * SECOND + 2 * DOUBT, SECOND);

        let after = clock.read(1_002 * SECOND, 2 * SECOND);

        assert_eq!(after, Reading { ts: 1_002 * SECOND, adopted: false });
    }

    #[test]
    fn readings_that_disagree_with_each_other_are_never_adopted() {
        let mut clock = LogClock::start(0, 0);
        for step in 1..100 {
            let reading = clock.read(step * 10 * DOUBT, step * SECOND * 10);
            assert_eq!(reading, Reading { ts: step * SECOND * 10, adopted: false });
        }
    }
}
