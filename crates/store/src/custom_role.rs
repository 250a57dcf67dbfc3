//! Roles that organisations make, and who holds them. Every change of what somebody holds is a change of access.

use ledger::{AccountId, OrganizationId, RoleId, TeamId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::organization::access_changed;
use crate::sql::{Row, Sql};
use crate::team::Team;

/// A custom role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomRole {
    /// Its identifier, as records name it.
    pub id: RoleId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What it is called there.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The words of its scopes.
    pub scopes: Vec<String>,
    /// Counts its changes, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: i64,
    /// When it was changed last.
    pub modified_at: i64,
}

/// A custom role, where one is only mentioned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedRole {
    /// Its identifier.
    pub id: RoleId,
    /// What it is called.
    pub name: String,
    /// When it was changed last.
    pub modified_at: i64,
}

/// A custom role that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRole {
    /// The role.
    pub role: CustomRole,
    /// The team by which it is held, if it is not held by itself.
    pub team: Option<String>,
}

impl CustomRole {
    /// The role as it is mentioned.
    pub fn named(&self) -> NamedRole {
        NamedRole { id: self.id, name: self.name.clone(), modified_at: self.modified_at }
    }
}

fn role(row: &Row<'_>) -> Result<CustomRole, StoreError> {
    Ok(CustomRole {
        id: row.id(0)?,
        organization: row.id(1)?,
        name: row.text(2)?.to_owned(),
        description: row.text(3)?.to_owned(),
        scopes: row.text(4)?.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect(),
        version: row.integer(5)?,
        created_at: row.integer(6)?,
        modified_at: row.integer(7)?,
    })
}

/// A role of three columns that are all there, or none.
pub(crate) fn named(row: &Row<'_>, first: usize) -> Result<Option<NamedRole>, StoreError> {
    let Some(id) = row.id_opt(first)? else { return Ok(None) };
    Ok(Some(NamedRole { id, name: row.text(first + 1)?.to_owned(), modified_at: row.integer(first + 2)? }))
}

fn held(row: &Row<'_>) -> Result<HeldRole, StoreError> {
    let team = row.text(8)?;
    Ok(HeldRole { role: role(row)?, team: (!team.is_empty()).then(|| team.to_owned()) })
}

/// The custom roles of an organisation, by name.
pub async fn list<R: Read>(read: &mut R, organization: &OrganizationId) -> Result<Vec<CustomRole>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT id, organization_id, name, description, scopes, version, created_at, modified_at
         FROM custom_role WHERE organization_id = $1 ORDER BY name",
    );
    read.query(&LIST, &[organization.into()], role).await
}

/// A custom role of an organisation.
pub async fn find<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    id: &str,
) -> Result<Option<CustomRole>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT id, organization_id, name, description, scopes, version, created_at, modified_at
         FROM custom_role WHERE organization_id = $1 AND id = $2",
    );
    read.query_opt(&FIND, &[organization.into(), id.into()], role).await
}

/// What an account holds in an organisation: as a member, then by each of its teams.
pub async fn of_account<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    account: &AccountId,
) -> Result<Vec<HeldRole>, StoreError> {
    static OF: Sql = Sql::new(
        "SELECT r.id, r.organization_id, r.name, r.description, r.scopes, r.version, r.created_at, r.modified_at, ''
         FROM member m JOIN custom_role r ON r.id = m.custom_role_id
         WHERE m.organization_id = $1 AND m.account_id = $2
         UNION ALL
         SELECT r.id, r.organization_id, r.name, r.description, r.scopes, r.version, r.created_at, r.modified_at, t.name
         FROM team_member m
         JOIN team t ON t.id = m.team_id AND t.organization_id = $1
         JOIN team_role h ON h.team_id = t.id
         JOIN custom_role r ON r.id = h.role_id
         WHERE m.account_id = $2
         ORDER BY 9, 1",
    );
    read.query(&OF, &[organization.into(), account.into()], held).await
}

/// The roles of a team, by name.
pub async fn of_team<R: Read>(read: &mut R, team: &TeamId) -> Result<Vec<HeldRole>, StoreError> {
    static OF: Sql = Sql::new(
        "SELECT r.id, r.organization_id, r.name, r.description, r.scopes, r.version, r.created_at, r.modified_at, t.name
         FROM team_role h
         JOIN team t ON t.id = h.team_id
         JOIN custom_role r ON r.id = h.role_id
         WHERE h.team_id = $1 ORDER BY r.name",
    );
    read.query(&OF, &[team.into()], held).await
}

/// The role that members of an organisation get who join without another one being named.
pub async fn default_of<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
) -> Result<Option<CustomRole>, StoreError> {
    static DEFAULT: Sql = Sql::new(
        "SELECT r.id, r.organization_id, r.name, r.description, r.scopes, r.version, r.created_at, r.modified_at
         FROM organization o JOIN custom_role r ON r.id = o.default_role_id WHERE o.id = $1",
    );
    read.query_opt(&DEFAULT, &[organization.into()], role).await
}

