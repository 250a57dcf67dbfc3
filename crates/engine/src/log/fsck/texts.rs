//! Texts: each opening fits its commitment, and each that is missing was destroyed with a record.

use std::collections::{BTreeMap, HashSet};

use ledger::{Event, Leaf, StatementName};
use store::tree::LogState;
use store::{Ask, LogKey, Question, Read, StoreError, entry};

use super::{Finding, LogReport, Report};
use crate::log::trust::Name;

/// How many entries are read at once.
const STRIDE: u64 = 1_024;

type Commitment = [u8; 32];

/// What a few entries commit to, and what is there of it.
struct Stride {
    log: LogKey,
    from: u64,
    end: u64,
}

#[derive(Default)]
struct Told {
    /// How many commitments have a text that fits.
    fit: u64,
    findings: Vec<Finding>,
    /// Commitments without a text, with the first entry and the name.
    missing: Vec<(Commitment, u64, String)>,
    /// Commitments that these entries say were destroyed.
    destroyed: Vec<Commitment>,
}

impl Question for Stride {
    type Answer = Told;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Told, StoreError> {
        let entries = entry::range(read, self.log, self.from..self.end).await?;
        let leaves: Vec<(u64, Leaf<'_>)> =
            entries.iter().filter_map(|stored| Some((stored.index, Leaf::parse(&stored.leaf).ok()?))).collect();
        let wanted: HashSet<Commitment> =
            leaves.iter().flat_map(|(_, leaf)| leaf.commitments().map(|(_, commitment)| commitment)).collect();
        let openings = entry::openings(read, self.log, &Vec::from_iter(wanted)).await?;
        let mut told = Told::default();
        for (index, leaf) in &leaves {
            for (name, commitment) in leaf.commitments() {
                let Some(opening) = openings.get(&commitment) else {
                    told.missing.push((commitment, *index, name.to_owned()));
                    continue;
                };
                if opening.name != name || opening.verify().is_err() {
                    let what = format!("the text of `{name}` of entry {index} is not what the entry commits to");
                    told.findings.push(Finding::at(*index, what));
                    continue;
                }
                told.fit += 1;
                if leaf.event() == Some(Event::OpeningsDestroyed) && name == StatementName::Destroyed.as_str() {
                    match opening.destroyed() {
                        Some(list) => told.destroyed.extend(list),
                        None => told.findings.push(Finding::at(*index, "the list of what it destroyed is none")),
                    }
                }
            }
        }
        Ok(told)
    }
}

/// Which of some commitments have a text all the same.
struct Present(LogKey, Vec<Commitment>);

impl Question for Present {
    type Answer = usize;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<usize, StoreError> {
        Ok(entry::openings(read, self.0, &self.1).await?.len())
    }
}

/// What is missing, and what was said to be destroyed, in all logs: a log that takes no entries any more has its
/// destructions recorded in the one that continues it.
#[derive(Default)]
pub(super) struct Destructions {
    missing: BTreeMap<(LogKey, Commitment), (u64, String)>,
    destroyed: HashSet<Commitment>,
}

/// Checks the texts of a log.
pub(super) async fn check<A: Ask>(
    source: &A,
    state: &LogState,
    log: &mut LogReport,
    destructions: &mut Destructions,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<(), StoreError> {
    let mut from = 0;
    while from < state.size {
        let end = state.size.min(from + STRIDE);
        let told = source.ask(Stride { log: state.log, from, end }).await?;
        log.texts += told.fit;
        log.findings.extend(told.findings);
        destructions.destroyed.extend(told.destroyed);
        for (commitment, index, name) in told.missing {
            destructions.missing.entry((state.log, commitment)).or_insert((index, name));
        }
        from = end;
        progress(from);
    }
    Ok(())
}

impl Destructions {
    /// What is missing must have been destroyed with a record, and what was destroyed must be missing.
    pub(super) async fn settle<A: Ask>(
        self,
        source: &A,
        logs: &[(Name, LogState)],
        report: &mut Report,
    ) -> Result<(), StoreError> {
        for ((key, commitment), (index, name)) in self.missing {
            let place = logs.iter().position(|(_, state)| state.log == key).expect("it was looked at");
            let log = &mut report.logs[place];
            if self.destroyed.contains(&commitment) {
                log.destroyed += 1;
            } else {
                let what =
                    format!("the text of `{name}` of entry {index} is missing, and nothing says that it was destroyed");
                log.missing += 1;
                log.findings.push(Finding::at(index, what));
            }
        }
        let destroyed: Vec<Commitment> = self.destroyed.into_iter().collect();
        for ((_, state), log) in logs.iter().zip(&mut report.logs) {
            let back = source.ask(Present(state.log, destroyed.clone())).await?;
            if back > 0 {
                let what =
                    format!("{back} texts are there that were destroyed: the database was restored from a copy before");
                log.findings.push(Finding::of_all(what));
            }
        }
        Ok(())
    }
}
