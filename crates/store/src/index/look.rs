//! Looking into the index.

use std::collections::HashMap;
use std::ops::Range;

use ledger::RequestId;
use ledger::search::Facet;

use super::marks::Marks;
use super::{Digest, Kind, State, TermId, bits, digest, request_mark};
use crate::StoreError;
use crate::command::{LogKey, Read};
use crate::organization::count;
use crate::sql::{Row, Sql, Value};

/// How many things one statement asks for. Missing places are filled with the first.
const TOGETHER: usize = 16;

fn together<'a, T>(some: &'a [T], value: fn(&'a T) -> Value<'a>) -> impl Iterator<Item = Value<'a>> {
    (0..TOGETHER).map(move |place| value(some.get(place).unwrap_or(&some[0])))
}

/// The numbers of those that the dictionary has.
pub(super) async fn find<R: Read>(
    read: &mut R,
    log: LogKey,
    kind: Kind,
    digests: &[Digest],
) -> Result<HashMap<Digest, TermId>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT digest, term FROM log_term WHERE log_id = $1 AND facet = $2 AND digest IN
         ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    );
    let mut found = HashMap::with_capacity(digests.len());
    for some in digests.chunks(TOGETHER) {
        let mut params = vec![log.0.into(), kind.as_str().into()];
        params.extend(together(some, Value::from));
        found.extend(read.query(&FIND, &params, |row| Ok((row.array(0)?, TermId(row.integer(1)?)))).await?);
    }
    Ok(found)
}

/// The number of a value, if any indexed entry has it.
pub async fn term<R: Read>(read: &mut R, log: LogKey, facet: Facet, value: &str) -> Result<Option<TermId>, StoreError> {
    let digest = digest(value);
    Ok(find(read, log, Kind::Value(facet), &[digest]).await?.remove(&digest))
}

/// Every value of a facet that an indexed entry has.
pub async fn terms<R: Read>(read: &mut R, log: LogKey, facet: Facet) -> Result<Vec<(TermId, String)>, StoreError> {
    static ALL: Sql = Sql::new("SELECT term, value FROM log_term WHERE log_id = $1 AND facet = $2");
    read.query(&ALL, &[log.0.into(), facet.as_str().into()], |row| {
        Ok((TermId(row.integer(0)?), row.text(1)?.to_owned()))
    })
    .await
}

/// The openings that say some values, each with the value.
pub async fn links<R: Read>(read: &mut R, values: &[TermId]) -> Result<Vec<(TermId, TermId)>, StoreError> {
    static LINKS: Sql = Sql::new(
        "SELECT term, statement FROM log_term_link WHERE term IN
         ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    );
    let mut found = Vec::new();
    for some in values.chunks(TOGETHER) {
        let params: Vec<Value<'_>> = together(some, |term| term.0.into()).collect();
        let rows = read.query(&LINKS, &params, |row| Ok((TermId(row.integer(0)?), TermId(row.integer(1)?))));
        found.extend(rows.await?);
    }
    Ok(found)
}

/// Marks the entries that have one of some terms.
pub async fn mark<R: Read>(read: &mut R, state: &State, terms: &[TermId], marks: &mut Marks) -> Result<(), StoreError> {
    for some in terms.chunks(TOGETHER) {
        for (_, block, entries) in postings(read, state, some, &marks.range()).await? {
            each_run(state, block, &entries, |first, length| marks.set_run(first, length))?;
        }
    }
    Ok(())
}

/// How many of the marked entries have each of some terms.
pub async fn count_common<R: Read>(
    read: &mut R,
    state: &State,
    terms: &[TermId],
    marks: &Marks,
) -> Result<HashMap<TermId, u64>, StoreError> {
    let mut counts = HashMap::new();
    for some in terms.chunks(TOGETHER) {
        for (term, block, entries) in postings(read, state, some, &marks.range()).await? {
            let mut counted = 0;
            each_run(state, block, &entries, |first, length| counted += marks.count_in(first..first + length))?;
            *counts.entry(term).or_default() += counted;
        }
    }
    Ok(counts)
}

type Posting = (TermId, u64, Vec<u8>);

async fn postings<R: Read>(
    read: &mut R,
    state: &State,
    some: &[TermId],
    range: &Range<u64>,
) -> Result<Vec<Posting>, StoreError> {
    static POSTINGS: Sql = Sql::new(
        "SELECT term, block, entries FROM log_posting WHERE block >= $17 AND block < $18 AND term IN
         ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    );
    let blocks = state.block(range.start)..range.end.div_ceil(state.width);
    let mut params: Vec<Value<'_>> = together(some, |term| term.0.into()).collect();
    params.extend([blocks.start, blocks.end].map(|block| Value::Integer(count(block))));
    read.query(&POSTINGS, &params, |row| Ok((TermId(row.integer(0)?), row.count(1)?, row.bytes(2)?.to_vec()))).await
}

fn each_run(state: &State, block: u64, entries: &[u8], mut take: impl FnMut(u64, u64)) -> Result<(), StoreError> {
    let first = block * state.width;
    let unpacked = bits::unpack(entries, state.width, |place, length| take(first + place, length));
    unpacked.ok_or(StoreError::BadValue { expected: "the entries of a block", column: 2 })
}

/// Marks the entries that may be of a request: of some sixteen million others, one is marked by chance.
pub async fn mark_requests<R: Read>(
    read: &mut R,
    log: LogKey,
    state: &State,
    request: RequestId,
    marks: &mut Marks,
) -> Result<(), StoreError> {
    static REQUESTS: Sql =
        Sql::new("SELECT number, requests FROM log_block WHERE log_id = $1 AND number >= $2 AND number < $3");
    let range = marks.range();
    let blocks = state.block(range.start)..range.end.div_ceil(state.width);
    let params = [log.0.into(), count(blocks.start).into(), count(blocks.end).into()];
    let found = read.query(&REQUESTS, &params, |row| Ok((row.count(0)?, row.bytes(1)?.to_vec())));
    let wanted = request_mark(request.as_str());
    for (block, requests) in found.await? {
        let (each, _) = requests.as_chunks::<3>();
        let same = (block * state.width..).zip(each).filter(|(_, mark)| **mark == wanted);
        same.for_each(|(index, _)| marks.set(index));
    }
    Ok(())
}

/// The time of the first entry of each block, in the order of the log.
pub async fn first_times<R: Read>(read: &mut R, log: LogKey) -> Result<Vec<i64>, StoreError> {
    static FIRST: Sql = Sql::new("SELECT first_ts FROM log_block WHERE log_id = $1 ORDER BY number");
    read.query(&FIRST, &[log.0.into()], |row| row.integer(0)).await
}

/// The times of the entries of a block; none if it is not indexed.
pub async fn block_times<R: Read>(read: &mut R, log: LogKey, number: u64) -> Result<Option<Vec<i64>>, StoreError> {
    static TIMES: Sql = Sql::new("SELECT first_ts, times FROM log_block WHERE log_id = $1 AND number = $2");
    read.query_opt(&TIMES, &[log.0.into(), count(number).into()], times).await
}

fn times(row: &Row<'_>) -> Result<Vec<i64>, StoreError> {
    let (mut time, mut rest, mut times) = (row.integer(0)?, row.bytes(1)?, Vec::new());
    while !rest.is_empty() {
        let step = bits::get(&mut rest).ok_or(StoreError::bad_value("times", 1))?;
        time = time.saturating_add(step.cast_signed());
        times.push(time);
    }
    Ok(times)
}
