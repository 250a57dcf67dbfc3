//! Rotations, and what came of them.

use serde::{Deserialize, Serialize};

/// A request to rotate.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RotateEnvironment {
    /// The rotators at these paths; all, if there are none. The command line spells the key with a capital.
    #[serde(alias = "Paths")]
    pub paths: Option<Vec<String>>,
}

/// What came of a rotation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RotatedEnvironment {
    /// The identifier of the rotation.
    pub id: String,
    /// The rotation.
    pub secret_rotation_event: SecretRotationEvent,
}

/// A rotation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretRotationEvent {
    /// Its identifier.
    pub id: String,
    /// The environment.
    pub environment_id: String,
    /// When it began, RFC 3339.
    pub created: String,
    /// The revision before.
    pub pre_rotation_revision: u64,
    /// The revision that it wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_rotation_revision: Option<u64>,
    /// Who asked for it.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// When it ended, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<String>,
    /// `in_progress`, `succeeded` or `failed`.
    pub status: &'static str,
    /// The schedule that asked for it.
    #[serde(rename = "scheduledActionID", skip_serializing_if = "Option::is_none")]
    pub scheduled_action_id: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// What came of each rotator.
    pub rotations: Vec<SecretRotation>,
}

/// What came of a rotator.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretRotation {
    /// Its identifier.
    pub id: String,
    /// Where the rotator stands, below `values`.
    pub environment_path: String,
    /// `succeeded` or `failed`.
    pub status: &'static str,
    /// Why it failed: always there then, because the command line reads it without asking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

/// The rotations of an environment.
#[derive(Debug, Serialize)]
pub struct SecretRotationEvents {
    /// The newest first.
    pub events: Vec<SecretRotationEvent>,
}
