//! Who imports what: an index over the definitions of all revisions, written with each of them.

use ledger::{EnvironmentId, OrganizationId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::environment::{self, Environment, Revision};
use crate::organization::count;
use crate::sql::Sql;

/// What a definition imports, as it stands there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    /// The project.
    pub project: String,
    /// The environment's own name.
    pub name: String,
    /// The number of a revision, or a tag.
    pub version: String,
}

/// A revision that imports an environment.
#[derive(Clone, Debug)]
pub struct Referrer {
    /// The environment that imports.
    pub environment: Environment,
    /// Its revision.
    pub revision: u64,
    /// The number of a revision of what is imported, or a tag.
    pub version: String,
}

/// A place in a list of referrers: project and name of one, its revision, and what it imports.
pub type Place = (String, String, u64, String);

/// Which revisions of those that import are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The newest of each.
    Newest,
    /// All.
    All,
}

/// A revision whose imports are not in the index yet.
#[derive(Clone)]
pub struct Unindexed {
    /// Of which environment.
    pub environment: EnvironmentId,
    /// Of which organisation.
    pub organization: OrganizationId,
    /// Its number and definition.
    pub revision: Revision,
}

/// The revisions that import an environment of this name, after a place in that list.
pub async fn referrers<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    (project, name): (&str, &str),
    reach: Reach,
    after: &Place,
    limit: i64,
) -> Result<Vec<Referrer>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT e.id, e.organization_id, e.project_id, p.name, e.name, e.owner_id, e.revision,
                e.deletion_protected, e.created_at, e.modified_at, e.deleted_at, i.revision, i.version
         FROM import i JOIN environment e ON e.id = i.environment_id JOIN project p ON p.id = e.project_id
         WHERE i.organization_id = $1 AND i.project = $2 AND i.name = $3 AND e.deleted_at IS NULL
           AND (i.revision = e.revision OR CAST($4 AS BIGINT) = 1)
           AND (p.name, e.name, i.revision, i.version) > ($5, $6, $7, $8)
         ORDER BY p.name, e.name, i.revision, i.version LIMIT $9",
    );
    let params = [
        organization.into(),
        project.into(),
        name.into(),
        (reach == Reach::All).into(),
        (&after.0).into(),
        (&after.1).into(),
        count(after.2).into(),
        (&after.3).into(),
        limit.into(),
    ];
    read.query(&LIST, &params, |row| {
        Ok(Referrer {
            environment: environment::environment(row)?,
            revision: row.count(11)?,
            version: row.text(12)?.to_owned(),
        })
    })
    .await
}

/// Adds what a revision imports, and notes that it is there.
pub(crate) async fn insert<T: Tx>(
    tx: &mut T,
    environment: &EnvironmentId,
    number: u64,
    imports: &[Import],
) -> Result<u64, StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO import (environment_id, revision, organization_id, project, name, version)
         SELECT id, $2, organization_id, $3, $4, $5 FROM environment WHERE id = $1
         ON CONFLICT DO NOTHING",
    );
    static NOTE: Sql = Sql::new("UPDATE revision SET imports_indexed = 1 WHERE environment_id = $1 AND number = $2");
    for Import { project, name, version } in imports {
        let params = [environment.into(), count(number).into(), project.into(), name.into(), version.into()];
        tx.execute(&INSERT, &params).await?;
    }
    tx.execute(&NOTE, &[environment.into(), count(number).into()]).await
}

/// Some of the revisions whose imports are not in the index yet.
pub async fn unindexed<R: Read>(read: &mut R, limit: i64) -> Result<Vec<Unindexed>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT r.environment_id, e.organization_id, r.number, r.definition
         FROM revision r JOIN environment e ON e.id = r.environment_id
         WHERE r.imports_indexed = 0 LIMIT $1",
    );
    read.query(&LIST, &[limit.into()], |row| {
        Ok(Unindexed {
            environment: row.id(0)?,
            organization: row.id(1)?,
            revision: Revision { number: row.count(2)?, definition: row.text(3)?.to_owned() },
        })
    })
    .await
}
