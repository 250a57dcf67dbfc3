//! JSON web tokens (RFC 7519) that others signed: whose they claim to be, and whether the signature holds.
//!
//! Four algorithms are known, all of them asymmetric. A key serves only the one that fits its kind, so that a token
//! cannot choose how it is checked: `none` and shared secrets do not exist here. What the claims mean, and whether they
//! still hold, is for the caller to judge.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, dangerous, decode, decode_header};
use serde::de::DeserializeOwned;
use thiserror::Error;

/// The longest token that is looked at. Real ones have one or two thousand bytes.
const LONGEST: usize = 16 << 10;
/// The most keys that an issuer may have.
const MOST_KEYS: usize = 100;

/// Why a token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JwtError {
    /// It is no token, or too long for one.
    #[error("it is malformed")]
    Malformed,
    /// It is signed in a way that is not accepted.
    #[error("it is signed with an algorithm that is not accepted; use RS256, PS256, ES256 or EdDSA")]
    Algorithm,
    /// None of the issuer's keys is the one that it names.
    #[error("none of its issuer's keys is the one that signed it")]
    UnknownKey,
    /// The signature does not hold.
    #[error("its signature does not hold")]
    Signature,
    /// The keys of the issuer make no sense.
    #[error("the keys of its issuer are malformed")]
    Keys,
}

/// What a token says, read before anything of it is believed: only good for finding the keys to check it with.
pub fn unverified<T: DeserializeOwned>(token: &str) -> Result<T, JwtError> {
    if token.len() > LONGEST {
        return Err(JwtError::Malformed);
    }
    dangerous::insecure_decode_claims(token).map_err(|_| JwtError::Malformed)
}

/// The public keys of an issuer (RFC 7517).
#[derive(Clone, Debug)]
pub struct IssuerKeys(Vec<Jwk>);

impl IssuerKeys {
    /// Reads a set of keys. Those of kinds that are not known are left out.
    pub fn parse(text: &[u8]) -> Result<Self, JwtError> {
        let set: JwkSet = serde_json::from_slice(text).map_err(|_| JwtError::Keys)?;
        if set.keys.len() > MOST_KEYS {
            return Err(JwtError::Keys);
        }
        let usable = set.keys.into_iter().filter(|key| !algorithms(key).is_empty()).collect::<Vec<_>>();
        if usable.is_empty() { Err(JwtError::Keys) } else { Ok(Self(usable)) }
    }

    /// Whether one of these keys is the one that a token names. It says nothing of the signature.
    pub fn could_have_signed(&self, token: &str) -> bool {
        let header = decode_header(token).ok().filter(|_| token.len() <= LONGEST);
        header.is_some_and(|header| self.find(header.kid.as_deref(), header.alg).is_some())
    }

    /// What a token says, if one of these keys signed it.
    pub fn verify<T: DeserializeOwned>(&self, token: &str) -> Result<T, JwtError> {
        if token.len() > LONGEST {
            return Err(JwtError::Malformed);
        }
        // An algorithm that the library does not know, `none` above all, is no header to it.
        let header = decode_header(token).map_err(|_| JwtError::Malformed)?;
        if !KNOWN.contains(&header.alg) {
            return Err(JwtError::Algorithm);
        }
        // RFC 7515, section 4.1.11: what must be understood and is not, is refused.
        if header.crit.is_some() {
            return Err(JwtError::Malformed);
        }
        let key = self.find(header.kid.as_deref(), header.alg).ok_or(JwtError::UnknownKey)?;
        if !algorithms(key).contains(&header.alg) {
            return Err(JwtError::Algorithm);
        }
        let key = DecodingKey::from_jwk(key).map_err(|_| JwtError::Keys)?;
        decode(token, &key, &signature_only(header.alg)).map(|data| data.claims).map_err(|_| JwtError::Signature)
    }

    /// The key that a token names. One that names none is checked with the one key that could have signed it.
    fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&Jwk> {
        match kid {
            Some(kid) => self.0.iter().find(|key| key.common.key_id.as_deref() == Some(kid)),
            None => {
                let mut fitting = self.0.iter().filter(|key| algorithms(key).contains(&algorithm));
                fitting.next().filter(|_| fitting.next().is_none())
            }
        }
    }
}

const KNOWN: [Algorithm; 4] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

/// What a key may be used for: decided by its kind, and narrowed by what its owner says of it.
fn algorithms(key: &Jwk) -> Vec<Algorithm> {
    let by_kind: &[Algorithm] = match &key.algorithm {
        AlgorithmParameters::RSA(_) => &[Algorithm::RS256, Algorithm::PS256],
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => &[Algorithm::ES256],
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
        _ => &[],
    };
    let signs = key.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let named = key.common.key_algorithm.map(|algorithm| algorithm.to_string());
    let fits = |algorithm: &&Algorithm| named.as_ref().is_none_or(|named| *named == format!("{algorithm:?}"));
    by_kind.iter().filter(fits).filter(|_| signs).copied().collect()
}

