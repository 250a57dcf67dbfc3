//! Proofs that travel (C2SP tlog-proof): that an entry stands in a log, in one text with the checkpoint that says so.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::{self, CheckpointError, Verified, parse_size};
use crate::note::{MAX_NOTE, VerifierKey};
use crate::proof::{ProofError, inclusion};
use crate::tree::Hash;

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The most bytes of a proof: a checkpoint, and room for the rest.
pub const MAX_PROOF: usize = 2 * MAX_NOTE;

/// The most hashes: no tree is higher.
const MAX_HASHES: usize = 63;

/// The text of a proof, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// What the log added for those who know what it means; this server adds nothing.
    pub extra: Option<Vec<u8>>,
    /// The place of the entry.
    pub index: u64,
    /// The hashes beside the way from the entry to the root.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint, byte for byte.
    pub checkpoint: String,
}

/// Why a proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// The bytes are not the text of a proof.
    #[error("not a tlog-proof: {0}")]
    Text(&'static str),
    /// The checkpoint is none that can be relied on.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The hashes do not lead from the entry to the root of the checkpoint.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl TlogProof {
    /// Reads a proof; nothing is verified before [`TlogProof::verify`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        if bytes.len() > MAX_PROOF {
            return Err(TlogProofError::Text("it is too long"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| TlogProofError::Text("it is not UTF-8"))?;
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or(TlogProofError::Text("no blank line before a checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(TlogProofError::Text("another first line"));
        }
        let extra =
            lines.next_if(|line| line.starts_with("extra ")).map(|line| STANDARD.decode(&line["extra ".len()..]));
        let extra = extra.transpose().map_err(|_| TlogProofError::Text("its extra line is not base64"))?;
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(parse_size);
        let index = index.ok_or(TlogProofError::Text("no index"))?;
        let hashes = lines.map(|line| STANDARD.decode(line).ok()?.try_into().ok()).take(MAX_HASHES + 1);
        let hashes: Option<Vec<Hash>> = hashes.collect();
        let hashes = hashes.ok_or(TlogProofError::Text("a line that is no hash"))?;
        if hashes.len() > MAX_HASHES {
            return Err(TlogProofError::Text("too many hashes"));
        }
        Ok(Self { extra, index, hashes, checkpoint: checkpoint.to_owned() })
    }

    /// Whether the entry with this hash stands at the index in the log that the checkpoint is of, by one of these keys.
    pub fn verify(&self, leaf_hash: Hash, keys: &[VerifierKey]) -> Result<Verified, TlogProofError> {
        let verified = checkpoint::open(self.checkpoint.as_bytes(), keys)?;
        self.leads_to(leaf_hash, verified.checkpoint.size, &verified.checkpoint.root)?;
        Ok(verified)
    }

    /// Whether the hashes lead from the entry to this root: for one who has the checkpoint already.
    pub fn leads_to(&self, leaf_hash: Hash, size: u64, root: &Hash) -> Result<(), ProofError> {
        inclusion::verify(leaf_hash, self.index, size, root, &self.hashes)
    }
}

/// The text, as it is stored and sent.
impl fmt::Display for TlogProof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(formatter, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(formatter, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(formatter, "{}", STANDARD.encode(hash)))?;
        write!(formatter, "\n{}", self.checkpoint)
    }
}
