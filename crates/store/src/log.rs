//! The logs: where a record becomes an entry.
//!
//! On SQLite the writing thread gives a record its index and its time in the effect's own
//! commit. On PostgreSQL the effect's transaction puts the record into the outbox, and the
//! sequencer gives both when it appends.

use ledger::Sharing;
use ledger::StatementName;
use ledger::{ActorId, EventId, LogId, OrganizationId, Origin};
use ledger::{Pending, leaf_hash};

use crate::command::{Addressed, LogKey, Read, Tx};
use crate::sql::{Sql, Value};
use crate::{Ambient, StoreError};

/// The end of a log: what the next entry must follow.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// The index of the next entry.
    pub(crate) next: u64,
    /// The time of the last one.
    pub(crate) last_ts: i64,
    /// The log's name, which stands in every leaf.
    pub(crate) origin: Origin,
}

/// Reads the end of a log from its entries.
pub(crate) async fn head<R: Read>(read: &mut R, log: LogKey) -> Result<Head, StoreError> {
    static LAST: Sql = Sql::new("SELECT seq, leaf FROM log_entry WHERE log_id = $1 ORDER BY seq DESC LIMIT 1");
    let origin = origin(read, log).await?;
    let last = read.query_opt(&LAST, &[log.0.into()], |row| Ok((row.count(0)?, row.bytes(1)?.to_vec()))).await?;
    let Some((seq, leaf)) = last else { return Ok(Head { next: 0, last_ts: 0, origin }) };
    let leaf = ledger::Leaf::parse(&leaf).map_err(|_| StoreError::BadLeaf { log: log.0, index: seq })?;
    Ok(Head { next: seq + 1, last_ts: leaf.ts(), origin })
}

/// The permanent name of a log.
pub async fn origin<R: Read>(read: &mut R, log: LogKey) -> Result<Origin, StoreError> {
    static ORIGIN: Sql = Sql::new("SELECT origin FROM log WHERE id = $1");
    let origin = read
        .query_opt(&ORIGIN, &[log.0.into()], |row| {
            row.text(0)?.parse::<Origin>().map_err(|_| StoreError::bad_value("an origin", 0))
        })
        .await?;
    origin.ok_or(StoreError::BadValue { expected: "a log", column: 0 })
}

/// Makes everything of a leaf but its time: resolves the actor and the commitments.
pub(crate) async fn prepare<T: Tx>(
    tx: &mut T,
    ambient: &Ambient,
    origin: &Origin,
    addressed: &mut Addressed,
) -> Result<Pending, StoreError> {
    let record = &mut addressed.record;
    if let (None, Some(account)) = (record.actor.id, &addressed.account) {
        let id = actor(tx, ambient, addressed.log, account).await?;
        record.actor.id = Some(id);
        for statement in &mut record.statements {
            let of_the_actor = matches!(statement.name, StatementName::Actor | StatementName::Client);
            if of_the_actor && statement.subject.is_none() {
                statement.subject = Some(id.into());
            }
        }
    }
    let mut commitments = Vec::with_capacity(record.statements.len());
    for statement in &record.statements {
        let fingerprint = statement.fingerprint(record.wall);
        let shared = match statement.sharing {
            Sharing::Once => None,
            Sharing::Always | Sharing::Monthly => shared_opening(tx, addressed.log, &fingerprint).await?,
        };
        let commitment = match shared {
            Some(commitment) => commitment,
            None => new_opening(tx, ambient, addressed.log, &fingerprint, statement).await?,
        };
        commitments.push((statement.name, commitment));
    }
    Ok(record.pending(origin, &commitments)?)
}

/// Reading the row in the transaction that reuses it is what keeps erasure from destroying it
/// in between.
async fn shared_opening<T: Tx>(
    tx: &mut T,
    log: LogKey,
    fingerprint: &[u8; 16],
) -> Result<Option<[u8; 32]>, StoreError> {
    static FIND: Sql = Sql::new("SELECT commitment FROM log_opening WHERE log_id = $1 AND fingerprint = $2");
    tx.query_opt(&FIND, &[log.0.into(), fingerprint.into()], |row| row.array(0)).await
}

