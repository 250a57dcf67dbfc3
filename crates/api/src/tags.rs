//! Tags of revisions and of environments. Exactly these keys: one client knows no others.

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
