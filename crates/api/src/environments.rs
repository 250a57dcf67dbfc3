//! Environments.

use serde::{Deserialize, Serialize};

use crate::{Diagnostic, UserInfo};

/// An environment, as a list shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgEnvironment {
    /// Its identifier.
    pub id: String,
    /// The organisation.
    pub organization: String,
    /// The project.
    pub project: String,
    /// Its name.
    pub name: String,
    /// When it was created, RFC 3339.
    pub created: String,
    /// When it was last changed, RFC 3339.
    pub modified: String,
    /// Who owns it.
    pub owned_by: UserInfo,
    /// Who refers to it; not counted yet.
    pub referrer_metadata: ReferrerMetadata,
    /// Its settings.
    pub settings: EnvironmentSettings,
    /// Its tags: name and value.
    pub tags: std::collections::BTreeMap<String, String>,
    /// When it was deleted, RFC 3339, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
}

/// Who refers to an environment.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferrerMetadata {
    /// Environments that import it.
    pub environment_referrer_count: u64,
    /// Always 0.
    pub stack_referrer_count: u64,
    /// Always 0.
    pub insights_account_referrer_count: u64,
}

/// Settings of an environment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentSettings {
    /// Whether it must not be deleted.
    pub deletion_protected: bool,
}

/// A change of settings. What is absent or null stays.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UpdateSettings {
    /// Whether it must not be deleted.
    pub deletion_protected: Option<bool>,
}

/// A page of environments.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListEnvironments {
    /// The environments.
    pub environments: Vec<OrgEnvironment>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// A request for a new environment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CreateEnvironment {
    /// The project; `default` where none is given.
    pub project: Option<String>,
    /// The name.
    pub name: String,
}

/// A request to clone an environment.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CloneEnvironment {
    /// The project of the clone; that of the environment where none is given.
    pub project: Option<String>,
    /// The name of the clone.
    pub name: String,
    /// The revision; the newest where none is given.
    pub version: Option<CloneVersion>,
    /// Whether the clone gets all revisions.
    pub preserve_history: Option<bool>,
    /// Whether the clone gets the grants of teams on the environment.
    pub preserve_access: Option<bool>,
    /// Whether the clone gets the tags of the environment.
    pub preserve_environment_tags: Option<bool>,
    /// Whether the clone gets the tags of its revisions.
    pub preserve_revision_tags: Option<bool>,
}

/// A revision, by its number or by a text that a path could have.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum CloneVersion {
    /// Its number.
    Number(u64),
    /// A number or a tag; empty means the newest.
    Text(String),
}

/// A deleted environment to bring back.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RestoreEnvironment {
    /// The project.
    pub project: String,
    /// The name.
    pub name: String,
    /// The time of its deletion, as the list of deleted environments says it.
    pub deletion_timestamp: String,
}

/// What an update answers.
#[derive(Debug, Serialize)]
pub struct UpdateEnvironment {
    /// Warnings. No key at all when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

/// An open session.
#[derive(Debug, Serialize)]
pub struct OpenEnvironment {
    /// Its identifier. No other key may stand beside it.
    pub id: String,
}

/// What is known of an environment besides its definition.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentMetadata {
    /// Its identifier.
    pub id: String,
    /// Who owns it.
    pub owned_by: UserInfo,
}

/// A revision. No other keys than the first five, unless it was retracted: one client knows no more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentRevision {
    /// Its number.
    pub number: u64,
    /// When it was made, RFC 3339.
    pub created: String,
    /// The login of who made it.
    pub creator_login: String,
    /// The name of who made it.
    pub creator_name: String,
    /// The tags on it.
    pub tags: Vec<String>,
    /// That it was retracted, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retracted: Option<RevisionRetracted>,
}

/// That a revision was retracted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionRetracted {
    /// The revision that takes its place.
    pub replacement: u64,
    /// When, RFC 3339.
    pub at: String,
    /// The login of who retracted it.
    pub by_login: String,
    /// The name of who retracted it.
    pub by_name: String,
    /// Why, if somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A request to retract a revision.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RetractRevision {
    /// The revision that takes its place; the nearest before it where none is given.
    pub replacement: Option<u64>,
    /// Why.
    pub reason: Option<String>,
}
