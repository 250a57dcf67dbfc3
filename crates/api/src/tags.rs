//! Tags of revisions and of environments. Exactly these keys: one client knows no others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A tag of a revision.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionTag {
    /// Its name.
    pub name: String,
    /// The revision that it names.
    pub revision: u64,
    /// When it was created, RFC 3339.
    pub created: String,
    /// When it was set last, RFC 3339.
    pub modified: String,
    /// The login of who set it last.
    pub editor_login: String,
    /// The name of who set it last.
    pub editor_name: String,
}

/// A page of tags of revisions.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListRevisionTags {
    /// The tags by name; none ends the list.
    pub tags: Vec<RevisionTag>,
    /// Always empty: the next page begins after the last name.
    pub next_token: &'static str,
}

/// A request for a new tag of a revision.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CreateRevisionTag {
    /// Its name.
    pub name: String,
    /// The revision; the newest where none is given.
    pub revision: Option<u64>,
}

/// A request to move a tag.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UpdateRevisionTag {
    /// The revision; the newest where none is given.
    pub revision: Option<u64>,
}

/// A tag of an environment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentTag {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// When it was created, RFC 3339.
    pub created: String,
    /// When it was changed last, RFC 3339.
    pub modified: String,
    /// The login of who changed it last.
    pub editor_login: String,
    /// The name of who changed it last.
    pub editor_name: String,
}

/// A page of tags of an environment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListEnvironmentTags {
    /// The tags by name.
    pub tags: BTreeMap<String, EnvironmentTag>,
    /// Where the next page begins. `0`, and nothing else, ends the list.
    pub next_token: String,
}

/// A request for a new tag of an environment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CreateEnvironmentTag {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A request to change a tag of an environment.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UpdateEnvironmentTag {
    /// The tag as the caller last saw it.
    pub current_tag: TagChange,
    /// The tag as it is to be.
    pub new_tag: TagChange,
}

/// One side of a change. What is absent or empty is not meant.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TagChange {
    /// The name.
    pub name: Option<String>,
    /// The value.
    pub value: Option<String>,
}
