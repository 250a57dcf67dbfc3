//! What is checked before anything is served: that the database goes on from what was signed.

use std::fmt;

use ledger::{LogKind, Origin};
use store::checkpoint::{self, Checkpoint};
use store::tree::{self, LogState};
use store::{LogKey, Question, Read, Store, StoreError, organization};
use thiserror::Error;

use super::anchor::{AnchorError, Anchored, TreeHead};
use super::epoch::EpochError;
use super::fault::Fault;
use super::recompute::edge_at;
use crate::Engine;

/// Why the database is not believed.
#[derive(Debug, Error)]
pub enum Distrust {
    /// The anchor is not there, though checkpoints are.
    #[error(
        "the anchor {anchor} is missing, but heads of {} were signed: without it nobody knows whether the database was \
         rolled back. Put the anchor back. If it is lost for good, and the database is the newest there is, run \
         `escriba log adopt`, which is recorded",
        Names(logs)
    )]
    Missing {
        /// What the anchor is.
        anchor: String,
        /// Whether there is none at all, as when a replica starts for the first time.
        is_empty: bool,
        /// The logs that it should know.
        logs: Vec<Name>,
    },
    /// Logs do not extend what is anchored of them.
    #[error("the database is not the one whose logs were signed:\n{}\n{WAYS_OUT}", Lines(rolled))]
    RolledBack {
        /// Which, and what is anchored and found of each.
        rolled: Vec<Rolled>,
    },
    /// The newest checkpoint is signed by a key that the key ring does not have.
    #[error(
        "the newest checkpoint of {} is signed by none of the keys in the key ring: it is another ring, or one from \
         before a rotation; give the right one with --key-file",
        Names(logs)
    )]
    OtherKey {
        /// The logs.
        logs: Vec<Name>,
    },
    /// The anchor cannot be used.
    #[error("the anchor cannot be used")]
    Anchor(#[from] AnchorError),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
}

const WAYS_OUT: &str = "It was probably restored from a backup. There are two ways out: bring back the newer database \
    (restore a later copy, or replay its write-ahead log); or, if what came later is lost for good, run \
    `escriba log resume`: each of these logs then goes on as a new one, whose first words say what is lost";

/// A log, as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The organisation whose log it is; none for the server's, or for one that another log continues.
    pub organization: Option<String>,
    /// Its permanent name.
    pub origin: Origin,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.organization, self.origin.kind()) {
            (Some(organization), _) => write!(f, "the log of {organization} ({})", self.origin),
            (None, LogKind::Server) => write!(f, "the log of the server ({})", self.origin),
            (None, LogKind::Organization) => write!(f, "the log {}", self.origin),
        }
    }
}

/// A log that does not extend what is anchored of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rolled {
    /// Which.
    pub name: Name,
    /// Its number in the database; none where it is gone.
    pub log: Option<LogKey>,
    /// What is anchored.
    pub anchored: TreeHead,
    /// What is found.
    pub found: TreeHead,
    /// What is wrong.
    pub fault: Fault,
}

struct Names<'a>(&'a [Name]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, name) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str(", ")?;
            }
            name.fmt(f)?;
        }
        Ok(())
    }
}

struct Lines<'a>(&'a [Rolled]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Rolled { name, anchored, found, fault, .. }) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "  {name} is anchored at size {} and found at size {}: {fault}", anchored.size, found.size)?;
        }
        Ok(())
    }
}

/// What is found of the logs, beside what is anchored of them.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Logs with checkpoints that the anchor does not know, with the newest of each.
    pub(super) unknown: Vec<(Name, Checkpoint)>,
    /// Logs that do not extend what is anchored.
    pub(super) rolled: Vec<Rolled>,
    /// Logs that are frozen, and that no other log continues.
    pub(super) frozen: Vec<(Name, LogState)>,
    /// Logs whose newest checkpoint is signed by no key of ours.
    pub(super) unsigned: Vec<Name>,
}

/// Looks at every log that is still written.
struct Look {
    engine: Engine,
    anchored: Anchored,
}

