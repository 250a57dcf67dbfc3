//! The sequencer: takes records out of the outbox and gives them their place in their logs.
//!
//! Any process may run it at any time. A lease keeps them from getting in each other's way;
//! what keeps the logs safe is the locked row of each log, whose size and frontier the appender
//! reads and advances in the same transaction as the entries and tiles. A second sequencer waits
//! for that lock, and then sees that the tip which it remembers is not the log's any more.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::future::try_join4;
use ledger::{Hash, Pending, leaf_hash};
use tokio_postgres::types::ToSql;

use super::{Open, Postgres, PostgresTx};
use crate::command::LogKey;
use crate::log::{LogClock, Tip};
use crate::organization::count;
use crate::sql::Row;
use crate::{Ambient, Faults, Step, StoreError, log, tree};

/// How many records one transaction appends at most.
const BATCH: i64 = 1_024;
/// How many logs are kept in mind between transactions: a few KiB each.
const KEPT: usize = 4_096;

/// What the sequencer of this process remembers.
pub(super) struct Sequencer {
    clock: LogClock,
    /// The tips of the logs. Each is believed only if the log's locked row agrees.
    tips: HashMap<LogKey, Tip>,
}

/// What one transaction appended.
struct Drained {
    entries: u64,
    tips: HashMap<LogKey, Tip>,
}

/// Why nothing was appended.
enum Stuck {
    /// A log is not what it should be. The others can go on without it.
    Damaged(LogKey, &'static str),
    /// Somebody froze a log between two looks at it.
    Frozen,
    Failed(StoreError),
}

impl<E: Into<StoreError>> From<E> for Stuck {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// A record taken out of the outbox.
struct Waiting {
    log: LogKey,
    event: Vec<u8>,
    pending: Pending,
}

/// A log whose row is locked, and what this transaction adds to it.
struct Locked {
    tip: Tip,
    /// The time of the last entry, as the row has it or as this transaction gave it.
    last_ts: i64,
    added: Vec<Hash>,
}

/// The entries of one transaction, a column each.
#[derive(Default)]
struct Entries {
    logs: Vec<i64>,
    indexes: Vec<i64>,
    events: Vec<Vec<u8>>,
    leaves: Vec<Vec<u8>>,
    hashes: Vec<Vec<u8>>,
}

/// The tiles that they fill, a column each.
#[derive(Default)]
struct Tiles {
    logs: Vec<i64>,
    levels: Vec<i64>,
    numbers: Vec<i64>,
    roots: Vec<Vec<u8>>,
    hashes: Vec<Vec<u8>>,
}

/// How far the logs are after it, a column each.
#[derive(Default)]
struct Ends {
    logs: Vec<i64>,
    before: Vec<i64>,
    sizes: Vec<i64>,
    times: Vec<i64>,
    frontiers: Vec<Vec<u8>>,
}

impl Sequencer {
    pub(super) fn new(ambient: &Ambient) -> Self {
        Self { clock: LogClock::start(ambient.clock.wall(), ambient.clock.steady()), tips: HashMap::new() }
    }
}

impl Postgres {
    /// Appends what waits until nothing does, and says how many entries that made.
    pub(crate) async fn sequence(&self) -> Result<u64, StoreError> {
        let mut sequencer = self.sequencer.lock().await;
        let mut entries = 0;
        loop {
            let more = self.drain(&mut sequencer).await?;
            if more == 0 {
                return Ok(entries);
            }
            entries += more;
        }
    }

    /// Appends the oldest records, up to one batch.
    async fn drain(&self, sequencer: &mut Sequencer) -> Result<u64, StoreError> {
        let reading = sequencer.clock.read(self.ambient.clock.wall(), self.ambient.clock.steady());
        loop {
            let open = Open::begin(&self.pool, "BEGIN ISOLATION LEVEL READ COMMITTED").await?;
            // Taken, so that whatever goes wrong from here on, or is cancelled, leaves nothing in mind.
            let tips = std::mem::take(&mut sequencer.tips);
            match append(&mut open.tx(), &self.ambient.faults, tips, reading.ts).await {
                Ok(drained) => {
                    self.commit_open(open, Some(Step::Sequence)).await?;
                    sequencer.tips = drained.tips;
                    self.counters.entries.inc_by(drained.entries);
                    if reading.adopted {
                        self.counters.clock_adoptions.inc();
                    }
                    return Ok(drained.entries);
                }
                Err(stuck) => {
                    open.rollback().await;
                    match stuck {
                        Stuck::Failed(error) => return Err(error),
                        Stuck::Frozen => {}
                        Stuck::Damaged(log, reason) => self.freeze(log, reason).await?,
                    }
                }
            }
        }
    }

