//! Tags on environments: labels with a value.

use std::collections::HashMap;

use ledger::{AccountId, EnvironmentId, OrganizationId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::sql::{Row, Sql};

/// A tag, and who changed it last.
#[derive(Clone, Debug)]
pub struct EnvironmentTag {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// When it was created.
    pub created_at: i64,
    /// When it was changed last.
    pub modified_at: i64,
    /// The login of who changed it last.
    pub editor_login: String,
    /// The name of who changed it last.
    pub editor_name: String,
}

fn tag(row: &Row<'_>) -> Result<EnvironmentTag, StoreError> {
    Ok(EnvironmentTag {
        name: row.text(0)?.to_owned(),
        value: row.text(1)?.to_owned(),
        created_at: row.integer(2)?,
        modified_at: row.integer(3)?,
        editor_login: row.text(4)?.to_owned(),
        editor_name: row.text(5)?.to_owned(),
    })
}

/// A tag by its name.
pub async fn find<R: Read>(read: &mut R, id: &EnvironmentId, name: &str) -> Result<Option<EnvironmentTag>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT t.name, t.value, t.created_at, t.modified_at, a.login, a.name
         FROM environment_tag t JOIN account a ON a.id = t.editor_id
         WHERE t.environment_id = $1 AND t.name = $2",
    );
    read.query_opt(&FIND, &[id.into(), name.into()], tag).await
}

/// The tags of an environment by name, but for a number of the first.
pub async fn list<R: Read>(
    read: &mut R,
    id: &EnvironmentId,
    skip: i64,
    limit: i64,
) -> Result<Vec<EnvironmentTag>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT t.name, t.value, t.created_at, t.modified_at, a.login, a.name
         FROM environment_tag t JOIN account a ON a.id = t.editor_id
         WHERE t.environment_id = $1 ORDER BY t.name LIMIT $3 OFFSET $2",
    );
    read.query(&LIST, &[id.into(), skip.into(), limit.into()], tag).await
}

/// Names and values of the tags of an environment.
pub async fn values<R: Read>(read: &mut R, id: &EnvironmentId) -> Result<Vec<(String, String)>, StoreError> {
    static VALUES: Sql = Sql::new("SELECT name, value FROM environment_tag WHERE environment_id = $1 ORDER BY name");
    read.query(&VALUES, &[id.into()], |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))).await
}

/// Names and values of the tags of the environments of an organisation after one pair of project and
/// name, up to another one.
pub(crate) async fn of_span<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    after: (&str, &str),
    last: (&str, &str),
) -> Result<HashMap<EnvironmentId, Vec<(String, String)>>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT t.environment_id, t.name, t.value
         FROM environment e
         JOIN project p ON p.id = e.project_id
         JOIN environment_tag t ON t.environment_id = e.id
         WHERE e.organization_id = $1 AND e.deleted_at IS NULL
           AND (p.name > $2 OR (p.name = $2 AND e.name > $3))
           AND (p.name < $4 OR (p.name = $4 AND e.name <= $5))
         ORDER BY t.environment_id, t.name",
    );
    let params = [organization.into(), after.0.into(), after.1.into(), last.0.into(), last.1.into()];
    let rows =
        read.query(&LIST, &params, |row| Ok((row.id(0)?, (row.text(1)?.to_owned(), row.text(2)?.to_owned())))).await?;
    let mut tags: HashMap<EnvironmentId, Vec<(String, String)>> = HashMap::new();
    for (environment, tag) in rows {
        tags.entry(environment).or_default().push(tag);
    }
    Ok(tags)
}

/// Creates a tag.
pub async fn insert<T: Tx>(
    tx: &mut T,
    id: &EnvironmentId,
    name: &str,
    value: &str,
    editor: &AccountId,
    now: i64,
) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO environment_tag (environment_id, name, value, editor_id, created_at, modified_at)
         VALUES ($1, $2, $3, $4, $5, $5)",
    );
    tx.execute(&INSERT, &[id.into(), name.into(), value.into(), editor.into(), now.into()]).await?;
    Ok(())
}

/// Gives a tag a value and, maybe, another name.
pub async fn set<T: Tx>(
    tx: &mut T,
    id: &EnvironmentId,
    name: &str,
    (new_name, value): (&str, &str),
    editor: &AccountId,
    now: i64,
) -> Result<(), StoreError> {
    static SET: Sql = Sql::new(
        "UPDATE environment_tag SET name = $3, value = $4, editor_id = $5, modified_at = $6
         WHERE environment_id = $1 AND name = $2",
    );
    let params = [id.into(), name.into(), new_name.into(), value.into(), editor.into(), now.into()];
    tx.execute(&SET, &params).await?;
    Ok(())
}

/// Deletes a tag.
pub async fn delete<T: Tx>(tx: &mut T, id: &EnvironmentId, name: &str) -> Result<(), StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM environment_tag WHERE environment_id = $1 AND name = $2");
    tx.execute(&DELETE, &[id.into(), name.into()]).await?;
    Ok(())
}
