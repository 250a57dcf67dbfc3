//! Erasing people: destroying the openings that speak of them.
//!
//! The leaves stay, and with them every proof. What they committed to can be read by nobody any more. An
//! opening that many entries share speaks of one person at most, so it goes with that person alone.

use ledger::{AccountId, ActorId};

use crate::StoreError;
use crate::command::{LogKey, Read, Tx};
use crate::sql::Sql;

/// Under which identifiers an account acted, or may act, and in which logs.
pub async fn subjects<R: Read>(read: &mut R, account: &AccountId) -> Result<Vec<(LogKey, ActorId)>, StoreError> {
    static SUBJECTS: Sql = Sql::new(
        "SELECT log_id, actor_id FROM log_actor WHERE account_id = $1
         UNION SELECT o.log_id, m.actor_id FROM member m JOIN organization o ON o.id = m.organization_id
               WHERE m.account_id = $1
         ORDER BY 1, 2",
    );
    read.query(&SUBJECTS, &[account.into()], |row| Ok((LogKey(row.integer(0)?), row.id(1)?))).await
}

/// Destroys the openings of a log that speak of somebody, and gives their commitments in order: the record
/// of the destruction, in the same commit, names them. Where the database can, it overwrites
/// what they occupied; [`Store::purge`](crate::Store::purge) removes what is left after the commit.
pub async fn destroy<T: Tx>(tx: &mut T, log: LogKey, subject: &ActorId) -> Result<Vec<[u8; 32]>, StoreError> {
    static DESTROY: Sql = Sql::new("DELETE FROM log_opening WHERE subject = $2 AND log_id = $1 RETURNING commitment");
    tx.overwrite_deleted().await?;
    let mut destroyed = tx.query(&DESTROY, &[log.0.into(), subject.into()], |row| row.array(0)).await?;
    destroyed.sort_unstable();
    Ok(destroyed)
}
