//! Building the index, a block at a time.
//!
//! A block is put together by a reader, and stored if nothing was taken out of the index meanwhile and nobody else
//! stored it: both stand in the row that storing it locks.

use std::collections::HashMap;

use ledger::search::{Facet, facets_of_leaf, facets_of_opening};
use ledger::{Leaf, StatementName};

use super::look::find;
use super::{Digest, Kind, State, TermId, WIDTH, bits, digest, digest_of_statement, request_mark, state, term_number};
use crate::command::{LogKey, Question, Read, Tx};
use crate::organization::count;
use crate::sql::{Sql, Value};
use crate::{StoreError, entry};

/// The logs with entries that fill a block which is not indexed.
pub(crate) struct Due;

impl Question for Due {
    type Answer = Vec<LogKey>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        static DUE: Sql = Sql::new(
            "SELECT l.id, l.size, COALESCE(i.blocks, 0), COALESCE(i.width, $1)
             FROM log l LEFT JOIN log_index i ON i.log_id = l.id WHERE l.frozen IS NULL ORDER BY l.id",
        );
        let params = [count(WIDTH).into()];
        let logs = read.query(&DUE, &params, |row| {
            Ok((LogKey(row.integer(0)?), row.count(1)?, (row.count(2)? + 1) * row.count(3)?))
        });
        Ok(logs.await?.into_iter().filter(|(_, size, end)| size >= end).map(|(log, ..)| log).collect())
    }
}

/// A block that was put together. Only this module makes one.
#[derive(Debug)]
pub struct Block {
    log: LogKey,
    number: u64,
    /// How the index was when the first of it was read.
    state: State,
    terms: Vec<Term>,
    /// Values, and openings that say them, by their places in `terms`.
    links: Vec<(usize, usize)>,
    first_ts: i64,
    times: Vec<u8>,
    requests: Vec<u8>,
}

#[derive(Debug)]
struct Term {
    kind: Kind,
    digest: Digest,
    value: String,
    /// Its number, if the dictionary has it.
    known: Option<TermId>,
    places: Vec<u16>,
}

/// Puts the next block of a log together; none if its entries do not fill one.
pub(crate) struct Gather(pub(crate) LogKey);

impl Question for Gather {
    type Answer = Option<Block>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let log = self.0;
        let state = state(read, log).await?;
        let range = state.end()..state.end() + state.width;
        if entry::size(read, log).await? < range.end {
            return Ok(None);
        }
        let entries = entry::range(read, log, range.clone()).await?;
        if entries.len() as u64 != state.width {
            return Err(StoreError::BadLeaf { log: log.0, index: range.start });
        }
        let mut gathering = Gathering::default();
        for (place, stored) in (0..=u16::MAX).zip(&entries) {
            let leaf =
                Leaf::parse(&stored.leaf).map_err(|_| StoreError::BadLeaf { log: log.0, index: stored.index })?;
            gathering.leaf(place, &leaf);
        }
        let Gathering { mut terms, statements, times, first_ts, requests, .. } = gathering;
        find_known(read, log, &mut terms).await?;
        let mut links = Vec::new();
        let mut fresh: Vec<usize> = statements.values().copied().collect();
        fresh.retain(|place| terms[*place].known.is_none());
        // In the order of the entries, so that building again gives the same.
        fresh.sort_unstable();
        let commitments: HashMap<usize, [u8; 32]> = statements.iter().map(|(key, place)| (*place, *key)).collect();
        let wanted: Vec<[u8; 32]> = fresh.iter().map(|place| commitments[place]).collect();
        let openings = entry::openings(read, log, &wanted).await?;
        let mut said: HashMap<(Facet, String), usize> = HashMap::new();
        let before = terms.len();
        for place in fresh {
            let Some(opening) = openings.get(&commitments[&place]) else {
                // Destroyed. Nobody can ask for what it said.
                terms[place].places.clear();
                continue;
            };
            let mut of_this = Vec::new();
            facets_of_opening(&opening.name, &opening.value, |facet, value| {
                let next = before + said.len();
                let term = *said.entry((facet, value.to_owned())).or_insert(next);
                of_this.push((term, place));
            });
            of_this.sort_unstable();
            of_this.dedup();
            links.extend(of_this);
        }
        let mut said: Vec<((Facet, String), usize)> = said.into_iter().collect();
        said.sort_unstable_by_key(|(_, place)| *place);
        let mut values: Vec<Term> =
            said.into_iter().map(|((facet, value), _)| Term::of(Kind::Value(facet), digest(&value), value)).collect();
        find_known(read, log, &mut values).await?;
        terms.append(&mut values);
        Ok(Some(Block { log, number: state.blocks, state, terms, links, first_ts, times, requests }))
    }
}

