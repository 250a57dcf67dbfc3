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

/// What a search found.
#[derive(Debug, Serialize)]
pub struct AuditLogSearch<E> {
    /// A page of events, newest first.
    pub events: Vec<Identified<E>>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many events the log has.
    pub size: u64,
    /// How often each value is there, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facets: Option<AuditLogFacets>,
    /// How many events there are over time, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub histogram: Option<AuditLogHistogram>,
}

/// How often each value is there among the events that were found.
#[derive(Debug, Serialize)]
pub struct AuditLogFacets {
    /// How many events were counted.
    pub among: u64,
    /// Whether these are all that were found; else they are the newest.
    pub complete: bool,
    /// The facets.
    pub facets: Vec<AuditLogFacet>,
}

/// How often each value of a facet is there.
#[derive(Debug, Serialize)]
pub struct AuditLogFacet {
    /// Which facet.
    pub facet: &'static str,
    /// The most frequent values.
    pub values: Vec<AuditLogValue>,
    /// How many other values there are.
    pub others: u64,
}

/// How often a value is there.
#[derive(Debug, Serialize)]
pub struct AuditLogValue {
    /// The value.
    pub value: String,
    /// How many events have it.
    pub count: u64,
}

/// How many of the events that were found there are over time.
#[derive(Debug, Serialize)]
pub struct AuditLogHistogram {
    /// How many seconds each span has.
    pub step: i64,
    /// How many events were counted.
    pub total: u64,
    /// Whether these are all that were found; else the oldest were not counted.
    pub complete: bool,
    /// The spans, the oldest first.
    pub buckets: Vec<AuditLogBucket>,
}

/// How many events there are in a span of time.
#[derive(Debug, Serialize)]
pub struct AuditLogBucket {
    /// When it begins, in Unix seconds.
    pub timestamp: i64,
    /// How many events.
    pub count: u64,
}
