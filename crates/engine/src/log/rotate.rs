//! Changing the key that signs the logs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::{Detail, Event, Leaf, Statement, Target, TargetKind};
use seal::{Ring, RingError};
use store::checkpoint::Checkpoint;
use store::tree::{self, LogState};
use store::{LogKey, Question, Read, StoreError, entry};
use thiserror::Error;

use super::keys::{Named, seconds};
use super::note::Notes;
use super::recompute::STRIDE;
use crate::audit::Place;
use crate::context::Context;
use crate::error::Error;
use crate::{Engine, Failure};

/// How long the key before signs beside a new one, in seconds: 30 days.
const OVERLAP: u64 = 30 * 24 * 60 * 60;

/// What a record says of a key: SHA-256 of its public half.
fn digest(public: &[u8; 32]) -> [u8; 32] {
    seal::sha256(public)
}

/// Why the key was not changed.
#[derive(Debug, Error)]
pub enum RotateError {
    /// The key ring refused or could not be written. The key is the one before.
    #[error("the key ring was not changed")]
    Ring(#[from] RingError),
    /// The key is changed, but that could not be recorded yet. It signs nothing before.
    #[error("the key is changed, but that could not be recorded yet; it signs nothing before")]
    Unrecorded(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a rotation made.
#[derive(Clone, Debug)]
pub struct Rotated {
    /// The public half of the new key.
    pub public: [u8; 32],
    /// Until when the key before signs as well, in seconds since 1970.
    pub until: u64,
}

/// Whether a log says, after its newest checkpoint, that a key took over.
struct IsRecorded {
    log: LogKey,
    after: u64,
    key: [u8; 32],
}

impl Question for IsRecorded {
    type Answer = bool;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<bool, StoreError> {
        let size = tree::state(read, self.log).await?.size;
        let key = STANDARD.encode(self.key);
        let mut next = self.after;
        while next < size {
            let entries = entry::range(read, self.log, next..size.min(next + STRIDE)).await?;
            for entry in &entries {
                let bad = |_| StoreError::BadLeaf { log: self.log.0, index: entry.index };
                let leaf = Leaf::parse(&entry.leaf).map_err(bad)?;
                let says = leaf.detail("newkey").is_some_and(|value| value.to_string() == key);
                if leaf.event_type() == Event::LogKeyChanged.id() && says {
                    return Ok(true);
                }
            }
            next += STRIDE;
        }
        Ok(false)
    }
}

impl Engine {
    /// Makes a new key that signs the logs. The one before signs beside it for 30 days.
    ///
    /// The key ring is changed first, then that is recorded, and only then the key signs. A crash in between leaves a key
    /// that has signed nothing; whoever publishes next records it.
    pub async fn rotate_log_key(&self, cx: &Context) -> Result<Rotated, RotateError> {
        let mut verified = self.0.publisher.verified().await;
        let (path, now) = (&self.0.outside.ring_file, seconds(self.now()));
        let until = now + OVERLAP;
        let mut ring = Ring::load(path)?;
        ring.rotate_log_key(path, now, until, &*self.ambient().random)?;
        let keys = ring.log_keys().expect("it has just been rotated").clone();
        let public = *keys.active().public();
        self.0.log_keys.set(keys);
        match self.record_log_key(cx).await {
            Ok(()) => {}
            Err(Failure::Unrecorded(error)) => return Err(RotateError::Unrecorded(error.into())),
            Err(Failure::Refused(recorded)) => return Err(RotateError::Unrecorded(recorded.into_parts().0.into())),
        }
        verified.recorded_key = Some(public);
        Ok(Rotated { public, until })
    }

    /// Records, in every log that can be appended to, that the key which signs now took over from the one before.
    pub(super) async fn record_log_key(&self, cx: &Context) -> Result<(), Failure<Error>> {
        let keys = self.0.log_keys.get();
        let mut public = keys.public();
        let (Some(new), Some(old)) = (public.next(), public.next()) else { return Ok(()) };
        let until = keys.overlap_until().unwrap_or_else(|| seconds(self.now()));
        let detail = Detail::new()
            .digest("newkey", digest(new))
            .digest("oldkey", digest(old))
            .integer("until", until.saturating_mul(1_000_000));
        let logs = self.store().ask(Named).await.map_err(Failure::Unrecorded)?;
        let mut attempts = logs.into_iter().filter(|(_, state)| state.frozen.is_none()).map(|(name, state)| {
            let attempt = self.attempt(cx, Event::LogKeyChanged);
            let place = Place { log: state.log, actor: None, outsider: false };
            attempt.place(place).target(Target::unresolved(TargetKind::Log)).detail(detail.clone());
            if let Some(organization) = &name.organization {
                attempt.target_names(Statement::organization(organization));
            }
            attempt
        });
        let Some(first) = attempts.next() else { return Ok(()) };
        let more = attempts.collect();
        self.commit(Notes { first, more }).await.map(drop)
    }

    /// Whether the key that signs now has signed before, or its taking over is recorded. A key ring can be changed while
    /// no server runs, or on another machine.
    pub(super) async fn is_key_recorded(
        &self,
        server: &LogState,
        newest: Option<&Checkpoint>,
    ) -> Result<bool, StoreError> {
        let Some(newest) = newest else { return Ok(true) };
        if self.is_signed_by_active(&server.origin, newest) {
            return Ok(true);
        }
        let key = digest(self.0.log_keys.get().active().public());
        self.store().ask(IsRecorded { log: server.log, after: newest.size, key }).await
    }
}
