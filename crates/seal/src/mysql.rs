//! How a client proves a password to a MySQL or MariaDB server, and what such a server keeps of one.

use aws_lc_rs::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

use crate::secret::{SecretBytes, SecretString};

/// The proof for `mysql_native_password`: `SHA1(p) XOR SHA1(nonce, SHA1(SHA1(p)))`.
pub fn mysql_native_proof(password: &SecretString, nonce: &[u8]) -> SecretBytes {
    let once = hash(&SHA1_FOR_LEGACY_USE_ONLY, &[password.expose().as_bytes()]);
    let twice = hash(&SHA1_FOR_LEGACY_USE_ONLY, &[&once]);
    SecretBytes::new(both(&once, &hash(&SHA1_FOR_LEGACY_USE_ONLY, &[nonce, &twice])))
}

/// The proof for `caching_sha2_password`: `SHA256(p) XOR SHA256(SHA256(SHA256(p)), nonce)`.
pub fn mysql_sha2_proof(password: &SecretString, nonce: &[u8]) -> SecretBytes {
    let once = hash(&SHA256, &[password.expose().as_bytes()]);
    let twice = hash(&SHA256, &[&once]);
    SecretBytes::new(both(&once, &hash(&SHA256, &[&twice, nonce])))
}

/// What a server keeps of a password for `mysql_native_password`. It has no salt, so that only passwords which nobody
/// can guess may be kept so.
pub fn mysql_native_verifier(password: &SecretString) -> String {
    let once = hash(&SHA1_FOR_LEGACY_USE_ONLY, &[password.expose().as_bytes()]);
    let twice = hash(&SHA1_FOR_LEGACY_USE_ONLY, &[&once]);
    format!("*{}", crate::hex(&twice).to_uppercase())
}

fn hash(algorithm: &'static Algorithm, parts: &[&[u8]]) -> Vec<u8> {
    let mut context = Context::new(algorithm);
    for part in parts {
        context.update(part);
    }
    context.finish().as_ref().to_vec()
}

fn both(left: &[u8], right: &[u8]) -> Vec<u8> {
    left.iter().zip(right).map(|(left, right)| left ^ right).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifier_is_what_a_server_keeps() {
        // What `SELECT PASSWORD('password')` gives.
        let verifier = mysql_native_verifier(&SecretString::from("password"));
        assert_eq!(verifier, "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
    }

    #[test]
    fn a_proof_opens_to_what_the_server_keeps() {
        let (password, nonce) = (SecretString::from("hunter2"), b"01234567890123456789");
        let kept = hash(&SHA1_FOR_LEGACY_USE_ONLY, &[&hash(&SHA1_FOR_LEGACY_USE_ONLY, &[b"hunter2"])]);
        let mask = hash(&SHA1_FOR_LEGACY_USE_ONLY, &[nonce, &kept]);
        let opened = both(mysql_native_proof(&password, nonce).expose(), &mask);
        assert_eq!(hash(&SHA1_FOR_LEGACY_USE_ONLY, &[&opened]), kept);
        assert_eq!(mysql_sha2_proof(&password, nonce).expose().len(), 32);
    }
}
