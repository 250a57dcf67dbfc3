//! Passwords of people, stored as Argon2id PHC strings.
//!
//! Hashing is slow on purpose, about 20 ms: callers run it off the threads that answer requests.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Version};

use crate::random::Random;
use crate::secret::SecretString;

/// The fewest characters of a password. Length is the only rule: others make passwords worse.
pub const MINIMUM_LENGTH: usize = 12;

/// The most bytes of a password, so that a request cannot buy much hashing.
pub const MAXIMUM_LENGTH: usize = 1024;

/// The most memory, in KiB, that a stored hash may ask for. Whoever can write the database could otherwise stop the server.
const MEMORY_CEILING: u32 = 256 * 1024;
/// The most passes over it, for the same reason.
const PASSES_CEILING: u32 = 32;

/// What a guess costs, and a sign-in too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes that may be computed side by side.
    pub lanes: u32,
}

impl Default for Cost {
    /// 19 MiB, two passes, one lane: the least that OWASP's password storage guide accepts for Argon2id.
    fn default() -> Self {
        Self { memory: 19 * 1024, passes: 2, lanes: 1 }
    }
}

/// Why a password was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// It has fewer than [`MINIMUM_LENGTH`] characters.
    #[error("a password has at least {MINIMUM_LENGTH} characters")]
    TooShort,
    /// It has more than [`MAXIMUM_LENGTH`] bytes.
    #[error("a password has at most {MAXIMUM_LENGTH} bytes")]
    TooLong,
}

/// The PHC string to store for a new password.
///
/// # Panics
/// If `cost` is outside what Argon2 allows; it comes from configuration, which checks it.
pub fn hash(password: &SecretString, random: &dyn Random, cost: Cost) -> Result<String, PasswordError> {
    if password.expose().chars().count() < MINIMUM_LENGTH {
        return Err(PasswordError::TooShort);
    }
    if password.expose().len() > MAXIMUM_LENGTH {
        return Err(PasswordError::TooLong);
    }
    let salt = random.array::<16>();
    let hash = hasher(cost)
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .expect("the lengths of password and salt are within the algorithm's limits");
    Ok(hash.to_string())
}

/// Whether `password` is the one that `stored` was made of. A stored text that is no hash of ours matches nothing.
pub fn verify(password: &SecretString, stored: &str) -> bool {
    let Some((hash, cost)) = parse(stored) else { return false };
    if cost.memory > MEMORY_CEILING || cost.passes > PASSES_CEILING || password.expose().len() > MAXIMUM_LENGTH {
        return false;
    }
    Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok()
}

/// Takes the time that [`verify`] takes, so that an unknown user cannot be told from a wrong password.
pub fn verify_dummy(password: &SecretString, cost: Cost) {
    let length = password.expose().len().min(MAXIMUM_LENGTH);
    let outcome = hasher(cost).hash_password_with_salt(&password.expose().as_bytes()[..length], &[0; 16]);
    // The result is of no use, but the compiler must not see that.
    std::hint::black_box(outcome).ok();
}

/// Whether `stored` was made at another cost than `cost`, and should be made anew at the next sign-in.
pub fn needs_rehash(stored: &str, cost: Cost) -> bool {
    parse(stored).is_none_or(|(_, made_at)| made_at != cost)
}

fn hasher(cost: Cost) -> Argon2<'static> {
    let params = argon2::Params::new(cost.memory, cost.passes, cost.lanes, None)
        .expect("configuration keeps the cost within the algorithm's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn parse(stored: &str) -> Option<(PasswordHash, Cost)> {
    let hash = PasswordHash::new(stored).ok()?;
    if hash.algorithm != Algorithm::Argon2id.ident() || hash.version != Some(Version::V0x13.into()) {
        return None;
    }
    let params = argon2::Params::try_from(&hash).ok()?;
    let cost = Cost { memory: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() };
    Some((hash, cost))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRandom;

    /// As cheap as the algorithm goes, for tests of anything but the cost.
    const CHEAP: Cost = Cost { memory: 8, passes: 1, lanes: 1 };

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn the_right_password_is_accepted_and_no_other() {
        let stored = hash(&secret("correct horse battery"), &SeededRandom::new(1), CHEAP).unwrap();
        assert!(verify(&secret("correct horse battery"), &stored));
        for wrong in ["correct horse batterz", "correct horse batter", "correct horse battery ", ""] {
            assert!(!verify(&secret(wrong), &stored), "{wrong:?}");
        }
    }

    #[test]
    fn the_stored_text_says_algorithm_and_default_cost_and_not_the_password() {
        let stored = hash(&secret("correct horse battery"), &SeededRandom::new(1), Cost::default()).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(!stored.contains("correct"));
        assert!(verify(&secret("correct horse battery"), &stored));
    }

    #[test]
    fn two_people_with_one_password_have_different_hashes() {
        let random = SeededRandom::new(1);
        let password = secret("correct horse battery");
        assert_ne!(hash(&password, &random, CHEAP), hash(&password, &random, CHEAP));
    }

    #[test]
    fn length_is_counted_in_characters_and_bounded_in_bytes() {
        let random = SeededRandom::new(1);
        assert_eq!(hash(&secret("elevenchars"), &random, CHEAP).unwrap_err(), PasswordError::TooShort);
        assert_eq!(hash(&secret("ééééééééééé"), &random, CHEAP).unwrap_err(), PasswordError::TooShort);
        assert!(hash(&secret("éééééééééééé"), &random, CHEAP).is_ok());
        assert!(hash(&secret(&"x".repeat(1024)), &random, CHEAP).is_ok());
        assert_eq!(hash(&secret(&"x".repeat(1025)), &random, CHEAP).unwrap_err(), PasswordError::TooLong);
    }

    #[test]
    fn another_cost_asks_for_a_new_hash() {
        let stored = hash(&secret("correct horse battery"), &SeededRandom::new(1), CHEAP).unwrap();
        assert!(!needs_rehash(&stored, CHEAP));
        assert!(needs_rehash(&stored, Cost::default()));
        assert!(needs_rehash("nonsense", CHEAP));
    }

    #[test]
    fn what_is_no_hash_of_ours_matches_nothing() {
        let password = secret("correct horse battery");
        let stored = hash(&password, &SeededRandom::new(1), CHEAP).unwrap();
        for other in [
            String::new(),
            "correct horse battery".to_owned(),
            stored.replace("argon2id", "argon2d"),
            stored.replace("v=19", "v=16"),
            stored.replace("m=8", "m=4194304"),
            stored.replace("t=1", "t=4000000"),
            stored[..stored.rfind('$').unwrap()].to_owned(),
        ] {
            assert!(!verify(&password, &other), "{other}");
        }
    }

    #[test]
    fn an_unknown_user_costs_a_hash_too() {
        verify_dummy(&secret(""), CHEAP);
        verify_dummy(&secret(&"x".repeat(5000)), CHEAP);
    }
}