impl Question for Look {
    type Answer = Findings;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Findings, StoreError> {
        let organizations = organization::all(read).await?;
        let mut newest = checkpoint::newest_of_each(read).await?;
        let mut findings = Findings::default();
        let states = tree::states(read).await?;
        let is_continued = |log| states.iter().any(|state| state.predecessor == Some(log));
        for state in &states {
            let organization = organizations.iter().find(|found| found.log == state.log);
            let name =
                Name { organization: organization.map(|found| found.name.clone()), origin: state.origin.clone() };
            let newest = newest.iter().position(|found| found.log == state.log).map(|at| newest.swap_remove(at));
            if let Some(newest) = &newest
                && !self.engine.is_ours(&state.origin, newest)
            {
                findings.unsigned.push(name.clone());
            }
            if state.frozen.is_some() && !is_continued(state.log) {
                findings.frozen.push((name.clone(), state.clone()));
            }
            match (self.anchored.get(&state.origin), newest) {
                (Some(anchored), _) => findings.rolled.extend(compare(read, &name, state, *anchored).await?),
                // What is left of a log that another one continues is stated in that one.
                (None, Some(newest)) if !is_continued(state.log) => findings.unknown.push((name, newest)),
                (None, _) => {}
            }
        }
        for (origin, anchored) in &self.anchored {
            if states.iter().all(|state| state.origin != *origin) {
                findings.rolled.push(gone(origin, *anchored));
            }
        }
        Ok(findings)
    }
}

/// What is wrong with a log, if it does not extend what is anchored of it.
async fn compare<R: Read>(
    read: &mut R,
    name: &Name,
    state: &LogState,
    anchored: TreeHead,
) -> Result<Option<Rolled>, StoreError> {
    let fault = if state.size < anchored.size {
        Fault::Shorter { signed: anchored, found: state.size }
    } else {
        match edge_at(read, state.log, anchored).await? {
            Ok(_) => return Ok(None),
            Err(fault) => fault,
        }
    };
    // Where even the frontier is none, the size alone is what can be said.
    let root = state.frontier().map_or([0; 32], ledger::Frontier::root);
    let found = TreeHead { size: state.size, root };
    Ok(Some(Rolled { name: name.clone(), log: Some(state.log), anchored, found, fault }))
}

/// A log that is anchored and not there.
fn gone(origin: &Origin, anchored: TreeHead) -> Rolled {
    let name = Name { organization: None, origin: origin.clone() };
    let found = TreeHead { size: 0, root: ledger::empty_root() };
    Rolled { name, log: None, anchored, found, fault: Fault::Shorter { signed: anchored, found: 0 } }
}

struct IsSigned;

impl Question for IsSigned {
    type Answer = bool;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<bool, StoreError> {
        Ok(!checkpoint::newest_of_each(read).await?.is_empty())
    }
}

/// Whether anything in a database was signed.
pub async fn is_signed(store: &Store) -> Result<bool, StoreError> {
    store.ask(IsSigned).await
}

impl Engine {
    /// Looks at what is anchored and at what is found.
    pub(super) async fn look_at_logs(&self) -> Result<(Option<Anchored>, Findings), Distrust> {
        let anchored = self.0.outside.anchor.load().await?;
        let look = Look { engine: self.clone(), anchored: anchored.clone().unwrap_or_default() };
        Ok((anchored, self.store().ask(look).await?))
    }

    /// Checks that the database goes on from what was signed. Nothing is to be served, and nothing recorded, before.
    ///
    /// A replica beside others that has no anchor yet believes the newest signed checkpoints, and records that it does.
    pub async fn trust_database(&self) -> Result<(), EpochError> {
        match self.check_trust().await {
            Err(Distrust::Missing { is_empty: true, .. }) if self.store().has_outbox() => self.join_replicas().await,
            checked => Ok(checked?),
        }
    }

    /// Checks the same, and does nothing about it.
    pub async fn check_trust(&self) -> Result<(), Distrust> {
        // Nothing is published while the anchor and the database are looked at, one after the other.
        let _quiet = self.0.publisher.verified().await;
        let (anchored, findings) = self.look_at_logs().await?;
        if !findings.unsigned.is_empty() {
            return Err(Distrust::OtherKey { logs: findings.unsigned });
        }
        if !findings.rolled.is_empty() {
            return Err(Distrust::RolledBack { rolled: findings.rolled });
        }
        if findings.unknown.is_empty() {
            return Ok(());
        }
        let logs = findings.unknown.into_iter().map(|(name, _)| name).collect();
        let anchor = self.0.outside.anchor.describe();
        Err(Distrust::Missing { anchor, is_empty: anchored.is_none(), logs })
    }
}
