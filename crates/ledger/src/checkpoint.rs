//! Checkpoints (C2SP tlog-checkpoint): the size and the root of a log at some time, as a signed note.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::id::Origin;
use crate::note::{self, Algorithm, Note, NoteError, Signed, Signer, VerifierKey};
use crate::tree::{Hash, MAX_SIZE};

/// What the text of a checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root of its tree.
    pub root: Hash,
    /// Further lines. This server writes none; other logs may.
    pub extensions: Vec<String>,
}

/// A checkpoint whose log signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// Who of the known keys signed: the log, and witnesses.
    pub signatures: Vec<Signed>,
}

/// Why bytes are no checkpoint, or none that can be relied on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not a note, or not signed as it says.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text is not an origin, a size and a root, a line each.
    #[error("not the text of a checkpoint")]
    Text,
    /// None of the known keys is the log's and signed.
    #[error("no known key of {origin} signed the checkpoint")]
    Unknown {
        /// The name of the log.
        origin: String,
    },
}

impl Checkpoint {
    /// Reads the text of a checkpoint, without its signatures.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let parse = || {
            let mut lines = text.strip_suffix('\n')?.split('\n');
            let origin = lines.next().filter(|origin| !origin.is_empty())?.to_owned();
            let size = parse_size(lines.next()?)?;
            let root = STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
            let extensions: Vec<String> = lines.map(str::to_owned).collect();
            let has_blank = extensions.iter().any(String::is_empty);
            (!has_blank).then_some(Self { origin, size, root, extensions })
        };
        parse().ok_or(CheckpointError::Text)
    }

    /// Reads a signed checkpoint without verifying its signatures: for showing what it claims.
    pub fn read(note: &[u8]) -> Result<Self, CheckpointError> {
        Self::parse(Note::parse(note)?.text())
    }
}

/// The text that is signed.
impl fmt::Display for Checkpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, size, root, extensions } = self;
        writeln!(formatter, "{origin}\n{size}\n{}", STANDARD.encode(root))?;
        extensions.iter().try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

/// A checkpoint, signed by each of the signers. Their keys have the name of the log.
pub fn sign(origin: &Origin, size: u64, root: &Hash, signers: &[&dyn Signer]) -> Result<String, NoteError> {
    let foreign = signers.iter().map(|signer| signer.key().name()).find(|name| *name != origin.as_str());
    if let Some(name) = foreign {
        return Err(NoteError::Unfit(name.to_owned()));
    }
    let checkpoint = Checkpoint { origin: origin.as_str().to_owned(), size, root: *root, extensions: Vec::new() };
    note::sign(&checkpoint.to_string(), signers)
}

/// Verifies a signed checkpoint. At least one of the keys must be the log's, that is, have its origin as name.
pub fn open(note: &[u8], keys: &[VerifierKey]) -> Result<Verified, CheckpointError> {
    let note = Note::parse(note)?;
    let checkpoint = Checkpoint::parse(note.text())?;
    let signatures = note.verify(keys)?;
    let is_of_log =
        |key: &VerifierKey| key.algorithm() == Algorithm::Ed25519 && key.name() == checkpoint.origin.as_str();
    if signatures.iter().any(|signed| is_of_log(&signed.key)) {
        Ok(Verified { checkpoint, signatures })
    } else {
        Err(CheckpointError::Unknown { origin: checkpoint.origin })
    }
}

/// A size, or an index, in decimal without leading zeros.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let is_canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|size| is_canonical && *size <= MAX_SIZE)
}
