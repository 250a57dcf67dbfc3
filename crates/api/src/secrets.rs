//! Sealing and unsealing single texts. What holds plaintexts has no `Debug`.

use serde::{Deserialize, Serialize};

/// Texts to be sealed.
#[derive(Deserialize)]
pub struct EncryptSecrets {
    /// The texts.
    pub plaintexts: Vec<String>,
}

/// Sealed texts, in the order of the request.
#[derive(Debug, Serialize)]
pub struct EncryptedSecrets {
    /// The ciphertexts, as a definition holds them.
    pub ciphertexts: Vec<String>,
}

/// Texts to be unsealed.
#[derive(Debug, Deserialize)]
pub struct DecryptSecrets {
    /// The ciphertexts, as a definition holds them.
    pub ciphertexts: Vec<String>,
}

/// Unsealed texts, in the order of the request.
#[derive(Serialize)]
pub struct DecryptedSecrets<'a> {
    /// The texts.
    pub plaintexts: Vec<&'a str>,
}
