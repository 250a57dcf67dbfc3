//! Environments, their projects and their revisions.

use ledger::{AccountId, EnvironmentId, OrganizationId, ProjectId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::environment_tag;
use crate::import::{self, Import};
use crate::organization::{access_changed, count};
use crate::sql::{Row, Sql};

/// An environment.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Its identifier.
    pub id: EnvironmentId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// Its project.
    pub project: ProjectId,
    /// The project's name.
    pub project_name: String,
    /// Its own name.
    pub name: String,
    /// Who created it, and so may do everything with it.
    pub owner: AccountId,
    /// The newest revision.
    pub revision: u64,
    /// Whether it must not be deleted.
    pub deletion_protected: bool,
    /// When it was created.
    pub created_at: i64,
    /// When it got its newest revision.
    pub modified_at: i64,
    /// When it was deleted.
    pub deleted_at: Option<i64>,
}

/// An environment, as a list shows it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The environment.
    pub environment: Environment,
    /// The organisation's name.
    pub organization_name: String,
    /// The login of its owner.
    pub owner_login: String,
    /// The name of its owner.
    pub owner_name: String,
    /// Its tags: name and value, by name.
    pub tags: Vec<(String, String)>,
}

/// One revision of an environment's definition.
#[derive(Clone)]
pub struct Revision {
    /// Its number, from 1.
    pub number: u64,
    /// The text, with every secret in it sealed.
    pub definition: String,
}

/// One revision, as a list shows it.
#[derive(Clone, Debug)]
pub struct RevisionInfo {
    /// Its number, from 1.
    pub number: u64,
    /// When it was made.
    pub created_at: i64,
    /// The login of who made it.
    pub author_login: String,
    /// The name of who made it.
    pub author_name: String,
    /// That it was retracted, if it was.
    pub retracted: Option<Retracted>,
}

/// That a revision was retracted.
#[derive(Clone, Debug)]
pub struct Retracted {
    /// The revision that takes its place.
    pub replacement: u64,
    /// When.
    pub at: i64,
    /// The login of who retracted it.
    pub by_login: String,
    /// The name of who retracted it.
    pub by_name: String,
    /// Why, if somebody said so.
    pub reason: Option<String>,
}

/// A retraction to be stored.
pub struct Retraction<'a> {
    /// The revision that takes the place of the retracted one.
    pub replacement: u64,
    /// Who retracts it.
    pub by: &'a AccountId,
    /// When.
    pub at: i64,
    /// Why, if somebody said so.
    pub reason: Option<&'a str>,
}

/// Reads an environment from the first eleven columns of a row.
pub(crate) fn environment(row: &Row<'_>) -> Result<Environment, StoreError> {
    Ok(Environment {
        id: row.id(0)?,
        organization: row.id(1)?,
        project: row.id(2)?,
        project_name: row.text(3)?.to_owned(),
        name: row.text(4)?.to_owned(),
        owner: row.id(5)?,
        revision: row.count(6)?,
        deletion_protected: row.boolean(7)?,
        created_at: row.integer(8)?,
        modified_at: row.integer(9)?,
        deleted_at: row.integer_opt(10)?,
    })
}

fn listed(row: &Row<'_>) -> Result<Listed, StoreError> {
    Ok(Listed {
        environment: environment(row)?,
        organization_name: row.text(11)?.to_owned(),
        owner_login: row.text(12)?.to_owned(),
        owner_name: row.text(13)?.to_owned(),
        tags: Vec::new(),
    })
}

/// An environment by its names, unless it is deleted.
pub async fn find<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    project: &str,
    name: &str,
) -> Result<Option<Environment>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT e.id, e.organization_id, e.project_id, p.name, e.name, e.owner_id, e.revision,
                e.deletion_protected, e.created_at, e.modified_at, e.deleted_at
         FROM project p JOIN environment e ON e.project_id = p.id AND e.name = $3 AND e.deleted_at IS NULL
         WHERE p.organization_id = $1 AND p.name = $2",
    );
    read.query_opt(&FIND, &[organization.into(), project.into(), name.into()], environment).await
}

