//! Access tokens, console sessions and one-time links: secrets of one kind, kept as digests.

use ledger::{AccountId, AnyId, EventId, IssuerId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::opening::Destroying;
use crate::sql::{Row, Sql};

/// A stored credential.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Its identifier.
    pub id: AnyId,
    /// `personal-token`, `console-session` or `one-time-link`.
    pub kind: &'static str,
    /// The first 8 bytes of the digest, which find the row.
    pub lookup: [u8; 8],
    /// The SHA-256 of the secret text.
    pub digest: [u8; 32],
    /// Whose it is.
    pub account: AccountId,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: i64,
    /// The login of who made it.
    pub created_by: String,
    /// The event that made it.
    pub issued_by: EventId,
    /// When it ends, if it does.
    pub expires_at: Option<i64>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<i64>,
    /// When it was revoked or, for a link, used.
    pub revoked_at: Option<i64>,
    /// The issuer for one of whose identities it was made, if it was.
    pub issuer: Option<IssuerId>,
}

/// The kinds of credential that are stored.
pub const KINDS: [&str; 3] = ["personal-token", "console-session", "one-time-link"];

fn credential(row: &Row<'_>) -> Result<Credential, StoreError> {
    let kind = row.text(1)?;
    Ok(Credential {
        id: row.text(0)?.parse().map_err(|_| StoreError::bad_value("an identifier", 0))?,
        kind: KINDS.into_iter().find(|known| *known == kind).ok_or(StoreError::bad_value("a kind", 1))?,
        lookup: row.integer(2)?.to_be_bytes(),
        digest: row.array(3)?,
        account: row.id(4)?,
        name: row.text(5)?.to_owned(),
        created_at: row.integer(6)?,
        created_by: row.text(7)?.to_owned(),
        issued_by: row.event(8)?,
        expires_at: row.integer_opt(9)?,
        last_used_at: row.integer_opt(10)?,
        revoked_at: row.integer_opt(11)?,
        issuer: row.id_opt(12)?,
    })
}

/// The credentials that a presented secret may be. The caller compares the whole digest, in
/// constant time; two rows with one lookup value are possible and harmless.
pub async fn lookup<R: Read>(read: &mut R, lookup: [u8; 8]) -> Result<Vec<Credential>, StoreError> {
    static LOOKUP: Sql = Sql::new(
        "SELECT id, kind, lookup, digest, account_id, name, created_at, created_by, issued_by, expires_at, last_used_at, revoked_at, issuer_id
         FROM credential WHERE lookup = $1",
    );
    read.query(&LOOKUP, &[i64::from_be_bytes(lookup).into()], credential).await
}

/// An account's credentials of one kind, newest first.
pub async fn of_account<R: Read>(read: &mut R, account: &AccountId, kind: &str) -> Result<Vec<Credential>, StoreError> {
    static OF: Sql = Sql::new(
        "SELECT id, kind, lookup, digest, account_id, name, created_at, created_by, issued_by, expires_at, last_used_at, revoked_at, issuer_id
         FROM credential WHERE account_id = $1 AND kind = $2 AND revoked_at IS NULL ORDER BY created_at DESC, id DESC",
    );
    read.query(&OF, &[account.into(), kind.into()], credential).await
}

/// A credential by its identifier.
pub async fn find<R: Read>(read: &mut R, id: &str) -> Result<Option<Credential>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT id, kind, lookup, digest, account_id, name, created_at, created_by, issued_by, expires_at, last_used_at, revoked_at, issuer_id
         FROM credential WHERE id = $1",
    );
    read.query_opt(&FIND, &[id.into()], credential).await
}

/// Stores a credential.
pub async fn insert<T: Tx>(tx: &mut T, credential: &Credential) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO credential (id, kind, lookup, digest, account_id, name, created_at, created_by, issued_by, expires_at, issuer_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    );
    let params = [
        credential.id.as_str().into(),
        credential.kind.into(),
        i64::from_be_bytes(credential.lookup).into(),
        (&credential.digest).into(),
        (&credential.account).into(),
        (&credential.name).into(),
        credential.created_at.into(),
        (&credential.created_by).into(),
        credential.issued_by.as_bytes().into(),
        credential.expires_at.into(),
        credential.issuer.as_ref().into(),
    ];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// Ends a credential. Gives false if it had ended before.
pub async fn revoke<T: Tx>(tx: &mut T, id: &str, now: i64) -> Result<bool, StoreError> {
    static REVOKE: Sql = Sql::new("UPDATE credential SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL");
    Ok(tx.execute(&REVOKE, &[id.into(), now.into()]).await? == 1)
}

/// Ends all of an account's credentials of one kind.
pub async fn revoke_all<T: Tx>(tx: &mut T, account: &AccountId, kind: &str, now: i64) -> Result<u64, StoreError> {
    static REVOKE: Sql =
        Sql::new("UPDATE credential SET revoked_at = $3 WHERE account_id = $1 AND kind = $2 AND revoked_at IS NULL");
    tx.execute(&REVOKE, &[account.into(), kind.into(), now.into()]).await
}

/// Ends and forgets all credentials of an account, with the names that its owner gave them; gives how many of each
/// kind in [`KINDS`] were still good. In the credentials of others it is not named any more as who made them.
pub async fn erase<T: Tx>(
    tx: &mut T,
    _: &Destroying,
    account: &AccountId,
    login: &str,
    now: i64,
) -> Result<[u64; 3], StoreError> {
    static GOOD: Sql = Sql::new(
        "SELECT COUNT(*) FROM credential WHERE account_id = $1 AND kind = $2 AND revoked_at IS NULL
         AND (expires_at IS NULL OR expires_at > $3)",
    );
    static DELETE: Sql = Sql::new("DELETE FROM credential WHERE account_id = $1");
    static MADE: Sql = Sql::new("UPDATE credential SET created_by = '[erased]' WHERE created_by = $1");
    static MADE_FOR_MACHINES: Sql = Sql::new("UPDATE machine_token SET created_by = '[erased]' WHERE created_by = $1");
    let mut ended = [0; 3];
    for (kind, ended) in KINDS.into_iter().zip(&mut ended) {
        let params = [account.into(), kind.into(), now.into()];
        *ended = tx.query_opt(&GOOD, &params, |row| row.count(0)).await?.unwrap_or(0);
    }
    tx.execute(&DELETE, &[account.into()]).await?;
    tx.execute(&MADE, &[login.into()]).await?;
    tx.execute(&MADE_FOR_MACHINES, &[login.into()]).await?;
    Ok(ended)
}
