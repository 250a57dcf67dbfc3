//! Erasing people: finding and destroying the openings that speak of them.
//!
//! The leaves stay, and with them every proof. What they committed to can be read by nobody any more. An
//! opening that many entries share speaks of one person at most, so it goes with that person alone.

use ledger::search::Query;
use ledger::{AccountId, ActorId, AnyId};

use crate::StoreError;
use crate::command::{LogKey, Read, Tx};
use crate::index::{self, Gone};
use crate::sql::{Row, Sql};

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

/// The logs with openings whose subject is this one.
pub async fn logs_about<R: Read>(read: &mut R, subject: &AnyId) -> Result<Vec<LogKey>, StoreError> {
    static LOGS: Sql = Sql::new("SELECT DISTINCT log_id FROM log_opening WHERE subject = $1 ORDER BY log_id");
    read.query(&LOGS, &[subject.as_str().into()], |row| Ok(LogKey(row.integer(0)?))).await
}

/// The openings in which somebody stands under a login, whoever their subject is: what others typed, and what they
/// looked for. Of those who act, only the ones that have an account are meant: an operator is named after
/// an account of the host. It reads all openings.
pub async fn naming<R: Read>(read: &mut R, login: &str) -> Result<Vec<(LogKey, [u8; 32])>, StoreError> {
    // Canonical text: a quotation mark within a string has a backslash before it, so this is a member.
    static NAMING: Sql = Sql::new(
        "SELECT log_id, commitment FROM log_opening
         WHERE (name IN ('target', 'detail') OR (name IN ('actor', 'behalf') AND subject IS NOT NULL))
               AND (REPLACE(value, $1, '') <> value OR REPLACE(value, $2, '') <> value)
         ORDER BY log_id, commitment",
    );
    let [typed, sought] = ["login", "user"].map(|key| {
        let mut member = format!("\"{key}\":");
        ledger::canonical::string(&mut member, login);
        member
    });
    let params = [(&typed).into(), (&sought).into()];
    let mut naming = read.query(&NAMING, &params, |row| Ok((LogKey(row.integer(0)?), row.array(1)?))).await?;
    naming.extend(asking(read, login).await?);
    naming.sort_unstable();
    naming.dedup();
    Ok(naming)
}

/// The openings that say that somebody searched for a login.
async fn asking<R: Read>(read: &mut R, login: &str) -> Result<Vec<(LogKey, [u8; 32])>, StoreError> {
    static QUERIES: Sql = Sql::new(
        "SELECT log_id, commitment, value FROM log_opening WHERE name = 'detail' AND REPLACE(value, $1, '') <> value",
    );
    let params = ["\"query\":".into()];
    let queries =
        read.query(&QUERIES, &params, |row| Ok((LogKey(row.integer(0)?), row.array(1)?, row.text(2)?.to_owned())));
    let asks = |value: &str| Query::of_detail(value).is_some_and(|query| query.names(login));
    Ok(queries.await?.into_iter().filter(|(.., value)| asks(value)).map(|(log, key, _)| (log, key)).collect())
}

/// Forgets under which identifier an account acted in a log, unless it goes on acting there under it, as a member.
pub async fn forget<T: Tx>(tx: &mut T, log: LogKey, account: &AccountId) -> Result<(), StoreError> {
    static FORGET: Sql = Sql::new(
        "DELETE FROM log_actor WHERE log_id = $1 AND account_id = $2 AND NOT EXISTS
         (SELECT m.actor_id FROM member m WHERE m.account_id = $2 AND m.actor_id = log_actor.actor_id)",
    );
    tx.execute(&FORGET, &[log.0.into(), account.into()]).await?;
    Ok(())
}

/// Whose identifier in the logs this is, with a log where it is known.
pub async fn whose<R: Read>(read: &mut R, actor: &ActorId) -> Result<Option<(LogKey, AccountId)>, StoreError> {
    static WHOSE: Sql = Sql::new("SELECT log_id, account_id FROM log_actor WHERE actor_id = $1 ORDER BY log_id DESC");
    read.query_opt(&WHOSE, &[actor.into()], |row| Ok((LogKey(row.integer(0)?), row.id(1)?))).await
}

/// A transaction that is ready to destroy texts.
pub struct Destroying(());

/// Readies a transaction for destroying texts: before anything else in it.
pub async fn destroying<T: Tx>(tx: &mut T) -> Result<Destroying, StoreError> {
    tx.ready_to_destroy().await?;
    Ok(Destroying(()))
}

/// Destroys the openings of a log that speak of somebody, and gives their commitments: the record of the
/// destruction, in the same commit, names them. The index forgets them in the same commit, too. Where the database can,
/// it overwrites what they occupied; [`Store::purge`](crate::Store::purge) removes what is left after the commit.
pub async fn destroy<T: Tx>(
    tx: &mut T,
    _: &Destroying,
    log: LogKey,
    subject: &AnyId,
) -> Result<Vec<[u8; 32]>, StoreError> {
    // The values of what is not indexed may be many, and long.
    static DESTROY: Sql = Sql::new(
        "DELETE FROM log_opening WHERE subject = $2 AND log_id = $1 RETURNING commitment, name,
         CASE WHEN name IN ('actor', 'behalf', 'client', 'reads', 'target') THEN value ELSE '' END",
    );
    watch_outbox(tx, log).await?;
    let destroyed = tx.query(&DESTROY, &[log.0.into(), subject.as_str().into()], gone).await?;
    index::forget(tx, log, &destroyed).await?;
    Ok(destroyed.into_iter().map(|gone| gone.commitment).collect())
}

/// Destroys these openings of a log in the same way, and gives those that were there.
pub async fn destroy_these<T: Tx>(
    tx: &mut T,
    _: &Destroying,
    log: LogKey,
    commitments: &[[u8; 32]],
) -> Result<Vec<[u8; 32]>, StoreError> {
    static DESTROY: Sql = Sql::new(
        "DELETE FROM log_opening WHERE log_id = $1 AND commitment = $2 AND name <> 'destroyed'
         RETURNING commitment, name, value",
    );
    watch_outbox(tx, log).await?;
    let mut destroyed = Vec::with_capacity(commitments.len());
    for commitment in commitments {
        destroyed.extend(tx.query(&DESTROY, &[log.0.into(), commitment.into()], gone).await?);
    }
    index::forget(tx, log, &destroyed).await?;
    Ok(destroyed.into_iter().map(|gone| gone.commitment).collect())
}

fn gone(row: &Row<'_>) -> Result<Gone, StoreError> {
    Ok(Gone { commitment: row.array(0)?, name: row.text(1)?.to_owned(), value: row.text(2)?.to_owned() })
}

/// Looks at what waits for its place in a log. A command that shares an opening puts its record there. One that
/// does so while the opening is destroyed could count as earlier than the destruction, and get its place after
/// it all the same: an entry without a text, and no record that says why. Since each now reads what the other
/// writes, the later one is run again.
async fn watch_outbox<T: Tx>(tx: &mut T, log: LogKey) -> Result<(), StoreError> {
    static WAITING: Sql = Sql::new("SELECT COUNT(*) FROM log_outbox WHERE log_id = $1");
    tx.query_opt(&WAITING, &[log.0.into()], |row| row.integer(0)).await.map(drop)
}
