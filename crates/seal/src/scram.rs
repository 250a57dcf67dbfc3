//! What PostgreSQL keeps of a password (RFC 5803), made here so that the password itself never goes to that server.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::random::Random;
use crate::secret::SecretString;

/// PostgreSQL's own count. It slows down guessing, and these passwords cannot be guessed.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(4_096).expect("not zero");

/// The verifier of a password of ASCII characters for SCRAM-SHA-256, as PostgreSQL stores it.
///
/// Other characters would have to be prepared first (RFC 4013), which is not done here.
pub fn scram_verifier(password: &SecretString, random: &dyn Random) -> String {
    verifier(password, random.array())
}

fn verifier(password: &SecretString, salt: [u8; 16]) -> String {
    let mut salted = Zeroizing::new([0; 32]);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ITERATIONS, &salt, password.expose().as_bytes(), &mut *salted);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &*salted);
    let client = hmac::sign(&key, b"Client Key");
    let stored = digest::digest(&digest::SHA256, client.as_ref());
    let server = hmac::sign(&key, b"Server Key");
    let [salt, stored, server] = [&salt[..], stored.as_ref(), server.as_ref()].map(|bytes| STANDARD.encode(bytes));
    format!("SCRAM-SHA-256${ITERATIONS}:{salt}${stored}:{server}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchange of RFC 7677, section 3: its proof and signature follow from what is stored.
    #[test]
    fn the_verifier_is_that_of_the_standard() {
        let salt: [u8; 16] = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap().try_into().unwrap();
        let verifier = verifier(&SecretString::from("pencil"), salt);
        let (head, keys) = verifier.rsplit_once('$').unwrap();
        assert_eq!(head, "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==");
        let server = STANDARD.decode(keys.split_once(':').unwrap().1).unwrap();
        let said = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                    s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &server), said.as_bytes());
        assert_eq!(STANDARD.encode(signature.as_ref()), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }
}
