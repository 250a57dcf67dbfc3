//! Issuers of identities that an organisation trusts, each with its policy.

use ledger::{IssuerId, OrganizationId, PolicyId};

use crate::StoreError;
use crate::command::{Read, Tx};
use crate::sql::{Row, Sql};

/// An issuer.
#[derive(Clone, Debug)]
pub struct OidcIssuer {
    /// Its identifier.
    pub id: IssuerId,
    /// The organisation that trusts it.
    pub organization: OrganizationId,
    /// What it is called there.
    pub name: String,
    /// Its address, which its tokens name as `iss`.
    pub url: String,
    /// Its keys (RFC 7517), if they were given and are not to be asked for.
    pub keys: Option<String>,
    /// The SHA-256 digests of certificates, as JSON.
    pub thumbprints: String,
    /// How many seconds a token for one of its identities lives at most, if that is bounded.
    pub longest: Option<i64>,
    /// When it was registered.
    pub created_at: i64,
    /// When it was changed last.
    pub modified_at: i64,
    /// When a token was last made for one of its identities.
    pub last_used_at: Option<i64>,
    /// Its policy.
    pub policy: Policy,
}

/// By which rules the identities of an issuer get tokens.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its identifier.
    pub id: PolicyId,
    /// Counts its changes, from 1.
    pub version: i64,
    /// The rules, as JSON.
    pub rules: String,
    /// When it was changed last.
    pub modified_at: i64,
}

fn issuer(row: &Row<'_>) -> Result<OidcIssuer, StoreError> {
    Ok(OidcIssuer {
        id: row.id(0)?,
        organization: row.id(1)?,
        name: row.text(2)?.to_owned(),
        url: row.text(3)?.to_owned(),
        keys: row.text_opt(4)?.map(str::to_owned),
        thumbprints: row.text(5)?.to_owned(),
        longest: row.integer_opt(6)?,
        created_at: row.integer(7)?,
        modified_at: row.integer(8)?,
        last_used_at: row.integer_opt(9)?,
        policy: Policy {
            id: row.id(10)?,
            version: row.integer(11)?,
            rules: row.text(12)?.to_owned(),
            modified_at: row.integer(13)?,
        },
    })
}

/// The issuers of an organisation, by name.
pub async fn list<R: Read>(read: &mut R, organization: &OrganizationId) -> Result<Vec<OidcIssuer>, StoreError> {
    static LIST: Sql = Sql::new(
        "SELECT id, organization_id, name, url, keys, thumbprints, longest, created_at, modified_at, last_used_at,
                policy_id, policy_version, rules, policy_modified_at
         FROM oidc_issuer WHERE organization_id = $1 ORDER BY name",
    );
    read.query(&LIST, &[organization.into()], issuer).await
}

/// An issuer of an organisation.
pub async fn find<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    id: &str,
) -> Result<Option<OidcIssuer>, StoreError> {
    one(read, organization, By { id: Some(id), ..By::default() }).await
}

/// The issuer of an organisation with this address.
pub async fn by_url<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    url: &str,
) -> Result<Option<OidcIssuer>, StoreError> {
    one(read, organization, By { url: Some(url), ..By::default() }).await
}

/// The issuer of an organisation whose policy this is.
pub async fn by_policy<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    policy: &str,
) -> Result<Option<OidcIssuer>, StoreError> {
    one(read, organization, By { policy: Some(policy), ..By::default() }).await
}

/// What names one issuer of an organisation: the one of these that is there.
#[derive(Default)]
struct By<'a> {
    id: Option<&'a str>,
    url: Option<&'a str>,
    policy: Option<&'a str>,
}

async fn one<R: Read>(
    read: &mut R,
    organization: &OrganizationId,
    By { id, url, policy }: By<'_>,
) -> Result<Option<OidcIssuer>, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT id, organization_id, name, url, keys, thumbprints, longest, created_at, modified_at, last_used_at,
                policy_id, policy_version, rules, policy_modified_at
         FROM oidc_issuer WHERE organization_id = $1 AND (id = $2 OR url = $3 OR policy_id = $4)",
    );
    read.query_opt(&FIND, &[organization.into(), id.into(), url.into(), policy.into()], issuer).await
}

