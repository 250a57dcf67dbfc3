//! What a record needs before it is a leaf: its actor's identifier in that log, and the openings of
//! what it commits to.

use ledger::{ActorId, Origin, Pending, Sharing, StatementName};

use crate::command::{Addressed, LogKey, Read, Tx};
use crate::sql::Sql;
use crate::{Ambient, StoreError};

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
            let of_the_actor =
                matches!(statement.name, StatementName::Actor | StatementName::Client | StatementName::Detail);
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
