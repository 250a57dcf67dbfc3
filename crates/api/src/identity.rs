//! Users, their tokens, and what clients ask before anything else.

use serde::{Deserialize, Serialize};

use crate::NamedRole;

/// A person, where one is only mentioned.
#[derive(Clone, Debug, Default, Serialize)]
pub struct UserInfo {
    /// The person's name.
    pub name: String,
    /// The login.
    #[serde(rename = "githubLogin")]
    pub github_login: String,
    /// Where the picture is.
    #[serde(rename = "avatarUrl")]
    pub avatar_url: String,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// The caller.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The account.
    pub id: String,
    /// The login.
    pub github_login: String,
    /// The person's name.
    pub name: String,
    /// The e-mail address, or empty.
    pub email: String,
    /// Where the picture is.
    pub avatar_url: String,
    /// The organisations, each with a login that is not empty.
    pub organizations: Vec<OrgSummary>,
    /// Identity providers; none yet.
    pub identities: Vec<String>,
    /// Whether a second factor is set up.
    #[serde(rename = "hasMFA")]
    pub has_mfa: bool,
    /// Always false here.
    pub is_managed_by_multi_org: bool,
    /// Always false here.
    pub is_org_managed: bool,
    /// The token that the caller came with, if it is of an organisation or a team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_info: Option<TokenOwner>,
}

/// A token of an organisation or a team, and whose it is.
#[derive(Debug, Serialize)]
pub struct TokenOwner {
    /// What the organisation calls it.
    pub name: String,
    /// The organisation.
    pub organization: String,
    /// The team; empty if it is the organisation's own.
    pub team: String,
}

/// An organisation of the caller.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgSummary {
    /// The name in paths.
    pub github_login: String,
    /// The name that is shown.
    pub name: String,
    /// Where the picture is.
    pub avatar_url: String,
    /// `member` or `admin`.
    pub role: &'static str,
}

/// The organisation used where none is named. The keys begin with capitals.
#[derive(Debug, Serialize)]
pub struct DefaultOrganization {
    /// Its name; empty if the caller belongs to none.
    #[serde(rename = "GitHubLogin")]
    pub github_login: String,
    /// Never any.
    #[serde(rename = "Messages")]
    pub messages: Vec<String>,
}

/// A token, as a list shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessToken {
    /// Its identifier.
    pub id: String,
    /// What its organisation calls it; empty for a personal token, which has a description.
    pub name: String,
    /// What its owner calls it, or what it is for.
    pub description: String,
    /// Whether it has an administrator's rights of its own; a personal one never has.
    pub admin: bool,
    /// When it was made, RFC 3339.
    pub created: String,
    /// The login of who made it.
    pub created_by: String,
    /// Unix seconds; 0 for never.
    pub last_used: i64,
    /// Unix seconds; 0 for never.
    pub expires: i64,
    /// The role of a token of an organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<NamedRole>,
    /// `personal`, `organization` or `team`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// A list of tokens.
#[derive(Debug, Serialize)]
pub struct AccessTokens {
    /// The tokens, newest first.
    pub tokens: Vec<AccessToken>,
}

/// A request for a token.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CreateToken {
    /// What its owner calls it.
    pub description: String,
    /// Unix seconds; 0 for never.
    pub expires: i64,
}

/// A request for a token of an organisation or a team.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CreateMachineToken {
    /// What the organisation calls it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it is an administrator; never one of a team.
    pub admin: bool,
    /// Unix seconds; 0 for never.
    pub expires: i64,
    /// The role that it is to have; not together with `admin`, and never for one of a team.
    #[serde(rename = "roleID")]
    pub role_id: Option<String>,
}

/// A token that was just made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatedToken {
    /// Its identifier.
    pub id: String,
    /// Its text, this once.
    pub token_value: String,
}

/// What the server can do beyond what every server can.
#[derive(Debug, Default, Serialize)]
pub struct Capabilities {
    /// Nothing yet.
    pub capabilities: Vec<String>,
}

/// Which command lines are too old: none.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CliVersion {
    /// The newest there is.
    pub latest_version: String,
    /// The oldest without a warning.
    pub oldest_without_warning: String,
    /// The newest under development.
    pub latest_dev_version: String,
}
