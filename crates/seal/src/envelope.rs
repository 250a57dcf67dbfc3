//! What a ciphertext looks like, and what it is bound to.
//!
//! Version 1, in bytes: the version (1), the identifier of the key (16), the nonce (12), the ciphertext, the tag (16).
//! The identifier is readable without the key, so that a ciphertext found anywhere leads to the key that made it.

use std::fmt;

use crate::key::KeyId;

const VERSION: u8 = 1;
const NONCE: usize = 1 + 16;
const CIPHERTEXT: usize = NONCE + 12;
const TAG_LENGTH: usize = 16;

/// The place that a ciphertext belongs to. It opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding<'a> {
    /// The identity of the organization; one that a rename does not change.
    pub organization: &'a str,
    /// The identity of the environment within it; empty where there is none.
    pub environment: &'a str,
    /// What the plaintext is.
    pub purpose: Purpose,
    /// What else tells two plaintexts of one purpose apart, as a session's identifier; may be empty.
    pub extra: &'a str,
}

/// What a plaintext is, so that one kind of ciphertext cannot be passed off as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A secret value in an environment's definition.
    Definition,
    /// The result that an open session keeps.
    Session,
    /// A data key, wrapped by a root key.
    DataKey,
    /// A credential that the server presents elsewhere, as a webhook's or a stream's.
    Credential,
    /// What a rotation sets elsewhere, until the definition has it.
    Rotation,
    /// What a browser keeps for the server while its owner signs in elsewhere.
    SignIn,
}

impl Purpose {
    /// The name in the associated data; part of the format, so never changed.
    const fn name(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Session => "session",
            Self::DataKey => "data-key",
            Self::Credential => "credential",
            Self::Rotation => "rotation",
            Self::SignIn => "sign-in",
        }
    }
}

impl Binding<'_> {
    /// The bytes that the cipher authenticates beside the ciphertext.
    ///
    /// Every part is preceded by its length, so two different bindings never give the same bytes.
    pub(crate) fn associated_data(&self, key: KeyId) -> Vec<u8> {
        let parts = [self.organization, self.environment, self.purpose.name(), self.extra];
        let length = parts.iter().map(|part| 8 + part.len()).sum::<usize>();
        let mut bytes = Vec::with_capacity(1 + 16 + length);
        bytes.push(VERSION);
        bytes.extend_from_slice(key.as_bytes());
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}

