//! Organisations and their members.

use serde::{Deserialize, Serialize};

use crate::{FgaRole, UserInfo};

/// An organisation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// The name in paths.
    pub github_login: String,
    /// The name that is shown.
    pub name: String,
    /// Where the picture is.
    pub avatar_url: String,
    /// Never any.
    pub repos: Vec<String>,
}

/// What is known of an organisation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationMetadata {
    /// Its identifier.
    pub id: String,
    /// Always `pulumi`.
    pub kind: &'static str,
    /// When it was created, RFC 3339.
    pub created: String,
    /// What the caller is there.
    pub user_role: &'static str,
    /// How many members it has.
    pub member_count: u64,
    /// How many environments it has.
    pub environment_count: u64,
    /// Always 0.
    pub stack_count: u64,
    /// Always 0.
    pub account_count: u64,
    /// What every member may do with an environment.
    pub default_environment_permission: String,
    /// Always `none`.
    pub default_stack_permission: &'static str,
    /// Always `none`.
    pub default_account_permission: &'static str,
    /// Whether members create teams, and not only administrators.
    pub members_can_create_teams: bool,
    /// How many days access tokens may live that are made from now on; absent if that is not bounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_access_token_expiry_days: Option<u64>,
    /// Always true.
    pub audit_logs_enabled: bool,
    /// Not yet.
    pub webhooks_enabled: bool,
}

/// A change of an organisation's settings.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UpdateOrganization {
    /// What every member may do with an environment.
    pub set_default_environment_permission: Option<String>,
    /// Whether members create teams, and not only administrators.
    pub set_members_can_create_teams: Option<bool>,
    /// How many days access tokens may live that are made from now on; 0 is as long as they like.
    pub set_max_access_token_expiry_days: Option<i64>,
    /// Whether anybody may read the hashes and checkpoints of the audit log. Only this server knows it.
    pub set_audit_log_tree_public: Option<bool>,
}

/// A member.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationMember {
    /// `member` or `admin`.
    pub role: String,
    /// Who.
    pub user: UserInfo,
    /// Since when, RFC 3339.
    pub created: String,
    /// Always true.
    pub known_to_pulumi: bool,
    /// Always false.
    pub virtual_admin: bool,
    /// The role by its identifier: a custom one, or `member` or `admin`.
    pub fga_role: FgaRole,
}

/// A page of members.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListMembers {
    /// The members, by login.
    pub members: Vec<OrganizationMember>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuation_token: Option<String>,
}

/// A role to give.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ChangeMember {
    /// `member` or `admin`.
    pub role: Option<String>,
    /// The identifier of a role; that of a custom one goes with `member`.
    pub fga_role_id: Option<String>,
}
