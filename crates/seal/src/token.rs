//! The random secrets that callers present: access tokens, one-time links, console sessions.
//!
//! A token is a prefix that says what it is, 256 random bits in base 62, and a CRC-32 of both in base 62. So people and
//! secret scanners recognise one, and a mistyped one is told from a revoked one without asking the database. Stored is
//! the SHA-256 of the text alone. A slow hash would add nothing: there is nothing to guess in 256 random bits.

use std::fmt;

use zeroize::Zeroizing;

use crate::random::Random;
use crate::secret::{Secret, SecretString};
use crate::sha256;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62⁴³ is the first power of 62 above 2²⁵⁶.
const BODY_LENGTH: usize = 43;
/// 62⁶ is the first power of 62 above 2³².
const CHECKSUM_LENGTH: usize = 6;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Authenticates a program or a person at the API.
    Access,
    /// Sets a password, or lets somebody into an organisation, once.
    Link,
    /// Keeps a person signed in to the console.
    Session,
}

impl TokenKind {
    const ALL: [Self; 3] = [Self::Access, Self::Link, Self::Session];

    /// How a token of this kind begins. None is `token`, which the `Authorization` header already says.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "escriba_",
            Self::Link => "escriba_link_",
            Self::Session => "escriba_session_",
        }
    }
}

/// A token that was just made: the one moment at which its text exists here.
#[derive(Debug)]
pub struct Token {
    /// The text to hand over, once.
    pub text: SecretString,
    digest: [u8; 32],
}

impl Token {
    /// A new access token.
    pub fn mint(random: &dyn Random) -> Self {
        Self::mint_kind(TokenKind::Access, random)
    }

    /// A new token of any kind.
    pub fn mint_kind(kind: TokenKind, random: &dyn Random) -> Self {
        let mut number = Zeroizing::new([0; 32]);
        random.fill(&mut *number);
        let mut text = String::with_capacity(kind.prefix().len() + BODY_LENGTH + CHECKSUM_LENGTH);
        text.push_str(kind.prefix());
        push_base62(&mut text, &mut *number, BODY_LENGTH);
        let mut checksum = crc32fast::hash(text.as_bytes()).to_be_bytes();
        push_base62(&mut text, &mut checksum, CHECKSUM_LENGTH);
        let digest = sha256(text.as_bytes());
        Self { text: Secret::new(text), digest }
    }

    /// What to store.
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// What to index the stored digest by.
    pub fn lookup(&self) -> [u8; 8] {
        lookup(&self.digest)
    }

    /// Reads a token that a caller presents.
    pub fn parse(text: &str) -> Result<Presented, TokenError> {
        // Longest prefix first would be needed if a body could contain an underscore; it cannot, and lengths differ.
        let (kind, _) = TokenKind::ALL
            .into_iter()
            .filter_map(|kind| Some((kind, text.strip_prefix(kind.prefix())?)))
            .find(|(_, rest)| rest.len() == BODY_LENGTH + CHECKSUM_LENGTH && rest.bytes().all(is_base62))
            .ok_or(TokenError::NotAToken)?;
        let (covered, checksum) = text.split_at(text.len() - CHECKSUM_LENGTH);
        let mut expected = String::with_capacity(CHECKSUM_LENGTH);
        push_base62(&mut expected, &mut crc32fast::hash(covered.as_bytes()).to_be_bytes(), CHECKSUM_LENGTH);
        if checksum != expected {
            return Err(TokenError::Mistyped);
        }
        Ok(Presented { kind, digest: sha256(text.as_bytes()) })
    }
}

/// A well-formed token that a caller presented. It keeps the digest only.
#[derive(Clone, Copy)]
pub struct Presented {
    kind: TokenKind,
    digest: [u8; 32],
}

impl Presented {
    /// What it claims to be for.
    pub const fn kind(&self) -> TokenKind {
        self.kind
    }

    /// The digest to compare with the stored one; prefer [`matches`](Self::matches).
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// What to find the stored digest by.
    ///
    /// An index compares in variable time. With a prefix of the digest it can tell an attacker nothing that leads to
    /// a token, and what it finds is compared in full by [`matches`](Self::matches).
    pub fn lookup(&self) -> [u8; 8] {
        lookup(&self.digest)
    }

