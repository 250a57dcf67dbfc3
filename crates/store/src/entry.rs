//! Reading the logs: entries newest first, and the openings beside them.

use std::collections::HashMap;
use std::ops::Range;

use ledger::EventId;
use ledger::Opening;

use crate::command::{LogKey, Read};
use crate::organization::count;
use crate::sql::{Row, Sql, Value};
use crate::tree::TILE;
use crate::{StoreError, bundle};

/// The stored bytes of an entry.
pub struct Stored {
    /// Its index in the log.
    pub index: u64,
    /// The leaf.
    pub leaf: Vec<u8>,
}

// Entries move from rows into bundles, and never back. So rows are read first: what is not there, though
// the log has it, is in a bundle then, whatever moved between the statements.

/// Entries with indexes in a range, oldest first: as many as the log has of them.
pub async fn range<R: Read>(read: &mut R, log: LogKey, range: Range<u64>) -> Result<Vec<Stored>, StoreError> {
    static ROWS: Sql =
        Sql::new("SELECT seq, leaf FROM log_entry WHERE log_id = $1 AND seq >= $2 AND seq < $3 ORDER BY seq");
    let params = [log.0.into(), count(range.start).into(), count(range.end).into()];
    let mut rows = read.query(&ROWS, &params, stored).await?;
    let first = rows.first().map_or(range.end, |row| row.index);
    let mut entries = bundle::entries(read, log, range.start..first).await?;
    entries.append(&mut rows);
    Ok(entries)
}

/// Entries with indexes below `before`, newest first.
pub async fn below<R: Read>(read: &mut R, log: LogKey, before: u64, limit: i64) -> Result<Vec<Stored>, StoreError> {
    static ROWS: Sql =
        Sql::new("SELECT seq, leaf FROM log_entry WHERE log_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3");
    let mut entries = read.query(&ROWS, &[log.0.into(), count(before).into(), limit.into()], stored).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut lowest = entries.last().map_or(before, |row| row.index);
    while entries.len() < limit
        && let Some(bundled) = bundle::newest_below(read, log, lowest).await?
    {
        lowest = bundled.start.max(bundled.end.saturating_sub((limit - entries.len()) as u64));
        entries.extend(bundle::entries(read, log, lowest..bundled.end).await?.into_iter().rev());
    }
    Ok(entries)
}

/// Some entries, in the order of their indexes, which are sorted. One that the log does not have is not among them.
pub async fn some<R: Read>(read: &mut R, log: LogKey, indexes: &[u64]) -> Result<Vec<Stored>, StoreError> {
    static ROWS: Sql = Sql::new(
        "SELECT seq, leaf FROM log_entry WHERE log_id = $1 AND seq IN
         ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ORDER BY seq",
    );
    let numbers: Vec<i64> = indexes.iter().copied().map(count).collect();
    let mut entries = Vec::with_capacity(indexes.len());
    for some in numbers.chunks(TOGETHER) {
        let params = together(log, some, |number| Value::Integer(*number));
        entries.extend(read.query(&ROWS, &params, stored).await?);
    }
    let is_row = |index: &u64| entries.binary_search_by_key(index, |row: &Stored| row.index).is_ok();
    let rest: Vec<u64> = indexes.iter().copied().filter(|index| !is_row(index)).collect();
    if !rest.is_empty() {
        entries.extend(bundle::some(read, log, &rest).await?);
        entries.sort_unstable_by_key(|entry| entry.index);
    }
    Ok(entries)
}

/// One entry.
pub async fn at<R: Read>(read: &mut R, log: LogKey, index: u64) -> Result<Option<Stored>, StoreError> {
    Ok(range(read, log, index..index.saturating_add(1)).await?.pop())
}

fn stored(row: &Row<'_>) -> Result<Stored, StoreError> {
    Ok(Stored { index: row.count(0)?, leaf: row.bytes(1)?.to_vec() })
}

/// The index of an event.
pub async fn index_of<R: Read>(read: &mut R, log: LogKey, event: EventId) -> Result<Option<u64>, StoreError> {
    static INDEX: Sql = Sql::new("SELECT seq FROM log_event WHERE log_id = $1 AND event_id = $2");
    read.query_opt(&INDEX, &[log.0.into(), event.as_bytes().into()], |row| row.count(0)).await
}

