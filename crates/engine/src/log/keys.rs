//! The keys that sign the logs: signing with them, and naming them to whoever verifies.

use std::sync::RwLock;

use ledger::Origin;
use ledger::note::{Algorithm, Signer, VerifierKey};
use seal::{LogKeys, SigningKey};
use store::checkpoint::Checkpoint;
use store::tree::{self, LogState};
use store::{LogKey, Question, Read, StoreError, organization};

use super::anchor::TreeHead;
use super::trust::Name;
use crate::Engine;

/// The keys in use. A rotation changes them while the server runs.
pub(crate) struct Keys(RwLock<LogKeys>);

impl Keys {
    pub(crate) fn new(keys: LogKeys) -> Self {
        Self(RwLock::new(keys))
    }

    pub(super) fn get(&self) -> LogKeys {
        self.0.read().expect("no one panics while reading keys").clone()
    }

    pub(super) fn set(&self, keys: LogKeys) {
        *self.0.write().expect("no one panics while changing keys") = keys;
    }
}

/// A key, as it signs the checkpoints of one log.
struct LogSigner<'a> {
    key: &'a SigningKey,
    verifier: VerifierKey,
}

impl Signer for LogSigner<'_> {
    fn key(&self) -> &VerifierKey {
        &self.verifier
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message)
    }
}

/// A public key, as whoever checks a log names it.
pub(super) fn verifier(origin: &Origin, public: &[u8; 32]) -> VerifierKey {
    VerifierKey::new(origin.as_str(), Algorithm::Ed25519, *public).expect("an origin is a name that keys can have")
}

/// A log, and the keys that verify it.
#[derive(Clone, Debug)]
pub struct NamedKeys {
    /// Which log.
    pub name: Name,
    /// The verifier keys, that of the key that signs now first.
    pub keys: Vec<String>,
    /// The log that goes on where this one ended.
    pub continued_by: Option<Origin>,
}

/// All logs that no other one continues, with what people call them.
pub(super) struct Named;

impl Question for Named {
    type Answer = Vec<(Name, LogState)>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let organizations = organization::all(read).await?;
        let states = tree::states(read).await?;
        let is_continued = |log| states.iter().any(|state: &LogState| state.predecessor == Some(log));
        let live = states.iter().filter(|state| !is_continued(state.log));
        let named = live.map(|state| {
            let organization = organizations.iter().find(|found| found.log == state.log);
            let organization = organization.map(|found| found.name.clone());
            (Name { organization, origin: state.origin.clone() }, state.clone())
        });
        Ok(named.collect())
    }
}

/// All logs, with what people call them and the one that continues each; those that go on today first.
struct Everything;

impl Question for Everything {
    type Answer = Vec<(Name, Option<Origin>)>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let organizations = organization::all(read).await?;
        let states = tree::states(read).await?;
        let next = |log| states.iter().find(|state: &&LogState| state.predecessor == Some(log));
        let mut named: Vec<(Name, Option<Origin>)> = Vec::with_capacity(states.len());
        for state in &states {
            let last = tree::last(&states, state.log);
            let organization = organizations.iter().find(|found| found.log == last);
            let organization = organization.map(|found| found.name.clone());
            named.push((
                Name { organization, origin: state.origin.clone() },
                next(state.log).map(|next| next.origin.clone()),
            ));
        }
        named.sort_by_key(|(_, continued_by)| continued_by.is_some());
        Ok(named)
    }
}

impl Engine {
    /// Signs the head of a log, with every key that signs now.
    pub(super) fn sign_checkpoint(&self, log: LogKey, origin: &Origin, head: TreeHead) -> Checkpoint {
        let now = self.now();
        let keys = self.0.log_keys.get();
        let signers: Vec<LogSigner<'_>> =
            keys.signing(seconds(now)).map(|key| LogSigner { key, verifier: verifier(origin, key.public()) }).collect();
        let signers: Vec<&dyn Signer> = signers.iter().map(|signer| signer as &dyn Signer).collect();
        let note = ledger::checkpoint::sign(origin, head.size, &head.root, &signers)
            .expect("each of the keys is the log's, and none is there twice");
        Checkpoint { log, size: head.size, root: head.root, note, signed_at: now }
    }

    /// Whether a stored checkpoint is what a key of ours signed, the one that signs now or one before.
    pub(super) fn is_ours(&self, origin: &Origin, stored: &Checkpoint) -> bool {
        let keys: Vec<VerifierKey> = self.0.log_keys.get().public().map(|public| verifier(origin, public)).collect();
        is_signed_by(origin, stored, &keys)
    }

    pub(super) fn is_signed_by_active(&self, origin: &Origin, stored: &Checkpoint) -> bool {
        is_signed_by(origin, stored, &[verifier(origin, self.0.log_keys.get().active().public())])
    }

    /// The verifier keys of all logs: first those that go on today, then those that have ended.
    pub async fn verifier_keys(&self) -> Result<Vec<NamedKeys>, StoreError> {
        let keys = self.0.log_keys.get();
        let named = self.store().ask(Everything).await?.into_iter().map(|(name, continued_by)| {
            let keys = keys.public().map(|public| verifier(&name.origin, public).to_string()).collect();
            NamedKeys { name, keys, continued_by }
        });
        Ok(named.collect())
    }
}

/// Whether one of these keys signed a stored checkpoint, and it says what the row beside it says.
pub(super) fn is_signed_by(origin: &Origin, stored: &Checkpoint, keys: &[VerifierKey]) -> bool {
    ledger::checkpoint::open(stored.note.as_bytes(), keys).is_ok_and(|verified| {
        let signed = verified.checkpoint;
        signed.origin == origin.as_str() && signed.size == stored.size && signed.root == stored.root
    })
}

pub(super) fn seconds(micros: i64) -> u64 {
    (micros / 1_000_000).max(0).unsigned_abs()
}
