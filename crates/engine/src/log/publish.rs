//! The publisher: signs the heads of the logs, once it has proved to itself that each extends the one before.
//!
//! It trusts nothing that the database says of a tree. It starts from the head in the anchor, reads the stored bytes of
//! the entries since, computes the tree again, and compares. Only then the anchor moves, then the signed checkpoint is
//! stored, and from there it is served. A crash in between leaves an anchor that is ahead of the checkpoints: what it
//! holds was verified, so the next round signs that or more.
//!
//! A log that does not extend what was signed of it is frozen; the others go on.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use ledger::tile::Edge;
use store::checkpoint::{self, Checkpoint};
use store::tree::{self, LogState};
use store::{Chore, LogKey, Question, Read, StoreError};
use thiserror::Error;
use tokio::sync::MutexGuard;

use super::anchor::{AnchorError, Anchored, Step, TreeHead};
use super::fault::Fault;
use super::recompute::{Grow, edge_at};
use crate::Engine;

/// How many trees are kept in mind between rounds: a few KiB each.
const KEPT: usize = 4_096;
/// How long a replica holds the lease of the publisher, in microseconds: five seconds.
const LEASE: i64 = 5_000_000;

/// What the publisher keeps in mind from round to round.
#[derive(Default)]
pub(crate) struct Publisher {
    verified: tokio::sync::Mutex<Verified>,
    checkpoints: AtomicU64,
    frozen: AtomicU64,
}

impl Publisher {
    /// What is verified, for whoever changes the anchor or what is signed with. Nothing is published meanwhile.
    pub(super) async fn verified(&self) -> MutexGuard<'_, Verified> {
        self.verified.lock().await
    }
}

/// What is verified: nothing of it came from the database alone.
#[derive(Default)]
pub(super) struct Verified {
    /// The key that may sign: it has, or its taking over is recorded.
    pub(super) recorded_key: Option<[u8; 32]>,
    /// What the anchor holds; none when it must be asked.
    anchored: Option<Anchored>,
    /// The trees of what the anchor holds.
    edges: HashMap<LogKey, Edge>,
    /// How many entries this process had appended when everything was published. Only where no other appends.
    quiet: Option<u64>,
    /// Logs whose freezing was noticed; none before the first look.
    frozen: Option<Vec<LogKey>>,
}

impl Verified {
    /// Forgets all of it: the next round asks the anchor.
    pub(super) fn forget(&mut self) {
        *self = Self { recorded_key: self.recorded_key, frozen: self.frozen.take(), ..Self::default() };
    }
}

/// What a round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// The logs of which a new head was signed.
    pub signed: usize,
    /// The logs that were found to be frozen, or frozen by this round, for the first time.
    pub frozen: usize,
}

/// Why a round was not finished. The next one begins from what the anchor holds.
#[derive(Debug, Error)]
pub enum PublishError {
    /// The anchor could not be read or moved.
    #[error("the anchor could not be moved")]
    Anchor(#[from] AnchorError),
    /// That a new key signs could not be recorded, so it signs nothing.
    #[error("that another key signs the logs could not be recorded")]
    Key,
    /// The database failed.
    #[error("the heads of the logs could not be published")]
    Store(#[from] StoreError),
}

/// A log, and what was signed of it.
struct Log {
    state: LogState,
    newest: Option<Checkpoint>,
}

/// All logs, as far as they can be published.
struct Logs;

impl Question for Logs {
    type Answer = Vec<Log>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Vec<Log>, StoreError> {
        // The checkpoints first: what they are of is there when the logs are looked at.
        let newest = checkpoint::newest_of_each(read).await?;
        let mut newest: HashMap<_, _> = newest.into_iter().map(|newest| (newest.log, newest)).collect();
        let states = tree::states(read).await?;
        Ok(states.into_iter().map(|state| Log { newest: newest.remove(&state.log), state }).collect())
    }
}

/// The tree of what was signed of a log.
struct EdgeAt(LogKey, TreeHead);

impl Question for EdgeAt {
    type Answer = Result<Edge, Fault>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        edge_at(read, self.0, self.1).await
    }
}

impl Engine {
    /// Publishes every log that has grown. One that does not extend what was signed of it is frozen.
    pub async fn publish(&self) -> Result<Published, PublishError> {
        let mut verified = self.0.publisher.verified().await;
        let appended = self.statistics().entries;
        if !self.store().has_outbox() && verified.quiet == Some(appended) {
            return Ok(Published::default());
        }
        let round = self.round(&mut verified).await;
        match &round {
            Ok(_) => verified.quiet = Some(appended),
            // Whatever it was, nothing of the memory is certain: the next round asks again.
            Err(_) => verified.forget(),
        }
        round
    }

