//! Keys that a trusted key introduced: whoever knows only an old one learns the new one from the log itself.

use super::report::Fault;
use super::trust::{TrustRoots, installation};
use crate::bundle::{self, KeyText};
use crate::checkpoint::CheckpointError;
use crate::event::Event;
use crate::leaf::{Leaf, LeafValue};
use crate::note::VerifierKey;
use crate::tlog_proof::{TlogProof, TlogProofError};
use crate::tree::{self, Hash};

/// The keys that were introduced, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Changes(Vec<VerifierKey>);

impl Changes {
    pub(super) fn introduced(&self) -> impl Iterator<Item = &VerifierKey> {
        self.0.iter()
    }
}

/// Reads the changes of keys. One that nobody trusted vouches for is no fault: it changes nothing.
pub(super) fn read(text: &str, trust: &TrustRoots) -> Result<Changes, Fault> {
    let mut changes = Changes::default();
    for (number, line) in (1..).zip(text.lines()) {
        let key = introduced(line, trust, &changes).map_err(|what| Fault::new(bundle::KEYS, number, what))?;
        changes.0.extend(key);
    }
    Ok(changes)
}

fn introduced(line: &str, trust: &TrustRoots, changes: &Changes) -> Result<Option<VerifierKey>, String> {
    let text = KeyText::read(line).ok_or("it is not a change of keys with its proof")?;
    let leaf = Leaf::parse(text.leaf().as_bytes()).map_err(|error| error.to_string())?;
    if leaf.event() != Some(Event::LogKeyChanged) || leaf.outcome_word() != Some("succeeded") {
        return Err("it does not record a change of keys".to_owned());
    }
    let key: VerifierKey = text.key.parse().map_err(|_| "its key is none")?;
    if installation(key.name()) != installation(leaf.log()) {
        return Err("its key is one of another server".to_owned());
    }
    let (new, old) = (digest(&leaf, "newkey")?, digest(&leaf, "oldkey")?);
    if key.digest() != new {
        return Err("its key is not the one that the record speaks of".to_owned());
    }
    let proof = TlogProof::parse(text.proof.as_bytes()).map_err(|error| error.to_string())?;
    match proof.verify(tree::leaf_hash(leaf.as_bytes()), &trust.named(leaf.log(), changes)) {
        Ok(verified) if verified.checkpoint.origin != leaf.log() => Err("its proof is of another log".to_owned()),
        // Only the key that goes can say which one comes.
        Ok(verified) => Ok(verified.signatures.iter().any(|signed| signed.key.digest() == old).then_some(key)),
        Err(TlogProofError::Checkpoint(CheckpointError::Unknown { .. })) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn digest(leaf: &Leaf<'_>, key: &str) -> Result<Hash, String> {
    match leaf.detail(key) {
        Some(LeafValue::Text(text)) => bundle::hash(text).ok_or_else(|| format!("its `{key}` is no digest")),
        _ => Err(format!("it has no `{key}`")),
    }
}
