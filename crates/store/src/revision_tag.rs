//! Tags on revisions: names that people give them. `latest` is none of these rows; it is the newest.

use ledger::{AccountId, EnvironmentId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::organization::count;
use crate::sql::{Row, Sql};

/// A tag, and who set it last.
#[derive(Clone, Debug)]
pub struct RevisionTag {
    /// Its name.
    pub name: String,
    /// The revision that it names.
    pub revision: u64,
    /// When it was created.
    pub created_at: i64,
    /// When it was set last.
    pub modified_at: i64,
    /// The login of who set it last.
    pub editor_login: String,
    /// The name of who set it last.
    pub editor_name: String,
}

fn tag(row: &Row<'_>) -> Result<RevisionTag, StoreError> {
    Ok(RevisionTag {
        name: row.text(0)?.to_owned(),
        revision: row.count(1)?,
        created_at: row.integer(2)?,
        modified_at: row.integer(3)?,
        editor_login: row.text(4)?.to_owned(),
        editor_name: row.text(5)?.to_owned(),
    })
}

/// A tag by its name.
pub async fn find<R: Read>(read: &mut R, id: &EnvironmentId, name: &str) -> Result<Option<RevisionTag>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT t.name, t.revision, t.created_at, t.modified_at, a.login, a.name
         FROM revision_tag t JOIN account a ON a.id = t.editor_id
         WHERE t.environment_id = $1 AND t.name = $2",
    );
    read.query_opt(&FIND, &[id.into(), name.into()], tag).await
}

/// The revision that a tag names.
pub async fn revision<R: Read>(read: &mut R, id: &EnvironmentId, name: &str) -> Result<Option<u64>, StoreError> {
    static FIND: Sql = Sql::new("SELECT revision FROM revision_tag WHERE environment_id = $1 AND name = $2");
    read.query_opt(&FIND, &[id.into(), name.into()], |row| row.count(0)).await
}

/// The tags of an environment by name, after one of them.
pub async fn list<R: Read>(
    read: &mut R,
    id: &EnvironmentId,
    after: &str,
    limit: i64,
) -> Result<Vec<RevisionTag>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT t.name, t.revision, t.created_at, t.modified_at, a.login, a.name
         FROM revision_tag t JOIN account a ON a.id = t.editor_id
         WHERE t.environment_id = $1 AND t.name > $2 ORDER BY t.name LIMIT $3",
    );
    read.query(&LIST, &[id.into(), after.into(), limit.into()], tag).await
}

/// The tags of one revision by name, after one of them.
pub async fn list_of_revision<R: Read>(
    read: &mut R,
    id: &EnvironmentId,
    revision: u64,
    after: &str,
    limit: i64,
) -> Result<Vec<RevisionTag>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT t.name, t.revision, t.created_at, t.modified_at, a.login, a.name
         FROM revision_tag t JOIN account a ON a.id = t.editor_id
         WHERE t.environment_id = $1 AND t.revision = $2 AND t.name > $3 ORDER BY t.name LIMIT $4",
    );
    let params = [id.into(), count(revision).into(), after.into(), limit.into()];
    read.query(&LIST, &params, tag).await
}

/// The tags on a span of revisions, both ends included: revision and name, by name.
pub async fn on_revisions<R: Read>(
    read: &mut R,
    id: &EnvironmentId,
    first: u64,
    last: u64,
) -> Result<Vec<(u64, String)>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT revision, name FROM revision_tag
         WHERE environment_id = $1 AND revision >= $2 AND revision <= $3 ORDER BY name",
    );
    let params = [id.into(), count(first).into(), count(last).into()];
    read.query(&LIST, &params, |row| Ok((row.count(0)?, row.text(1)?.to_owned()))).await
}

/// Creates a tag.
pub async fn insert<T: Tx>(
    tx: &mut T,
    id: &EnvironmentId,
    name: &str,
    revision: u64,
    editor: &AccountId,
    now: i64,
) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO revision_tag (environment_id, name, revision, editor_id, created_at, modified_at)
         VALUES ($1, $2, $3, $4, $5, $5)",
    );
    let params = [id.into(), name.into(), count(revision).into(), editor.into(), now.into()];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// Sets a tag on another revision.
pub async fn set<T: Tx>(
    tx: &mut T,
    id: &EnvironmentId,
    name: &str,
    revision: u64,
    editor: &AccountId,
    now: i64,
) -> Result<(), StoreError> {
    static SET: Sql = Sql::new(
        "UPDATE revision_tag SET revision = $3, editor_id = $4, modified_at = $5
         WHERE environment_id = $1 AND name = $2",
    );
    let params = [id.into(), name.into(), count(revision).into(), editor.into(), now.into()];
    tx.execute(&SET, &params).await?;
    Ok(())
}

/// Sets every tag of a revision on another one, and says how many there were.
pub async fn set_all<T: Tx>(
    tx: &mut T,
    id: &EnvironmentId,
    from: u64,
    to: u64,
    editor: &AccountId,
    now: i64,
) -> Result<u64, StoreError> {
    static SET: Sql = Sql::new(
        "UPDATE revision_tag SET revision = $3, editor_id = $4, modified_at = $5
         WHERE environment_id = $1 AND revision = $2",
    );
    let params = [id.into(), count(from).into(), count(to).into(), editor.into(), now.into()];
    tx.execute(&SET, &params).await
}

/// Deletes a tag.
pub async fn delete<T: Tx>(tx: &mut T, id: &EnvironmentId, name: &str) -> Result<(), StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM revision_tag WHERE environment_id = $1 AND name = $2");
    tx.execute(&DELETE, &[id.into(), name.into()]).await?;
    Ok(())
}
