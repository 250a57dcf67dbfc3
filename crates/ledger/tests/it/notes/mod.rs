//! What holds of signed notes and of what is made of them: checkpoints, cosignatures, policies, travelling proofs.

mod checkpoint;
mod hostile;
mod note;
mod policy;
mod tlog_proof;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use ledger::Origin;
use ledger::note::{Algorithm, Signer, VerifierKey};

/// The name of the log that the tests sign for.
const ORIGIN: &str = "k3v7qh2m5x2d4t2r.escriba/org/rf26ggh4sztli7x4";

fn origin() -> Origin {
    ORIGIN.parse().expect("an origin")
}

/// A key from a seed, so that every signature is the same every time.
pub(crate) struct TestKey {
    pair: Ed25519KeyPair,
    key: VerifierKey,
}

impl TestKey {
    pub(crate) fn new(name: &str, algorithm: Algorithm, seed: [u8; 32]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("a seed");
        let public = pair.public_key().as_ref().try_into().expect("32 bytes");
        let key = VerifierKey::new(name, algorithm, public).expect("a name");
        Self { pair, key }
    }

    /// A key of the log.
    pub(crate) fn log(seed: u8) -> Self {
        Self::new(ORIGIN, Algorithm::Ed25519, [seed; 32])
    }

    pub(crate) fn witness(name: &str, seed: u8) -> Self {
        Self::new(name, Algorithm::Cosignature, [seed; 32])
    }
}

impl Signer for TestKey {
    fn key(&self) -> &VerifierKey {
        &self.key
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.pair.sign(message).as_ref().try_into().expect("64 bytes")
    }
}

/// Every text that differs from this one in a bit, and is text.
fn flipped(text: &str) -> impl Iterator<Item = Vec<u8>> {
    (0..text.len() * 8).map(|bit| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    })
}
