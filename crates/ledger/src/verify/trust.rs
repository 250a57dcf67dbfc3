//! Whom the user trusts, and what that makes of a checkpoint.

use super::keys::Changes;
use super::report::{Report, Verdict};
use crate::checkpoint::Checkpoint;
use crate::note::{Algorithm, Note, Signed, VerifierKey};
use crate::policy::Policy;
use crate::tree::Hash;

/// Whom the user trusts: keys of logs, a policy, or both.
///
/// The key that signs one log of an installation signs all of them, each under its own name: trusting one is trusting
/// all, and the user need not name a key for each.
#[derive(Clone, Debug, Default)]
pub struct TrustRoots {
    keys: Vec<VerifierKey>,
    policy: Option<Policy>,
}

impl TrustRoots {
    /// Trusts these keys, and who signs as a policy demands.
    pub fn new(keys: Vec<VerifierKey>, policy: Option<Policy>) -> Self {
        Self { keys, policy }
    }

    /// Judges a signed checkpoint. A note that is none, and a wrong signature of a key that is trusted, are faults.
    pub(super) fn judge(&self, note: &str, changes: &Changes) -> Result<Judged, String> {
        let note = Note::parse(note.as_bytes()).map_err(|error| error.to_string())?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(|error| error.to_string())?;
        let mut keys = self.named(&checkpoint.origin, changes);
        keys.extend(self.policy.iter().flat_map(Policy::witnesses).map(|witness| witness.key.clone()));
        let signatures = note.verify(&keys).map_err(|error| error.to_string())?;
        let quorum = self.policy.as_ref().map(|policy| policy.is_met(&signatures));
        Ok(Judged { checkpoint, signatures, quorum })
    }

    /// The keys that are trusted to sign the log of this origin.
    pub(super) fn named(&self, origin: &str, changes: &Changes) -> Vec<VerifierKey> {
        let mut keys: Vec<VerifierKey> = Vec::new();
        let of_policy = self.policy.iter().flat_map(Policy::logs).map(|log| &log.key);
        for key in self.keys.iter().chain(of_policy).chain(changes.introduced()) {
            if key.algorithm() != Algorithm::Ed25519 || installation(key.name()) != installation(origin) {
                continue;
            }
            let named = VerifierKey::new(origin, Algorithm::Ed25519, *key.public());
            keys.extend(named.ok().filter(|named| !keys.contains(named)));
        }
        keys
    }
}

/// A checkpoint, and who of those whom the user trusts signed it.
pub(super) struct Judged {
    checkpoint: Checkpoint,
    signatures: Vec<Signed>,
    /// Whether those who signed are the quorum of the user's policy, if there is one.
    quorum: Option<bool>,
}

impl Judged {
    pub(super) fn origin(&self) -> &str {
        &self.checkpoint.origin
    }

    pub(super) const fn size(&self) -> u64 {
        self.checkpoint.size
    }

    pub(super) const fn root(&self) -> &Hash {
        &self.checkpoint.root
    }

    /// Whether the log's own key is a trusted one.
    pub(super) fn is_signed(&self) -> bool {
        self.signatures.iter().any(|signed| signed.key.algorithm() == Algorithm::Ed25519)
    }

    /// Whether the user's policy, if there is one, is met.
    pub(super) fn meets_policy(&self) -> bool {
        self.quorum != Some(false)
    }

    /// Says who signed.
    pub(super) fn conclude(&self, by_witnesses: bool, report: &mut Report) {
        for Signed { key, time } in &self.signatures {
            let seen = time.map_or_else(String::new, |time| format!(", and says that it saw it at Unix second {time}"));
            report.show(format!("The checkpoint of size {} is signed by {key}, which you trust{seen}.", self.size()));
        }
        if !self.is_signed() {
            report.lower(Verdict::SignerUnknown);
            report.do_not_show(format!(
                "Whose log it is: no key that you supplied signed the checkpoint of {}.",
                self.origin()
            ));
        }
        if !by_witnesses {
            report.lower(Verdict::SignerUnknown);
            report.do_not_show("That others saw the log: too few witnesses of your policy cosigned it.");
        }
    }
}

/// What is the same in the names of all logs of an installation.
pub(super) fn installation(name: &str) -> &str {
    name.split_once(".escriba/").map_or(name, |(installation, _)| installation)
}