async fn new_opening<T: Tx>(
    tx: &mut T,
    ambient: &Ambient,
    log: LogKey,
    fingerprint: &[u8; 16],
    statement: &ledger::Statement,
) -> Result<[u8; 32], StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO log_opening (log_id, commitment, fingerprint, key, name, value, subject)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    let key: [u8; 32] = ambient.random();
    let name = statement.name.as_str();
    let commitment = ledger::commit(&key, name, &statement.value);
    // One that is never shared needs a fingerprint all the same, for the index is unique.
    let alone: [u8; 16] = ambient.random();
    let fingerprint = if matches!(statement.sharing, Sharing::Once) { &alone } else { fingerprint };
    let subject = statement.subject.as_ref().map(ledger::AnyId::as_str);
    let params = [
        log.0.into(),
        (&commitment).into(),
        fingerprint.into(),
        (&key).into(),
        name.into(),
        (&*statement.value).into(),
        subject.into(),
    ];
    tx.execute(&INSERT, &params).await?;
    Ok(commitment)
}

/// The identifier of an account in one log, minted the first time it acts there.
pub async fn actor<T: Tx>(
    tx: &mut T,
    ambient: &Ambient,
    log: LogKey,
    account: &ledger::AccountId,
) -> Result<ActorId, StoreError> {
    static INSERT: Sql = Sql::new("INSERT INTO log_actor (log_id, account_id, actor_id) VALUES ($1, $2, $3)");
    if let Some(actor) = known_actor(tx, log, account).await? {
        return Ok(actor);
    }
    let actor = ActorId::from_random(ambient.random());
    tx.execute(&INSERT, &[log.0.into(), account.into(), (&actor).into()]).await?;
    Ok(actor)
}

/// The identifier of an account in one log, if it ever acted there.
pub async fn known_actor<R: Read>(
    read: &mut R,
    log: LogKey,
    account: &ledger::AccountId,
) -> Result<Option<ActorId>, StoreError> {
    static FIND: Sql = Sql::new("SELECT actor_id FROM log_actor WHERE log_id = $1 AND account_id = $2");
    read.query_opt(&FIND, &[log.0.into(), account.into()], |row| row.id(0)).await
}

/// Finishes a leaf and puts it at the end of its log (SQLite).
pub(crate) async fn append<T: Tx>(
    tx: &mut T,
    log: LogKey,
    head: &mut Head,
    event: EventId,
    pending: &Pending,
    now: i64,
) -> Result<(), StoreError> {
    static INSERT: Sql =
        Sql::new("INSERT INTO log_entry (log_id, seq, event_id, leaf, leaf_hash) VALUES ($1, $2, $3, $4, $5)");
    // Time never falls within a log.
    let ts = now.max(head.last_ts);
    let leaf = pending.finish(ts);
    let hash = leaf_hash(&leaf);
    let index = i64::try_from(head.next).map_err(|_| StoreError::bad_value("an index", 1))?;
    let params = [log.0.into(), index.into(), event.as_bytes().into(), Value::Bytes(&leaf), (&hash).into()];
    tx.execute(&INSERT, &params).await?;
    head.next += 1;
    head.last_ts = ts;
    Ok(())
}

/// Puts a record where the sequencer will find it (PostgreSQL). An event that is in the log already
/// is refused here: the sequencer could neither append it nor leave it out.
pub(crate) async fn enqueue<T: Tx>(
    tx: &mut T,
    log: LogKey,
    event: EventId,
    pending: &Pending,
) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO log_outbox (log_id, event_id, head, tail, wall)
         SELECT $1, $2, $3, $4, $5
         WHERE NOT EXISTS (SELECT seq FROM log_entry WHERE log_id = $1 AND event_id = $2)",
    );
    let params =
        [log.0.into(), event.as_bytes().into(), (&pending.head).into(), (&pending.tail).into(), pending.wall.into()];
    match tx.execute(&INSERT, &params).await? {
        1 => Ok(()),
        _ => Err(StoreError::bad_value("an event that the log does not have", 1)),
    }
}

/// Makes room for a log. Its first entry, `escriba-log-opened`, is the caller's to record.
pub async fn create<T: Tx>(
    tx: &mut T,
    log: LogKey,
    identifier: LogId,
    origin: &Origin,
    organization: Option<&OrganizationId>,
) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new("INSERT INTO log (id, identifier, origin, organization_id) VALUES ($1, $2, $3, $4)");
    let params = [log.0.into(), identifier.as_str().into(), origin.as_str().into(), organization.into()];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// The number the next log gets.
