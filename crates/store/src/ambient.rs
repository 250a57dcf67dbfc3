//! Time, randomness and luck, which come in from outside so that tests can fix them.

use std::sync::Arc;

use seal::Random;

use crate::Faults;

/// A clock.
pub trait Clock: Send + Sync + 'static {
    /// The time of day: microseconds since 1970-01-01T00:00:00Z.
    fn wall(&self) -> i64;
    /// Microseconds since a fixed moment; never goes back.
    fn steady(&self) -> i64;
}

/// The machine's clocks.
pub struct SystemClock {
    start: std::time::Instant,
}

impl SystemClock {
    /// Starts the steady clock.
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clocks are read")]
    pub fn new() -> Self {
        Self { start: std::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clocks are read")]
    fn wall(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn steady(&self) -> i64 {
        i64::try_from(self.start.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

/// What surrounds every operation: the clock, the source of randomness, and what fails in a test.
#[derive(Clone)]
pub struct Ambient {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub random: Arc<dyn Random>,
    /// What fails.
    pub faults: Faults,
}

impl Ambient {
    /// The machine's own.
    pub fn system() -> Self {
        Self::new(Arc::new(SystemClock::new()), Arc::new(seal::SystemRandom))
    }

    /// A clock and a source of randomness, and nothing that fails.
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { clock, random, faults: Faults::default() }
    }

    /// Fresh random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }
}
