//! What imports an environment.

use std::collections::BTreeMap;

use serde::Serialize;

/// A page of what imports an environment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListReferrers {
    /// By the revision or tag that they import; `latest` where they name none.
    pub referrers: BTreeMap<String, Vec<Referrer>>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuation_token: Option<String>,
}

/// Something that imports an environment. Nothing but environments does on this server.
#[derive(Debug, Serialize)]
pub struct Referrer {
    /// The environment that imports.
    pub environment: ReferringEnvironment,
}

/// A revision of an environment that imports another.
#[derive(Debug, Serialize)]
pub struct ReferringEnvironment {
    /// The project.
    pub project: String,
    /// The name.
    pub name: String,
    /// The revision.
    pub revision: u64,
}
