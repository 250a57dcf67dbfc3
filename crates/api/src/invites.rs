//! Invitations by link.

use serde::{Deserialize, Serialize};

use crate::UserInfo;

/// An invitation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationInvite {
    /// Its identifier.
    pub id: String,
    /// Whom it is meant for, or empty.
    pub email: String,
    /// The role that it gives: `member` or `admin`.
    pub role: String,
    /// The custom role that it gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_id: Option<String>,
    /// What became of it: `pending`, `accepted`, `canceled` or `expired`.
    pub status: &'static str,
    /// When it was made.
    pub sent_at: String,
    /// Who made it.
    pub sent_by: UserInfo,
    /// When its link ends.
    pub expires_at: String,
    /// Always empty: the link is shown once, when it is made.
    pub accept_invite_url: &'static str,
}

/// The invitations of an organisation.
#[derive(Debug, Serialize)]
pub struct ListInvites {
    /// The invitations.
    pub invites: Vec<OrganizationInvite>,
}

/// An invitation to be made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateInvite {
    /// The role that it gives: `member` or `admin`.
    pub role: String,
    /// The identifier of a role; that of a custom one goes with `member`.
    #[serde(default)]
    pub role_id: Option<String>,
    /// Whom it is meant for.
    #[serde(default)]
    pub email: Option<String>,
    /// When it ends, in seconds since 1970; 0 or absent is after seven days.
    #[serde(default)]
    pub expires: i64,
}

/// An invitation that was just made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentInvite {
    /// Its identifier.
    pub id: String,
    /// The link by which somebody joins. It is shown this once.
    pub accept_invite_url: String,
}

/// Invitations to be made.
#[derive(Debug, Deserialize)]
pub struct CreateInvites {
    /// The invitations.
    pub invites: Vec<CreateInvite>,
}

/// An invitation that was not made.
#[derive(Debug, Serialize)]
pub struct FailedInvite {
    /// Whom it was meant for, or empty.
    pub email: String,
    /// The role that it would have given.
    pub role: String,
    /// Why not.
    pub error: String,
}

/// Which of several invitations were made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentInvites {
    /// Those that were made.
    pub sent_invites: Vec<SentInvite>,
    /// Those that were not.
    pub failed_invites: Vec<FailedInvite>,
}

/// The acceptance of an invitation.
#[derive(Deserialize)]
pub struct AcceptInvite {
    /// The last part of the link.
    pub token: String,
}
