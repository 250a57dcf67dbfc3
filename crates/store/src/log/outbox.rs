//! The outbox: where records wait on PostgreSQL until the sequencer gives them their place.

use ledger::{EventId, Origin, Pending};

use super::freeze::is_frozen;
use crate::StoreError;
use crate::command::{LogKey, Tx};
use crate::sql::Sql;

/// Puts a record where the sequencer will find it. An event that is in the log already is refused here:
/// the sequencer could neither append it nor leave it out. So is what goes to a frozen log.
pub(crate) async fn enqueue<T: Tx>(
    tx: &mut T,
    log: LogKey,
    origin: &Origin,
    event: EventId,
    pending: &Pending,
) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO log_outbox (log_id, event_id, head, tail, wall)
         SELECT $1, $2, $3, $4, $5
         WHERE EXISTS (SELECT id FROM log WHERE id = $1 AND frozen IS NULL)
           AND NOT EXISTS (SELECT seq FROM log_event WHERE log_id = $1 AND event_id = $2)",
    );
    let params =
        [log.0.into(), event.as_bytes().into(), (&pending.head).into(), (&pending.tail).into(), pending.wall.into()];
    if tx.execute(&INSERT, &params).await? == 1 {
        return Ok(());
    }
    let frozen = is_frozen(tx, log, origin).await?;
    Err(frozen.unwrap_or(StoreError::bad_value("an event that the log does not have", 1)))
}