/// Stores an issuer.
pub async fn insert<T: Tx>(tx: &mut T, issuer: &OidcIssuer) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO oidc_issuer (id, organization_id, name, url, keys, thumbprints, longest, created_at, modified_at,
                                  policy_id, policy_version, rules, policy_modified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    );
    let params = [
        (&issuer.id).into(),
        (&issuer.organization).into(),
        (&issuer.name).into(),
        (&issuer.url).into(),
        issuer.keys.as_deref().into(),
        (&issuer.thumbprints).into(),
        issuer.longest.into(),
        issuer.created_at.into(),
        issuer.modified_at.into(),
        (&issuer.policy.id).into(),
        issuer.policy.version.into(),
        (&issuer.policy.rules).into(),
        issuer.policy.modified_at.into(),
    ];
    tx.execute(&INSERT, &params).await?;
    Ok(())
}

/// Stores what can be changed of an issuer, but for its policy.
pub async fn update<T: Tx>(tx: &mut T, issuer: &OidcIssuer) -> Result<(), StoreError> {
    static UPDATE: Sql = Sql::new(
        "UPDATE oidc_issuer SET name = $2, keys = $3, thumbprints = $4, longest = $5, modified_at = $6 WHERE id = $1",
    );
    let params = [
        (&issuer.id).into(),
        (&issuer.name).into(),
        issuer.keys.as_deref().into(),
        (&issuer.thumbprints).into(),
        issuer.longest.into(),
        issuer.modified_at.into(),
    ];
    tx.execute(&UPDATE, &params).await?;
    Ok(())
}

/// Stores the rules of an issuer's policy.
pub async fn set_rules<T: Tx>(tx: &mut T, id: &IssuerId, rules: &str, now: i64) -> Result<(), StoreError> {
    static SET: Sql = Sql::new(
        "UPDATE oidc_issuer SET rules = $2, policy_version = policy_version + 1, policy_modified_at = $3 WHERE id = $1",
    );
    tx.execute(&SET, &[id.into(), rules.into(), now.into()]).await?;
    Ok(())
}

/// Notes that a token was made for one of an issuer's identities.
pub async fn used<T: Tx>(tx: &mut T, id: &IssuerId, now: i64) -> Result<(), StoreError> {
    static USED: Sql = Sql::new("UPDATE oidc_issuer SET last_used_at = $2 WHERE id = $1");
    tx.execute(&USED, &[id.into(), now.into()]).await?;
    Ok(())
}

/// Deletes an issuer with its policy, and ends the tokens that were made for its identities; gives how many.
pub async fn delete<T: Tx>(tx: &mut T, id: &IssuerId, now: i64) -> Result<u64, StoreError> {
    static END: Sql = Sql::new(
        "UPDATE credential SET revoked_at = $2
         WHERE issuer_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
    );
    static END_OF_MACHINES: Sql = Sql::new(
        "UPDATE machine_token SET revoked_at = $2 WHERE issuer_id = $1 AND revoked_at IS NULL AND expires_at > $2",
    );
    static DELETE: Sql = Sql::new("DELETE FROM oidc_issuer WHERE id = $1");
    let ended = tx.execute(&END, &[id.into(), now.into()]).await?
        + tx.execute(&END_OF_MACHINES, &[id.into(), now.into()]).await?;
    tx.execute(&DELETE, &[id.into()]).await?;
    Ok(ended)
}

/// The organisation that trusts the issuer for one of whose identities a token was made.
pub async fn organization_of_token<R: Read>(read: &mut R, token: &str) -> Result<Option<OrganizationId>, StoreError> {
    static FIND: Sql =
        Sql::new("SELECT i.organization_id FROM credential c JOIN oidc_issuer i ON i.id = c.issuer_id WHERE c.id = $1");
    read.query_opt(&FIND, &[token.into()], |row| row.id(0)).await
}
