//! Cosignatures (C2SP tlog-cosignature, `cosignature/v1`): what a witness says about a checkpoint.
//!
//! A cosignature says that the checkpoint is of the largest tree that the witness had seen of that log at that time,
//! and that it extends everything that it had cosigned before.

use crate::note::{self, Algorithm, NoteError, Signer, VerifierKey};

/// The line that a witness adds to a checkpoint's note at a time, in seconds since 1970 UTC.
pub fn sign(checkpoint: &str, time: u64, signer: &dyn Signer) -> Result<String, NoteError> {
    let key = signer.key();
    if key.algorithm() != Algorithm::Cosignature {
        return Err(NoteError::Unfit(key.name().to_owned()));
    }
    let signature = signer.sign(&message(checkpoint, time));
    Ok(note::line(key, &[&time.to_be_bytes()[..], &signature].concat()))
}

/// The time of a cosignature over the text of a checkpoint; `None` if it is not one.
pub(crate) fn verify(key: &VerifierKey, checkpoint: &str, signature: &[u8]) -> Option<u64> {
    let (time, signature) = signature.split_first_chunk()?;
    let time = u64::from_be_bytes(*time);
    key.verify(&message(checkpoint, time), signature).then_some(time)
}

/// What is signed: a line that says what it is, one with the time, and the text of the checkpoint.
fn message(checkpoint: &str, time: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{checkpoint}").into_bytes()
}