/// Says what members get who join from now on. What somebody holds today stays.
pub async fn set_default<T: Tx>(
    tx: &mut T,
    organization: &OrganizationId,
    role: Option<&RoleId>,
) -> Result<(), StoreError> {
    static SET: Sql = Sql::new("UPDATE organization SET default_role_id = $2 WHERE id = $1");
    tx.execute(&SET, &[organization.into(), role.into()]).await?;
    Ok(())
}

/// Creates a role. Nobody holds it yet, so nobody's access changes.
pub async fn insert<T: Tx>(tx: &mut T, role: &CustomRole) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO custom_role (id, organization_id, name, description, scopes, version, created_at, modified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    let scopes = role.scopes.join(" ");
    let params = [
        (&role.id).into(),
        (&role.organization).into(),
        (&role.name).into(),
        (&role.description).into(),
        (&scopes).into(),
        role.version.into(),
        role.created_at.into(),
        role.modified_at.into(),
    ];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// Changes a role, for all who hold it.
pub async fn update<T: Tx>(tx: &mut T, role: &CustomRole) -> Result<(), StoreError> {
    static UPDATE: Sql = Sql::new(
        "UPDATE custom_role SET name = $2, description = $3, scopes = $4, version = $5, modified_at = $6 WHERE id = $1",
    );
    let scopes = role.scopes.join(" ");
    let params = [
        (&role.id).into(),
        (&role.name).into(),
        (&role.description).into(),
        (&scopes).into(),
        role.version.into(),
        role.modified_at.into(),
    ];
    tx.execute(&UPDATE, &params).await?;
    access_changed(tx, &role.organization).await
}

/// Deletes a role, and takes it from whoever holds it.
pub async fn delete<T: Tx>(tx: &mut T, role: &CustomRole) -> Result<(), StoreError> {
    static MEMBERS: Sql = Sql::new("UPDATE member SET custom_role_id = NULL WHERE custom_role_id = $1");
    static INVITES: Sql = Sql::new("UPDATE invite SET custom_role_id = NULL WHERE custom_role_id = $1");
    static TOKENS: Sql = Sql::new("UPDATE machine_token SET custom_role_id = NULL WHERE custom_role_id = $1");
    static DEFAULT: Sql = Sql::new("UPDATE organization SET default_role_id = NULL WHERE default_role_id = $1");
    static TEAMS: Sql = Sql::new("DELETE FROM team_role WHERE role_id = $1");
    static ROLE: Sql = Sql::new("DELETE FROM custom_role WHERE id = $1");
    for statement in [&MEMBERS, &INVITES, &TOKENS, &DEFAULT, &TEAMS, &ROLE] {
        tx.execute(statement, &[(&role.id).into()]).await?;
    }
    access_changed(tx, &role.organization).await
}

/// Whether a team takes roles.
pub async fn team_takes_roles<R: Read>(read: &mut R, team: &TeamId) -> Result<bool, StoreError> {
    static TAKES: Sql = Sql::new("SELECT roles_enabled FROM team WHERE id = $1");
    Ok(read.query_opt(&TAKES, &[team.into()], |row| row.boolean(0)).await?.unwrap_or(false))
}

/// Lets a team take roles. It has none yet, so nobody's access changes.
pub async fn let_team_take_roles<T: Tx>(tx: &mut T, team: &TeamId) -> Result<(), StoreError> {
    static LET: Sql = Sql::new("UPDATE team SET roles_enabled = 1 WHERE id = $1");
    tx.execute(&LET, &[team.into()]).await?;
    Ok(())
}

/// Gives a team a role that it does not have.
pub async fn give_to_team<T: Tx>(tx: &mut T, team: &Team, role: &RoleId, now: i64) -> Result<(), StoreError> {
    static GIVE: Sql = Sql::new("INSERT INTO team_role (team_id, role_id, created_at) VALUES ($1, $2, $3)");
    tx.execute(&GIVE, &[(&team.id).into(), role.into(), now.into()]).await?;
    access_changed(tx, &team.organization).await
}

/// Takes a role from a team. Gives false if it does not have it.
pub async fn take_from_team<T: Tx>(tx: &mut T, team: &Team, role: &RoleId) -> Result<bool, StoreError> {
    static TAKE: Sql = Sql::new("DELETE FROM team_role WHERE team_id = $1 AND role_id = $2");
    let taken = tx.execute(&TAKE, &[(&team.id).into(), role.into()]).await? == 1;
    if taken {
        access_changed(tx, &team.organization).await?;
    }
    Ok(taken)
}
