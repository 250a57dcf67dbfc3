//! Data keys, wrapped by the root key: one for each environment, one for each organisation.

use ledger::{EnvironmentId, OrganizationId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::sql::{Row, Sql};

/// A wrapped data key.
#[derive(Clone)]
pub struct WrappedKey {
    /// Its identifier, which stands in everything it sealed.
    pub id: [u8; 16],
    /// Whose it is.
    pub organization: OrganizationId,
    /// Which environment's; none for the organisation's own.
    pub environment: Option<EnvironmentId>,
    /// The key, wrapped.
    pub wrapped: Vec<u8>,
}

fn wrapped(row: &Row<'_>) -> Result<WrappedKey, StoreError> {
    Ok(WrappedKey {
        id: row.array(0)?,
        organization: row.id(1)?,
        environment: row.id_opt(2)?,
        wrapped: row.bytes(3)?.to_vec(),
    })
}

/// A key by its identifier.
pub async fn find<R: Read>(read: &mut R, id: &[u8; 16]) -> Result<Option<WrappedKey>, StoreError> {
    static FIND: Sql = Sql::new("SELECT id, organization_id, environment_id, wrapped FROM data_key WHERE id = $1");
    read.query_opt(&FIND, &[id.into()], wrapped).await
}

/// The key of an environment.
pub async fn of_environment<R: Read>(
    read: &mut R,
    environment: &EnvironmentId,
) -> Result<Option<WrappedKey>, StoreError> {
    static FIND: Sql =
        Sql::new("SELECT id, organization_id, environment_id, wrapped FROM data_key WHERE environment_id = $1");
    read.query_opt(&FIND, &[environment.into()], wrapped).await
}

/// The organisation's own key.
pub async fn of_organization<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
) -> Result<Option<WrappedKey>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT id, organization_id, environment_id, wrapped FROM data_key
         WHERE organization_id = $1 AND environment_id IS NULL",
    );
    read.query_opt(&FIND, &[organization.into()], wrapped).await
}

/// Any one key: what `doctor` tries the ring on.
pub async fn any<R: Read>(read: &mut R) -> Result<Option<WrappedKey>, StoreError> {
    static FIND: Sql =
        Sql::new("SELECT id, organization_id, environment_id, wrapped FROM data_key ORDER BY id LIMIT 1");
    read.query_opt(&FIND, &[], wrapped).await
}

/// Stores a key.
pub async fn insert<T: Tx>(tx: &mut T, key: &WrappedKey, now: i64) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO data_key (id, organization_id, environment_id, wrapped, created_at) VALUES ($1, $2, $3, $4, $5)",
    );
    let params = [
        (&key.id).into(),
        (&key.organization).into(),
        key.environment.as_ref().into(),
        (&key.wrapped).into(),
        now.into(),
    ];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}
