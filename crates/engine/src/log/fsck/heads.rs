//! Heads: what was signed of a log, what is anchored of it, and what it says of the one that it continues.

use ledger::checkpoint::CheckpointError;
use ledger::note::VerifierKey;
use ledger::{Event, Leaf};
use store::checkpoint::{self, Checkpoint};
use store::tree::LogState;
use store::{Ask, LogKey, Question, Read, StoreError, entry};

use super::{Expected, Finding, LogReport, Report, by_key};
use crate::log::anchor::TreeHead;
use crate::log::fault::Fault;
use crate::log::keys::verifier;
use crate::log::recompute::edge_at;
use crate::log::trust::Name;

/// How many checkpoints are read at once.
const PAGE: i64 = 512;

/// Logs that are anchored and gone.
pub(super) fn check_anchor(expected: &Expected, logs: &[(Name, LogState)], report: &mut Report) {
    for (origin, head) in &expected.anchored {
        if logs.iter().all(|(name, _)| name.origin != *origin) {
            let what = format!("the log {origin} is anchored at size {} and not in the database", head.size);
            report.findings.push(Finding::of_all(what));
        }
    }
}

/// Checks what was said of a log's heads.
pub(super) async fn check<A: Ask>(
    source: &A,
    expected: &Expected,
    logs: &[(Name, LogState)],
    name: &Name,
    state: &LogState,
    log: &mut LogReport,
) -> Result<(), StoreError> {
    check_signatures(source, expected, name, state, log).await?;
    let is_continued = logs.iter().any(|(_, other)| other.predecessor == Some(state.log));
    match expected.anchored.get(&name.origin) {
        Some(anchored) => check_anchored(source, state, *anchored, log).await?,
        None if log.checkpoints > 0 && !is_continued && !expected.known.contains(&name.origin) => {
            log.findings.push(Finding::of_all("it was signed, and the anchor does not know it"));
        }
        None => {}
    }
    if let Some(before) = state.predecessor.and_then(|before| by_key(logs, before)) {
        check_gap(source, state, before, log).await?;
    }
    Ok(())
}

struct Page {
    log: LogKey,
    after: u64,
}

impl Question for Page {
    type Answer = Vec<Checkpoint>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        checkpoint::after(read, self.log, self.after, PAGE).await
    }
}

/// That each checkpoint is signed by a key of ours, and that the row says what is signed. Whether its root is that of the
/// entries was looked at with them.
async fn check_signatures<A: Ask>(
    source: &A,
    expected: &Expected,
    name: &Name,
    state: &LogState,
    log: &mut LogReport,
) -> Result<(), StoreError> {
    let keys: Vec<VerifierKey> = expected.keys.iter().map(|public| verifier(&name.origin, public)).collect();
    let mut after = 0;
    loop {
        let page = source.ask(Page { log: state.log, after }).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.size;
        for checkpoint in &page {
            log.checkpoints += 1;
            if let Some(what) = wrong(checkpoint, name, state, &keys) {
                log.findings.push(Finding::at(checkpoint.size, what));
            }
        }
    }
}

fn wrong(stored: &Checkpoint, name: &Name, state: &LogState, keys: &[VerifierKey]) -> Option<String> {
    let size = stored.size;
    if size > state.size {
        return Some(format!("{size} entries were signed, and it has {}", state.size));
    }
    match ledger::checkpoint::open(stored.note.as_bytes(), keys) {
        Ok(verified) => {
            let said = verified.checkpoint;
            let is_its_own = said.origin == name.origin.as_str() && said.size == size && said.root == stored.root;
            (!is_its_own).then(|| format!("the checkpoint of size {size} is signed for something else"))
        }
        Err(CheckpointError::Unknown { .. }) => {
            Some(format!("the checkpoint of size {size} is signed by none of the keys in the key ring"))
        }
        Err(error) => Some(format!("the checkpoint of size {size} is none: {error}")),
    }
}

struct IsAnchored(LogKey, TreeHead);

impl Question for IsAnchored {
    type Answer = Result<(), Fault>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(edge_at(read, self.0, self.1).await?.map(drop))
    }
}

async fn check_anchored<A: Ask>(
    source: &A,
    state: &LogState,
    anchored: TreeHead,
    log: &mut LogReport,
) -> Result<(), StoreError> {
    let fault = if anchored.size > state.size {
        Some(Fault::Shorter { signed: anchored, found: state.size })
    } else {
        source.ask(IsAnchored(state.log, anchored)).await?.err()
    };
    if let Some(fault) = fault {
        log.findings.push(Finding::at(anchored.size.min(state.size), format!("against the anchor: {fault}")));
    }
    Ok(())
}

struct Second(LogKey);

impl Question for Second {
    type Answer = Option<Vec<u8>>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(entry::at(read, self.0, 1).await?.map(|stored| stored.leaf))
    }
}

/// A log that continues another one says so in its second entry, and what it says of that one still holds.
async fn check_gap<A: Ask>(
    source: &A,
    state: &LogState,
    before: &LogState,
    log: &mut LogReport,
) -> Result<(), StoreError> {
    let leaf = source.ask(Second(state.log)).await?.unwrap_or_default();
    let Ok(leaf) = Leaf::parse(&leaf) else { return Ok(()) };
    let said = |key| leaf.detail(key).map(|value| value.to_string());
    let is_gap = leaf.event() == Some(Event::LogResumed) && said("log") == Some(before.origin.log().to_string());
    if !is_gap {
        let what = format!("it continues the log {}, and its second entry does not say so", before.origin);
        log.findings.push(Finding::at(1, what));
        return Ok(());
    }
    let root = before.frontier().map(ledger::Frontier::root).unwrap_or_default();
    let root = Some(base64::Engine::encode(&base64::engine::general_purpose::STANDARD, root));
    if said("foundsize") != Some(before.size.to_string()) || said("foundroot") != root {
        let what = format!("it says of the log {} what is not so any more: that one was changed since", before.origin);
        log.findings.push(Finding::at(1, what));
    }
    Ok(())
}
