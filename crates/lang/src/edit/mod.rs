//! Edits of definitions that touch only the bytes of the nodes concerned.
//!
//! Every edit is checked: the new text is parsed, and must be the old tree but for the nodes that were replaced.

mod data;
mod layout;
mod natural;
mod patch;
mod path;
mod remove;
mod scalar;
mod secrets;
mod splice;
mod write;

use std::convert::Infallible;

pub use self::patch::{Patch, apply_patches};
pub use self::path::{PathError, delete, get, set};
pub use self::secrets::{decrypt_secrets, encrypt_secrets};

use crate::diagnostics::Diagnostic;
use crate::envelope::EnvelopeError;

/// Why an edit did not happen.
#[derive(Debug, thiserror::Error)]
pub enum EditError<E = Infallible> {
    /// The text is no YAML, or not the YAML that definitions are written in; or it would no longer be.
    #[error("the definition cannot be read")]
    Parse(Diagnostic),
    /// A ciphertext is broken.
    #[error("invalid ciphertext")]
    Envelope {
        /// Where: the document path of the object that holds the call.
        path: String,
        /// What is wrong with it.
        #[source]
        source: EnvelopeError,
    },
    /// The cipher failed.
    #[error("the cipher failed")]
    Cipher {
        /// Where: the document path of the object that holds the call.
        path: String,
        /// Why.
        source: E,
    },
    /// The path leads nowhere.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The edited text would not mean what it should. The original stands.
    #[error("the text cannot be edited without changing its meaning")]
    Ambiguous,
}

#[cfg(test)]
mod tests;
