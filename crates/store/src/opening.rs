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

/// Destroys the openings of a log that name somebody by login as what was acted on, and say of nobody that they speak of
/// them: the login may have been typed before anybody had it. Gives their commitments, as [`destroy`] does.
pub async fn destroy_naming<T: Tx>(tx: &mut T, log: LogKey, login: &str) -> Result<Vec<[u8; 32]>, StoreError> {
    static DESTROY: Sql = Sql::new(
        "DELETE FROM log_opening
         WHERE log_id = $1 AND subject IS NULL AND name = 'target' AND REPLACE(value, $2, '') <> value
         RETURNING commitment",
    );
    // As it stands in a canonical value, whole: the quotes end it.
    let mut member = String::from("\"login\":");
    ledger::canonical::string(&mut member, login);
    tx.overwrite_deleted().await?;
    let mut destroyed = tx.query(&DESTROY, &[log.0.into(), (&member).into()], |row| row.array(0)).await?;
    destroyed.sort_unstable();
    Ok(destroyed)
}

/// Forgets whom an identifier of a log led to, unless the account is a member there and goes on acting under it.
pub async fn forget<T: Tx>(tx: &mut T, log: LogKey, account: &AccountId) -> Result<(), StoreError> {
    static FORGET: Sql = Sql::new(
        "DELETE FROM log_actor WHERE log_id = $1 AND account_id = $2 AND NOT EXISTS
         (SELECT m.actor_id FROM member m WHERE m.account_id = $2 AND m.actor_id = log_actor.actor_id)",
    );
    tx.execute(&FORGET, &[log.0.into(), account.into()]).await?;
    Ok(())
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
