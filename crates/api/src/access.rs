//! Who may do what with an environment, and why. The hosted product has nothing like it.

use serde::{Deserialize, Serialize};

use crate::{NamedRole, UserInfo};

/// Whom an environment is to belong to.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NewOwner {
    /// The login of a member of the organisation.
    pub github_login: String,
}

/// What somebody may do with an environment, and why.
#[derive(Debug, Serialize)]
pub struct Access {
    /// Whom it is about.
    pub user: UserInfo,
    /// `none`, `member` or `admin`, in the organisation.
    pub role: &'static str,
    /// `none`, `read`, `open`, `write` or `admin`: how far everything reaches that it holds.
    pub level: &'static str,
    /// Everything that it holds on the environment.
    pub grounds: Vec<AccessGround>,
    /// Each operation.
    pub operations: Vec<AccessOperation>,
}

/// Something that permits somebody to act on an environment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessGround {
    /// `org-role`, `owner`, `default` or `team-grant`, as records have it.
    pub by: &'static str,
    /// As far as this.
    pub level: &'static str,
    /// The team that it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The custom role that gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<NamedRole>,
    /// The grant, as records name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
    /// The longest an opening by it may last, such as `2h0m0s`; absent if it is not bounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_open_duration: Option<String>,
}

/// Something that can be done with an environment.
#[derive(Debug, Serialize)]
pub struct AccessOperation {
    /// What.
    pub operation: &'static str,
    /// The level that it takes.
    pub needs: &'static str,
    /// Whether whoever it is about may do it.
    pub allowed: bool,
    /// By what, if it is allowed: what a record of it would say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<AccessGround>,
}
