//! Keys and ciphertext: the only crate that names a cipher.
//!
//! A [`Ring`] holds the root keys and lives in a file outside the database. Its active root key wraps a [`DataKey`] for
//! each environment; a data key seals what must not be read from the database: secret values in definitions, and the
//! results that open sessions keep. Every ciphertext is bound to the place it belongs to by a [`Binding`], so that one
//! moved to another organization, environment or session does not open there. The ring also holds the [`LogKeys`], which
//! sign the heads of the logs and nothing else. Its root keys also give the [`IdentityKey`]s, which sign what the server says
//! of itself to others.
//!
//! Beside these: the random secrets that callers present ([`Token`]), passwords ([`password`]), the wrapper that keeps
//! secrets out of logs ([`Secret`]), tokens that others signed ([`jwt`]), and the source of randomness ([`Random`]).
//!
//! Invariants:
//! - No key, token or password has a `Display`, a `Serialize` or a telling `Debug`, and each is wiped on drop.
//! - An error never contains the text of a secret, nor says why exactly a ciphertext did not open.
//! - Randomness is a parameter. Only [`SystemRandom`] asks the operating system.
//! - There is no clock here, and no file but the ring's.

mod digest;
mod envelope;
mod identity;
pub mod jwt;
mod key;
mod mysql;
pub mod password;
mod random;
mod ring;
mod scram;
mod secret;
mod signing;
mod token;

pub use digest::{Sha256, hex, sha256};
pub use envelope::{Binding, Purpose, SealError, Sealed};
pub use identity::IdentityKey;
pub use key::{DataKey, KeyId};
pub use mysql::{mysql_native_proof, mysql_native_verifier, mysql_sha2_proof};
#[cfg(any(test, feature = "testing"))]
pub use random::SeededRandom;
pub use random::{Random, SystemRandom};
pub use ring::{Ring, RingError};
pub use scram::scram_verifier;
pub use secret::{Secret, SecretBytes, SecretString};
pub use signing::{LogKeys, SigningKey};
pub use token::{Presented, Token, TokenError, TokenKind};
