//! The keys that sign what the server says of itself to others: ID tokens.

use std::fmt;

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use zeroize::Zeroizing;

use crate::key::{KEY_LENGTH, Key};

/// An Ed25519 key that signs ID tokens, and nothing else.
///
/// It is derived from a root key (RFC 5869), so that all replicas with one ring have the same one without keeping
/// another secret; and it tells nothing of that root key.
pub struct IdentityKey {
    pair: Ed25519KeyPair,
    public: [u8; 32],
}

/// What the key is for: another purpose would give another key.
const PURPOSE: &[u8] = b"escriba-identity-key-v1";

impl IdentityKey {
    pub(crate) fn of(root: &Key) -> Self {
        let mut seed = Zeroizing::new([0; KEY_LENGTH]);
        Salt::new(HKDF_SHA256, &[])
            .extract(&*root.bytes)
            .expand(&[PURPOSE], HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut *seed))
            .expect("a digest's length can be expanded");
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).expect("the seed has the length of one");
        let public = pair.public_key().as_ref().try_into().expect("an Ed25519 public key has 32 bytes");
        Self { pair, public }
    }

    /// The public key.
    pub const fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// What names the key: the beginning of the digest of its public half, in hexadecimal.
    pub fn id(&self) -> String {
        crate::hex(&crate::sha256(&self.public)[..8])
    }

    /// Signs the head and the claims of an ID token (RFC 8037).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.pair.sign(message).as_ref().try_into().expect("an Ed25519 signature has 64 bytes")
    }
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityKey({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    use super::IdentityKey;
    use crate::key::Key;
    use crate::random::SeededRandom;

    #[test]
    fn one_root_key_gives_one_identity_and_another_one_another() {
        let random = SeededRandom::new(1);
        let (one, other) = (Key::generate(&random), Key::generate(&random));
        assert_eq!(IdentityKey::of(&one).id(), IdentityKey::of(&one).id());
        assert_ne!(IdentityKey::of(&one).id(), IdentityKey::of(&other).id());
    }

    #[test]
    fn what_it_signs_its_public_half_verifies() {
        let key = IdentityKey::of(&Key::generate(&SeededRandom::new(1)));
        let public = UnparsedPublicKey::new(&ED25519, key.public());
        assert!(public.verify(b"words", &key.sign(b"words")).is_ok());
        assert!(public.verify(b"other words", &key.sign(b"words")).is_err());
    }
}
