//! Where randomness comes from: the operating system, or in tests a seed.

/// A source of unpredictable bytes.
///
/// It is a parameter wherever a key, nonce, token or identifier is made, so that a test can fix it. A source never
/// fails: one that cannot deliver must end the process, since a predictable key is worse than no answer.
pub trait Random: Send + Sync + 'static {
    /// Fills `bytes` with random ones.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Random {
    /// `N` random bytes.
    pub fn array<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// The cryptographic generator of the process, seeded by the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "this is where the context's randomness comes from")]
    fn fill(&self, bytes: &mut [u8]) {
        aws_lc_rs::rand::fill(bytes).expect("the operating system gives randomness");
    }
}

/// A generator whose bytes follow from its seed. It keeps no secret: for tests only.
#[cfg(any(test, feature = "testing"))]
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    block: std::sync::atomic::AtomicU64,
}

#[cfg(any(test, feature = "testing"))]
impl SeededRandom {
    /// The generator of this seed, at its start.
    pub const fn new(seed: u64) -> Self {
        Self { seed, block: std::sync::atomic::AtomicU64::new(0) }
    }
}

#[cfg(any(test, feature = "testing"))]
impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let block = self.block.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let mut input = [0; 16];
            input[..8].copy_from_slice(&self.seed.to_be_bytes());
            input[8..].copy_from_slice(&block.to_be_bytes());
            chunk.copy_from_slice(&crate::sha256(&input)[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_bytes_again_and_another_seed_others() {
        let draw = |seed| {
            let random: &dyn Random = &SeededRandom::new(seed);
            (random.array::<40>(), random.array::<40>())
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_ne!(draw(1).0, draw(1).1);
    }

    #[test]
    fn the_system_does_not_repeat_itself() {
        let random: &dyn Random = &SystemRandom;
        assert_ne!(random.array::<32>(), random.array::<32>());
    }
}
