//! Organisations and who belongs to them.

use ledger::{AccountId, ActorId, OrganizationId, RoleId};

use crate::StoreError;
use crate::command::{LogKey, Read, Tx};
use crate::custom_role::{NamedRole, named};
use crate::sql::{Row, Sql};
use crate::team;

/// An organisation.
#[derive(Clone, Debug)]
pub struct Organization {
    /// Its identifier.
    pub id: OrganizationId,
    /// Its name in paths.
    pub name: String,
    /// Its log.
    pub log: LogKey,
    /// What every member may do with an environment, if nothing else says more.
    pub default_permission: String,
    /// Counts the changes to who may do what.
    pub access_version: u64,
    /// When it was created.
    pub created_at: i64,
}

/// A membership, with the account it is of.
#[derive(Clone, Debug)]
pub struct Member {
    /// The account.
    pub account: AccountId,
    /// The account's login.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The person's e-mail address.
    pub email: String,
    /// `member` or `admin`.
    pub role: String,
    /// The role of the organisation's own that is held besides.
    pub custom_role: Option<NamedRole>,
    /// The identifier of the account in the organisation's log.
    pub actor: ActorId,
    /// Since when.
    pub created_at: i64,
}

/// What a caller is to an organisation, as the transaction sees it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The organisation.
    pub organization: Organization,
    /// The caller's role, if it is a member.
    pub role: Option<String>,
    /// The caller's identifier in the organisation's log, if it is a member.
    pub actor: Option<ActorId>,
    /// Whether the credential that the caller came with is still good.
    pub credential_is_good: bool,
}

/// How many columns an organisation is read from.
pub(crate) const ORGANIZATION: usize = 6;

pub(crate) fn organization(row: &Row<'_>) -> Result<Organization, StoreError> {
    Ok(Organization {
        id: row.id(0)?,
        name: row.text(1)?.to_owned(),
        log: LogKey(row.integer(2)?),
        default_permission: row.text(3)?.to_owned(),
        access_version: row.count(4)?,
        created_at: row.integer(5)?,
    })
}

/// An organisation by its name.
pub async fn find<R: Read>(read: &mut R, name: &str) -> Result<Option<Organization>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT id, name, log_id, default_permission, access_version, created_at FROM organization WHERE name = $1",
    );
    read.query_opt(&FIND, &[name.into()], organization).await
}

/// The organisation whose log this is, and whether anybody may read the log's hashes and checkpoints.
pub async fn of_log<R: Read>(read: &mut R, log: LogKey) -> Result<Option<(Organization, bool)>, StoreError> {
    static OF: Sql = Sql::new(
        "SELECT id, name, log_id, default_permission, access_version, created_at, log_public
         FROM organization WHERE log_id = $1",
    );
    read.query_opt(&OF, &[log.0.into()], |row| Ok((organization(row)?, row.boolean(ORGANIZATION)?))).await
}

/// Says whether anybody may read the hashes and checkpoints of the organisation's log.
pub async fn set_log_public<T: Tx>(tx: &mut T, id: &OrganizationId, is_public: bool) -> Result<(), StoreError> {
    static SET: Sql = Sql::new("UPDATE organization SET log_public = $2 WHERE id = $1");
    tx.execute(&SET, &[id.into(), is_public.into()]).await?;
    Ok(())
}

/// All organisations, by name.
pub async fn all<R: Read>(read: &mut R) -> Result<Vec<Organization>, StoreError> {
    static ALL: Sql = Sql::new(
        "SELECT id, name, log_id, default_permission, access_version, created_at FROM organization ORDER BY name",
    );
    read.query(&ALL, &[], organization).await
}

/// What an account is to an organisation, and whether its credential still holds: one statement,
/// because every operation on the hot path begins with it. With a token that came of an identity it
/// is a member of the organisation alone that trusts the issuer.
pub async fn standing<R: Read>(
    read: &mut R,
    name: &str,
    account: &AccountId,
    credential: &str,
    now: i64,
) -> Result<Option<Standing>, StoreError> {
    static STANDING: Sql = Sql::new(
        "SELECT o.id, o.name, o.log_id, o.default_permission, o.access_version, o.created_at, m.role, m.actor_id, c.id
         FROM organization o
         LEFT JOIN credential c ON c.id = $3 AND c.account_id = $2 AND c.revoked_at IS NULL
              AND (c.expires_at IS NULL OR c.expires_at > $4)
         LEFT JOIN member m ON m.organization_id = o.id AND m.account_id = $2
              AND (c.issuer_id IS NULL OR EXISTS
                   (SELECT 1 FROM oidc_issuer i WHERE i.id = c.issuer_id AND i.organization_id = o.id))
         WHERE o.name = $1",
    );
    read.query_opt(&STANDING, &[name.into(), account.into(), credential.into(), now.into()], |row| {
        Ok(Standing {
            organization: organization(row)?,
            role: row.text_opt(ORGANIZATION)?.map(str::to_owned),
            actor: row.id_opt(ORGANIZATION + 1)?,
            credential_is_good: row.text_opt(ORGANIZATION + 2)?.is_some(),
        })
    })
    .await
}