/// An environment by its identifier, deleted or not.
pub async fn by_id<R: Read>(read: &mut R, id: &EnvironmentId) -> Result<Option<Environment>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT e.id, e.organization_id, e.project_id, p.name, e.name, e.owner_id, e.revision,
                e.deletion_protected, e.created_at, e.modified_at, e.deleted_at
         FROM environment e JOIN project p ON p.id = e.project_id WHERE e.id = $1",
    );
    read.query_opt(&FIND, &[id.into()], environment).await
}

/// A deleted environment, by its names and the time of its deletion.
pub async fn find_deleted<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    project: &str,
    name: &str,
    deleted_at: i64,
) -> Result<Option<Environment>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT e.id, e.organization_id, e.project_id, p.name, e.name, e.owner_id, e.revision,
                e.deletion_protected, e.created_at, e.modified_at, e.deleted_at
         FROM project p JOIN environment e ON e.project_id = p.id AND e.name = $3 AND e.deleted_at = $4
         WHERE p.organization_id = $1 AND p.name = $2",
    );
    let params = [organization.into(), project.into(), name.into(), deleted_at.into()];
    read.query_opt(&FIND, &params, environment).await
}

/// The environments of an organisation by project and name, after a pair of them.
pub async fn list<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<Listed>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT e.id, e.organization_id, e.project_id, p.name, e.name, e.owner_id, e.revision,
                e.deletion_protected, e.created_at, e.modified_at, e.deleted_at, o.name, a.login, a.name
         FROM environment e
         JOIN project p ON p.id = e.project_id
         JOIN organization o ON o.id = e.organization_id
         JOIN account a ON a.id = e.owner_id
         WHERE e.organization_id = $1 AND e.deleted_at IS NULL
           AND (p.name > $2 OR (p.name = $2 AND e.name > $3))
         ORDER BY p.name, e.name LIMIT $4",
    );
    let params = [organization.into(), after.0.into(), after.1.into(), limit.into()];
    let mut rows = read.query(&LIST, &params, listed).await?;
    if let Some(last) = rows.last() {
        let last = (&*last.environment.project_name, &*last.environment.name);
        let mut tags = environment_tag::of_span(read, organization, after, last).await?;
        for row in &mut rows {
            row.tags = tags.remove(&row.environment.id).unwrap_or_default();
        }
    }
    Ok(rows)
}

/// The deleted environments of an organisation, latest first, before a time.
pub async fn list_deleted<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    before: i64,
    limit: i64,
) -> Result<Vec<Listed>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT e.id, e.organization_id, e.project_id, p.name, e.name, e.owner_id, e.revision,
                e.deletion_protected, e.created_at, e.modified_at, e.deleted_at, o.name, a.login, a.name
         FROM environment e
         JOIN project p ON p.id = e.project_id
         JOIN organization o ON o.id = e.organization_id
         JOIN account a ON a.id = e.owner_id
         WHERE e.organization_id = $1 AND e.deleted_at < $2
         ORDER BY e.deleted_at DESC LIMIT $3",
    );
    let mut rows = read.query(&LIST, &[organization.into(), before.into(), limit.into()], listed).await?;
    for row in &mut rows {
        row.tags = environment_tag::values(read, &row.environment.id).await?;
    }
    Ok(rows)
}

/// How many environments an organisation has.
pub async fn count_all<R: Read>(read: &mut R, organization: &OrganizationId) -> Result<u64, StoreError> {
    static COUNT: Sql = Sql::new("SELECT COUNT(*) FROM environment WHERE organization_id = $1 AND deleted_at IS NULL");
    Ok(read.query_opt(&COUNT, &[organization.into()], |row| row.count(0)).await?.unwrap_or(0))
}

/// A project by its name.
pub async fn project<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    name: &str,
) -> Result<Option<ProjectId>, StoreError> {
    static FIND: Sql = Sql::new("SELECT id FROM project WHERE organization_id = $1 AND name = $2");
    read.query_opt(&FIND, &[organization.into(), name.into()], |row| row.id(0)).await
}

