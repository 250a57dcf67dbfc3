//! Open sessions: a resolved environment, sealed until it expires.

use ledger::{AccountId, EnvironmentId, EventId, OrganizationId, SessionId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::organization::count;
use crate::sql::Sql;

/// A session.
#[derive(Clone)]
pub struct Session {
    /// Its identifier.
    pub id: SessionId,
    /// Whose environment it is.
    pub organization: OrganizationId,
    /// Which environment; none for an anonymous definition.
    pub environment: Option<EnvironmentId>,
    /// Who opened it; nobody else may read it.
    pub account: AccountId,
    /// The revision that was opened; 0 for an anonymous definition.
    pub revision: u64,
    /// The event of the opening.
    pub opened_by: EventId,
    /// When.
    pub created_at: i64,
    /// Until when it can be read.
    pub expires_at: i64,
    /// The resolved values, sealed.
    pub sealed: Vec<u8>,
}

/// A session by its identifier, expired or not.
pub async fn find<R: Read>(read: &mut R, id: &SessionId) -> Result<Option<Session>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT id, organization_id, environment_id, account_id, revision, opened_by, created_at, expires_at, sealed
         FROM session WHERE id = $1",
    );
    read.query_opt(&FIND, &[id.into()], |row| {
        Ok(Session {
            id: row.id(0)?,
            organization: row.id(1)?,
            environment: row.id_opt(2)?,
            account: row.id(3)?,
            revision: row.count(4)?,
            opened_by: row.event(5)?,
            created_at: row.integer(6)?,
            expires_at: row.integer(7)?,
            sealed: row.bytes(8)?.to_vec(),
        })
    })
    .await
}

/// Stores a session.
pub async fn insert<T: Tx>(tx: &mut T, session: &Session) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO session (id, organization_id, environment_id, account_id, revision, opened_by, created_at, expires_at, sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
    let params = [
        (&session.id).into(),
        (&session.organization).into(),
        session.environment.as_ref().into(),
        (&session.account).into(),
        count(session.revision).into(),
        session.opened_by.as_bytes().into(),
        session.created_at.into(),
        session.expires_at.into(),
        (&session.sealed).into(),
    ];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}
