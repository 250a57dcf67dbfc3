//! Invitations by link, kept as digests.

use ledger::{AccountId, EventId, LinkId, OrganizationId, RoleId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::custom_role::{NamedRole, named};
use crate::opening::Destroying;
use crate::sql::{Row, Sql};

/// An invitation.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Its identifier.
    pub id: LinkId,
    /// The organisation that it leads into.
    pub organization: OrganizationId,
    /// The name of that organisation; it is not stored with the invitation.
    pub organization_name: String,
    /// The first 8 bytes of the digest, which find the row.
    pub lookup: [u8; 8],
    /// The SHA-256 of the secret text.
    pub digest: [u8; 32],
    /// Whom it is meant for, if somebody said so.
    pub email: String,
    /// The role that it gives.
    pub role: String,
    /// The role of the organisation's own that it gives besides.
    pub custom_role: Option<NamedRole>,
    /// When it was made.
    pub created_at: i64,
    /// The login of who made it.
    pub created_by: String,
    /// The event that made it.
    pub issued_by: EventId,
    /// When it ends.
    pub expires_at: i64,
    /// When it was accepted, if it was.
    pub accepted_at: Option<i64>,
    /// When it was cancelled, if it was.
    pub canceled_at: Option<i64>,
}

fn invite(row: &Row<'_>) -> Result<Invite, StoreError> {
    Ok(Invite {
        id: row.id(0)?,
        organization: row.id(1)?,
        organization_name: row.text(2)?.to_owned(),
        lookup: row.integer(3)?.to_be_bytes(),
        digest: row.array(4)?,
        email: row.text(5)?.to_owned(),
        role: row.text(6)?.to_owned(),
        created_at: row.integer(7)?,
        created_by: row.text(8)?.to_owned(),
        issued_by: row.event(9)?,
        expires_at: row.integer(10)?,
        accepted_at: row.integer_opt(11)?,
        canceled_at: row.integer_opt(12)?,
        custom_role: named(row, 13)?,
    })
}

/// The invitations of an organisation, newest first.
pub async fn list<R: Read>(read: &mut R, organization: &OrganizationId) -> Result<Vec<Invite>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT i.id, i.organization_id, o.name, i.lookup, i.digest, i.email, i.role, i.created_at, i.created_by,
                i.issued_by, i.expires_at, i.accepted_at, i.canceled_at, r.id, r.name, r.modified_at
         FROM invite i JOIN organization o ON o.id = i.organization_id
         LEFT JOIN custom_role r ON r.id = i.custom_role_id
         WHERE i.organization_id = $1 ORDER BY i.created_at DESC, i.id DESC",
    );
    read.query(&LIST, &[organization.into()], invite).await
}

/// An invitation of an organisation.
pub async fn find<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    id: &str,
) -> Result<Option<Invite>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT i.id, i.organization_id, o.name, i.lookup, i.digest, i.email, i.role, i.created_at, i.created_by,
                i.issued_by, i.expires_at, i.accepted_at, i.canceled_at, r.id, r.name, r.modified_at
         FROM invite i JOIN organization o ON o.id = i.organization_id
         LEFT JOIN custom_role r ON r.id = i.custom_role_id
         WHERE i.organization_id = $1 AND i.id = $2",
    );
    read.query_opt(&FIND, &[organization.into(), id.into()], invite).await
}

/// The invitations that a presented secret may be. The caller compares the whole digest, in constant time.
pub async fn lookup<R: Read>(read: &mut R, lookup: [u8; 8]) -> Result<Vec<Invite>, StoreError> {
    static LOOKUP: Sql = Sql::new(
        "SELECT i.id, i.organization_id, o.name, i.lookup, i.digest, i.email, i.role, i.created_at, i.created_by,
                i.issued_by, i.expires_at, i.accepted_at, i.canceled_at, r.id, r.name, r.modified_at
         FROM invite i JOIN organization o ON o.id = i.organization_id
         LEFT JOIN custom_role r ON r.id = i.custom_role_id
         WHERE i.lookup = $1",
    );
    read.query(&LOOKUP, &[i64::from_be_bytes(lookup).into()], invite).await
}

