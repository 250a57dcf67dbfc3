//! The audit log.

use serde::Serialize;

/// A page of the log, newest first. An event's own shape is a format of the log, and stands there.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditLogEvents<E> {
    /// The events.
    pub audit_log_events: Vec<Identified<E>>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continuation_token: Option<String>,
}

/// An event with what the hosted product does not tell of it: which one it is, its place in the log, how it ended.
#[derive(Debug, Serialize)]
pub struct Identified<E> {
    /// The event's identifier.
    pub id: String,
    /// Its index in the log.
    pub index: u64,
    /// How it ended: `succeeded`, `denied`, `failed`, `intended` or `unknown`.
    pub outcome: String,
    /// The event.
    #[serde(flatten)]
    pub event: E,
}

/// The catalogue of events.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventTypes {
    /// The events, by identifier.
    pub event_types: Vec<EventType>,
}

/// One kind of event.
#[expect(clippy::struct_excessive_bools, reason = "the hosted product's own shape")]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventType {
    /// The identifier.
    pub event: &'static str,
    /// What people call it.
    pub display_name: &'static str,
    /// What it says.
    pub description: &'static str,
    /// What it belongs to.
    pub category: &'static str,
    /// Whether only an administrator may do it.
    pub requires_org_admin: bool,
    /// Always false.
    pub requires_stack_admin: bool,
    /// Whether it says that a permission was missing.
    pub authentication_failure: bool,
    /// Always false: no event of ours was ever replaced.
    pub deprecated: bool,
}
