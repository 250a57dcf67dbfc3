//! The openings of a bundle against the commitments of its leaves.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use super::report::{MissingText, TextsFound};
use crate::event::Event;
use crate::leaf::Leaf;
use crate::opening::Opening;
use crate::tree::Hash;
use crate::words::StatementName;

type ByHash<T> = HashMap<Hash, T, BuildHasherDefault<FirstBytes>>;

/// Whose openings are there, whose are needed, and whose were destroyed.
#[derive(Default)]
pub(super) struct Texts {
    given: ByHash<Given>,
    /// The statements of destructions, by their own commitment.
    lists: ByHash<Vec<Hash>>,
    /// The entries that record destructions, and what they commit to.
    records: Vec<(u64, Hash)>,
    /// When the opening of a commitment was destroyed: the place of the last record that says so.
    destroyed: ByHash<u64>,
    missing: Vec<Missing>,
    /// Names that are not in this version's list, and their numbers, so that [`Given`] stays small.
    names: Vec<String>,
    numbers: BTreeMap<String, u16>,
    opened: u64,
}

/// An opening that is there.
struct Given {
    name: u16,
    line: u32,
    needed: bool,
}

struct Missing {
    commitment: Hash,
    name: u16,
    /// Which of the entries, counted from 0.
    ordinal: u64,
}

impl Texts {
    /// An opening that was verified. Giving it twice is harmless.
    pub(super) fn give(&mut self, opening: &Opening, line: u64) {
        let name = self.name(&opening.name);
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        self.given.entry(opening.commitment).or_insert(Given { name, line, needed: false });
        if let Some(list) = opening.destroyed() {
            self.lists.insert(opening.commitment, list);
        }
    }

    /// Looks for the openings of a leaf, and remembers it if it records a destruction. Gives the name of a statement whose opening speaks of another.
    pub(super) fn need<'a>(&mut self, leaf: &Leaf<'a>, ordinal: u64) -> Result<(), &'a str> {
        for (name, commitment) in leaf.commitments() {
            let number = self.name(name);
            match self.given.get_mut(&commitment) {
                Some(given) if given.name == number => {
                    given.needed = true;
                    self.opened += 1;
                }
                Some(_) => return Err(name),
                None => self.missing.push(Missing { commitment, name: number, ordinal }),
            }
        }
        self.records.extend(destruction(leaf).map(|commitment| (ordinal, commitment)));
        Ok(())
    }

    /// Takes the record of a destruction at its place, with openings of its own. False if its list is not among them.
    pub(super) fn explained(&mut self, leaf: &Leaf<'_>, openings: &[Opening], place: u64) -> bool {
        let Some(commitment) = destruction(leaf) else { return true };
        let opening = openings.iter().find(|opening| opening.commitment == commitment);
        let Some(list) = opening.and_then(Opening::destroyed) else { return false };
        for commitment in list {
            note(&mut self.destroyed, commitment, place);
        }
        true
    }

    /// The line of the first opening that no entry needs.
    pub(super) fn first_needless(&self) -> Option<u32> {
        self.given.values().filter(|given| !given.needed).map(|given| given.line).min()
    }

    /// What became of all of them. `place` tells where an entry stands in its log.
    pub(super) fn judge(mut self, withheld: &[String], place: impl Fn(u64) -> u64) -> TextsFound {
        for (ordinal, commitment) in &self.records {
            for commitment in self.lists.get(commitment).into_iter().flatten() {
                note(&mut self.destroyed, *commitment, place(*ordinal));
            }
        }
        let mut found = TextsFound { opened: self.opened, ..TextsFound::default() };
        for missing in &self.missing {
            let name = self.spelled(missing.name);
            let entry = place(missing.ordinal);
            // What was destroyed is itself never destroyed, and never withheld.
            let lasting = name == StatementName::Destroyed.as_str();
            if !lasting && self.destroyed.get(&missing.commitment).is_some_and(|record| *record > entry) {
                found.destroyed += 1;
            } else if !lasting && withheld.iter().any(|withheld| withheld == name) {
                found.withheld += 1;
            } else {
                found.missing += 1;
                found.first_missing.get_or_insert_with(|| MissingText { entry, name: name.to_owned() });
            }
        }
        found
    }

    /// A small number for a name.
    fn name(&mut self, name: &str) -> u16 {
        if let Some(known) = StatementName::from_word(name) {
            return known as u16;
        }
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u16::try_from(StatementName::ALL.len() + self.names.len()).unwrap_or(u16::MAX);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn spelled(&self, number: u16) -> &str {
        let number = usize::from(number);
        let known = StatementName::ALL.get(number).map(|name| name.as_str());
        known.unwrap_or_else(|| &self.names[number - StatementName::ALL.len()])
    }
}

/// The commitment to what was destroyed, if the leaf records that.
fn destruction(leaf: &Leaf<'_>) -> Option<Hash> {
    let is_record = leaf.event() == Some(Event::OpeningsDestroyed) && leaf.outcome_word() == Some("succeeded");
    is_record.then(|| leaf.commitment(StatementName::Destroyed.as_str())).flatten()
}

fn note(destroyed: &mut ByHash<u64>, commitment: Hash, place: u64) {
    let last = destroyed.entry(commitment).or_insert(place);
    *last = place.max(*last);
}

/// Hashes what is a hash already. Whoever wants many to collide in this must find as many keys by trial.
#[derive(Default)]
struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn write_usize(&mut self, _: usize) {
        // The length of a hash, which is always the same.
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
