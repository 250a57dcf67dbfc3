//! Signed notes (C2SP signed-note): a text, a blank line, and a line for each signature.
//!
//! A signature of an unknown key is no reason to refuse a note, whatever it is; a wrong one of a known key is.

mod key;

pub use key::{Algorithm, KeyError, KeyId, VerifierKey};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::cosign;

/// The most bytes of a note.
pub const MAX_NOTE: usize = 256 * 1024;

/// The most signatures of a note; the specification asks for 16 at least.
pub const MAX_SIGNATURES: usize = 100;

/// What stands before the name of a key: an em dash and a space.
const MARK: &str = "\u{2014} ";

/// Why bytes are no signed note, or are not signed as they say, or cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More than [`MAX_NOTE`] bytes.
    #[error("a note of {0} bytes is too long")]
    TooLong(usize),
    /// More than [`MAX_SIGNATURES`] lines.
    #[error("a note with more than {MAX_SIGNATURES} signatures")]
    TooMany,
    /// Not UTF-8, or with control characters other than line feeds, or without a line feed at the end.
    #[error("the text of a note is lines of printable UTF-8")]
    Text,
    /// No blank line with at least one signature after it.
    #[error("a note without signatures")]
    Unsigned,
    /// A line after the blank one that is no signature.
    #[error("line {0} after the text of a note is no signature")]
    Line(usize),
    /// A key signed twice.
    #[error("a note with two signatures of the key of {0}")]
    Repeated(String),
    /// The signature of a known key is not over this text.
    #[error("the signature of {0} is not over this text")]
    Forged(String),
    /// A key does not sign notes of this kind.
    #[error("the key of {0} does not sign this")]
    Unfit(String),
}

/// What signs. The private key stays wherever it is.
pub trait Signer {
    /// The public key, with its name.
    fn key(&self) -> &VerifierKey;

    /// Signs the bytes (Ed25519, RFC 8032).
    fn sign(&self, message: &[u8]) -> [u8; 64];
}

/// A note that was taken apart; nothing is verified before [`Note::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    text: &'a str,
    signatures: Vec<Signature<'a>>,
}

/// A line after the text of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature<'a> {
    /// The name of the key.
    pub name: &'a str,
    /// Which key of that name.
    pub id: KeyId,
    /// What the key's algorithm says that it is.
    pub bytes: Vec<u8>,
}

/// A signature that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The key that signed.
    pub key: VerifierKey,
    /// When, in seconds since 1970 UTC, if the kind of signature says so: the signer's claim.
    pub time: Option<u64>,
}

/// The text with a signature of each signer.
pub fn sign(text: &str, signers: &[&dyn Signer]) -> Result<String, NoteError> {
    check_text(text)?;
    let mut note = format!("{text}\n");
    for signer in signers {
        let key = signer.key();
        if key.algorithm() != Algorithm::Ed25519 {
            return Err(NoteError::Unfit(key.name().to_owned()));
        }
        note.push_str(&line(key, &signer.sign(text.as_bytes())));
    }
    // What cannot be read must not be written: no signer, one twice, too many.
    Note::parse(note.as_bytes())?;
    Ok(note)
}

/// The line of a signature: the name of the key, and in base64 its id and what it made of the text.
pub(crate) fn line(key: &VerifierKey, signature: &[u8]) -> String {
    let bytes = [key.id().as_slice(), signature].concat();
    format!("{MARK}{} {}\n", key.name(), STANDARD.encode(bytes))
}

impl<'a> Note<'a> {
    /// Takes a note apart.
    pub fn parse(note: &'a [u8]) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE {
            return Err(NoteError::TooLong(note.len()));
        }
        let note = std::str::from_utf8(note).map_err(|_| NoteError::Text)?;
        check_text(note)?;
        // The last blank line parts them: no signature holds one.
        let end = note.rfind("\n\n").ok_or(NoteError::Unsigned)? + 1;
        let (text, lines) = (&note[..end], note[end + 1..].trim_end_matches('\n'));
        let mut signatures: Vec<Signature<'_>> = Vec::new();
        for (number, line) in (1..).zip(lines.split('\n')) {
            if line.is_empty() && number == 1 {
                return Err(NoteError::Unsigned);
            }
            if number > MAX_SIGNATURES {
                return Err(NoteError::TooMany);
            }
            signatures.push(Signature::parse(line).ok_or(NoteError::Line(number))?);
        }
        Ok(Self { text, signatures })
    }

    /// What is signed, the line feed at its end included.
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// The signatures, known or not.
    pub fn signatures(&self) -> &[Signature<'a>] {
        &self.signatures
    }

    /// The signatures of these keys; none if none of them signed. Fails if one did and its signature is wrong, or if one
    /// did twice.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<Vec<Signed>, NoteError> {
        let mut verified: Vec<Signed> = Vec::new();
        for signature in &self.signatures {
            let Some(key) = keys.iter().find(|key| key.name() == signature.name && key.id() == signature.id) else {
                continue;
            };
            if verified.iter().any(|signed| signed.key == *key) {
                return Err(NoteError::Repeated(key.name().to_owned()));
            }
            let forged = || NoteError::Forged(key.name().to_owned());
            let time = match key.algorithm() {
                Algorithm::Ed25519 => {
                    key.verify(self.text.as_bytes(), &signature.bytes).then_some(None).ok_or_else(forged)?
                }
                Algorithm::Cosignature => Some(cosign::verify(key, self.text, &signature.bytes).ok_or_else(forged)?),
            };
            verified.push(Signed { key: key.clone(), time });
        }
        Ok(verified)
    }
}

impl<'a> Signature<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, base64) = line.strip_prefix(MARK)?.split_once(' ')?;
        let bytes = STANDARD.decode(base64).ok()?;
        let (id, bytes) = bytes.split_first_chunk().filter(|(_, bytes)| !bytes.is_empty())?;
        key::is_name(name).then(|| Self { name, id: *id, bytes: bytes.to_vec() })
    }
}

fn check_text(text: &str) -> Result<(), NoteError> {
    let is_lines = text.ends_with('\n') && !text.bytes().any(|byte| byte < b' ' && byte != b'\n');
    if is_lines { Ok(()) } else { Err(NoteError::Text) }
}
