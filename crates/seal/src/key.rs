//! A key, its identifier, and the cipher it drives.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::envelope::{Binding, SealError, Sealed};
use crate::random::Random;
use crate::secret::{Secret, SecretBytes};

/// The length of a key in bytes.
pub(crate) const KEY_LENGTH: usize = 32;

/// What names a key in a ciphertext, without telling anything of the key: 16 random bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 16]);

impl KeyId {
    /// The bytes of the identifier.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<[u8; 16]> for KeyId {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::hex(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The key of one environment, which seals its secrets and its open sessions.
///
/// The key schedule is computed once, so a data key is worth keeping: share it in an `Arc`.
///
/// Nonces are 96 random bits. Up to 2³² sealings under one key the chance that two of them share a nonce stays below
/// 2⁻³², which is the limit that NIST SP 800-38D sets; whoever seals more takes a new data key first.
pub struct DataKey(Key);

impl DataKey {
    /// A new key with a new identifier.
    pub fn generate(random: &dyn Random) -> Self {
        Self(Key::generate(random))
    }

    /// What names this key in the ciphertexts it made.
    pub const fn id(&self) -> KeyId {
        self.0.id
    }

    /// Encrypts `plaintext` so that it opens only with this key and for this `binding`.
    pub fn seal(&self, binding: &Binding<'_>, plaintext: &[u8], random: &dyn Random) -> Sealed {
        self.0.seal(binding, plaintext, random)
    }

    /// Decrypts what [`seal`](Self::seal) made for the same `binding`.
    pub fn open(&self, binding: &Binding<'_>, sealed: &Sealed) -> Result<SecretBytes, SealError> {
        self.0.open(binding, sealed)
    }

    /// The key with its identifier, for the ring to wrap.
    pub(crate) fn to_wrappable(&self) -> Zeroizing<[u8; 16 + KEY_LENGTH]> {
        let mut bytes = Zeroizing::new([0; 16 + KEY_LENGTH]);
        bytes[..16].copy_from_slice(self.0.id.as_bytes());
        bytes[16..].copy_from_slice(&*self.0.bytes);
        bytes
    }

    /// Reads what [`to_wrappable`](Self::to_wrappable) gave.
    pub(crate) fn from_wrappable(bytes: &SecretBytes) -> Option<Self> {
        let (id, key) = bytes.expose().split_first_chunk::<16>()?;
        let key = <&[u8; KEY_LENGTH]>::try_from(key).ok()?;
        Some(Self(Key::new(KeyId(*id), Zeroizing::new(*key))))
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DataKey").field(&self.0.id).finish()
    }
}

/// A key of AES-256-GCM, of either rank: root keys and data keys differ in what they may encrypt, which their types say.
pub(crate) struct Key {
    pub(crate) id: KeyId,
    /// Kept beside the schedule because a data key is wrapped, and a root key written to its file.
    pub(crate) bytes: Zeroizing<[u8; KEY_LENGTH]>,
    cipher: LessSafeKey,
}

impl Key {
    pub(crate) fn new(id: KeyId, bytes: Zeroizing<[u8; KEY_LENGTH]>) -> Self {
        let unbound = UnboundKey::new(&AES_256_GCM, &*bytes).expect("the key has the cipher's length");
        Self { id, bytes, cipher: LessSafeKey::new(unbound) }
    }

    pub(crate) fn generate(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
        random.fill(&mut *bytes);
        Self::new(KeyId(random.array()), bytes)
    }

    pub(crate) fn seal(&self, binding: &Binding<'_>, plaintext: &[u8], random: &dyn Random) -> Sealed {
        let nonce = random.array();
        let aad = Aad::from(binding.associated_data(self.id));
        let mut bytes = Sealed::header(self.id, nonce, plaintext.len());
        let start = bytes.len();
        bytes.extend_from_slice(plaintext);
        let tag = self
            .cipher
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut bytes[start..])
            .expect("what fits in memory is shorter than the cipher's limit of 64 GiB");
        bytes.extend_from_slice(tag.as_ref());
        Sealed::from_parts(bytes)
    }

    pub(crate) fn open(&self, binding: &Binding<'_>, sealed: &Sealed) -> Result<SecretBytes, SealError> {
        if sealed.key_id() != self.id {
            return Err(SealError::OtherKey { key: sealed.key_id() });
        }
        let aad = Aad::from(binding.associated_data(self.id));
        let nonce = Nonce::assume_unique_for_key(*sealed.nonce());
        // Wrapped first, so that a plaintext is wiped on every way out.
        let mut buffer = Zeroizing::new(sealed.ciphertext().to_vec());
        let length = self.cipher.open_in_place(nonce, aad, &mut buffer).map_err(|_| SealError::Refused)?.len();
        buffer.truncate(length);
        Ok(Secret::new(std::mem::take(&mut *buffer)))
    }
}
