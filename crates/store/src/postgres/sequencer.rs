//! The sequencer: takes records out of the outbox and gives them their place in their logs.
//!
//! Any process may run it at any time. A lease keeps them from getting in each other's way;
//! what keeps the logs safe is the locked row of each log, whose size the appender reads and
//! advances in the same transaction as the entries. A second sequencer waits for that lock and
//! then sees the new size.

use std::collections::BTreeMap;

use ledger::{Pending, leaf_hash};

use super::{Open, Postgres};
use crate::StoreError;
use crate::log::LogClock;

/// How many records one transaction appends at most.
const BATCH: i64 = 1_024;

/// What a drain found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Drained {
    /// How many entries were appended.
    pub(crate) entries: u64,
    /// Whether the clock was doubted and has now been believed.
    pub(crate) clock_adopted: bool,
}

/// A record taken out of the outbox.
struct Waiting {
    log: i64,
    event: Vec<u8>,
    pending: Pending,
}

/// The locked state of a log.
struct State {
    size: i64,
    last_ts: i64,
}

/// The finished rows of one transaction, a column each.
#[derive(Default)]
struct Columns {
    logs: Vec<i64>,
    indexes: Vec<i64>,
    events: Vec<Vec<u8>>,
    leaves: Vec<Vec<u8>>,
    hashes: Vec<Vec<u8>>,
}

impl Postgres {
    /// Appends what waits, oldest first, up to one batch.
    pub(crate) async fn drain(&self, clock: &mut LogClock) -> Result<Drained, StoreError> {
        let open = Open::begin(&self.pool, "BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        let reading = clock.read(self.ambient.clock.wall(), self.ambient.clock.steady());
        match append(open.client(), reading.ts).await {
            Ok(entries) => {
                open.commit().await?;
                self.counters.entries.inc_by(entries);
                Ok(Drained { entries, clock_adopted: reading.adopted })
            }
            Err(error) => {
                open.rollback().await;
                Err(error)
            }
        }
    }

    /// Whether records wait for their place.
    pub(crate) async fn outbox_is_empty(&self) -> Result<bool, StoreError> {
        let client = self.pool.get().await?;
        let statement = client.prepare_cached("SELECT id FROM log_outbox ORDER BY id LIMIT 1").await?;
        Ok(client.query_opt(&statement, &[]).await?.is_none())
    }
}

/// Deletes the oldest rows and appends them. Never by a high-water mark: identifiers become
/// visible out of order, and a row below the mark would be skipped for ever.
async fn append(client: &deadpool_postgres::Object, now: i64) -> Result<u64, StoreError> {
    const TAKE: &str = "DELETE FROM log_outbox WHERE id IN (SELECT id FROM log_outbox ORDER BY id LIMIT $1 FOR UPDATE)
         RETURNING id, log_id, event_id, head, tail, wall";
    const LOCK: &str = "SELECT size, last_ts FROM log WHERE id = $1 FOR UPDATE";
    const INSERT: &str = "INSERT INTO log_entry (log_id, seq, event_id, leaf, leaf_hash)
         SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[])";
    const ADVANCE: &str = "UPDATE log SET size = $2, last_ts = $3 WHERE id = $1";

    let take = client.prepare_cached(TAKE).await?;
    let mut rows = client.query(&take, &[&BATCH]).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    rows.sort_by_key(|row| row.get::<_, i64>(0));
    let waiting: Vec<Waiting> = rows.iter().map(waiting).collect();

    // Locked in order of their numbers, so that two sequencers cannot wait for each other.
    let lock = client.prepare_cached(LOCK).await?;
    let mut states = BTreeMap::new();
    for log in waiting.iter().map(|row| row.log).collect::<std::collections::BTreeSet<_>>() {
        let row = client.query_one(&lock, &[&log]).await?;
        states.insert(log, State { size: row.get(0), last_ts: row.get(1) });
    }

    let mut columns = Columns::default();
    for row in waiting {
        let state = states.get_mut(&row.log).expect("the log of each row was locked above");
        let ts = now.max(state.last_ts);
        let leaf = row.pending.finish(ts);
        columns.logs.push(row.log);
        columns.indexes.push(state.size);
        columns.events.push(row.event);
        columns.hashes.push(leaf_hash(&leaf).to_vec());
        columns.leaves.push(leaf);
        state.size += 1;
        state.last_ts = ts;
    }

    let insert = client.prepare_cached(INSERT).await?;
    let inserted = client
        .execute(&insert, &[&columns.logs, &columns.indexes, &columns.events, &columns.leaves, &columns.hashes])
        .await?;
    let advance = client.prepare_cached(ADVANCE).await?;
    for (log, state) in &states {
        client.execute(&advance, &[log, &state.size, &state.last_ts]).await?;
    }
    Ok(inserted)
}

fn waiting(row: &tokio_postgres::Row) -> Waiting {
    Waiting {
        log: row.get(1),
        event: row.get(2),
        pending: Pending { head: row.get(3), tail: row.get(4), wall: row.get(5) },
    }
}