/// Creates a project.
pub async fn insert_project<T: Tx>(
    tx: &mut T,
    id: &ProjectId,
    organization: &OrganizationId,
    name: &str,
) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new("INSERT INTO project (id, organization_id, name) VALUES ($1, $2, $3)");
    tx.execute(&INSERT, &[id.into(), organization.into(), name.into()]).await?;
    Ok(())
}

/// Creates an environment. Its first revision is inserted beside it.
pub async fn insert<T: Tx>(tx: &mut T, environment: &Environment) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO environment (id, organization_id, project_id, name, owner_id, revision, created_at, modified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    let params = [
        (&environment.id).into(),
        (&environment.organization).into(),
        (&environment.project).into(),
        (&environment.name).into(),
        (&environment.owner).into(),
        count(environment.revision).into(),
        environment.created_at.into(),
        environment.modified_at.into(),
    ];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// Adds a revision, and what it imports to the index of that.
pub async fn insert_revision<T: Tx>(
    tx: &mut T,
    id: &EnvironmentId,
    revision: &Revision,
    imports: &[Import],
    author: &AccountId,
    now: i64,
) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO revision (environment_id, number, definition, author_id, created_at) VALUES ($1, $2, $3, $4, $5)",
    );
    let params = [id.into(), count(revision.number).into(), (&revision.definition).into(), author.into(), now.into()];
    tx.execute(&INSERT, &params).await?;
    import::insert(tx, id, revision.number, imports).await?;
    Ok(())
}

/// Notes that a rotation wrote a revision: all but the new state in it is of the one before.
pub async fn set_rotated<T: Tx>(tx: &mut T, id: &EnvironmentId, number: u64) -> Result<(), StoreError> {
    static SET: Sql = Sql::new("UPDATE revision SET rotated = 1 WHERE environment_id = $1 AND number = $2");
    tx.execute(&SET, &[id.into(), count(number).into()]).await?;
    Ok(())
}

/// Who wrote what stands in a revision, and in which one: the newest up to it that no rotation wrote.
pub async fn written<R: Read>(
    read: &mut R,
    id: &EnvironmentId,
    number: u64,
) -> Result<Option<(u64, AccountId)>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT number, author_id FROM revision WHERE environment_id = $1 AND number <= $2 AND rotated = 0
         ORDER BY number DESC LIMIT 1",
    );
    read.query_opt(&FIND, &[id.into(), count(number).into()], |row| Ok((row.count(0)?, row.id(1)?))).await
}

/// Makes a revision the newest.
pub async fn set_revision<T: Tx>(tx: &mut T, id: &EnvironmentId, number: u64, now: i64) -> Result<(), StoreError> {
    static SET: Sql = Sql::new("UPDATE environment SET revision = $2, modified_at = $3 WHERE id = $1");
    tx.execute(&SET, &[id.into(), count(number).into(), now.into()]).await?;
    Ok(())
}

/// Gives an environment to another account, which is a change of access.
pub async fn set_owner<T: Tx>(
    tx: &mut T,
    organization: &OrganizationId,
    id: &EnvironmentId,
    owner: &AccountId,
) -> Result<(), StoreError> {
    static SET: Sql = Sql::new("UPDATE environment SET owner_id = $2 WHERE id = $1");
    tx.execute(&SET, &[id.into(), owner.into()]).await?;
    access_changed(tx, organization).await
}

/// Protects an environment from deletion, or stops protecting it.
pub async fn set_deletion_protected<T: Tx>(tx: &mut T, id: &EnvironmentId, protected: bool) -> Result<(), StoreError> {
    static SET: Sql = Sql::new("UPDATE environment SET deletion_protected = $2 WHERE id = $1");
    tx.execute(&SET, &[id.into(), protected.into()]).await?;
    Ok(())
}

/// Marks an environment as deleted, or as not deleted. Its revisions and keys stay.
pub async fn set_deleted<T: Tx>(tx: &mut T, id: &EnvironmentId, deleted_at: Option<i64>) -> Result<(), StoreError> {
    static SET: Sql = Sql::new("UPDATE environment SET deleted_at = $2 WHERE id = $1");
    tx.execute(&SET, &[id.into(), deleted_at.into()]).await?;
    Ok(())
}