/// The organisations an account belongs to, by name, with its role in each.
pub async fn of_account<R: Read>(
    read: &mut R,
    account: &AccountId,
) -> Result<Vec<(Organization, String, ActorId)>, StoreError> {
    static OF: Sql = Sql::new(
        "SELECT o.id, o.name, o.log_id, o.default_permission, o.access_version, o.created_at, m.role, m.actor_id
         FROM member m JOIN organization o ON o.id = m.organization_id
         WHERE m.account_id = $1 ORDER BY o.name",
    );
    read.query(&OF, &[account.into()], |row| {
        Ok((organization(row)?, row.text(ORGANIZATION)?.to_owned(), row.id(ORGANIZATION + 1)?))
    })
    .await
}

/// Creates an organisation.
pub async fn insert<T: Tx>(tx: &mut T, organization: &Organization) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO organization (id, name, log_id, default_permission, access_version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    );
    let params = [
        (&organization.id).into(),
        (&organization.name).into(),
        organization.log.0.into(),
        (&organization.default_permission).into(),
        count(organization.access_version).into(),
        organization.created_at.into(),
    ];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// Changes what every member may do.
pub async fn set_default_permission<T: Tx>(
    tx: &mut T,
    id: &OrganizationId,
    permission: &str,
) -> Result<(), StoreError> {
    static SET: Sql =
        Sql::new("UPDATE organization SET default_permission = $2, access_version = access_version + 1 WHERE id = $1");
    tx.execute(&SET, &[id.into(), permission.into()]).await?;
    Ok(())
}

/// Whether members create teams, and not only administrators.
pub async fn members_can_create_teams<R: Read>(read: &mut R, id: &OrganizationId) -> Result<bool, StoreError> {
    static CAN: Sql = Sql::new("SELECT members_can_create_teams FROM organization WHERE id = $1");
    Ok(read.query_opt(&CAN, &[id.into()], |row| row.boolean(0)).await?.unwrap_or(false))
}

/// Says whether members create teams.
pub async fn let_members_create_teams<T: Tx>(tx: &mut T, id: &OrganizationId, may: bool) -> Result<(), StoreError> {
    static SET: Sql = Sql::new("UPDATE organization SET members_can_create_teams = $2 WHERE id = $1");
    tx.execute(&SET, &[id.into(), may.into()]).await?;
    access_changed(tx, id).await
}

/// How many days a token may live that is made from now on, if that is bounded.
pub async fn longest_token_days<R: Read>(read: &mut R, id: &OrganizationId) -> Result<Option<u64>, StoreError> {
    static DAYS: Sql = Sql::new("SELECT longest_token_days FROM organization WHERE id = $1");
    let days = read.query_opt(&DAYS, &[id.into()], |row| row.integer_opt(0)?.map(|_| row.count(0)).transpose()).await?;
    Ok(days.flatten())
}

/// Bounds how many days a token may live that is made from now on. It changes nobody's access today.
pub async fn set_longest_token_days<T: Tx>(
    tx: &mut T,
    id: &OrganizationId,
    days: Option<u64>,
) -> Result<(), StoreError> {
    static SET: Sql = Sql::new("UPDATE organization SET longest_token_days = $2 WHERE id = $1");
    tx.execute(&SET, &[id.into(), days.map(count).into()]).await?;
    Ok(())
}

fn member(row: &Row<'_>) -> Result<Member, StoreError> {
    Ok(Member {
        account: row.id(0)?,
        login: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        email: row.text(3)?.to_owned(),
        role: row.text(4)?.to_owned(),
        actor: row.id(5)?,
        created_at: row.integer(6)?,
        custom_role: named(row, 7)?,
    })
}

