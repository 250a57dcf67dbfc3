//! Tokens of programs: of an organisation, or of one of its teams. Kept as digests, as every secret that is presented.

use ledger::{AccountId, ActorId, AnyId, EventId, IssuerId, OrganizationId, RoleId, TeamId, TokenId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::custom_role::{NamedRole, named};
use crate::organization::{ORGANIZATION, Organization, organization};
use crate::sql::{Row, Sql};

/// A stored token.
#[derive(Clone, Debug)]
pub struct MachineToken {
    /// Its identifier.
    pub id: TokenId,
    /// The first 8 bytes of the digest, which find the row.
    pub lookup: [u8; 8],
    /// The SHA-256 of the secret text.
    pub digest: [u8; 32],
    /// Whose it is.
    pub organization: OrganizationId,
    /// The team of the organisation whose it is, if it is a team's.
    pub team: Option<TeamId>,
    /// As which account somebody acts who presents it.
    pub account: AccountId,
    /// `member` or `admin`, in the organisation.
    pub role: String,
    /// The role of the organisation's own that it has besides.
    pub custom_role: Option<NamedRole>,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: String,
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
    /// When it was revoked.
    pub revoked_at: Option<i64>,
    /// The issuer for one of whose identities it was made, if it was.
    pub issuer: Option<IssuerId>,
}

/// What whoever presents a token is to an organisation, as the transaction sees it.
#[derive(Clone, Debug)]
pub struct MachineStanding {
    /// The organisation.
    pub organization: Organization,
    /// The role there, if the token is of this organisation.
    pub role: Option<String>,
    /// The role of the organisation's own that the token has besides.
    pub custom_role: Option<RoleId>,
    /// Its identifier in the organisation's log, if the token is of this organisation.
    pub actor: Option<ActorId>,
    /// Whether the token is still good.
    pub token_is_good: bool,
}

fn token(row: &Row<'_>) -> Result<MachineToken, StoreError> {
    Ok(MachineToken {
        id: row.id(0)?,
        lookup: row.integer(1)?.to_be_bytes(),
        digest: row.array(2)?,
        organization: row.id(3)?,
        team: row.id_opt(4)?,
        account: row.id(5)?,
        role: row.text(6)?.to_owned(),
        name: row.text(7)?.to_owned(),
        description: row.text(8)?.to_owned(),
        created_at: row.integer(9)?,
        created_by: row.text(10)?.to_owned(),
        issued_by: row.event(11)?,
        expires_at: row.integer_opt(12)?,
        last_used_at: row.integer_opt(13)?,
        revoked_at: row.integer_opt(14)?,
        issuer: row.id_opt(15)?,
        custom_role: named(row, 16)?,
    })
}

/// The tokens that a presented secret may be, each with its organisation's name. The caller compares the whole
/// digest, in constant time.
pub async fn lookup<R: Read>(read: &mut R, lookup: [u8; 8]) -> Result<Vec<(MachineToken, String)>, StoreError> {
    static LOOKUP: Sql = Sql::new(
        "SELECT t.id, t.lookup, t.digest, t.organization_id, t.team_id, t.account_id, t.role, t.name, t.description,
                t.created_at, t.created_by, t.issued_by, t.expires_at, t.last_used_at, t.revoked_at, t.issuer_id,
                r.id, r.name, r.modified_at, o.name
         FROM machine_token t JOIN organization o ON o.id = t.organization_id
         LEFT JOIN custom_role r ON r.id = t.custom_role_id
         WHERE t.lookup = $1",
    );
    let params = [i64::from_be_bytes(lookup).into()];
    read.query(&LOOKUP, &params, |row| Ok((token(row)?, row.text(19)?.to_owned()))).await
}

/// What whoever presents a token is to an organisation, and whether the token still holds: one statement, because
/// every operation begins with it.
pub async fn standing<R: Read>(
    read: &mut R,
    name: &str,
    id: &AnyId,
    now: i64,
) -> Result<Option<MachineStanding>, StoreError> {
    static STANDING: Sql = Sql::new(
        "SELECT o.id, o.name, o.log_id, o.default_permission, o.access_version, o.created_at, own.role, a.actor_id, t.id,
                own.custom_role_id
         FROM organization o
         LEFT JOIN machine_token t ON t.id = $2 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $3)
         LEFT JOIN machine_token own ON own.id = $2 AND own.organization_id = o.id
         LEFT JOIN log_actor a ON a.log_id = o.log_id AND a.account_id = own.account_id
         WHERE o.name = $1",
    );
    read.query_opt(&STANDING, &[name.into(), id.as_str().into(), now.into()], |row| {
        Ok(MachineStanding {
            organization: organization(row)?,
            role: row.text_opt(ORGANIZATION)?.map(str::to_owned),
            actor: row.id_opt(ORGANIZATION + 1)?,
            token_is_good: row.text_opt(ORGANIZATION + 2)?.is_some(),
            custom_role: row.id_opt(ORGANIZATION + 3)?,
        })
    })
    .await
}

/// What programs that act as an account may be in an organisation, by tokens that are good: a role, and the team if it is
/// one's. None if there is no such token. Of several the least counts: which one was used is not known, and whoever has
/// one as a member must not gain by another that is an administrator's.
pub async fn role_of_account<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    account: &AccountId,
    now: i64,
) -> Result<Option<(String, Option<TeamId>)>, StoreError> {
    // `member` comes after `admin`.
    static ROLE: Sql = Sql::new(
        "SELECT role, team_id FROM machine_token WHERE organization_id = $1 AND account_id = $2 AND revoked_at IS NULL
              AND (expires_at IS NULL OR expires_at > $3)
         ORDER BY role DESC LIMIT 1",
    );
    let params = [organization.into(), account.into(), now.into()];
    read.query_opt(&ROLE, &params, |row| Ok((row.text(0)?.to_owned(), row.id_opt(1)?))).await
}

