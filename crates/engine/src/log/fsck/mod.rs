//! Checking everything: what is stored of the logs is derived again from the stored bytes of their entries, and held
//! against what was signed, anchored and told.
//!
//! It needs a database to ask, and what lies outside of it; no engine, and nobody's leave.

mod heads;
mod lists;
mod texts;

use std::collections::BTreeSet;
use std::fmt;

use ledger::Origin;
use store::tree::{self, LogState};
use store::{Ask, LogKey, Question, Read, StoreError, organization};

use super::anchor::Anchored;
use super::trust::Name;

/// How many findings of one log are listed at most.
const LISTED: usize = 100;

/// What lies outside the database, and cannot be made to fit it from there.
pub struct Expected {
    /// The public keys that sign or signed.
    pub keys: Vec<[u8; 32]>,
    /// What was anchored before the database was looked at, so that it cannot be behind.
    pub anchored: Anchored,
    /// The logs that were anchored afterwards, so that one which was made meanwhile is among them.
    pub known: BTreeSet<Origin>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// What is wrong, and of no log in particular.
    pub findings: Vec<Finding>,
    /// The logs, in the order of their numbers.
    pub logs: Vec<LogReport>,
}

impl Report {
    /// Whether everything is as it should be.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty() && self.logs.iter().all(|log| log.findings.is_empty())
    }

    /// Whether something is wrong, and all of it is that texts are missing without a record.
    pub fn lacks_texts_only(&self) -> bool {
        !self.is_sound() && self.findings.is_empty() && self.logs.iter().all(|log| log.faults == log.missing)
    }
}

/// What was found of one log.
#[derive(Debug)]
pub struct LogReport {
    /// Which.
    pub name: Name,
    /// How many entries it has.
    pub entries: u64,
    /// How many checkpoints were verified.
    pub checkpoints: u64,
    /// How many texts fit what the entries commit to.
    pub texts: u64,
    /// How many texts were destroyed, with a record.
    pub destroyed: u64,
    /// How many texts are missing without one.
    pub missing: u64,
    /// How many things are wrong, these among them.
    pub faults: u64,
    /// Why nothing is appended to it, if that is so.
    pub frozen: Option<String>,
    /// What is wrong, the first entry concerned first; of many things the first.
    pub findings: Vec<Finding>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The entry where it shows first; none if it shows at none.
    pub entry: Option<u64>,
    /// What is wrong.
    pub what: String,
}

impl Finding {
    fn at(entry: u64, what: impl Into<String>) -> Self {
        Self { entry: Some(entry), what: what.into() }
    }

    fn of_all(what: impl Into<String>) -> Self {
        Self { entry: None, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// How far it is.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// The log that is looked at.
    pub name: &'a Name,
    /// At what of it.
    pub stage: &'static str,
    /// How many entries were looked at.
    pub done: u64,
    /// Of how many.
    pub of: u64,
}

/// Hears how far it is.
pub type Listener<'a> = &'a (dyn Fn(Progress<'_>) + Send + Sync);

struct All;

impl Question for All {
    type Answer = Vec<(Name, LogState)>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let organizations = organization::all(read).await?;
        let named = tree::states(read).await?.into_iter().map(|state| {
            let organization = organizations.iter().find(|found| found.log == state.log);
            let organization = organization.map(|found| found.name.clone());
            (Name { organization, origin: state.origin.clone() }, state)
        });
        Ok(named.collect())
    }
}

/// Checks everything.
pub async fn fsck<A: Ask>(source: &A, expected: &Expected, listener: Listener<'_>) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let logs = source.ask(All).await?;
    heads::check_anchor(expected, &logs, &mut report);
    let mut destructions = texts::Destructions::default();
    for (name, state) in &logs {
        let progress = |stage| move |done| listener(Progress { name, stage, done, of: state.size });
        let mut log = LogReport {
            name: name.clone(),
            entries: state.size,
            checkpoints: 0,
            texts: 0,
            destroyed: 0,
            missing: 0,
            faults: 0,
            frozen: state.frozen.clone(),
            findings: Vec::new(),
        };
        let shape = tree::recompute_in(source, state.log, &progress("entries")).await;
        if let Some(shape) = log.found(shape)? {
            log.findings.extend(shape.faults.iter().map(structural));
        }
        let heads = heads::check(source, expected, &logs, name, state, &mut log).await;
        log.found(heads)?;
        let texts = texts::check(source, state, &mut log, &mut destructions, &progress("texts")).await;
        log.found(texts)?;
        report.logs.push(log);
    }
    destructions.settle(source, &logs, &mut report).await?;
    lists::check(source, &logs, &mut report).await?;
    for log in &mut report.logs {
        log.findings.sort_by_key(|finding| finding.entry.unwrap_or(u64::MAX));
        log.faults = log.findings.len() as u64;
        log.findings.truncate(LISTED);
    }
    Ok(report)
}

impl LogReport {
    /// What could be found; where what is stored makes no sense at all, that is a finding. That the database cannot be
    /// read is none.
    fn found<T>(&mut self, result: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match result {
            Ok(found) => Ok(Some(found)),
            Err(StoreError::BadBundle { number, .. }) => {
                let first = number * ledger::tile::TILE_WIDTH as u64;
                self.findings.push(Finding::at(first, format!("bundle {number} cannot be read")));
                Ok(None)
            }
            Err(StoreError::BadLeaf { index, .. }) => {
                self.findings.push(Finding::at(index, format!("entry {index} is no leaf")));
                Ok(None)
            }
            Err(error @ (StoreError::BadValue { .. } | StoreError::Damaged { .. })) => {
                self.findings.push(Finding::of_all(format!("something that is stored of it makes no sense: {error}")));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// A fault of what is stored, as a finding.
fn structural(fault: &tree::Fault) -> Finding {
    let first = |number: u64, level: u8| number.checked_shl(8 * (u32::from(level) + 1)).unwrap_or(u64::MAX);
    let entry = match fault {
        tree::Fault::Missing(index)
        | tree::Fault::Leaf(index)
        | tree::Fault::Time(index)
        | tree::Fault::Event(index)
        | tree::Fault::Checkpoint(index) => Some(*index),
        tree::Fault::Tile(id) => Some(first(id.number, id.level)),
        tree::Fault::Row | tree::Fault::Surplus => None,
    };
    Finding { entry, what: fault.to_string() }
}

/// A log by its number.
fn by_key(logs: &[(Name, LogState)], log: LogKey) -> Option<&LogState> {
    logs.iter().map(|(_, state)| state).find(|state| state.log == log)
}