/// A ciphertext with all that is needed to open it, but the key and the binding.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Reads the bytes of a ciphertext. Its shape is checked here; whether it is genuine shows when it is opened.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, SealError> {
        match bytes.first() {
            Some(&VERSION) if bytes.len() >= CIPHERTEXT + TAG_LENGTH => Ok(Self(bytes)),
            Some(&VERSION) | None => Err(SealError::Truncated),
            Some(&version) => Err(SealError::UnknownVersion { version }),
        }
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes to store, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// What names the key that made this.
    pub fn key_id(&self) -> KeyId {
        KeyId(*self.0[1..].first_chunk().expect("the length was checked"))
    }

    pub(crate) fn nonce(&self) -> &[u8; 12] {
        self.0[NONCE..].first_chunk().expect("the length was checked")
    }

    pub(crate) fn ciphertext(&self) -> &[u8] {
        &self.0[CIPHERTEXT..]
    }

    /// The start of an envelope, with room for a plaintext of `length` and its tag.
    pub(crate) fn header(key: KeyId, nonce: [u8; 12], length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(CIPHERTEXT + length + TAG_LENGTH);
        bytes.push(VERSION);
        bytes.extend_from_slice(key.as_bytes());
        bytes.extend_from_slice(&nonce);
        bytes
    }

    /// Takes an envelope that the cipher just completed.
    pub(crate) fn from_parts(bytes: Vec<u8>) -> Self {
        debug_assert!(bytes.len() >= CIPHERTEXT + TAG_LENGTH);
        Self(bytes)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Why a ciphertext did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// There are too few bytes for a ciphertext.
    #[error("the ciphertext is cut short")]
    Truncated,
    /// A later version of this program made it, or it is no ciphertext of ours.
    #[error("the ciphertext has the unknown version {version}")]
    UnknownVersion {
        /// The version it claims.
        version: u8,
    },
    /// It was made with a key that is not at hand.
    #[error("the ciphertext was made with another key, {key}")]
    OtherKey {
        /// The key that would be needed.
        key: KeyId,
    },
    /// It was changed, or it belongs to another place. The two cannot be told apart.
    #[error("the ciphertext is damaged or belongs elsewhere")]
    Refused,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{DataKey, SeededRandom};

    const BINDING: Binding<'static> =
        Binding { organization: "acme", environment: "web/prod", purpose: Purpose::Definition, extra: "" };

    fn key() -> (DataKey, SeededRandom) {
        let random = SeededRandom::new(1);
        (DataKey::generate(&random), random)
    }

    fn purpose() -> impl Strategy<Value = Purpose> {
        prop::sample::select(&[Purpose::Definition, Purpose::Session, Purpose::DataKey, Purpose::Credential][..])
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_to_the_same_bytes(
            plaintext in prop::collection::vec(any::<u8>(), 0..300),
            organization: String, environment: String, purpose in purpose(), extra: String,
        ) {
            let (key, random) = key();
            let binding = Binding { organization: &organization, environment: &environment, purpose, extra: &extra };
            let sealed = key.seal(&binding, &plaintext, &random);
            let stored = Sealed::from_bytes(sealed.as_bytes().to_vec()).unwrap();
            prop_assert_eq!(stored.key_id(), key.id());
            let opened = key.open(&binding, &stored).unwrap();
            prop_assert_eq!(opened.expose(), &plaintext);
        }

        #[test]
        fn no_changed_bit_goes_unnoticed(plaintext in prop::collection::vec(any::<u8>(), 0..40)) {
            let (key, random) = key();
            let bytes = key.seal(&BINDING, &plaintext, &random).into_bytes();
            for bit in 0..bytes.len() * 8 {
                let mut changed = bytes.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                let opened = Sealed::from_bytes(changed).and_then(|sealed| key.open(&BINDING, &sealed));
                prop_assert!(opened.is_err(), "bit {}", bit);
            }
        }

        #[test]
        fn a_ciphertext_cut_short_does_not_open(plaintext in prop::collection::vec(any::<u8>(), 0..40)) {
            let (key, random) = key();
            let bytes = key.seal(&BINDING, &plaintext, &random).into_bytes();
            for length in 0..bytes.len() {
                let opened = Sealed::from_bytes(bytes[..length].to_vec()).and_then(|sealed| key.open(&BINDING, &sealed));
                prop_assert!(opened.is_err(), "length {}", length);
            }
        }

        #[test]
        fn another_binding_does_not_open(
            a in ("[ab/]{0,3}", "[ab/]{0,3}", purpose(), "[ab/]{0,3}"),
            b in ("[ab/]{0,3}", "[ab/]{0,3}", purpose(), "[ab/]{0,3}"),
        ) {
            let (key, random) = key();
            let one = Binding { organization: &a.0, environment: &a.1, purpose: a.2, extra: &a.3 };
            let other = Binding { organization: &b.0, environment: &b.1, purpose: b.2, extra: &b.3 };
            let sealed = key.seal(&one, b"hunter2", &random);
            prop_assert_eq!(key.open(&other, &sealed).is_ok(), one == other);
        }
    }

    #[test]
    fn text_moved_across_the_border_of_two_names_does_not_open() {
        let (key, random) = key();
        let sealed = key.seal(&BINDING, b"hunter2", &random);
        let moved = Binding { organization: "acmeweb", environment: "/prod", ..BINDING };
        assert_eq!(key.open(&moved, &sealed).unwrap_err(), SealError::Refused);
    }

    #[test]
    fn another_key_is_named_and_does_not_open() {
        let (key, random) = key();
        let sealed = key.seal(&BINDING, b"hunter2", &random);
        let other = DataKey::generate(&random);
        assert_eq!(other.open(&BINDING, &sealed).unwrap_err(), SealError::OtherKey { key: key.id() });
    }

    #[test]
    fn the_same_plaintext_never_gives_the_same_ciphertext() {
        let (key, random) = key();
        assert_ne!(key.seal(&BINDING, b"hunter2", &random), key.seal(&BINDING, b"hunter2", &random));
    }

    #[test]
    fn a_later_version_is_told_from_damage() {
        assert_eq!(Sealed::from_bytes(vec![9; 80]).unwrap_err(), SealError::UnknownVersion { version: 9 });
        assert_eq!(Sealed::from_bytes(vec![1; 44]).unwrap_err(), SealError::Truncated);
        assert_eq!(Sealed::from_bytes(vec![]).unwrap_err(), SealError::Truncated);
    }

    /// Ciphertexts outlive versions of this program: this one was made by the first.
    #[test]
    fn a_ciphertext_of_the_first_version_still_opens() {
        let (key, random) = key();
        let sealed = key.seal(&BINDING, b"hunter2", &random);
        assert_eq!(
            crate::hex(sealed.as_bytes()),
            "01532deabf88729cb43995ab5a9cd49bf98c7654ecfd7b0b623b803e2fcc3743521b008543814c65dc4d52493dc7d60018046539"
        );
        assert_eq!(key.open(&BINDING, &sealed).unwrap().expose(), b"hunter2");
    }

    #[test]
    fn debug_shows_neither_key_nor_ciphertext() {
        let (key, random) = key();
        let sealed = key.seal(&BINDING, b"hunter2", &random);
        assert_eq!(format!("{sealed:?}"), "Sealed(52 bytes)");
        assert_eq!(format!("{key:?}"), format!("DataKey({})", key.id()));
        assert_eq!(format!("{:?}", key.open(&BINDING, &sealed)), "Ok([secret])");
    }
}
