//! Removing deleted environments for good.

use ledger::EnvironmentId;

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::environment::{self, Environment};
use crate::sql::Sql;

/// The tables whose rows belong to an environment and go with it. A test holds the list against the schema.
pub const TABLES: &[&str] = &[
    "data_key",
    "environment_tag",
    "import",
    "revision",
    "revision_tag",
    "rotation",
    "rotation_attempt",
    "schedule",
    "team_grant",
];

/// Environments that were deleted before a time, the first ones first, with the name of their organisation.
pub async fn due<R: Read>(read: &mut R, before: i64, limit: i64) -> Result<Vec<(Environment, String)>, StoreError> {
    static DUE: Sql = Sql::new(
        "SELECT e.id, e.organization_id, e.project_id, p.name, e.name, e.owner_id, e.revision,
                e.deletion_protected, e.created_at, e.modified_at, e.deleted_at, o.name
         FROM environment e
         JOIN project p ON p.id = e.project_id
         JOIN organization o ON o.id = e.organization_id
         WHERE e.deleted_at < $1 ORDER BY e.deleted_at LIMIT $2",
    );
    read.query(&DUE, &[before.into(), limit.into()], |row| {
        Ok((environment::environment(row)?, row.text(11)?.to_owned()))
    })
    .await
}

/// Removes an environment with all that belongs to it, its key first: what a copy of the database still
/// holds of its secrets is good for nothing without.
pub async fn purge<T: Tx>(tx: &mut T, id: &EnvironmentId) -> Result<(), StoreError> {
    static DATA_KEY: Sql = Sql::new("DELETE FROM data_key WHERE environment_id = $1");
    static SESSION: Sql = Sql::new("DELETE FROM session WHERE environment_id = $1");
    static IMPORT: Sql = Sql::new("DELETE FROM import WHERE environment_id = $1");
    static REVISION_TAG: Sql = Sql::new("DELETE FROM revision_tag WHERE environment_id = $1");
    static ENVIRONMENT_TAG: Sql = Sql::new("DELETE FROM environment_tag WHERE environment_id = $1");
    static ROTATION_PATH: Sql =
        Sql::new("DELETE FROM rotation_path WHERE rotation_id IN (SELECT id FROM rotation WHERE environment_id = $1)");
    static ROTATION_ATTEMPT: Sql = Sql::new("DELETE FROM rotation_attempt WHERE environment_id = $1");
    static ROTATION: Sql = Sql::new("DELETE FROM rotation WHERE environment_id = $1");
    static SCHEDULE_RUN: Sql =
        Sql::new("DELETE FROM schedule_run WHERE schedule_id IN (SELECT id FROM schedule WHERE environment_id = $1)");
    static SCHEDULE: Sql = Sql::new("DELETE FROM schedule WHERE environment_id = $1");
    static TEAM_GRANT: Sql = Sql::new("DELETE FROM team_grant WHERE environment_id = $1");
    static REVISION: Sql = Sql::new("DELETE FROM revision WHERE environment_id = $1");
    static ENVIRONMENT: Sql = Sql::new("DELETE FROM environment WHERE id = $1");
    let before_revisions = [&DATA_KEY, &SESSION, &IMPORT, &REVISION_TAG, &ENVIRONMENT_TAG, &TEAM_GRANT];
    let rotations = [&ROTATION_PATH, &ROTATION_ATTEMPT, &ROTATION, &SCHEDULE_RUN, &SCHEDULE];
    for table in before_revisions.into_iter().chain(rotations).chain([&REVISION, &ENVIRONMENT]) {
        tx.execute(table, &[id.into()]).await?;
    }
    Ok(())
}