/// A revision by its number.
pub async fn revision<R: Read>(read: &mut R, id: &EnvironmentId, number: u64) -> Result<Option<Revision>, StoreError> {
    static FIND: Sql = Sql::new("SELECT number, definition FROM revision WHERE environment_id = $1 AND number = $2");
    read.query_opt(&FIND, &[id.into(), count(number).into()], |row| {
        Ok(Revision { number: row.count(0)?, definition: row.text(1)?.to_owned() })
    })
    .await
}

/// The revisions of an environment, newest first, below a number.
pub async fn revisions<R: Read>(
    read: &mut R,
    id: &EnvironmentId,
    before: u64,
    limit: i64,
) -> Result<Vec<RevisionInfo>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT r.number, r.created_at, a.login, a.name, r.replacement, r.retracted_at, b.login, b.name,
                r.retraction_reason
         FROM revision r JOIN account a ON a.id = r.author_id LEFT JOIN account b ON b.id = r.retracted_by
         WHERE r.environment_id = $1 AND r.number < $2 ORDER BY r.number DESC LIMIT $3",
    );
    read.query(&LIST, &[id.into(), count(before).into(), limit.into()], |row| {
        Ok(RevisionInfo {
            number: row.count(0)?,
            created_at: row.integer(1)?,
            author_login: row.text(2)?.to_owned(),
            author_name: row.text(3)?.to_owned(),
            retracted: retracted(row)?,
        })
    })
    .await
}

fn retracted(row: &Row<'_>) -> Result<Option<Retracted>, StoreError> {
    let Some(at) = row.integer_opt(5)? else { return Ok(None) };
    Ok(Some(Retracted {
        replacement: row.count(4)?,
        at,
        by_login: row.text_opt(6)?.unwrap_or_default().to_owned(),
        by_name: row.text_opt(7)?.unwrap_or_default().to_owned(),
        reason: row.text_opt(8)?.map(str::to_owned),
    }))
}

/// The revision that takes the place of another one, if that was retracted.
pub async fn replacement<R: Read>(read: &mut R, id: &EnvironmentId, number: u64) -> Result<Option<u64>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT replacement FROM revision
         WHERE environment_id = $1 AND number = $2 AND retracted_at IS NOT NULL",
    );
    read.query_opt(&FIND, &[id.into(), count(number).into()], |row| row.count(0)).await
}

/// The newest revision before another one that was not retracted.
pub async fn sound_before<R: Read>(read: &mut R, id: &EnvironmentId, number: u64) -> Result<Option<u64>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT number FROM revision WHERE environment_id = $1 AND number < $2 AND retracted_at IS NULL
         ORDER BY number DESC LIMIT 1",
    );
    read.query_opt(&FIND, &[id.into(), count(number).into()], |row| row.count(0)).await
}

/// Retracts a revision. Its text stays.
pub async fn retract<T: Tx>(
    tx: &mut T,
    id: &EnvironmentId,
    number: u64,
    retraction: &Retraction<'_>,
) -> Result<(), StoreError> {
    static RETRACT: Sql = Sql::new(
        "UPDATE revision SET replacement = $3, retracted_by = $4, retracted_at = $5, retraction_reason = $6
         WHERE environment_id = $1 AND number = $2",
    );
    let params = [
        id.into(),
        count(number).into(),
        count(retraction.replacement).into(),
        retraction.by.into(),
        retraction.at.into(),
        retraction.reason.into(),
    ];
    tx.execute(&RETRACT, &params).await?;
    Ok(())
}

/// When an environment was last opened, and by whom.
pub async fn last_open<R: Read>(read: &mut R, id: &EnvironmentId) -> Result<Option<(i64, String, String)>, StoreError> {
    static LAST: Sql = Sql::new(
        "SELECT s.created_at, a.login, a.name FROM session s JOIN account a ON a.id = s.account_id
         WHERE s.environment_id = $1 ORDER BY s.created_at DESC LIMIT 1",
    );
    read.query_opt(&LAST, &[id.into()], |row| Ok((row.integer(0)?, row.text(1)?.to_owned(), row.text(2)?.to_owned())))
        .await
}