    /// Lets another replica sign and sequence at once, instead of when the leases end.
    pub async fn release_leases(&self) -> Result<(), StoreError> {
        if self.store().has_outbox() {
            let (now, holder) = (self.now(), self.node().to_string());
            for name in ["publisher", "sequencer"] {
                let over = Chore::Lease { name, holder: holder.clone(), now, until: now - 1 };
                self.store().chore(over).await?;
            }
        }
        Ok(())
    }

    /// How many checkpoints this process signed, and how many logs are frozen.
    pub fn published(&self) -> (u64, u64) {
        let publisher = &self.0.publisher;
        (publisher.checkpoints.load(Ordering::Relaxed), publisher.frozen.load(Ordering::Relaxed))
    }

    async fn round(&self, verified: &mut Verified) -> Result<Published, PublishError> {
        if verified.anchored.is_none() {
            verified.edges.clear();
            verified.anchored = Some(self.0.outside.anchor.load().await?.unwrap_or_default());
        }
        if verified.edges.len() > KEPT {
            verified.edges.clear();
        }
        let mut logs = self.store().ask(Logs).await?;
        let mut published = Published { frozen: self.notice_frozen(verified, &logs).await?, signed: 0 };
        let is_signer = self.is_signer(&logs).await?;
        if is_signer && self.let_key_sign(verified, &logs).await? {
            logs = self.store().ask(Logs).await?;
        }

        let anchored = verified.anchored.as_ref().expect("it was loaded above");
        let (mut steps, mut signed) = (Vec::new(), Vec::new());
        for log in logs.iter().filter(|log| log.state.frozen.is_none()) {
            let (key, origin) = (log.state.log, &log.state.origin);
            let from = anchored.get(origin).copied();
            let Some(target) = self.target(log, from, is_signer) else { continue };
            let is_unsigned = is_signer && log.newest.as_ref().is_none_or(|newest| newest.size < target);
            match self.extend(log, from, verified.edges.remove(&key), target).await? {
                Ok(edge) => {
                    let to = TreeHead { size: edge.size(), root: edge.root() };
                    if from != Some(to) {
                        steps.push(Step { origin: origin.clone(), from, to: Some(to) });
                    }
                    if is_unsigned {
                        signed.push(self.sign_checkpoint(key, origin, to));
                    }
                    verified.edges.insert(key, edge);
                }
                Err(fault) => {
                    self.freeze(&log.state, from, &fault).await?;
                    published.frozen += 1;
                    self.0.publisher.frozen.fetch_add(1, Ordering::Relaxed);
                    verified.frozen.get_or_insert_default().push(key);
                }
            }
        }

        if !steps.is_empty() {
            self.0.outside.anchor.advance(&steps).await?;
            let anchored = verified.anchored.as_mut().expect("it was loaded above");
            anchored.extend(steps.into_iter().filter_map(|step| Some((step.origin, step.to?))));
        }
        if !signed.is_empty() {
            published.signed = signed.len();
            self.store().chore(Chore::Checkpoints(signed)).await?;
            self.0.publisher.checkpoints.fetch_add(published.signed as u64, Ordering::Relaxed);
        }
        Ok(published)
    }

    /// How far a log is to be published, if there is anything to do: who signs, all of it; who does not, as far as another
    /// replica has signed.
    fn target(&self, log: &Log, from: Option<TreeHead>, is_signer: bool) -> Option<u64> {
        let (size, anchored) = (log.state.size, from.map_or(0, |from| from.size));
        let signed = log.newest.as_ref().map_or(0, |newest| newest.size);
        // A log that has become shorter is looked at, whoever signs.
        if is_signer || size < anchored.max(signed) {
            let is_done = size == anchored && size == signed;
            return (!is_done).then_some(size);
        }
        let newest = log.newest.as_ref().filter(|newest| newest.size > anchored)?;
        if !self.is_ours(&log.state.origin, newest) {
            tracing::error!(log = %log.state.origin, "the newest checkpoint is signed by no key of the key ring");
            return None;
        }
        Some(newest.size)
    }