/// How many invitations that may still be accepted would give a custom role.
pub async fn count_holding<R: Read>(read: &mut R, role: &RoleId, now: i64) -> Result<u64, StoreError> {
    static COUNT: Sql = Sql::new(
        "SELECT COUNT(*) FROM invite
         WHERE custom_role_id = $1 AND accepted_at IS NULL AND canceled_at IS NULL AND expires_at > $2",
    );
    Ok(read.query_opt(&COUNT, &[role.into(), now.into()], |row| row.count(0)).await?.unwrap_or(0))
}

/// The invitations for an e-mail address by which somebody can still join, newest first.
pub async fn pending<R: Read>(read: &mut R, email: &str, now: i64) -> Result<Vec<Invite>, StoreError> {
    static PENDING: Sql = Sql::new(
        "SELECT i.id, i.organization_id, o.name, i.lookup, i.digest, i.email, i.role, i.created_at, i.created_by,
                i.issued_by, i.expires_at, i.accepted_at, i.canceled_at, r.id, r.name, r.modified_at
         FROM invite i JOIN organization o ON o.id = i.organization_id
         LEFT JOIN custom_role r ON r.id = i.custom_role_id
         WHERE lower(i.email) = lower($1) AND i.accepted_at IS NULL AND i.canceled_at IS NULL AND i.expires_at > $2
         ORDER BY i.created_at DESC, i.id DESC",
    );
    let mut found = read.query(&PENDING, &[email.into(), now.into()], invite).await?;
    found.retain(|invite| invite.email.eq_ignore_ascii_case(email));
    Ok(found)
}

/// Stores an invitation.
pub async fn insert<T: Tx>(tx: &mut T, invite: &Invite) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO invite (id, organization_id, lookup, digest, email, role, created_at, created_by, issued_by, expires_at,
                             custom_role_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    );
    let params = [
        (&invite.id).into(),
        (&invite.organization).into(),
        i64::from_be_bytes(invite.lookup).into(),
        (&invite.digest).into(),
        (&invite.email).into(),
        (&invite.role).into(),
        invite.created_at.into(),
        (&invite.created_by).into(),
        invite.issued_by.as_bytes().into(),
        invite.expires_at.into(),
        invite.custom_role.as_ref().map(|role| &role.id).into(),
    ];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// Uses an invitation up. Gives false if somebody was faster.
pub async fn accept<T: Tx>(tx: &mut T, id: &LinkId, account: &AccountId, now: i64) -> Result<bool, StoreError> {
    static ACCEPT: Sql = Sql::new(
        "UPDATE invite SET accepted_at = $3, accepted_by = $2
         WHERE id = $1 AND accepted_at IS NULL AND canceled_at IS NULL",
    );
    Ok(tx.execute(&ACCEPT, &[id.into(), account.into(), now.into()]).await? == 1)
}

/// Ends an invitation. Gives false if it was accepted or cancelled before.
pub async fn cancel<T: Tx>(tx: &mut T, id: &LinkId, now: i64) -> Result<bool, StoreError> {
    static CANCEL: Sql =
        Sql::new("UPDATE invite SET canceled_at = $2 WHERE id = $1 AND accepted_at IS NULL AND canceled_at IS NULL");
    Ok(tx.execute(&CANCEL, &[id.into(), now.into()]).await? == 1)
}

/// Forgets who an account was, in the invitations that it accepted and made.
pub async fn erase<T: Tx>(tx: &mut T, _: &Destroying, account: &AccountId, login: &str) -> Result<(), StoreError> {
    static ACCEPTED: Sql = Sql::new("UPDATE invite SET email = '' WHERE accepted_by = $1");
    static MADE: Sql = Sql::new("UPDATE invite SET created_by = '[erased]' WHERE created_by = $1");
    tx.execute(&ACCEPTED, &[account.into()]).await?;
    tx.execute(&MADE, &[login.into()]).await?;
    Ok(())
}
