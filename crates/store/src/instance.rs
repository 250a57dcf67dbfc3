//! The installation itself: its name, and the key ring that its data belongs to.

use ledger::{AccountId, InstanceId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::sql::Sql;

/// What a database says of the installation it belongs to.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The permanent random name that the origins of all its logs begin with.
    pub name: InstanceId,
    /// The fingerprint of the key ring that wrapped the data keys.
    pub key_fingerprint: String,
}

/// The installation, once it is set up.
pub async fn find<R: Read>(read: &mut R) -> Result<Option<Instance>, StoreError> {
    static FIND: Sql = Sql::new("SELECT name, key_fingerprint FROM instance WHERE id = 1");
    read.query_opt(&FIND, &[], |row| {
        let name = row.text(0)?.parse().map_err(|_| StoreError::bad_value("an instance name", 0))?;
        Ok(Instance { name, key_fingerprint: row.text(1)?.to_owned() })
    })
    .await
}

/// The first administrator, who keeps the server; none once that account is gone.
pub async fn administrator<R: Read>(read: &mut R) -> Result<Option<AccountId>, StoreError> {
    static FIND: Sql = Sql::new("SELECT administrator FROM instance WHERE id = 1 AND administrator IS NOT NULL");
    read.query_opt(&FIND, &[], |row| row.text(0)?.parse().map_err(|_| StoreError::bad_value("an account id", 0))).await
}

/// Makes an account the first administrator.
pub async fn set_administrator<T: Tx>(tx: &mut T, account: &AccountId) -> Result<(), StoreError> {
    static SET: Sql = Sql::new("UPDATE instance SET administrator = $1 WHERE id = 1");
    tx.execute(&SET, &[account.as_str().into()]).await?;
    Ok(())
}

/// Sets the installation up.
pub async fn insert<T: Tx>(tx: &mut T, instance: &Instance, now: i64) -> Result<(), StoreError> {
    static INSERT: Sql =
        Sql::new("INSERT INTO instance (id, name, key_fingerprint, created_at) VALUES (1, $1, $2, $3)");
    let params = [instance.name.as_str().into(), (&instance.key_fingerprint).into(), now.into()];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}
