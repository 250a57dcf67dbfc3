//! What explains a bundle: the records of destroyed openings, and the changes of the keys that sign.

use std::io::Write;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::bundle::{Changes, Explanations, KeyChange};
use ledger::note::VerifierKey;
use ledger::tlog_proof::TlogProof;
use ledger::{Event, Hash, OwnedLeaf};
use store::checkpoint::{self, Checkpoint};
use store::{LogKey, Question, Read, StoreError, entry, tree};

use super::bundle::{BundleFailure, Bundling};
use crate::log::keys::verifier;
use crate::log::list::Told;
use crate::log::scan;

/// How many entries are looked through at once.
const STRIDE: u64 = 16_384;

impl Bundling {
    /// Adds every record of a destruction that is not among the entries, if an opening of those is missing. It is newer
    /// than the entry whose opening it destroyed.
    pub(super) fn explain<W: Write>(
        &self,
        mut explanations: Explanations<W>,
        is_missing: bool,
        checkpoint: &Checkpoint,
    ) -> Result<Explanations<W>, BundleFailure> {
        if !is_missing {
            return Ok(explanations);
        }
        let span = &self.span;
        let start = if self.filter.is_whole() { span.range.end } else { span.range.start };
        let mut left = start..checkpoint.size;
        while let Some(range) = stride(&mut left) {
            let question = Find { log: span.log, range, event: Event::OpeningsDestroyed };
            for (index, leaf) in self.ask(question)? {
                let explained = self.ask(Explain { log: span.log, index, leaf, size: checkpoint.size })?;
                let Explained { told, proof } = explained.ok_or(BundleFailure::Unproved)?;
                let entry = &told.entry;
                if !span.range.contains(&index) || !span.matching.holds(entry) {
                    explanations.entry(index, &entry.leaf.as_leaf(), &entry.openings, &proof)?;
                }
            }
        }
        Ok(explanations)
    }

    /// Adds the changes of keys, for whoever knows only a key from before them.
    pub(super) fn key_changes<W: Write>(
        &self,
        mut changes: Changes<W>,
        checkpoint: &Checkpoint,
    ) -> Result<Changes<W>, BundleFailure> {
        let (log, origin) = (self.span.log, &self.span.origin);
        let keys = self.engine.0.log_keys.get();
        let keys: Vec<(String, VerifierKey)> =
            keys.public().map(|public| (STANDARD.encode(seal::sha256(public)), verifier(origin, public))).collect();
        if keys.len() < 2 {
            return Ok(changes);
        }
        let mut left = 0..checkpoint.size;
        while let Some(range) = stride(&mut left) {
            for (index, leaf) in self.ask(Find { log, range, event: Event::LogKeyChanged })? {
                let new = leaf.as_leaf().detail("newkey").map(|digest| digest.to_string());
                let key = keys.iter().find(|(digest, _)| Some(digest) == new.as_ref());
                // A key that is not in the ring any more cannot be named.
                let Some((_, key)) = key else { continue };
                let proof = self.ask(ProveFirst { log, index })?.ok_or(BundleFailure::Unproved)?;
                changes.change(&KeyChange { key: &key.to_string(), leaf: leaf.as_leaf(), proof: &proof })?;
            }
        }
        Ok(changes)
    }
}

/// Takes the next few entries off what is left.
fn stride(left: &mut Range<u64>) -> Option<Range<u64>> {
    let range = left.start..left.end.min(left.start.saturating_add(STRIDE));
    left.start = range.end;
    (!range.is_empty()).then_some(range)
}

/// The entries of a range that record something that succeeded.
struct Find {
    log: LogKey,
    range: Range<u64>,
    event: Event,
}

impl Question for Find {
    type Answer = Vec<(u64, OwnedLeaf)>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let mut found = Vec::new();
        for stored in entry::range(read, self.log, self.range.clone()).await? {
            let (index, leaf) = scan::leaf(self.log, stored)?;
            let of = leaf.as_leaf();
            if of.event_type() == self.event.id() && of.outcome_word() == Some("succeeded") {
                found.push((index, leaf));
            }
        }
        Ok(found)
    }
}

/// An entry with its openings, and the proof that it is in the tree of a size.
struct Explain {
    log: LogKey,
    index: u64,
    leaf: OwnedLeaf,
    size: u64,
}

struct Explained {
    told: Told,
    proof: Vec<Hash>,
}

impl Question for Explain {
    type Answer = Option<Explained>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let told = scan::tell(read, self.log, vec![(self.index, self.leaf.clone())]).await?.pop();
        let proof = tree::inclusion(read, self.log, self.index, self.size).await?;
        Ok(told.zip(proof).map(|(told, proof)| Explained { told, proof }))
    }
}

/// The proof that an entry is under the first checkpoint that covers it: of several keys, the one before signed it too.
struct ProveFirst {
    log: LogKey,
    index: u64,
}

impl Question for ProveFirst {
    type Answer = Option<String>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let Self { log, index } = *self;
        let Some(first) = checkpoint::first_covering(read, log, index).await? else { return Ok(None) };
        let hashes = tree::inclusion(read, log, index, first.size).await?;
        let proof = hashes.map(|hashes| TlogProof { extra: None, index, hashes, checkpoint: first.note });
        Ok(proof.map(|proof| proof.to_string()))
    }
}
