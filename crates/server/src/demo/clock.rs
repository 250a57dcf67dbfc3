//! A clock that runs through a month in a moment.

use std::sync::atomic::{AtomicI64, Ordering};

use engine::store::{Clock, SystemClock};

/// The machine's clock, put back. It is only ever put forward from there, and never past the machine's.
pub(super) struct PastClock {
    machine: SystemClock,
    behind: AtomicI64,
    /// How far it was put back at first: so far the steady clock has room to be put forward.
    room: i64,
}

impl PastClock {
    /// A clock that is behind the machine's by some microseconds.
    pub(super) fn behind(micros: i64) -> Self {
        Self { machine: SystemClock::new(), behind: AtomicI64::new(micros), room: micros }
    }

    /// Puts it forward to a moment, unless it is that late already.
    pub(super) fn forward_to(&self, moment: i64) {
        let behind = (self.machine.wall() - moment).max(0);
        self.behind.fetch_min(behind, Ordering::SeqCst);
    }
}

impl Clock for PastClock {
    fn wall(&self) -> i64 {
        self.machine.wall() - self.behind.load(Ordering::SeqCst)
    }

    fn steady(&self) -> i64 {
        self.machine.steady() + self.room - self.behind.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use engine::store::{Clock as _, SystemClock};

    use super::PastClock;

    #[test]
    fn it_goes_forward_both_ways_and_never_past_the_machine() {
        const DAY: i64 = 86_400_000_000;
        let (machine, clock) = (SystemClock::new(), PastClock::behind(DAY));
        let (wall, steady) = (clock.wall(), clock.steady());
        assert!(wall <= machine.wall() - DAY);
        clock.forward_to(wall + DAY / 2);
        assert!(clock.wall() >= wall + DAY / 2 && clock.steady() >= steady + DAY / 2 - 1_000_000);
        clock.forward_to(wall);
        assert!(clock.wall() >= wall + DAY / 2);
        clock.forward_to(wall + 2 * DAY);
        assert!(clock.wall() <= machine.wall());
    }
}
