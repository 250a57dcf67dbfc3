//! Roles of an organisation: those that every one has, and its own.

use serde::{Deserialize, Serialize};

use crate::{AccessToken, Team, UserInfo};

/// A role.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// Its identifier: `admin` or `member` of one that every organization has.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Always `organization`: it holds in all of it.
    pub resource_type: &'static str,
    /// Always `role`.
    pub ux_purpose: &'static str,
    /// The scopes that it gives.
    pub details: RoleDetails,
    /// When it was made, RFC 3339.
    pub created: String,
    /// When it was changed last, RFC 3339.
    pub modified: String,
    /// The organization.
    pub org_id: String,
    /// Counts its changes, from 1.
    pub version: i64,
    /// Whether members get it who join without another one being named.
    pub is_org_default: bool,
    /// `admin` or `member`, of a role that every organization has and nobody can change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_identifier: Option<&'static str>,
}

/// The scopes that a role gives. What would bound them to a part of the organization is not known here, and refused.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleDetails {
    /// `PermissionDescriptorAllow`, or `PermissionDescriptorGroup` of such; absent is the first.
    #[serde(rename = "__type")]
    pub kind: String,
    /// The words of the scopes.
    pub permissions: Vec<String>,
    /// What a group consists of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<RoleDetails>,
}

/// The roles of an organisation.
#[derive(Debug, Serialize)]
pub struct ListRoles {
    /// The roles: those that every organization has, then its own by name.
    pub roles: Vec<Role>,
}

/// A role to be made.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CreateRole {
    /// What it is to be called.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `organization` or `global`, which mean the same here, or absent.
    pub resource_type: Option<String>,
    /// `role`, or absent.
    pub ux_purpose: Option<String>,
    /// The scopes that it is to give.
    pub details: RoleDetails,
}

/// A change of a role; what is absent stays.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UpdateRole {
    /// What it is called from now on.
    pub name: Option<String>,
    /// What it is for from now on.
    pub description: Option<String>,
    /// The scopes that it gives from now on.
    pub details: Option<RoleDetails>,
}

/// The scopes that a role can be made of.
#[derive(Debug, Serialize)]
pub struct ListScopes {
    /// The scopes.
    pub scopes: Vec<RoleScope>,
}

/// A scope.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleScope {
    /// Its word.
    pub name: &'static str,
    /// What it permits.
    pub description: &'static str,
    /// `environment` or `organization`: what it is about.
    pub resource_type: &'static str,
}

/// The members who hold a role.
#[derive(Debug, Serialize)]
pub struct ListRoleUsers {
    /// The members, by login.
    pub users: Vec<UserInfo>,
}

/// The teams that have a role.
#[derive(Debug, Serialize)]
pub struct ListRoleTeams {
    /// The teams, by name.
    pub teams: Vec<Team>,
}

/// The tokens that have a role.
#[derive(Debug, Serialize)]
pub struct ListRoleTokens {
    /// The tokens, newest first.
    pub tokens: Vec<AccessToken>,
}

/// A role to be given to a team.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct GiveTeamRole {
    /// The identifier of the role.
    #[serde(rename = "roleID", alias = "roleId", alias = "id")]
    pub role_id: String,
}

/// A role, where one is only mentioned.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedRole {
    /// Its identifier.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// `admin` or `member`, of a role that every organization has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_identifier: Option<&'static str>,
}

/// The role of a member.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FgaRole {
    /// Its identifier.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// When it was changed last, RFC 3339; empty for one that every organization has.
    pub modified_at: String,
}
