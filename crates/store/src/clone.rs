//! Copying an environment: what its rows become in another one.

use ledger::EnvironmentId;

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::environment::Revision;
use crate::import::{self, Import};
use crate::organization::count;
use crate::sql::Sql;

/// The revisions of an environment up to one of them, the oldest first.
pub async fn revisions<R: Read>(read: &mut R, id: &EnvironmentId, last: u64) -> Result<Vec<Revision>, StoreError> {
    static LIST: Sql =
        Sql::new("SELECT number, definition FROM revision WHERE environment_id = $1 AND number <= $2 ORDER BY number");
    read.query(&LIST, &[id.into(), count(last).into()], |row| {
        Ok(Revision { number: row.count(0)?, definition: row.text(1)?.to_owned() })
    })
    .await
}

/// Copies a revision under its number, with its author and time, but with a definition of its own. One
/// that was retracted stays so; if what replaces it lies beyond the last that is copied, the last does.
pub async fn insert_revision<T: Tx>(
    tx: &mut T,
    from: &EnvironmentId,
    to: &EnvironmentId,
    revision: &Revision,
    imports: &[Import],
    last: u64,
) -> Result<(), StoreError> {
    static COPY: Sql = Sql::new(
        "INSERT INTO revision (environment_id, number, definition, author_id, created_at, rotated,
                               replacement, retracted_by, retracted_at, retraction_reason)
         SELECT $2, number, $4, author_id, created_at, rotated,
                CASE WHEN replacement > $5 THEN $5 ELSE replacement END, retracted_by, retracted_at, retraction_reason
         FROM revision WHERE environment_id = $1 AND number = $3",
    );
    let definition = &revision.definition;
    let params = [from.into(), to.into(), count(revision.number).into(), definition.into(), count(last).into()];
    tx.execute(&COPY, &params).await?;
    import::insert(tx, to, revision.number, imports).await?;
    Ok(())
}

/// Copies the tags of all revisions up to one of them.
pub async fn insert_revision_tags<T: Tx>(
    tx: &mut T,
    from: &EnvironmentId,
    to: &EnvironmentId,
    last: u64,
) -> Result<(), StoreError> {
    static COPY: Sql = Sql::new(
        "INSERT INTO revision_tag (environment_id, name, revision, editor_id, created_at, modified_at)
         SELECT $2, name, revision, editor_id, created_at, modified_at
         FROM revision_tag WHERE environment_id = $1 AND revision <= $3",
    );
    tx.execute(&COPY, &[from.into(), to.into(), count(last).into()]).await?;
    Ok(())
}

/// Copies the tags of one revision to the first.
pub async fn insert_tags_of_revision<T: Tx>(
    tx: &mut T,
    from: &EnvironmentId,
    to: &EnvironmentId,
    revision: u64,
) -> Result<(), StoreError> {
    static COPY: Sql = Sql::new(
        "INSERT INTO revision_tag (environment_id, name, revision, editor_id, created_at, modified_at)
         SELECT $2, name, 1, editor_id, created_at, modified_at
         FROM revision_tag WHERE environment_id = $1 AND revision = $3",
    );
    tx.execute(&COPY, &[from.into(), to.into(), count(revision).into()]).await?;
    Ok(())
}

/// Copies the tags of an environment.
pub async fn insert_tags<T: Tx>(tx: &mut T, from: &EnvironmentId, to: &EnvironmentId) -> Result<(), StoreError> {
    static COPY: Sql = Sql::new(
        "INSERT INTO environment_tag (environment_id, name, value, editor_id, created_at, modified_at)
         SELECT $2, name, value, editor_id, created_at, modified_at FROM environment_tag WHERE environment_id = $1",
    );
    tx.execute(&COPY, &[from.into(), to.into()]).await?;
    Ok(())
}
