//! As whom an identity provider knows the people of accounts.

use ledger::AccountId;

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::opening::Destroying;
use crate::sql::Sql;

/// Somebody, as a provider knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The address of the provider.
    pub issuer: String,
    /// What it calls them, and nobody else ever.
    pub subject: String,
}

/// Whose account an identity is.
pub async fn account<R: Read>(read: &mut R, identity: &Identity) -> Result<Option<AccountId>, StoreError> {
    static FIND: Sql = Sql::new("SELECT account_id FROM identity WHERE issuer = $1 AND subject = $2");
    read.query_opt(&FIND, &[(&identity.issuer).into(), (&identity.subject).into()], |row| row.id(0)).await
}

/// Whether a provider knows an account by some identity.
pub async fn is_known<R: Read>(read: &mut R, account: &AccountId, issuer: &str) -> Result<bool, StoreError> {
    static COUNT: Sql = Sql::new("SELECT COUNT(*) FROM identity WHERE account_id = $1 AND issuer = $2");
    let count = read.query_opt(&COUNT, &[account.into(), issuer.into()], |row| row.count(0)).await?;
    Ok(count.unwrap_or(0) > 0)
}

/// Says whose account an identity is.
pub async fn insert<T: Tx>(tx: &mut T, identity: &Identity, account: &AccountId, now: i64) -> Result<(), StoreError> {
    static INSERT: Sql =
        Sql::new("INSERT INTO identity (issuer, subject, account_id, created_at) VALUES ($1, $2, $3, $4)");
    let params = [(&identity.issuer).into(), (&identity.subject).into(), account.into(), now.into()];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// Forgets as whom others know somebody.
pub async fn erase<T: Tx>(tx: &mut T, _: &Destroying, account: &AccountId) -> Result<(), StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM identity WHERE account_id = $1");
    tx.execute(&DELETE, &[account.into()]).await?;
    Ok(())
}
