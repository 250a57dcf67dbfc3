//! The keys that sign the heads of the logs.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use zeroize::Zeroizing;

use crate::random::Random;

/// The length of an Ed25519 seed, and of a public key.
pub(crate) const SEED_LENGTH: usize = 32;

/// An Ed25519 key that signs checkpoints, and nothing else.
///
/// It is not one of the keys that protect secrets, and it cannot be had through the database: whoever has the
/// database alone cannot sign a head that the database was made to fit.
pub struct SigningKey {
    seed: Zeroizing<[u8; SEED_LENGTH]>,
    pair: Ed25519KeyPair,
    public: [u8; SEED_LENGTH],
}

impl SigningKey {
    /// A new key. A test that needs the same one again takes it from a seeded source.
    pub fn generate(random: &dyn Random) -> Self {
        let mut seed = Zeroizing::new([0; SEED_LENGTH]);
        random.fill(&mut *seed);
        Self::from_seed(seed)
    }

    pub(crate) fn from_seed(seed: Zeroizing<[u8; SEED_LENGTH]>) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).expect("the seed has the length of one");
        let public = pair.public_key().as_ref().try_into().expect("an Ed25519 public key has 32 bytes");
        Self { seed, pair, public }
    }

    /// The public key.
    pub const fn public(&self) -> &[u8; SEED_LENGTH] {
        &self.public
    }

    /// Signs the text of a checkpoint (RFC 8032, Ed25519).
    pub fn sign(&self, checkpoint: &[u8]) -> [u8; 64] {
        self.pair.sign(checkpoint).as_ref().try_into().expect("an Ed25519 signature has 64 bytes")
    }

    pub(crate) fn seed(&self) -> &[u8; SEED_LENGTH] {
        &self.seed
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", crate::hex(&self.public))
    }
}

/// The key that signs the heads of the logs now, and those that did before.
///
/// One key serves all logs of an installation: the text that it signs begins with the log's name.
#[derive(Clone, Debug)]
pub struct LogKeys {
    active: Arc<SigningKey>,
    /// The newest first.
    earlier: Vec<EarlierKey>,
}

/// A key that signed before the active one.
#[derive(Clone, Debug)]
pub(crate) struct EarlierKey {
    pub(crate) public: [u8; SEED_LENGTH],
    /// What it needs to go on signing for a while.
    pub(crate) overlap: Option<Overlap>,
}

/// The time in which an earlier key signs beside its successor, so that those who know only the one or only the other
/// can verify.
#[derive(Clone, Debug)]
pub(crate) struct Overlap {
    pub(crate) key: Arc<SigningKey>,
    /// Seconds since 1970.
    pub(crate) until: u64,
}

impl LogKeys {
    pub(crate) const fn new(active: Arc<SigningKey>, earlier: Vec<EarlierKey>) -> Self {
        Self { active, earlier }
    }

    /// The key that signs now.
    pub fn active(&self) -> &SigningKey {
        &self.active
    }

    /// The keys that sign at a time, in seconds since 1970: the active one, then those that overlap with it.
    pub fn signing(&self, now: u64) -> impl Iterator<Item = &SigningKey> {
        let overlapping = self.earlier.iter().filter_map(|earlier| earlier.overlap.as_ref());
        std::iter::once(&*self.active).chain(overlapping.filter(move |overlap| now < overlap.until).map(|o| &*o.key))
    }

    /// Until when the key before signs beside the active one, in seconds since 1970; none if there was none before.
    pub fn overlap_until(&self) -> Option<u64> {
        self.earlier.first()?.overlap.as_ref().map(|overlap| overlap.until)
    }

    /// Every public key that ever signed, the active one first.
    pub fn public(&self) -> impl Iterator<Item = &[u8; SEED_LENGTH]> {
        std::iter::once(self.active.public()).chain(self.earlier.iter().map(|earlier| &earlier.public))
    }

    pub(crate) fn earlier(&self) -> &[EarlierKey] {
        &self.earlier
    }

    /// These keys after a new one took over. An earlier key signs on until its time is up; then it can only verify, and
    /// what signs of it is kept no longer.
    pub(crate) fn succeeded_by(&self, next: SigningKey, now: u64, until: u64) -> Self {
        let mut earlier = vec![EarlierKey {
            public: *self.active.public(),
            overlap: Some(Overlap { key: Arc::clone(&self.active), until }),
        }];
        earlier.extend(self.earlier.iter().map(|key| EarlierKey {
            public: key.public,
            overlap: key.overlap.clone().filter(|overlap| now < overlap.until),
        }));
        Self { active: Arc::new(next), earlier }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    use super::*;
    use crate::{SeededRandom, hex};

    #[test]
    fn a_signature_verifies_with_the_public_key_and_over_nothing_else() {
        let key = SigningKey::generate(&SeededRandom::new(1));
        let signature = key.sign(b"head");
        let public = UnparsedPublicKey::new(&ED25519, key.public());
        public.verify(b"head", &signature).unwrap();
        public.verify(b"heads", &signature).unwrap_err();
    }

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn it_signs_as_the_standard_says() {
        let seed = crate::digest::from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").unwrap();
        let key = SigningKey::from_seed(Zeroizing::new(seed));
        assert_eq!(hex(key.public()), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        assert_eq!(
            hex(&key.sign(&[0x72])),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
    }

    #[test]
    fn debug_shows_the_public_key_only() {
        let key = SigningKey::generate(&SeededRandom::new(1));
        assert_eq!(format!("{key:?}"), format!("SigningKey({})", hex(key.public())));
    }

    #[test]
    fn an_earlier_key_signs_until_its_time_is_up_and_verifies_for_ever() {
        let random = SeededRandom::new(1);
        let key = || SigningKey::generate(&random);
        let first = LogKeys::new(Arc::new(key()), Vec::new());
        let second = first.succeeded_by(key(), 100, 130);
        let third = second.succeeded_by(key(), 131, 161);
        let signing = |keys: &LogKeys, now| keys.signing(now).map(|key| *key.public()).collect::<Vec<_>>();
        let (one, two, three) = (*first.active().public(), *second.active().public(), *third.active().public());

        assert_eq!((first.overlap_until(), second.overlap_until()), (None, Some(130)));
        assert_eq!(signing(&second, 129), [two, one]);
        assert_eq!(signing(&second, 130), [two]);
        assert_eq!(signing(&third, 160), [three, two]);
        assert_eq!(third.public().copied().collect::<Vec<_>>(), [three, two, one]);
        assert!(third.earlier()[1].overlap.is_none(), "the first key's secret is gone");
    }
}
