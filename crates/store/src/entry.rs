//! Reading the logs: entries newest first, and the openings beside them.

use std::collections::HashMap;

use ledger::EventId;
use ledger::Opening;

use crate::StoreError;
use crate::command::{LogKey, Read};
use crate::organization::count;
use crate::sql::{Sql, Value};

/// The stored bytes of an entry.
pub struct Stored {
    /// Its index in the log.
    pub index: u64,
    /// The leaf.
    pub leaf: Vec<u8>,
}

/// Entries with indexes below `before`, newest first.
pub async fn below<R: Read>(read: &mut R, log: LogKey, before: u64, limit: i64) -> Result<Vec<Stored>, StoreError> {
    static BELOW: Sql =
        Sql::new("SELECT seq, leaf FROM log_entry WHERE log_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3");
    read.query(&BELOW, &[log.0.into(), count(before).into(), limit.into()], |row| {
        Ok(Stored { index: row.count(0)?, leaf: row.bytes(1)?.to_vec() })
    })
    .await
}

/// One entry.
pub async fn at<R: Read>(read: &mut R, log: LogKey, index: u64) -> Result<Option<Stored>, StoreError> {
    static AT: Sql = Sql::new("SELECT seq, leaf FROM log_entry WHERE log_id = $1 AND seq = $2");
    read.query_opt(&AT, &[log.0.into(), count(index).into()], |row| {
        Ok(Stored { index: row.count(0)?, leaf: row.bytes(1)?.to_vec() })
    })
    .await
}

/// The index of an event.
pub async fn index_of<R: Read>(read: &mut R, log: LogKey, event: EventId) -> Result<Option<u64>, StoreError> {
    static INDEX: Sql = Sql::new("SELECT seq FROM log_entry WHERE log_id = $1 AND event_id = $2");
    read.query_opt(&INDEX, &[log.0.into(), event.as_bytes().into()], |row| row.count(0)).await
}

/// How many entries a log has.
pub async fn size<R: Read>(read: &mut R, log: LogKey) -> Result<u64, StoreError> {
    static SIZE: Sql = Sql::new("SELECT seq + 1 FROM log_entry WHERE log_id = $1 ORDER BY seq DESC LIMIT 1");
    Ok(read.query_opt(&SIZE, &[log.0.into()], |row| row.count(0)).await?.unwrap_or(0))
}

/// What a look at a whole log found: how many rows, how many different events, the lowest and
/// the highest index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
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
    /// Whether every index from 0 is there once, and no event twice.
    pub fn is_contiguous(&self) -> bool {
        self.events == self.entries
            && self.last.map_or(self.entries == 0, |last| self.first == Some(0) && last + 1 == self.entries)
    }
}

/// Looks at a whole log.
pub async fn shape<R: Read>(read: &mut R, log: LogKey) -> Result<Shape, StoreError> {
    static SHAPE: Sql = Sql::new(
        "SELECT COUNT(*), COUNT(DISTINCT event_id), MIN(seq), MAX(seq),
                (SELECT COUNT(*) FROM log_outbox WHERE log_id = $1)
         FROM log_entry WHERE log_id = $1",
    );
    let shape = read
        .query_opt(&SHAPE, &[log.0.into()], |row| {
            Ok(Shape {
                entries: row.count(0)?,
                events: row.count(1)?,
                first: row.integer_opt(2)?.and_then(|first| first.try_into().ok()),
                last: row.integer_opt(3)?.and_then(|last| last.try_into().ok()),
                waiting: row.count(4)?,
            })
        })
        .await?;
    Ok(shape.unwrap_or(Shape { entries: 0, events: 0, first: None, last: None, waiting: 0 }))
}

/// How many openings one statement asks for. Missing places are filled with the first.
const TOGETHER: usize = 16;

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
        let mut params = vec![log.0.into()];
        params.extend((0..TOGETHER).map(|place| Value::from(some.get(place).unwrap_or(&some[0]))));
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