/// The indexes of events, of those that the log has.
pub(crate) async fn indexes_of<R: Read>(
    read: &mut R,
    log: LogKey,
    events: &[EventId],
) -> Result<HashMap<EventId, u64>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT event_id, seq FROM log_event WHERE log_id = $1 AND event_id IN
         ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    );
    let mut found = HashMap::with_capacity(events.len());
    for some in events.chunks(TOGETHER) {
        let params = together(log, some, |event| Value::Bytes(event.as_bytes()));
        found.extend(read.query(&FIND, &params, |row| Ok((row.event(0)?, row.count(1)?))).await?);
    }
    Ok(found)
}

/// How many entries a log has.
pub async fn size<R: Read>(read: &mut R, log: LogKey) -> Result<u64, StoreError> {
    static SIZE: Sql = Sql::new("SELECT size FROM log WHERE id = $1");
    Ok(read.query_opt(&SIZE, &[log.0.into()], |row| row.count(0)).await?.unwrap_or(0))
}

/// What a look at a whole log found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// How many entries the log's row counts.
    pub size: u64,
    /// Entries that are there, as rows or in bundles.
    pub entries: u64,
    /// Different events.
    pub events: u64,
    /// The lowest index.
    pub first: Option<u64>,
    /// The highest index.
    pub last: Option<u64>,
    /// Records that wait for their place.
    pub waiting: u64,
}

impl Shape {
    /// Whether every index from 0 to the log's size is there once, and no event twice.
    pub fn is_contiguous(&self) -> bool {
        self.events == self.entries
            && self.size == self.entries
            && self.last.map_or(self.entries == 0, |last| self.first == Some(0) && last + 1 == self.entries)
    }
}

/// Looks at a whole log.
pub async fn shape<R: Read>(read: &mut R, log: LogKey) -> Result<Shape, StoreError> {
    static SHAPE: Sql = Sql::new(
        "SELECT size,
                (SELECT COUNT(*) FROM log_event WHERE log_id = $1),
                (SELECT COUNT(*) FROM log_outbox WHERE log_id = $1),
                (SELECT COUNT(*) FROM log_entry WHERE log_id = $1),
                (SELECT MIN(seq) FROM log_entry WHERE log_id = $1),
                (SELECT MAX(seq) FROM log_entry WHERE log_id = $1),
                (SELECT COUNT(*) FROM log_bundle WHERE log_id = $1),
                (SELECT MIN(number) FROM log_bundle WHERE log_id = $1),
                (SELECT MAX(number) FROM log_bundle WHERE log_id = $1)
         FROM log WHERE id = $1",
    );
    let params = [log.0.into()];
    let shape = read.query_opt(&SHAPE, &params, |row| {
        let index = |column| Ok::<_, StoreError>(row.integer_opt(column)?.map(i64::cast_unsigned));
        let bundled = |column| Ok::<_, StoreError>(index(column)?.map(|number| number * TILE));
        Ok(Shape {
            size: row.count(0)?,
            events: row.count(1)?,
            waiting: row.count(2)?,
            entries: row.count(3)? + row.count(6)? * TILE,
            first: index(4)?.into_iter().chain(bundled(7)?).min(),
            last: index(5)?.into_iter().chain(bundled(8)?.map(|first| first + TILE - 1)).max(),
        })
    });
    Ok(shape.await?.unwrap_or_default())
}

/// How many events or openings one statement asks for. Missing places are filled with the first.
const TOGETHER: usize = 16;

fn together<'a, T>(log: LogKey, some: &'a [T], value: fn(&'a T) -> Value<'a>) -> Vec<Value<'a>> {
    let mut params = vec![log.0.into()];
    params.extend((0..TOGETHER).map(|place| value(some.get(place).unwrap_or(&some[0]))));
    params
}

/// The openings of some commitments. One that is not there was destroyed.
pub async fn openings<R: Read>(
    read: &mut R,
    log: LogKey,
    commitments: &[[u8; 32]],
) -> Result<HashMap<[u8; 32], Opening>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT commitment, key, name, value FROM log_opening WHERE log_id = $1 AND commitment IN
         ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    );
    let mut found = HashMap::with_capacity(commitments.len());
    for some in commitments.chunks(TOGETHER) {
        let params = together(log, some, Value::from);
        let rows = read
            .query(&FIND, &params, |row| {
                let commitment: [u8; 32] = row.array(0)?;
                let opening = Opening::stored(commitment, row.array(1)?, row.text(2)?, row.text(3)?.into());
                Ok((commitment, opening))
            })
            .await?;
        found.extend(rows);
    }
    Ok(found)
}
