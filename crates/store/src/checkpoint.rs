//! Signed checkpoints: what was said of a log, once for each size, for ever.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use ledger::Hash;

use crate::StoreError;
use crate::command::{LogKey, Read, Tx};
use crate::organization::count;
use crate::sql::{Row, Sql};
use crate::tree;

/// A checkpoint that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub log: LogKey,
    /// How many entries the log had.
    pub size: u64,
    /// The root of its tree.
    pub root: Hash,
    /// The signed note, as it is served.
    pub note: String,
    /// When it was signed.
    pub signed_at: i64,
}

fn checkpoint(row: &Row<'_>) -> Result<Checkpoint, StoreError> {
    Ok(Checkpoint {
        log: LogKey(row.integer(0)?),
        size: row.count(1)?,
        root: row.array(2)?,
        note: row.text(3)?.to_owned(),
        signed_at: row.integer(4)?,
    })
}

/// The newest checkpoint of a log.
pub async fn newest<R: Read>(read: &mut R, log: LogKey) -> Result<Option<Checkpoint>, StoreError> {
    static NEWEST: Sql = Sql::new(
        "SELECT log_id, size, root, note, signed_at FROM log_checkpoint WHERE log_id = $1 ORDER BY size DESC LIMIT 1",
    );
    read.query_opt(&NEWEST, &[log.0.into()], checkpoint).await
}

/// The newest checkpoint of each log that has one, by the log's number.
pub async fn newest_of_each<R: Read>(read: &mut R) -> Result<Vec<Checkpoint>, StoreError> {
    static NEWEST: Sql = Sql::new(
        "SELECT c.log_id, c.size, c.root, c.note, c.signed_at FROM log l
         JOIN log_checkpoint c ON c.log_id = l.id
          AND c.size = (SELECT MAX(size) FROM log_checkpoint WHERE log_id = l.id)
         ORDER BY c.log_id",
    );
    read.query(&NEWEST, &[], checkpoint).await
}

/// The checkpoint of a log at a size.
pub async fn at<R: Read>(read: &mut R, log: LogKey, size: u64) -> Result<Option<Checkpoint>, StoreError> {
    static AT: Sql =
        Sql::new("SELECT log_id, size, root, note, signed_at FROM log_checkpoint WHERE log_id = $1 AND size = $2");
    read.query_opt(&AT, &[log.0.into(), count(size).into()], checkpoint).await
}

/// The first checkpoint of a log that covers an entry.
pub async fn first_covering<R: Read>(read: &mut R, log: LogKey, index: u64) -> Result<Option<Checkpoint>, StoreError> {
    static COVERING: Sql = Sql::new(
        "SELECT log_id, size, root, note, signed_at FROM log_checkpoint
         WHERE log_id = $1 AND size > $2 ORDER BY size LIMIT 1",
    );
    read.query_opt(&COVERING, &[log.0.into(), count(index).into()], checkpoint).await
}

/// Checkpoints of a log with more than `size` entries, by size, at most `limit`.
pub async fn after<R: Read>(read: &mut R, log: LogKey, size: u64, limit: i64) -> Result<Vec<Checkpoint>, StoreError> {
    static AFTER: Sql = Sql::new(
        "SELECT log_id, size, root, note, signed_at FROM log_checkpoint
         WHERE log_id = $1 AND size > $2 ORDER BY size LIMIT $3",
    );
    read.query(&AFTER, &[log.0.into(), count(size).into(), limit.into()], checkpoint).await
}

/// The roots of the checkpoints of some sizes.
pub(crate) async fn roots<R: Read>(
    read: &mut R,
    log: LogKey,
    sizes: RangeInclusive<u64>,
) -> Result<HashMap<u64, Hash>, StoreError> {
    static ROOTS: Sql =
        Sql::new("SELECT size, root FROM log_checkpoint WHERE log_id = $1 AND size >= $2 AND size <= $3");
    let params = [log.0.into(), count(*sizes.start()).into(), count(*sizes.end()).into()];
    let roots = read.query(&ROOTS, &params, |row| Ok((row.count(0)?, row.array(1)?))).await?;
    Ok(roots.into_iter().collect())
}

/// Publishes checkpoints, all or none, and says how many are new. One that is there already stays as it
/// is. One with another root than the log's tree has, or than was published before, is refused.
pub(crate) async fn publish<T: Tx>(tx: &mut T, checkpoints: &[Checkpoint]) -> Result<u64, StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO log_checkpoint (log_id, size, root, note, signed_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (log_id, size) DO NOTHING",
    );
    let mut new = 0;
    for checkpoint in checkpoints {
        check_root(tx, checkpoint).await?;
        let params = [
            checkpoint.log.0.into(),
            count(checkpoint.size).into(),
            (&checkpoint.root).into(),
            (&checkpoint.note).into(),
            checkpoint.signed_at.into(),
        ];
        let inserted = tx.execute(&INSERT, &params).await?;
        if inserted == 0 {
            let before = at(tx, checkpoint.log, checkpoint.size).await?;
            if before.is_none_or(|before| before.root != checkpoint.root) {
                let origin = tree::state(tx, checkpoint.log).await?.origin;
                return Err(StoreError::OtherRoot { origin, size: checkpoint.size });
            }
        }
        new += inserted;
    }
    Ok(new)
}

async fn check_root<T: Tx>(tx: &mut T, checkpoint: &Checkpoint) -> Result<(), StoreError> {
    let state = tree::state(tx, checkpoint.log).await?;
    let root = if checkpoint.size == state.size {
        Some(state.frontier()?.root())
    } else {
        tree::frontier_at(tx, checkpoint.log, checkpoint.size).await?.map(|frontier| frontier.root())
    };
    if root == Some(checkpoint.root) {
        return Ok(());
    }
    Err(StoreError::OtherRoot { origin: state.origin, size: checkpoint.size })
}