    /// In a transaction of its own: the one that found the damage was given up.
    async fn freeze(&self, log: LogKey, reason: &'static str) -> Result<(), StoreError> {
        let open = Open::begin(&self.pool, "BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        log::freeze(&mut open.tx(), log, reason).await?;
        open.commit().await
    }

    /// Whether records wait for their place. Those of a frozen log wait until it is not.
    pub(crate) async fn outbox_is_empty(&self) -> Result<bool, StoreError> {
        const WAITING: &str = "SELECT o.id FROM log_outbox o JOIN log l ON l.id = o.log_id
             WHERE l.frozen IS NULL ORDER BY o.id LIMIT 1";
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(WAITING).await?;
        Ok(client.query_opt(&statement, &[]).await?.is_none())
    }
}

/// Deletes the oldest rows and appends them. Never by a high-water mark: identifiers become
/// visible out of order, and a row below the mark would be skipped for ever.
async fn append(
    tx: &mut PostgresTx<'_>,
    faults: &Faults,
    mut tips: HashMap<LogKey, Tip>,
    now: i64,
) -> Result<Drained, Stuck> {
    let waiting = faults.within(Step::Take, take(tx)).await?;
    if waiting.is_empty() {
        return Ok(Drained { entries: 0, tips });
    }
    let mut locked = BTreeMap::new();
    // Locked in order of their numbers, so that two sequencers cannot wait for each other.
    for log in waiting.iter().map(|row| row.log).collect::<BTreeSet<_>>() {
        locked.insert(log, lock(tx, log, tips.remove(&log)).await?);
    }

    let mut entries = Entries::default();
    for row in waiting {
        let log = locked.get_mut(&row.log).expect("the log of each row was locked above");
        let ts = now.max(log.last_ts);
        let leaf = row.pending.finish(ts);
        let hash = leaf_hash(&leaf);
        entries.logs.push(row.log.0);
        entries.indexes.push(count(log.tip.size() + log.added.len() as u64));
        entries.events.push(row.event);
        entries.hashes.push(hash.to_vec());
        entries.leaves.push(leaf);
        log.added.push(hash);
        log.last_ts = ts;
    }

    let (mut tiles, mut ends) = (Tiles::default(), Ends::default());
    for (key, Locked { mut tip, last_ts, added }) in locked {
        ends.logs.push(key.0);
        ends.before.push(count(tip.size()));
        for (id, tile) in tip.grow(&added, last_ts) {
            tiles.logs.push(key.0);
            tiles.levels.push(id.level.into());
            tiles.numbers.push(count(id.number));
            tiles.roots.push(tile.root().to_vec());
            tiles.hashes.push(tile.as_bytes().to_vec());
        }
        ends.sizes.push(count(tip.size()));
        ends.times.push(last_ts);
        ends.frontiers.push(tip.frontier_bytes());
        tips.insert(key, tip);
    }
    // In one round trip.
    let insert = try_join4(
        insert_entries(tx, &entries),
        insert_events(tx, &entries),
        insert_tiles(tx, &tiles),
        advance(tx, &ends),
    );
    faults.within(Step::Grow, insert).await?;
    if tips.len() > KEPT {
        tips.clear();
    }
    Ok(Drained { entries: entries.logs.len() as u64, tips })
}

async fn take(tx: &PostgresTx<'_>) -> Result<Vec<Waiting>, StoreError> {
    const TAKE: &str = "DELETE FROM log_outbox WHERE id IN (
             SELECT o.id FROM log_outbox o JOIN log l ON l.id = o.log_id
             WHERE l.frozen IS NULL ORDER BY o.id LIMIT $1 FOR UPDATE OF o)
         RETURNING id, log_id, event_id, head, tail, wall";
    let take = tx.client.prepare_cached(TAKE).await?;
    let mut rows = tx.client.query(&take, &[&BATCH]).await?;
    rows.sort_by_key(|row| row.get::<_, i64>(0));
    let waiting = rows.iter().map(|row| Waiting {
        log: LogKey(row.get(1)),
        event: row.get(2),
        pending: Pending { head: row.get(3), tail: row.get(4), wall: row.get(5) },
    });
    Ok(waiting.collect())
}

/// Locks a log's row and finds its tip: the one that is remembered, if the row agrees, or the stored one.
async fn lock(tx: &mut PostgresTx<'_>, log: LogKey, remembered: Option<Tip>) -> Result<Locked, Stuck> {
    const LOCK: &str = "SELECT id, origin, organization_id, size, last_ts, frontier, frozen, predecessor
         FROM log WHERE id = $1 FOR UPDATE";
    let lock = tx.client.prepare_cached(LOCK).await?;
    let state = tree::log_state(&Row::Postgres(&tx.client.query_one(&lock, &[&log.0]).await?))?;
    if state.frozen.is_some() {
        return Err(Stuck::Frozen);
    }
    let tip = match remembered.filter(|tip| tip.is_at(&state)) {
        Some(tip) => tip,
        None => match Tip::load(tx, &state).await {
            Ok(tip) => tip,
            Err(StoreError::Damaged { what, .. }) => return Err(Stuck::Damaged(log, what)),
            Err(other) => return Err(other.into()),
        },
    };
    Ok(Locked { tip, last_ts: state.last_ts, added: Vec::new() })
}

async fn insert_entries(tx: &PostgresTx<'_>, entries: &Entries) -> Result<(), StoreError> {
    const ENTRIES: &str = "INSERT INTO log_entry (log_id, seq, leaf, leaf_hash)
         SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[])";
    let insert = tx.client.prepare_cached(ENTRIES).await?;
    tx.client.execute(&insert, &[&entries.logs, &entries.indexes, &entries.leaves, &entries.hashes]).await?;
    Ok(())
}

async fn insert_events(tx: &PostgresTx<'_>, entries: &Entries) -> Result<(), StoreError> {
    const EVENTS: &str = "INSERT INTO log_event (log_id, event_id, seq)
         SELECT * FROM UNNEST($1::bigint[], $2::bytea[], $3::bigint[])";
    let insert = tx.client.prepare_cached(EVENTS).await?;
    tx.client.execute(&insert, &[&entries.logs, &entries.events, &entries.indexes]).await?;
    Ok(())
}

async fn insert_tiles(tx: &PostgresTx<'_>, tiles: &Tiles) -> Result<(), StoreError> {
    const TILES: &str = "INSERT INTO log_tile (log_id, level, number, root, hashes)
         SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[])";
    if tiles.logs.is_empty() {
        return Ok(());
    }
    let insert = tx.client.prepare_cached(TILES).await?;
    let params: [&(dyn ToSql + Sync); 5] = [&tiles.logs, &tiles.levels, &tiles.numbers, &tiles.roots, &tiles.hashes];
    tx.client.execute(&insert, &params).await?;
    Ok(())
}

/// Writes how far the logs are now. Their rows are locked, so nobody moved them meanwhile; if somebody
/// did all the same, this fails and everything with it.
async fn advance(tx: &PostgresTx<'_>, ends: &Ends) -> Result<(), StoreError> {
    const ADVANCE: &str = "UPDATE log SET size = n.size, last_ts = n.last_ts, frontier = n.frontier
         FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
              AS n (id, before, size, last_ts, frontier)
         WHERE log.id = n.id AND log.size = n.before";
    let advance = tx.client.prepare_cached(ADVANCE).await?;
    let params: [&(dyn ToSql + Sync); 5] = [&ends.logs, &ends.before, &ends.sizes, &ends.times, &ends.frontiers];
    let advanced = tx.client.execute(&advance, &params).await?;
    if advanced == ends.logs.len() as u64 { Ok(()) } else { Err(StoreError::bad_value("the size that the log had", 1)) }
}
