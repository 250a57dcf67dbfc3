//! What must hold of an entry, in the terms of one log.

use ledger::search::{Clause, Condition, facets_of_leaf, facets_of_opening};
use ledger::{Entry, Leaf};

/// Which conditions hold, a bit for each. A query has few enough words.
pub(in crate::log) type Held = u128;

/// What must hold of an entry: of each clause one condition, or none if it is negated.
#[derive(Debug)]
pub(in crate::log) struct Sieve {
    conditions: Vec<Condition>,
    clauses: Vec<Part>,
}

/// A clause, by which conditions are its own.
#[derive(Clone, Copy, Debug)]
struct Part {
    is_negated: bool,
    any: Held,
}

impl Sieve {
    pub(in crate::log) fn new(clauses: Vec<Clause>) -> Self {
        let mut this = Self { conditions: Vec::new(), clauses: Vec::new() };
        for Clause { is_negated, any } in clauses {
            let first = this.conditions.len();
            this.conditions.extend(any);
            let own = (first..this.conditions.len()).fold(0, |held, place| held | bit(place));
            this.clauses.push(Part { is_negated, any: own });
        }
        this
    }

    /// Its clauses: whether each is negated, and its conditions.
    pub(super) fn clauses(&self) -> impl Iterator<Item = (bool, Vec<&Condition>)> {
        self.clauses.iter().map(|part| {
            let own = self.conditions.iter().enumerate().filter(|(place, _)| part.any & bit(*place) != 0);
            (part.is_negated, own.map(|(_, condition)| condition).collect())
        })
    }

    /// Whether openings of a statement of this name can decide.
    pub(in crate::log) fn asks_of(&self, name: &str) -> bool {
        self.conditions.iter().any(|condition| condition.asks_of(name))
    }

    /// Whether any opening can decide.
    pub(in crate::log) fn asks_for_texts(&self) -> bool {
        ledger::StatementName::ALL.iter().any(|name| self.asks_of(name.as_str()))
    }

    /// Which conditions hold by a leaf alone.
    pub(super) fn held_by_leaf(&self, leaf: &Leaf<'_>) -> Held {
        let mut held = 0;
        for (place, condition) in self.conditions.iter().enumerate() {
            if matches!(condition, Condition::Request(_)) && condition.holds_in_leaf(leaf) {
                held |= bit(place);
            }
        }
        facets_of_leaf(leaf, |facet, value| {
            for (place, condition) in self.conditions.iter().enumerate() {
                if condition.holds_for(facet, value) {
                    held |= bit(place);
                }
            }
        });
        held
    }

    /// Which conditions hold by an opening.
    pub(super) fn held_by_opening(&self, name: &str, value: &str) -> Held {
        let mut held = 0;
        if !self.asks_of(name) {
            return held;
        }
        facets_of_opening(name, value, |facet, value| {
            for (place, condition) in self.conditions.iter().enumerate() {
                if condition.holds_for(facet, value) {
                    held |= bit(place);
                }
            }
        });
        held
    }

    /// Whether an entry of which these conditions hold comes through.
    pub(super) fn lets_through(&self, held: Held) -> bool {
        self.clauses.iter().all(|part| (part.any & held != 0) != part.is_negated)
    }

    /// Whether an entry with its openings comes through.
    pub(in crate::log) fn holds(&self, entry: &Entry) -> bool {
        let by_leaf = self.held_by_leaf(&entry.leaf.as_leaf());
        let openings = entry.openings.iter();
        self.lets_through(
            openings.fold(by_leaf, |held, opening| held | self.held_by_opening(&opening.name, &opening.value)),
        )
    }
}

fn bit(place: usize) -> Held {
    u32::try_from(place).ok().and_then(|place| Held::from(1_u8).checked_shl(place)).unwrap_or(0)
}