    /// Whether this is the token whose digest was stored; in constant time.
    pub fn matches(&self, stored: &[u8; 32]) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.digest, stored).is_ok()
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Why a text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It has another prefix, length or alphabet.
    #[error("this is not an Escriba token")]
    NotAToken,
    /// It looks like one, but its checksum is wrong.
    #[error("the token was mistyped or cut: its checksum does not match")]
    Mistyped,
}

fn lookup(digest: &[u8; 32]) -> [u8; 8] {
    *digest.first_chunk().expect("a digest is longer than its lookup prefix")
}

fn is_base62(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// Appends the big-endian `number` in base 62, least significant digit first, at a fixed width. Consumes the number.
fn push_base62(text: &mut String, number: &mut [u8], width: usize) {
    for _ in 0..width {
        let mut remainder = 0_u16;
        for byte in &mut *number {
            let dividend = remainder << 8 | u16::from(*byte);
            *byte = u8::try_from(dividend / 62).expect("the remainder is below 62, so the quotient fits a byte");
            remainder = dividend % 62;
        }
        text.push(ALPHABET[usize::from(remainder)].into());
    }
    debug_assert!(number.iter().all(|byte| *byte == 0), "the width holds every number of this length");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::SeededRandom;

    struct Fixed(u8);
    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    proptest! {
        #[test]
        fn a_minted_token_is_read_back_and_matches_only_itself(seed: u64) {
            let random = SeededRandom::new(seed);
            let other = Token::mint(&random);
            for kind in TokenKind::ALL {
                let token = Token::mint_kind(kind, &random);
                let presented = Token::parse(token.text.expose()).unwrap();
                prop_assert_eq!(presented.kind(), kind);
                prop_assert_eq!(presented.digest(), token.digest());
                prop_assert_eq!(presented.lookup(), token.lookup());
                prop_assert!(presented.matches(&token.digest()));
                prop_assert!(!presented.matches(&other.digest()));
            }
        }

        #[test]
        fn one_changed_character_is_noticed(seed: u64, at in 0..57_usize, to in "[ -~é]") {
            let token = Token::mint(&SeededRandom::new(seed));
            let text = token.text.expose();
            let mut changed = text.clone();
            changed.replace_range(at..=at, &to);
            prop_assume!(changed != *text);
            prop_assert!(Token::parse(&changed).is_err());
        }

        #[test]
        fn no_other_text_is_a_token(text: String) {
            prop_assert_eq!(Token::parse(&text).unwrap_err(), TokenError::NotAToken);
        }
    }

    #[test]
    fn every_token_of_a_kind_has_one_length() {
        for byte in [0, 1, 0x7f, 0xff] {
            let token = Token::mint(&Fixed(byte));
            assert_eq!(token.text.expose().len(), 57);
            assert!(Token::parse(token.text.expose()).is_ok());
        }
    }

    #[test]
    fn a_link_is_not_an_access_token_with_another_name() {
        let link = Token::mint_kind(TokenKind::Link, &SeededRandom::new(1));
        let renamed = link.text.expose().replace("escriba_link_", "escriba_");
        assert_eq!(Token::parse(&renamed).unwrap_err(), TokenError::Mistyped);
    }

    #[test]
    fn no_prefix_repeats_the_scheme_of_the_header() {
        for kind in TokenKind::ALL {
            assert!(!kind.prefix().starts_with("token"));
        }
    }

    /// Scanners know tokens by this shape, and users keep them for years.
    #[test]
    fn a_token_of_the_first_version_is_still_read() {
        let token = Token::mint(&SeededRandom::new(1));
        assert_eq!(token.text.expose(), "escriba_4Rr9yF2HA9P5fZlYpUdHY6oSRyxRqOfx4dgjIN5cTVSIUPr00");
    }

    #[test]
    fn debug_shows_nothing_of_the_token() {
        let token = Token::mint(&SeededRandom::new(1));
        let presented = Token::parse(token.text.expose()).unwrap();
        let shown = format!("{:?} {presented:?}", token.text);
        assert_eq!(shown, "[secret] Presented { kind: Access, .. }");
        assert!(!format!("{token:?}").contains(&token.text.expose()[8..]));
    }
}