/// Only the signature: the library would ask the operating system for the time.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::{IssuerKeys, JwtError, unverified};
    use crate::{SeededRandom, SigningKey};

    fn encode(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn key(seed: u64) -> SigningKey {
        SigningKey::generate(&SeededRandom::new(seed))
    }

    fn jwk(key: &SigningKey, kid: &str) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": encode(key.public()) })
    }

    fn keys(keys: &[Value]) -> Result<IssuerKeys, JwtError> {
        IssuerKeys::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    fn token(key: &SigningKey, header: &Value) -> String {
        let message = format!("{}.{}", encode(header.to_string()), encode(r#"{"sub":"ada"}"#));
        let signature = encode(key.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    #[test]
    fn what_a_key_of_the_issuer_signed_is_read() {
        let keys = keys(&[jwk(&key(1), "one"), jwk(&key(2), "two")]).unwrap();
        let claims: Value = keys.verify(&token(&key(2), &json!({ "alg": "EdDSA", "kid": "two" }))).unwrap();
        assert_eq!(claims, json!({ "sub": "ada" }));
    }

    #[test]
    fn a_token_without_the_name_of_its_key_is_checked_only_if_one_key_could_have_signed_it() {
        let unnamed = token(&key(1), &json!({ "alg": "EdDSA" }));
        assert!(keys(&[jwk(&key(1), "one")]).unwrap().verify::<Value>(&unnamed).is_ok());
        let both = keys(&[jwk(&key(1), "one"), jwk(&key(2), "two")]).unwrap();
        assert_eq!(both.verify::<Value>(&unnamed), Err(JwtError::UnknownKey));
    }

    #[test]
    fn what_somebody_else_signed_or_changed_is_refused() {
        let keys = keys(&[jwk(&key(1), "one")]).unwrap();
        let named = |kid| json!({ "alg": "EdDSA", "kid": kid });
        assert_eq!(keys.verify::<Value>(&token(&key(2), &named("two"))), Err(JwtError::UnknownKey));
        assert_eq!(keys.verify::<Value>(&token(&key(2), &named("one"))), Err(JwtError::Signature));
        let good = token(&key(1), &named("one"));
        let [header, _, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
        let forged = format!("{header}.{}.{signature}", encode(r#"{"sub":"mallory"}"#));
        assert_eq!(keys.verify::<Value>(&forged), Err(JwtError::Signature));
        assert_eq!(keys.verify::<Value>(&format!("{good}A")), Err(JwtError::Signature));
        assert_eq!(keys.verify::<Value>(good.trim_end_matches(|c| c != '.')), Err(JwtError::Signature));
    }

    #[test]
    fn a_token_does_not_choose_how_it_is_checked() {
        let keys = keys(&[jwk(&key(1), "one")]).unwrap();
        for (alg, expected) in [
            ("none", JwtError::Malformed),
            ("NONE", JwtError::Malformed),
            ("HS256", JwtError::Algorithm),
            ("RS512", JwtError::Algorithm),
            ("ES256", JwtError::Algorithm),
            ("RS256", JwtError::Algorithm),
        ] {
            let header = json!({ "alg": alg, "kid": "one" });
            assert_eq!(keys.verify::<Value>(&token(&key(1), &header)), Err(expected), "{alg}");
        }
        let critical = json!({ "alg": "EdDSA", "kid": "one", "crit": ["exp"] });
        assert_eq!(keys.verify::<Value>(&token(&key(1), &critical)), Err(JwtError::Malformed));
    }

    #[test]
    fn only_keys_that_sign_and_are_known_are_keys() {
        let encrypting = json!({ "kty": "OKP", "crv": "Ed25519", "use": "enc", "x": encode(key(1).public()) });
        let shared = json!({ "kty": "oct", "kid": "one", "k": encode("secret") });
        for unusable in [vec![], vec![encrypting], vec![shared], vec![json!({ "kty": "new", "kid": "one" })]] {
            assert_eq!(keys(&unusable).map(|_| ()), Err(JwtError::Keys), "{unusable:?}");
        }
        assert_eq!(IssuerKeys::parse(b"{}").map(|_| ()), Err(JwtError::Keys));
        assert!(keys(&[json!({ "kty": "new" }), jwk(&key(1), "one")]).is_ok());
    }

    #[test]
    fn nonsense_and_what_is_too_long_is_no_token() {
        let keys = keys(&[jwk(&key(1), "one")]).unwrap();
        for nonsense in ["", ".", "..", "a.b.c", "a.b.c.d", "é.é.é", &"a".repeat(20_000)] {
            assert_eq!(keys.verify::<Value>(nonsense), Err(JwtError::Malformed));
            assert_eq!(unverified::<Value>(nonsense), Err(JwtError::Malformed));
        }
    }
}