/// The members of an organisation, by login, after one of them.
pub async fn members<R: Read>(
    read: &mut R,
    id: &OrganizationId,
    after: &str,
    limit: i64,
) -> Result<Vec<Member>, StoreError> {
    static MEMBERS: Sql = Sql::new(
        "SELECT a.id, a.login, a.name, a.email, m.role, m.actor_id, m.created_at, r.id, r.name, r.modified_at
         FROM member m JOIN account a ON a.id = m.account_id LEFT JOIN custom_role r ON r.id = m.custom_role_id
         WHERE m.organization_id = $1 AND a.login > $2 ORDER BY a.login LIMIT $3",
    );
    read.query(&MEMBERS, &[id.into(), after.into(), limit.into()], member).await
}

/// One member, by login.
pub async fn find_member<R: Read>(
    read: &mut R,
    id: &OrganizationId,
    login: &str,
) -> Result<Option<Member>, StoreError> {
    static MEMBER: Sql = Sql::new(
        "SELECT a.id, a.login, a.name, a.email, m.role, m.actor_id, m.created_at, r.id, r.name, r.modified_at
         FROM member m JOIN account a ON a.id = m.account_id LEFT JOIN custom_role r ON r.id = m.custom_role_id
         WHERE m.organization_id = $1 AND a.login = $2",
    );
    read.query_opt(&MEMBER, &[id.into(), login.into()], member).await
}

/// The members who hold a custom role themselves, by login.
pub async fn holding<R: Read>(read: &mut R, role: &RoleId) -> Result<Vec<Member>, StoreError> {
    static HOLDING: Sql = Sql::new(
        "SELECT a.id, a.login, a.name, a.email, m.role, m.actor_id, m.created_at, r.id, r.name, r.modified_at
         FROM member m JOIN account a ON a.id = m.account_id JOIN custom_role r ON r.id = m.custom_role_id
         WHERE m.custom_role_id = $1 ORDER BY a.login",
    );
    read.query(&HOLDING, &[role.into()], member).await
}

/// How many administrators an organisation has.
pub async fn count_admins<R: Read>(read: &mut R, id: &OrganizationId) -> Result<u64, StoreError> {
    static COUNT: Sql = Sql::new("SELECT COUNT(*) FROM member WHERE organization_id = $1 AND role = 'admin'");
    Ok(read.query_opt(&COUNT, &[id.into()], |row| row.count(0)).await?.unwrap_or(0))
}

/// How many members an organisation has.
pub async fn count_members<R: Read>(read: &mut R, id: &OrganizationId) -> Result<u64, StoreError> {
    static COUNT: Sql = Sql::new("SELECT COUNT(*) FROM member WHERE organization_id = $1");
    Ok(read.query_opt(&COUNT, &[id.into()], |row| row.count(0)).await?.unwrap_or(0))
}

/// Adds a member.
pub async fn insert_member<T: Tx>(
    tx: &mut T,
    id: &OrganizationId,
    account: &AccountId,
    role: &str,
    actor: &ActorId,
    now: i64,
) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO member (organization_id, account_id, role, actor_id, created_at) VALUES ($1, $2, $3, $4, $5)",
    );
    tx.execute(&INSERT, &[id.into(), account.into(), role.into(), actor.into(), now.into()]).await?;
    access_changed(tx, id).await
}

/// Changes a member's role, and what it holds besides.
pub async fn set_role<T: Tx>(
    tx: &mut T,
    id: &OrganizationId,
    account: &AccountId,
    role: &str,
    custom: Option<&RoleId>,
) -> Result<(), StoreError> {
    static SET: Sql =
        Sql::new("UPDATE member SET role = $3, custom_role_id = $4 WHERE organization_id = $1 AND account_id = $2");
    tx.execute(&SET, &[id.into(), account.into(), role.into(), custom.into()]).await?;
    access_changed(tx, id).await
}

/// Removes a member, also from its teams. Its environments and its records stay.
pub async fn delete_member<T: Tx>(tx: &mut T, id: &OrganizationId, account: &AccountId) -> Result<(), StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM member WHERE organization_id = $1 AND account_id = $2");
    tx.execute(&DELETE, &[id.into(), account.into()]).await?;
    team::leave_all(tx, id, account).await?;
    access_changed(tx, id).await
}

/// Counts a change to who may do what.
pub(crate) async fn access_changed<T: Tx>(tx: &mut T, id: &OrganizationId) -> Result<(), StoreError> {
    static CHANGED: Sql = Sql::new("UPDATE organization SET access_version = access_version + 1 WHERE id = $1");
    tx.execute(&CHANGED, &[id.into()]).await?;
    Ok(())
}

/// A count as SQL keeps it. Counts of ours come from SQL or grow by one, so they fit.
pub(crate) fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
