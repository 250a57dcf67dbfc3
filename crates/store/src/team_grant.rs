//! Grants: what the members of a team may do with an environment. Every change is a change of access.

use std::collections::HashMap;

use ledger::{AccountId, EnvironmentId, GrantId, OrganizationId, TeamId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::organization::{access_changed, count};
use crate::sql::{Row, Sql};
use crate::team::Team;

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its identifier, as records name it.
    pub id: GrantId,
    /// What it permits: `none`, `read`, `open`, `write` or `admin`.
    pub permission: String,
    /// The longest time an opening by it may last, in seconds, if it says so.
    pub longest_open: Option<u64>,
}

/// A grant, as its team shows it.
#[derive(Clone, Debug)]
pub struct TeamGrant {
    /// The grant.
    pub grant: Grant,
    /// The environment.
    pub id: EnvironmentId,
    /// Who owns the environment.
    pub owner: AccountId,
    /// The environment's project.
    pub project: String,
    /// The environment's name.
    pub environment: String,
}

fn grant(row: &Row<'_>) -> Result<Grant, StoreError> {
    let longest_open = row.integer_opt(2)?.map(|_| row.count(2)).transpose()?;
    Ok(Grant { id: row.id(0)?, permission: row.text(1)?.to_owned(), longest_open })
}

/// The grants that an account has on an environment, by all its teams.
pub async fn of_account<R: Read>(
    read: &mut R,
    account: &AccountId,
    environment: &EnvironmentId,
) -> Result<Vec<Grant>, StoreError> {
    static OF: Sql = Sql::new(
        "SELECT g.id, g.permission, g.longest_open
         FROM team_grant g JOIN team_member m ON m.team_id = g.team_id AND m.account_id = $1
         WHERE g.environment_id = $2 ORDER BY g.id",
    );
    read.query(&OF, &[account.into(), environment.into()], grant).await
}

/// The grants that an account has in an organisation, by all its teams.
pub async fn all_of_account<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    account: &AccountId,
) -> Result<HashMap<EnvironmentId, Vec<Grant>>, StoreError> {
    static ALL: Sql = Sql::new(
        "SELECT g.id, g.permission, g.longest_open, g.environment_id
         FROM team_member m
         JOIN team t ON t.id = m.team_id AND t.organization_id = $1
         JOIN team_grant g ON g.team_id = t.id
         WHERE m.account_id = $2 ORDER BY g.id",
    );
    let rows = read.query(&ALL, &[organization.into(), account.into()], |row| Ok((row.id(3)?, grant(row)?))).await?;
    let mut grants: HashMap<EnvironmentId, Vec<Grant>> = HashMap::new();
    for (environment, grant) in rows {
        grants.entry(environment).or_default().push(grant);
    }
    Ok(grants)
}

/// The grants of a team, by project and name, on environments that are not deleted.
pub async fn of_team<R: Read>(read: &mut R, team: &TeamId) -> Result<Vec<TeamGrant>, StoreError> {
    static OF: Sql = Sql::new(
        "SELECT g.id, g.permission, g.longest_open, p.name, e.name, e.id, e.owner_id
         FROM team_grant g
         JOIN environment e ON e.id = g.environment_id AND e.deleted_at IS NULL
         JOIN project p ON p.id = e.project_id
         WHERE g.team_id = $1 ORDER BY p.name, e.name",
    );
    read.query(&OF, &[team.into()], |row| {
        Ok(TeamGrant {
            grant: grant(row)?,
            id: row.id(5)?,
            owner: row.id(6)?,
            project: row.text(3)?.to_owned(),
            environment: row.text(4)?.to_owned(),
        })
    })
    .await
}

/// The name of the team that has a grant.
pub async fn team_of<R: Read>(read: &mut R, id: &GrantId) -> Result<Option<String>, StoreError> {
    static TEAM: Sql = Sql::new("SELECT t.name FROM team_grant g JOIN team t ON t.id = g.team_id WHERE g.id = $1");
    read.query_opt(&TEAM, &[id.into()], |row| Ok(row.text(0)?.to_owned())).await
}

/// The grant of a team on an environment.
pub async fn find<R: Read>(
    read: &mut R,
    team: &TeamId,
    environment: &EnvironmentId,
) -> Result<Option<Grant>, StoreError> {
    static FIND: Sql =
        Sql::new("SELECT id, permission, longest_open FROM team_grant WHERE team_id = $1 AND environment_id = $2");
    read.query_opt(&FIND, &[team.into(), environment.into()], grant).await
}

/// The grants of all teams on an environment.
pub async fn of_environment<R: Read>(
    read: &mut R,
    environment: &EnvironmentId,
) -> Result<Vec<(TeamId, Grant)>, StoreError> {
    static OF: Sql =
        Sql::new("SELECT id, permission, longest_open, team_id FROM team_grant WHERE environment_id = $1 ORDER BY id");
    read.query(&OF, &[environment.into()], |row| Ok((row.id(3)?, grant(row)?))).await
}

/// Gives a team of an organisation a grant on an environment that it has none on.
pub async fn insert<T: Tx>(
    tx: &mut T,
    organization: &OrganizationId,
    team: &TeamId,
    environment: &EnvironmentId,
    grant: &Grant,
    now: i64,
) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO team_grant (id, team_id, environment_id, permission, longest_open, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    );
    let params = [
        (&grant.id).into(),
        team.into(),
        environment.into(),
        (&grant.permission).into(),
        grant.longest_open.map(count).into(),
        now.into(),
    ];
    tx.execute(&INSERT, &params).await?;
    access_changed(tx, organization).await
}

/// Changes what a grant of a team permits.
pub async fn set<T: Tx>(tx: &mut T, team: &Team, grant: &Grant) -> Result<(), StoreError> {
    static SET: Sql =
        Sql::new("UPDATE team_grant SET permission = $3, longest_open = $4 WHERE id = $1 AND team_id = $2");
    let params =
        [(&grant.id).into(), (&team.id).into(), (&grant.permission).into(), grant.longest_open.map(count).into()];
    tx.execute(&SET, &params).await?;
    access_changed(tx, &team.organization).await
}

/// Takes a grant from a team.
pub async fn delete<T: Tx>(tx: &mut T, team: &Team, id: &GrantId) -> Result<(), StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM team_grant WHERE id = $1 AND team_id = $2");
    tx.execute(&DELETE, &[id.into(), (&team.id).into()]).await?;
    access_changed(tx, &team.organization).await
}
