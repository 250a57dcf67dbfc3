//! A clock that can be put forward.

use std::sync::atomic::{AtomicI64, Ordering};

use engine::store::{Clock, SystemClock};

/// The machine's clock, and how far it was put forward.
#[derive(Default)]
pub(crate) struct TestClock {
    machine: SystemClock,
    ahead: AtomicI64,
}

impl TestClock {
    /// Puts the clock forward by some seconds.
    pub(crate) fn forward(&self, seconds: i64) {
        self.ahead.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn wall(&self) -> i64 {
        self.machine.wall() + self.ahead.load(Ordering::SeqCst)
    }

    fn steady(&self) -> i64 {
        self.machine.steady() + self.ahead.load(Ordering::SeqCst)
    }
}