/// The tokens of an organisation that were not revoked, but for those of its teams, newest first. One that came of an
/// identity is gone once it has ended: builds make many, and nobody looks for them.
pub async fn of_organization<R: Read>(
    read: &mut R,
    id: &OrganizationId,
    now: i64,
) -> Result<Vec<MachineToken>, StoreError> {
    static OF: Sql = Sql::new(
        "SELECT t.id, t.lookup, t.digest, t.organization_id, t.team_id, t.account_id, t.role, t.name, t.description,
                t.created_at, t.created_by, t.issued_by, t.expires_at, t.last_used_at, t.revoked_at, t.issuer_id,
                r.id, r.name, r.modified_at
         FROM machine_token t LEFT JOIN custom_role r ON r.id = t.custom_role_id
         WHERE t.organization_id = $1 AND t.team_id IS NULL AND t.revoked_at IS NULL
         AND (t.issuer_id IS NULL OR t.expires_at > $2) ORDER BY t.created_at DESC, t.id DESC",
    );
    read.query(&OF, &[id.into(), now.into()], token).await
}

/// The tokens of a team that were not revoked, newest first, without those that came of an identity and have ended.
pub async fn of_team<R: Read>(read: &mut R, id: &TeamId, now: i64) -> Result<Vec<MachineToken>, StoreError> {
    static OF: Sql = Sql::new(
        "SELECT t.id, t.lookup, t.digest, t.organization_id, t.team_id, t.account_id, t.role, t.name, t.description,
                t.created_at, t.created_by, t.issued_by, t.expires_at, t.last_used_at, t.revoked_at, t.issuer_id,
                r.id, r.name, r.modified_at
         FROM machine_token t LEFT JOIN custom_role r ON r.id = t.custom_role_id
         WHERE t.team_id = $1 AND t.revoked_at IS NULL
         AND (t.issuer_id IS NULL OR t.expires_at > $2) ORDER BY t.created_at DESC, t.id DESC",
    );
    read.query(&OF, &[id.into(), now.into()], token).await
}

/// The tokens that have a custom role and still hold, newest first.
pub async fn holding<R: Read>(read: &mut R, role: &RoleId, now: i64) -> Result<Vec<MachineToken>, StoreError> {
    static HOLDING: Sql = Sql::new(
        "SELECT t.id, t.lookup, t.digest, t.organization_id, t.team_id, t.account_id, t.role, t.name, t.description,
                t.created_at, t.created_by, t.issued_by, t.expires_at, t.last_used_at, t.revoked_at, t.issuer_id,
                r.id, r.name, r.modified_at
         FROM machine_token t JOIN custom_role r ON r.id = t.custom_role_id
         WHERE t.custom_role_id = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)
         ORDER BY t.created_at DESC, t.id DESC",
    );
    read.query(&HOLDING, &[role.into(), now.into()], token).await
}

/// A token of an organisation or of one of its teams.
pub async fn find<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    id: &str,
) -> Result<Option<MachineToken>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT t.id, t.lookup, t.digest, t.organization_id, t.team_id, t.account_id, t.role, t.name, t.description,
                t.created_at, t.created_by, t.issued_by, t.expires_at, t.last_used_at, t.revoked_at, t.issuer_id,
                r.id, r.name, r.modified_at
         FROM machine_token t LEFT JOIN custom_role r ON r.id = t.custom_role_id
         WHERE t.organization_id = $1 AND t.id = $2",
    );
    read.query_opt(&FIND, &[organization.into(), id.into()], token).await
}

/// Whether a token of the organisation has this name, or had it before it was revoked.
pub async fn has_name<R: Read>(read: &mut R, organization: &OrganizationId, name: &str) -> Result<bool, StoreError> {
    static HAS: Sql = Sql::new("SELECT COUNT(*) FROM machine_token WHERE organization_id = $1 AND name = $2");
    let count = read.query_opt(&HAS, &[organization.into(), name.into()], |row| row.count(0)).await?;
    Ok(count.unwrap_or(0) > 0)
}

/// Stores a token.
pub async fn insert<T: Tx>(tx: &mut T, token: &MachineToken) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO machine_token (id, lookup, digest, organization_id, team_id, account_id, role, name, description,
                                    created_at, created_by, issued_by, expires_at, issuer_id, custom_role_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    );
    let params = [
        (&token.id).into(),
        i64::from_be_bytes(token.lookup).into(),
        (&token.digest).into(),
        (&token.organization).into(),
        token.team.as_ref().into(),
        (&token.account).into(),
        (&token.role).into(),
        (&token.name).into(),
        (&token.description).into(),
        token.created_at.into(),
        (&token.created_by).into(),
        token.issued_by.as_bytes().into(),
        token.expires_at.into(),
        token.issuer.as_ref().into(),
        token.custom_role.as_ref().map(|role| &role.id).into(),
    ];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// Ends a token. Gives false if it had been ended before.
pub async fn revoke<T: Tx>(tx: &mut T, id: &TokenId, now: i64) -> Result<bool, StoreError> {
    static REVOKE: Sql = Sql::new("UPDATE machine_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL");
    Ok(tx.execute(&REVOKE, &[id.into(), now.into()]).await? == 1)
}
