//! Frozen logs: nothing is appended to a log that is not what it should be.

use ledger::Origin;

use crate::StoreError;
use crate::command::{LogKey, Read, Tx};
use crate::sql::Sql;

/// Freezes a log, for a reason that whoever is refused is told. The first reason stays. Gives 1 if the
/// log was not frozen.
pub(crate) async fn freeze<T: Tx>(tx: &mut T, log: LogKey, reason: &str) -> Result<u64, StoreError> {
    static FREEZE: Sql = Sql::new("UPDATE log SET frozen = $2 WHERE id = $1 AND frozen IS NULL");
    tx.execute(&FREEZE, &[log.0.into(), reason.into()]).await
}

/// Takes a frozen log into use again. Whoever does that records it, in the same command.
pub async fn unfreeze<T: Tx>(tx: &mut T, log: LogKey) -> Result<(), StoreError> {
    static UNFREEZE: Sql = Sql::new("UPDATE log SET frozen = NULL WHERE id = $1");
    tx.execute(&UNFREEZE, &[log.0.into()]).await?;
    Ok(())
}

/// The error for who would append to a frozen log.
pub(crate) async fn is_frozen<R: Read>(
    read: &mut R,
    log: LogKey,
    origin: &Origin,
) -> Result<Option<StoreError>, StoreError> {
    static FROZEN: Sql = Sql::new("SELECT frozen FROM log WHERE id = $1 AND frozen IS NOT NULL");
    let reason = read.query_opt(&FROZEN, &[log.0.into()], |row| Ok(row.text(0)?.to_owned())).await?;
    Ok(reason.map(|reason| StoreError::Frozen { origin: origin.clone(), reason }))
}
