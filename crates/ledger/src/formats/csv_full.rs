//! CSV with every field: the documented columns, the rest of the leaf, and the leaf itself with its openings.
//!
//! Every cell follows from the last two, so whoever reads a row can check it. The place in the log is in no column for
//! that reason: it follows from a proof only.

use std::borrow::Cow;

use super::{Shown, csv};
use crate::describe::ERASED;
use crate::entry::{Entry, Told};
use crate::opening::Opening;

/// The columns, in order.
pub const COLUMNS: [&str; 52] = [
    "Timestamp",
    "Name",
    "Login",
    "Event",
    "Description",
    "SourceIP",
    "RequireOrgAdmin",
    "RequireStackAdmin",
    "AuthenticationFailure",
    "EventID",
    "EventType",
    "Outcome",
    "Reason",
    "TimeMicros",
    "WallMicros",
    "Log",
    "ActorKind",
    "ActorID",
    "BehalfKind",
    "BehalfID",
    "BehalfLogin",
    "BehalfName",
    "CredentialKind",
    "CredentialID",
    "CredentialEventID",
    "SourceHow",
    "SourcePeer",
    "UserAgent",
    "TargetKind",
    "TargetID",
    "TargetProjectID",
    "TargetOrganization",
    "TargetProject",
    "TargetEnvironment",
    "TargetLogin",
    "TargetName",
    "Revision",
    "RevisionBefore",
    "PermissionNeeded",
    "PermissionHeld",
    "PermissionSource",
    "GrantID",
    "AccessVersion",
    "Causes",
    "RequestID",
    "NodeID",
    "Detail",
    "DetailTexts",
    "Reads",
    "Definition",
    "Leaf",
    "Openings",
];

/// The columns whose content depends on the catalogue, of which a later version may know more.
pub(crate) const MEANING: [&str; 4] = ["Event", "Description", "RequireOrgAdmin", "AuthenticationFailure"];

pub(super) fn header(text: &mut String) {
    csv::write(text, COLUMNS);
}

pub(super) fn row(text: &mut String, entry: &Entry) {
    with_cells(entry, |cells| csv::write(text, cells.iter().copied()));
}

/// Hands the cells of a row over.
pub(crate) fn with_cells<T>(entry: &Entry, take: impl FnOnce(&[&str; COLUMNS.len()]) -> T) -> T {
    let leaf = entry.leaf.as_leaf();
    let shown = Shown::of(entry);
    let time = shown.time.to_string();
    let [timestamp, name, login, event, description, address, org_admin, stack_admin, failure] =
        csv::cells(&shown, &time);
    let behalf = entry.behalf();
    let client = entry.client();
    let target = entry.target();
    let causes = leaf.causes().map(|cause| cause.to_string()).collect::<Vec<_>>().join(" ");
    // A row stays one line as long as the texts are: no opening holds a tab but between its four parts.
    let openings = entry.openings.iter().map(Opening::line).collect::<String>().replace('\n', "\t");
    let wall = leaf.wall().to_string();
    take(&[
        timestamp,
        name,
        login,
        event,
        description,
        address,
        org_admin,
        stack_admin,
        failure,
        leaf.part("", "id"),
        leaf.event_type(),
        leaf.part("", "outcome"),
        leaf.part("", "reason"),
        leaf.part("", "ts"),
        &wall,
        leaf.log(),
        leaf.part("actor", "kind"),
        leaf.part("actor", "id"),
        leaf.part("behalf", "kind"),
        leaf.part("behalf", "id"),
        &cell(&behalf, |behalf| Some(&behalf.login)),
        &cell(&behalf, |behalf| Some(&behalf.name)),
        leaf.part("cred", "kind"),
        leaf.part("cred", "id"),
        leaf.part("cred", "from"),
        &cell(&client, |client| client.how.as_ref()),
        &cell(&client, |client| client.peer.as_ref()),
        &cell(&client, |client| client.ua.as_ref()),
        leaf.part("target", "kind"),
        leaf.part("target", "id"),
        leaf.part("target", "project"),
        &cell(&target, |target| target.organization.as_ref()),
        &cell(&target, |target| target.project.as_ref()),
        &cell(&target, |target| target.environment.as_ref()),
        &cell(&target, |target| target.login.as_ref()),
        &cell(&target, |target| target.name.as_ref()),
        leaf.part("target", "rev"),
        leaf.part("target", "before"),
        leaf.part("authz", "need"),
        leaf.part("authz", "held"),
        leaf.part("authz", "by"),
        leaf.part("authz", "id"),
        leaf.part("authz", "policy"),
        &causes,
        leaf.part("", "req"),
        leaf.part("", "node"),
        leaf.part("", "detail"),
        value(entry, "detail"),
        value(entry, "reads"),
        value(entry, "definition"),
        leaf.as_str(),
        openings.strip_suffix('\t').unwrap_or_default(),
    ])
}

/// A part of a text.
fn cell<'a, T>(told: &'a Told<T>, part: impl FnOnce(&'a T) -> Option<&'a String>) -> Cow<'a, str> {
    match told {
        Told::Nothing => Cow::Borrowed(""),
        Told::Erased => Cow::Borrowed(ERASED),
        Told::Text(text) => Cow::Borrowed(part(text).map_or("", String::as_str)),
    }
}

/// A whole text, as JSON.
fn value<'a>(entry: &'a Entry, name: &str) -> &'a str {
    match entry.value(name) {
        Told::Nothing => "",
        Told::Erased => ERASED,
        Told::Text(text) => text,
    }
}