    /// The tree of a log up to a size, computed from what was anchored and the entries since; or what is wrong.
    async fn extend(
        &self,
        log: &Log,
        from: Option<TreeHead>,
        edge: Option<Edge>,
        to: u64,
    ) -> Result<Result<Edge, Fault>, StoreError> {
        let key = log.state.log;
        if let Some(signed) = from
            && signed.size > log.state.size
        {
            return Ok(Err(Fault::Shorter { signed, found: log.state.size }));
        }
        let mut edge = match (edge, from) {
            (Some(edge), _) => edge,
            (None, None) => Edge::new(),
            (None, Some(signed)) => match self.store().ask(EdgeAt(key, signed)).await? {
                Ok(edge) => edge,
                Err(fault) => return Ok(Err(fault)),
            },
        };
        // Another replica may have signed on the way.
        let newest = log.newest.as_ref().map(|newest| TreeHead { size: newest.size, root: newest.root });
        let newest = newest.filter(|newest| newest.size > edge.size());
        if let Some(signed) = newest
            && signed.size > log.state.size
        {
            return Ok(Err(Fault::Shorter { signed, found: log.state.size }));
        }
        let way = newest.map(|newest| newest.size).into_iter().chain([to]);
        for stop in way {
            while edge.size() < stop {
                let question = Grow { log: key, edge, to: stop };
                edge = match self.store().ask(question).await? {
                    Ok(grown) => grown,
                    Err(fault) => return Ok(Err(fault)),
                };
            }
            if let Some(signed) = newest.filter(|newest| newest.size == edge.size() && newest.root != edge.root()) {
                return Ok(Err(Fault::Forked { signed, found: edge.root() }));
            }
        }
        let is_stored = log.state.frontier().is_ok_and(|stored| *stored == edge.frontier());
        if edge.size() == log.state.size && !is_stored {
            return Ok(Err(Fault::Frontier { size: edge.size() }));
        }
        Ok(Ok(edge))
    }

    /// Whether this replica signs. Of several that share a database one does, for as long as it holds a lease; that two
    /// sign the same tree harms nobody.
    async fn is_signer(&self, logs: &[Log]) -> Result<bool, StoreError> {
        if !self.store().has_outbox() {
            return Ok(true);
        }
        let is_published = |log: &Log| log.newest.as_ref().is_some_and(|newest| newest.size >= log.state.size);
        if logs.iter().all(|log| log.state.frozen.is_some() || is_published(log)) {
            return Ok(false);
        }
        let now = self.now();
        let lease = Chore::Lease { name: "publisher", holder: self.node().to_string(), now, until: now + LEASE };
        Ok(self.store().chore(lease).await? == 1)
    }

    /// Lets the key that signs now sign: records first that it took over, if nothing says so. Gives whether it did.
    async fn let_key_sign(&self, verified: &mut Verified, logs: &[Log]) -> Result<bool, PublishError> {
        let active = *self.0.log_keys.get().active().public();
        if verified.recorded_key == Some(active) {
            return Ok(false);
        }
        let server = logs.iter().find(|log| log.state.log == self.server_log());
        let is_recorded = match server {
            Some(log) => self.is_key_recorded(&log.state, log.newest.as_ref()).await?,
            None => true,
        };
        if !is_recorded {
            self.record_log_key(&self.system_context()).await.map_err(|_| PublishError::Key)?;
        }
        verified.recorded_key = Some(active);
        Ok(!is_recorded)
    }

    /// Notices logs that the store itself has frozen, which nothing else would tell anybody.
    async fn notice_frozen(&self, verified: &mut Verified, logs: &[Log]) -> Result<usize, StoreError> {
        // One that another log continues has ended, and nobody needs to be told of that again.
        let has_ended = |log: &Log| logs.iter().any(|other| other.state.predecessor == Some(log.state.log));
        let frozen: Vec<&Log> = logs.iter().filter(|log| log.state.frozen.is_some() && !has_ended(log)).collect();
        self.0.publisher.frozen.store(frozen.len() as u64, Ordering::Relaxed);
        let known = verified.frozen.replace(frozen.iter().map(|log| log.state.log).collect());
        let mut noticed = 0;
        for log in frozen {
            let is_known = known.as_ref().is_none_or(|known| known.contains(&log.state.log));
            if !is_known {
                noticed += 1;
                let from = verified.anchored.as_ref().and_then(|anchored| anchored.get(&log.state.origin)).copied();
                self.freeze(&log.state, from, &Fault::Damaged).await?;
            }
        }
        Ok(noticed)
    }
}
