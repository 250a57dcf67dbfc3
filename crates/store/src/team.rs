//! Teams, and who belongs to them. Every change of a membership is a change of access.

use ledger::{AccountId, OrganizationId, RoleId, TeamId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::organization::access_changed;
use crate::sql::{Row, Sql};

/// A team.
#[derive(Clone, Debug)]
pub struct Team {
    /// Its identifier.
    pub id: TeamId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// Its name in paths.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// When it was created.
    pub created_at: i64,
}

/// Somebody in a team.
#[derive(Clone, Debug)]
pub struct TeamMember {
    /// The account.
    pub account: AccountId,
    /// The account's login.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// `member` or `admin`, in the team.
    pub role: String,
    /// Since when.
    pub created_at: i64,
}

fn team(row: &Row<'_>) -> Result<Team, StoreError> {
    Ok(Team {
        id: row.id(0)?,
        organization: row.id(1)?,
        name: row.text(2)?.to_owned(),
        display_name: row.text(3)?.to_owned(),
        description: row.text(4)?.to_owned(),
        created_at: row.integer(5)?,
    })
}

fn member(row: &Row<'_>) -> Result<TeamMember, StoreError> {
    Ok(TeamMember {
        account: row.id(0)?,
        login: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        role: row.text(3)?.to_owned(),
        created_at: row.integer(4)?,
    })
}

/// A team by its name.
pub async fn find<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    name: &str,
) -> Result<Option<Team>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT id, organization_id, name, display_name, description, created_at
         FROM team WHERE organization_id = $1 AND name = $2",
    );
    read.query_opt(&FIND, &[organization.into(), name.into()], team).await
}

/// The teams of an organisation, by name.
pub async fn list<R: Read>(read: &mut R, organization: &OrganizationId) -> Result<Vec<Team>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT id, organization_id, name, display_name, description, created_at
         FROM team WHERE organization_id = $1 ORDER BY name",
    );
    read.query(&LIST, &[organization.into()], team).await
}

/// The teams that have a custom role, by name.
pub async fn holding<R: Read>(read: &mut R, role: &RoleId) -> Result<Vec<Team>, StoreError> {
    static HOLDING: Sql = Sql::new(
        "SELECT t.id, t.organization_id, t.name, t.display_name, t.description, t.created_at
         FROM team_role h JOIN team t ON t.id = h.team_id WHERE h.role_id = $1 ORDER BY t.name",
    );
    read.query(&HOLDING, &[role.into()], team).await
}

/// The names of the teams that an account belongs to in an organisation, sorted.
pub async fn names_of<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    account: &AccountId,
) -> Result<Vec<String>, StoreError> {
    static NAMES: Sql = Sql::new(
        "SELECT t.name FROM team_member m JOIN team t ON t.id = m.team_id
         WHERE m.account_id = $2 AND t.organization_id = $1 ORDER BY t.name",
    );
    read.query(&NAMES, &[organization.into(), account.into()], |row| Ok(row.text(0)?.to_owned())).await
}

/// Who belongs to a team, by login.
pub async fn members<R: Read>(read: &mut R, id: &TeamId) -> Result<Vec<TeamMember>, StoreError> {
    static MEMBERS: Sql = Sql::new(
        "SELECT a.id, a.login, a.name, m.role, m.created_at
         FROM team_member m JOIN account a ON a.id = m.account_id WHERE m.team_id = $1 ORDER BY a.login",
    );
    read.query(&MEMBERS, &[id.into()], member).await
}

/// One of a team, by account.
pub async fn find_member<R: Read>(
    read: &mut R,
    id: &TeamId,
    account: &AccountId,
) -> Result<Option<TeamMember>, StoreError> {
    static MEMBER: Sql = Sql::new(
        "SELECT a.id, a.login, a.name, m.role, m.created_at
         FROM team_member m JOIN account a ON a.id = m.account_id WHERE m.team_id = $1 AND m.account_id = $2",
    );
    read.query_opt(&MEMBER, &[id.into(), account.into()], member).await
}

/// Creates a team. It has no members and no grants yet, so nobody's access changes.
pub async fn insert<T: Tx>(tx: &mut T, team: &Team) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO team (id, organization_id, name, display_name, description, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    );
    let params = [
        (&team.id).into(),
        (&team.organization).into(),
        (&team.name).into(),
        (&team.display_name).into(),
        (&team.description).into(),
        team.created_at.into(),
    ];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// Says anew what people call a team, and what it is for.
pub async fn describe<T: Tx>(tx: &mut T, id: &TeamId, display_name: &str, description: &str) -> Result<(), StoreError> {
    static DESCRIBE: Sql = Sql::new("UPDATE team SET display_name = $2, description = $3 WHERE id = $1");
    tx.execute(&DESCRIBE, &[id.into(), display_name.into(), description.into()]).await?;
    Ok(())
}

/// Deletes a team, its memberships, its grants and its roles.
pub async fn delete<T: Tx>(tx: &mut T, team: &Team) -> Result<(), StoreError> {
    static GRANTS: Sql = Sql::new("DELETE FROM team_grant WHERE team_id = $1");
    static ROLES: Sql = Sql::new("DELETE FROM team_role WHERE team_id = $1");
    static MEMBERS: Sql = Sql::new("DELETE FROM team_member WHERE team_id = $1");
    static TEAM: Sql = Sql::new("DELETE FROM team WHERE id = $1");
    for statement in [&GRANTS, &ROLES, &MEMBERS, &TEAM] {
        tx.execute(statement, &[(&team.id).into()]).await?;
    }
    access_changed(tx, &team.organization).await
}

/// Adds somebody to a team, who belongs to the organisation.
pub async fn insert_member<T: Tx>(
    tx: &mut T,
    team: &Team,
    account: &AccountId,
    role: &str,
    now: i64,
) -> Result<(), StoreError> {
    static INSERT: Sql =
        Sql::new("INSERT INTO team_member (team_id, account_id, role, created_at) VALUES ($1, $2, $3, $4)");
    tx.execute(&INSERT, &[(&team.id).into(), account.into(), role.into(), now.into()]).await?;
    access_changed(tx, &team.organization).await
}

/// Changes somebody's role in a team.
pub async fn set_role<T: Tx>(tx: &mut T, team: &Team, account: &AccountId, role: &str) -> Result<(), StoreError> {
    static SET: Sql = Sql::new("UPDATE team_member SET role = $3 WHERE team_id = $1 AND account_id = $2");
    tx.execute(&SET, &[(&team.id).into(), account.into(), role.into()]).await?;
    access_changed(tx, &team.organization).await
}

/// Removes somebody from a team.
pub async fn delete_member<T: Tx>(tx: &mut T, team: &Team, account: &AccountId) -> Result<(), StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM team_member WHERE team_id = $1 AND account_id = $2");
    tx.execute(&DELETE, &[(&team.id).into(), account.into()]).await?;
    access_changed(tx, &team.organization).await
}

/// Removes somebody from every team of an organisation: whoever comes back to it comes back to none.
pub(crate) async fn leave_all<T: Tx>(
    tx: &mut T,
    organization: &OrganizationId,
    account: &AccountId,
) -> Result<(), StoreError> {
    static LEAVE: Sql = Sql::new(
        "DELETE FROM team_member
         WHERE account_id = $2 AND team_id IN (SELECT id FROM team WHERE organization_id = $1)",
    );
    tx.execute(&LEAVE, &[organization.into(), account.into()]).await?;
    Ok(())
}