impl Term {
    const fn of(kind: Kind, digest: Digest, value: String) -> Self {
        Self { kind, digest, value, known: None, places: Vec::new() }
    }
}

/// What is learnt of leaves.
#[derive(Default)]
struct Gathering {
    terms: Vec<Term>,
    values: HashMap<Facet, HashMap<String, usize>>,
    statements: HashMap<[u8; 32], usize>,
    first_ts: i64,
    last_ts: i64,
    times: Vec<u8>,
    requests: Vec<u8>,
}

impl Gathering {
    fn leaf(&mut self, place: u16, leaf: &Leaf<'_>) {
        let Self { terms, values, statements, .. } = self;
        facets_of_leaf(leaf, |facet, value| {
            let values = values.entry(facet).or_default();
            let term = match values.get(value) {
                Some(term) => *term,
                None => {
                    values.insert(value.to_owned(), terms.len());
                    terms.push(Term::of(Kind::Value(facet), digest(value), value.to_owned()));
                    terms.len() - 1
                }
            };
            terms[term].places.push(place);
        });
        for (name, commitment) in leaf.commitments() {
            if !is_indexed(name) {
                continue;
            }
            let term = *statements.entry(commitment).or_insert_with(|| {
                terms.push(Term::of(Kind::Statement, digest_of_statement(&commitment), String::new()));
                terms.len() - 1
            });
            let places = &mut terms[term].places;
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
        if place == 0 {
            (self.first_ts, self.last_ts) = (leaf.ts(), leaf.ts());
        }
        bits::put(&mut self.times, leaf.ts().saturating_sub(self.last_ts).max(0).cast_unsigned());
        self.last_ts = leaf.ts();
        self.requests.extend(request_mark(leaf.request().as_ref().map_or("", |request| request.as_str())));
    }
}

/// Whether openings of a statement say values.
pub(super) fn is_indexed(name: &str) -> bool {
    let statement = StatementName::from_word(name);
    statement.is_some() && Facet::ALL.iter().any(|facet| facet.statement() == statement)
}

/// Notes the numbers of those that the dictionary has.
async fn find_known<R: Read>(read: &mut R, log: LogKey, terms: &mut [Term]) -> Result<(), StoreError> {
    let mut by_kind: HashMap<Kind, Vec<Digest>> = HashMap::new();
    for term in &*terms {
        by_kind.entry(term.kind).or_default().push(term.digest);
    }
    let mut known = HashMap::new();
    for (kind, digests) in by_kind {
        known.extend(find(read, log, kind, &digests).await?.into_iter().map(|(digest, id)| ((kind, digest), id)));
    }
    for term in terms {
        term.known = known.get(&(term.kind, term.digest)).copied();
    }
    Ok(())
}

impl Block {
    /// Stores it; gives 1 unless somebody else did, or something was taken out of the index since it was read.
    pub(crate) async fn store<T: Tx>(&self, tx: &mut T) -> Result<u64, StoreError> {
        static FIRST: Sql =
            Sql::new("INSERT INTO log_index (log_id, width) VALUES ($1, $2) ON CONFLICT (log_id) DO NOTHING");
        static GROW: Sql = Sql::new(
            "UPDATE log_index SET blocks = blocks + 1, terms = terms + $5
             WHERE log_id = $1 AND blocks = $2 AND width = $3 AND changes = $4",
        );
        static BLOCK: Sql =
            Sql::new("INSERT INTO log_block (log_id, number, first_ts, times, requests) VALUES ($1, $2, $3, $4, $5)");
        let Self { log, number, state, first_ts, .. } = self;
        if *number == 0 {
            tx.execute(&FIRST, &[log.0.into(), count(state.width).into()]).await?;
        }
        let fresh: Vec<usize> = (0..self.terms.len()).filter(|place| self.is_fresh(*place)).collect();
        let guard = [*number, state.width, state.changes, fresh.len() as u64].map(|number| count(number).into());
        if tx.execute(&GROW, &[&[log.0.into()], &guard[..]].concat()).await? == 0 {
            return Ok(0);
        }
        // Nobody gave numbers away since: that would have been another block.
        let numbers: HashMap<usize, i64> =
            fresh.iter().zip(state.terms + 1..).map(|(place, next)| (*place, term_number(*log, next))).collect();
        let id = |place: usize| self.terms[place].known.map_or_else(|| numbers[&place], |known| known.0);
        self.insert_terms(tx, &fresh, &numbers).await?;
        let mut links: Vec<[i64; 2]> =
            self.links.iter().map(|(value, statement)| [id(*value), id(*statement)]).collect();
        links.sort_unstable();
        insert_links(tx, &links).await?;
        let mut postings: Vec<(i64, Vec<u8>)> = Vec::new();
        for (place, term) in self.terms.iter().enumerate().filter(|(_, term)| !term.places.is_empty()) {
            postings.push((id(place), bits::pack(&term.places, state.width)));
        }
        postings.sort_unstable();
        insert_postings(tx, count(*number), &postings).await?;
        let key = [log.0.into(), count(*number).into(), (*first_ts).into()];
        tx.execute(&BLOCK, &[&key[..], &[(&self.times).into(), (&self.requests).into()]].concat()).await?;
        Ok(1)
    }

