//! Commitments, and the openings that explain them.

use std::borrow::Cow;
use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::canonical;
use crate::words::StatementName;

/// What a leaf commits to, and the key that shows it. Without the key a commitment says nothing about the text, so
/// destroying the opening erases the text while the leaf stays provable.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    /// What the leaf holds.
    pub commitment: [u8; 32],
    /// Random bytes of this opening alone.
    pub key: [u8; 32],
    /// What the value speaks of; a word of [`StatementName`], or of a later version.
    pub name: Cow<'static, str>,
    /// RFC 8785 text.
    pub value: Arc<str>,
}

/// Why an opening is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// The line is not four fields and a line feed, exactly spelled.
    #[error("not an opening's line")]
    Line,
    /// The value is not canonical JSON.
    #[error("the value of an opening is not canonical")]
    Value,
    /// The commitment is to something else.
    #[error("an opening does not match its commitment")]
    Mismatch,
}

/// HMAC-SHA-256 over the format's name, the statement's name and its value.
pub fn commit(key: &[u8; 32], name: &str, value: &str) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    context.update(b"escriba-commitment-v1\n");
    context.update(name.as_bytes());
    context.update(b"\n");
    context.update(value.as_bytes());
    context.sign().as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes")
}

impl Opening {
    /// Commits to a value with a fresh random key.
    pub fn new(key: [u8; 32], name: StatementName, value: Arc<str>) -> Self {
        let name = name.as_str();
        Self { commitment: commit(&key, name, &value), key, name: Cow::Borrowed(name), value }
    }

    /// An opening as it was stored; nothing is checked before [`Opening::verify`].
    pub fn stored(commitment: [u8; 32], key: [u8; 32], name: &str, value: Arc<str>) -> Self {
        let known = StatementName::from_word(name);
        let name = known.map_or_else(|| Cow::Owned(name.to_owned()), |known| Cow::Borrowed(known.as_str()));
        Self { commitment, key, name, value }
    }

    /// Whether the value is canonical and the commitment is to it.
    pub fn verify(&self) -> Result<(), OpeningError> {
        if commit(&self.key, &self.name, &self.value) != self.commitment {
            return Err(OpeningError::Mismatch);
        }
        if canonical::is_canonical(&self.value) { Ok(()) } else { Err(OpeningError::Value) }
    }

    /// What this says was destroyed, by commitment. `None` if it is no such list.
    pub fn destroyed(&self) -> Option<Vec<[u8; 32]>> {
        if self.name != StatementName::Destroyed.as_str() {
            return None;
        }
        let texts: Vec<&str> = serde_json::from_str(&self.value).ok()?;
        texts.into_iter().map(decode).collect()
    }

    /// Commitment, key, name and value with tabs between and a line feed at the end.
    pub fn line(&self) -> String {
        let (mut commitment, mut key) = ([0; 44], [0; 44]);
        let (commitment, key) = (encode(&self.commitment, &mut commitment), encode(&self.key, &mut key));
        format!("{commitment}\t{key}\t{}\t{}\n", self.name, self.value)
    }

    /// Reads a line, the line feed included.
    pub fn parse_line(line: &str) -> Result<Self, OpeningError> {
        let parse = || {
            let line = line.strip_suffix('\n').filter(|line| !line.contains('\n'))?;
            let mut fields = line.split('\t');
            let commitment = decode(fields.next()?)?;
            let key = decode(fields.next()?)?;
            let name = fields.next().filter(|name| is_name(name))?;
            let value = fields.next()?;
            fields.next().is_none().then(|| Self::stored(commitment, key, name, value.into()))
        };
        parse().ok_or(OpeningError::Line)
    }
}

/// Never shows key or value.
impl std::fmt::Debug for Opening {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Opening").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Whether the text can be a key of a leaf.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Base64 of at most 32 bytes, into a buffer.
pub(crate) fn encode<'a>(bytes: &[u8], buffer: &'a mut [u8; 44]) -> &'a str {
    let length = STANDARD.encode_slice(bytes, buffer).expect("32 bytes are 44 characters");
    std::str::from_utf8(&buffer[..length]).expect("base64 is ASCII")
}

/// Characters of 32 bytes in base64.
pub(crate) const TEXT: usize = 44;

/// Strict base64 of 32 bytes.
pub(crate) fn decode(text: &str) -> Option<[u8; 32]> {
    // The decoder wants room for what so many characters could be at most.
    let mut bytes = [0; TEXT / 4 * 3];
    let length = if text.len() == TEXT { STANDARD.decode_slice(text, &mut bytes).ok()? } else { 0 };
    (length == 32).then(|| *bytes.first_chunk().expect("32 of 33 bytes"))
}