pub async fn next_key<R: Read>(read: &mut R) -> Result<LogKey, StoreError> {
    static MAX: Sql = Sql::new("SELECT COALESCE(MAX(id), 0) + 1 FROM log");
    Ok(LogKey(read.query_opt(&MAX, &[], |row| row.integer(0)).await?.unwrap_or(1)))
}

/// How far a reading may run ahead of the steady clock before it is doubted: 60 s.
const DOUBT: i64 = 60_000_000;
/// How long doubted readings must agree before they are believed: 5 minutes.
const BELIEF: i64 = 300_000_000;

/// Keeps one bad reading of the wall clock from freezing the time of a log: since time never
/// falls within a log, a reading from next year would hold every later entry there.
#[derive(Debug)]
pub(crate) struct LogClock {
    wall: i64,
    steady: i64,
    doubted: Option<Doubt>,
}

#[derive(Debug)]
struct Doubt {
    since: i64,
    offset: i64,
}

/// What the time is, for an entry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) ts: i64,
    /// A doubted clock has been believed just now, which is worth a record.
    pub(crate) adopted: bool,
}

impl LogClock {
    /// At start the wall clock is believed.
    pub(crate) fn start(wall: i64, steady: i64) -> Self {
        Self { wall, steady, doubted: None }
    }

    pub(crate) fn read(&mut self, wall: i64, steady: i64) -> Reading {
        let expected = self.wall + (steady - self.steady);
        let is_ahead = wall > expected + DOUBT;
        if !is_ahead && wall >= expected - DOUBT {
            self.believe(wall, steady);
            return Reading { ts: wall, adopted: false };
        }
        let offset = wall - steady;
        match &self.doubted {
            Some(doubt) if (offset - doubt.offset).abs() <= DOUBT => {
                if steady - doubt.since >= BELIEF {
                    self.believe(wall, steady);
                    return Reading { ts: wall, adopted: is_ahead };
                }
            }
            _ => self.doubted = Some(Doubt { since: steady, offset }),
        }
        // A reading far behind needs no holding, since time never falls within a log. But to believe
        // it at once would make the next good one look as if it were far ahead.
        Reading { ts: if is_ahead { expected } else { wall }, adopted: false }
    }

    fn believe(&mut self, wall: i64, steady: i64) {
        *self = Self::start(wall, steady);
    }
}

#[cfg(test)]
mod tests {
    use super::{BELIEF, DOUBT, LogClock, Reading};

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_reading_from_next_year_is_held_until_it_agrees_for_five_minutes() {
        let mut clock = LogClock::start(1_000 * SECOND, 0);
        let year = 365 * 86_400 * SECOND;

        let ahead = clock.read(1_001 * SECOND + year, SECOND);
        let still = clock.read(1_002 * SECOND + year, 2 * SECOND);
        let adopted = clock.read(1_001 * SECOND + year + BELIEF, SECOND + BELIEF);

        assert_eq!(ahead, Reading { ts: 1_001 * SECOND, adopted: false });
        assert_eq!(still, Reading { ts: 1_002 * SECOND, adopted: false });
        assert_eq!(adopted, Reading { ts: 1_001 * SECOND + year + BELIEF, adopted: true });
    }

    #[test]
    fn one_bad_reading_among_good_ones_changes_nothing() {
        let mut clock = LogClock::start(1_000 * SECOND, 0);
        let _ = clock.read(1_001 * SECOND + 2 * DOUBT, SECOND);

        let after = clock.read(1_002 * SECOND, 2 * SECOND);

        assert_eq!(after, Reading { ts: 1_002 * SECOND, adopted: false });
    }

    #[test]
    fn readings_that_disagree_with_each_other_are_never_adopted() {
        let mut clock = LogClock::start(0, 0);
        for step in 1..100 {
            let reading = clock.read(step * 10 * DOUBT, step * SECOND * 10);
            assert_eq!(reading, Reading { ts: step * SECOND * 10, adopted: false });
        }
    }
}