    /// Whether the dictionary gets it with this block. An opening that is destroyed is never in it.
    fn is_fresh(&self, place: usize) -> bool {
        let Term { kind, known, places, .. } = &self.terms[place];
        known.is_none() && (*kind != Kind::Statement || !places.is_empty())
    }

    async fn insert_terms<T: Tx>(
        &self,
        tx: &mut T,
        fresh: &[usize],
        numbers: &HashMap<usize, i64>,
    ) -> Result<(), StoreError> {
        static ONE: Sql =
            Sql::new("INSERT INTO log_term (log_id, facet, digest, term, value) VALUES ($1, $2, $3, $4, $5)");
        static EIGHT: Sql = Sql::new(
            "INSERT INTO log_term (log_id, facet, digest, term, value) VALUES
             ($1, $2, $3, $4, $5), ($6, $7, $8, $9, $10), ($11, $12, $13, $14, $15), ($16, $17, $18, $19, $20),
             ($21, $22, $23, $24, $25), ($26, $27, $28, $29, $30), ($31, $32, $33, $34, $35), ($36, $37, $38, $39, $40)",
        );
        let mut fresh = fresh.to_vec();
        fresh.sort_unstable_by_key(|place| (self.terms[*place].kind.as_str(), self.terms[*place].digest));
        let row = |place: &usize| {
            let Term { kind, digest, value, .. } = &self.terms[*place];
            [self.log.0.into(), kind.as_str().into(), digest.into(), numbers[place].into(), value.into()]
        };
        let rows: Vec<[Value<'_>; 5]> = fresh.iter().map(row).collect();
        insert(tx, &ONE, &EIGHT, 8, &rows).await
    }
}

async fn insert_links<T: Tx>(tx: &mut T, links: &[[i64; 2]]) -> Result<(), StoreError> {
    static ONE: Sql = Sql::new("INSERT INTO log_term_link (term, statement) VALUES ($1, $2)");
    static SIXTEEN: Sql = Sql::new(
        "INSERT INTO log_term_link (term, statement) VALUES
         ($1, $2), ($3, $4), ($5, $6), ($7, $8), ($9, $10), ($11, $12), ($13, $14), ($15, $16),
         ($17, $18), ($19, $20), ($21, $22), ($23, $24), ($25, $26), ($27, $28), ($29, $30), ($31, $32)",
    );
    let rows: Vec<[Value<'_>; 2]> = links.iter().map(|link| link.map(Value::from)).collect();
    insert(tx, &ONE, &SIXTEEN, 16, &rows).await
}

async fn insert_postings<T: Tx>(tx: &mut T, block: i64, postings: &[(i64, Vec<u8>)]) -> Result<(), StoreError> {
    static ONE: Sql = Sql::new("INSERT INTO log_posting (term, block, entries) VALUES ($1, $2, $3)");
    static SIXTEEN: Sql = Sql::new(
        "INSERT INTO log_posting (term, block, entries) VALUES
         ($1, $2, $3), ($4, $5, $6), ($7, $8, $9), ($10, $11, $12), ($13, $14, $15), ($16, $17, $18),
         ($19, $20, $21), ($22, $23, $24), ($25, $26, $27), ($28, $29, $30), ($31, $32, $33), ($34, $35, $36),
         ($37, $38, $39), ($40, $41, $42), ($43, $44, $45), ($46, $47, $48)",
    );
    let rows: Vec<[Value<'_>; 3]> =
        postings.iter().map(|(term, entries)| [(*term).into(), block.into(), entries.into()]).collect();
    insert(tx, &ONE, &SIXTEEN, 16, &rows).await
}

/// Inserts rows, several with one statement: each is a way to the database and back.
async fn insert<T: Tx, const N: usize>(
    tx: &mut T,
    one: &'static Sql,
    several: &'static Sql,
    together: usize,
    rows: &[[Value<'_>; N]],
) -> Result<(), StoreError> {
    let chunks = rows.chunks_exact(together);
    let rest = chunks.remainder();
    for chunk in chunks {
        tx.execute(several, &chunk.concat()).await?;
    }
    for row in rest {
        tx.execute(one, row).await?;
    }
    Ok(())
}
