//! What must hold of an entry, looked up in the index.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use ledger::RequestId;
use ledger::search::{Condition, Facet, Lookup};
use store::index::{self, Marks, State, TermId};
use store::{LogKey, Read, StoreError, entry};

use super::sieve::Sieve;
use crate::log::scan::leaf;

/// What must hold, as the index has it. It means something only for as long as nothing is taken out of the index.
pub(in crate::log) struct Found {
    pub(super) state: State,
    clauses: Vec<Clause>,
}

struct Clause {
    is_negated: bool,
    /// An entry meets it that has one of these,
    terms: Vec<TermId>,
    /// or that is a part of one of these.
    requests: Vec<RequestId>,
}

/// The values of the facets that were asked for as a whole.
type Dictionary = HashMap<Facet, Vec<(TermId, String)>>;

impl Found {
    /// Looks everything up.
    pub(super) async fn look_up<R: Read>(read: &mut R, log: LogKey, sieve: &Sieve) -> Result<Arc<Self>, StoreError> {
        let state = index::state(read, log).await?;
        let mut this = Self { state, clauses: Vec::new() };
        if state.blocks > 0 {
            let mut dictionary = Dictionary::new();
            for (is_negated, any) in sieve.clauses() {
                let mut clause = Clause { is_negated, terms: Vec::new(), requests: Vec::new() };
                for condition in any {
                    clause.find(read, log, condition, &mut dictionary).await?;
                }
                clause.terms.sort_unstable();
                clause.terms.dedup();
                this.clauses.push(clause);
            }
            // What leaves the least goes first: where it leaves nothing, the others are not asked.
            this.clauses.sort_by_key(|clause| (clause.is_negated, clause.terms.len()));
        }
        Ok(Arc::new(this))
    }

    /// Every entry.
    pub(super) async fn all<R: Read>(read: &mut R, log: LogKey) -> Result<Arc<Self>, StoreError> {
        let state = index::state(read, log).await?;
        Ok(Arc::new(Self { state, clauses: Vec::new() }))
    }

    /// Whether it still means something.
    pub(super) async fn is_current<R: Read>(&self, read: &mut R, log: LogKey) -> Result<bool, StoreError> {
        Ok(index::state(read, log).await?.changes == self.state.changes)
    }

    /// Marks the entries that come through, of blocks that are indexed.
    pub(super) async fn marks<R: Read>(
        &self,
        read: &mut R,
        log: LogKey,
        range: Range<u64>,
    ) -> Result<Marks, StoreError> {
        let mut marks = Marks::all(range.clone());
        for clause in &self.clauses {
            let mut own = Marks::none(range.clone());
            index::mark(read, &self.state, &clause.terms, &mut own).await?;
            for request in &clause.requests {
                self.mark_request(read, log, *request, &mut own).await?;
            }
            if clause.is_negated {
                own.turn_around();
            }
            marks.and(&own);
            if marks.is_empty() {
                break;
            }
        }
        Ok(marks)
    }

    /// The index knows a request only nearly, so the few entries that may be of it are looked at.
    async fn mark_request<R: Read>(
        &self,
        read: &mut R,
        log: LogKey,
        request: RequestId,
        marks: &mut Marks,
    ) -> Result<(), StoreError> {
        let mut nearly = Marks::none(marks.range());
        index::mark_requests(read, log, &self.state, request, &mut nearly).await?;
        let indexes: Vec<u64> = nearly.ascending().collect();
        for stored in entry::some(read, log, &indexes).await? {
            let (index, leaf) = leaf(log, stored)?;
            if leaf.as_leaf().request() == Some(request) {
                marks.set(index);
            }
        }
        Ok(())
    }
}

impl Clause {
    async fn find<R: Read>(
        &mut self,
        read: &mut R,
        log: LogKey,
        condition: &Condition,
        dictionary: &mut Dictionary,
    ) -> Result<(), StoreError> {
        let mut values = Vec::new();
        match condition.lookup() {
            Lookup::Nowhere => {}
            Lookup::Request(request) => self.requests.push(request),
            Lookup::One(facet, value) => {
                let term = index::term(read, log, facet, &value).await?;
                values.extend(term.map(|term| (facet, term)));
            }
            Lookup::Among(facets) => {
                for facet in facets {
                    if !dictionary.contains_key(facet) {
                        dictionary.insert(*facet, index::terms(read, log, *facet).await?);
                    }
                    let all = dictionary.get(facet).into_iter().flatten();
                    let meant = all.filter(|(_, value)| condition.holds_for(*facet, value));
                    values.extend(meant.map(|(term, _)| (*facet, *term)));
                }
            }
        }
        let is_text = |facet: Facet| facet.statement().is_some();
        self.terms.extend(values.iter().filter(|(facet, _)| !is_text(*facet)).map(|(_, term)| *term));
        let texts: Vec<TermId> = values.iter().filter(|(facet, _)| is_text(*facet)).map(|(_, term)| *term).collect();
        self.terms.extend(index::links(read, &texts).await?.into_iter().map(|(_, statement)| statement));
        Ok(())
    }
}
