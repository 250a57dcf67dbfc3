//! The public keys that verify notes.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Which of the keys of one name: the first bytes of a digest over name, algorithm and key.
pub type KeyId = [u8; 4];

/// What a key signs, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Ed25519 over the text of a note: a log signs its checkpoints.
    Ed25519,
    /// Ed25519 over a time and the text of a checkpoint: a witness cosigns what it saw (C2SP tlog-cosignature).
    Cosignature,
}

impl Algorithm {
    const fn number(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::Cosignature => 4,
        }
    }
}

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a name, eight hexadecimal digits and base64 with `+` between.
    #[error("not a verifier key")]
    Shape,
    /// A name that is empty, or has blanks, control characters or a `+`.
    #[error("not the name of a key")]
    Name,
    /// An algorithm that this version does not know.
    #[error("a verifier key of the unknown algorithm {0}")]
    Algorithm(u8),
    /// The id is not that of this name and key.
    #[error("a verifier key whose id belongs to another")]
    Id,
}

/// A public key with its name: `name+id+key`, as C2SP signed-note writes it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: Box<str>,
    id: KeyId,
    algorithm: Algorithm,
    public: [u8; 32],
}

impl VerifierKey {
    /// A key of this name.
    pub fn new(name: &str, algorithm: Algorithm, public: [u8; 32]) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name);
        }
        let named = [name.as_bytes(), b"\n", &[algorithm.number()], &public].concat();
        let digest = digest(&SHA256, &named);
        let id = *digest.as_ref().first_chunk().expect("SHA-256 has 32 bytes");
        Ok(Self { name: name.into(), id, algorithm, public })
    }

    /// Whose key it is: for a log, its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which of the keys of that name.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// What it signs.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public key.
    pub const fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// SHA-256 of the public key, as the record of its introduction has it: the same under whatever name it signs.
    pub fn digest(&self) -> [u8; 32] {
        digest(&SHA256, &self.public).as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// Whether the Ed25519 signature is over these bytes.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public).verify(message, signature).is_ok()
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, rest) = text.split_once('+').ok_or(KeyError::Shape)?;
        let (id, base64) = rest.split_once('+').ok_or(KeyError::Shape)?;
        let bytes = STANDARD.decode(base64).map_err(|_| KeyError::Shape)?;
        let (number, public) = bytes.split_first().ok_or(KeyError::Shape)?;
        let algorithm =
            [Algorithm::Ed25519, Algorithm::Cosignature].into_iter().find(|known| known.number() == *number);
        let algorithm = algorithm.ok_or(KeyError::Algorithm(*number))?;
        let key = Self::new(name, algorithm, public.try_into().map_err(|_| KeyError::Shape)?)?;
        // One spelling: eight digits in lower case.
        if hex(key.id) == id { Ok(key) } else { Err(KeyError::Id) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.algorithm.number()][..], &self.public].concat();
        write!(formatter, "{}+{}+{}", self.name, hex(self.id), STANDARD.encode(key))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Whether the text can name a key.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c < ' ' || c == '+')
}

fn hex(id: KeyId) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}
