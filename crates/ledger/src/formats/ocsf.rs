//! API Activity of the Open Cybersecurity Schema Framework, one JSON object a line. `docs/log-format.md` has the table.

use core::net::IpAddr;

use super::object::{self, Object};
use super::{Device, Shown, ndjson};
use crate::entry::{Entry, TargetText};
use crate::leaf::Leaf;
use crate::words::ActorKind;

/// The version of the schema. Another one is another mapping: it changes with a major version of ours only.
pub const SCHEMA: &str = "1.3.0";

const CLASS: u32 = 6003;
const OTHER: u32 = 99;

pub(super) fn line(text: &mut String, entry: &Entry, device: Device<'_>, token_name: Option<&str>) {
    let start = text.len();
    let leaf = entry.leaf.as_leaf();
    let shown = Shown::of(entry);
    let (activity, activity_name) = activity(leaf.event_type());
    let (status, status_name) = status(&leaf);
    let (severity, severity_name) = if status == 2 { (2, "Low") } else { (1, "Informational") };
    Object::write(text, |line| {
        line.plain("activity_id", activity);
        line.text("activity_name", activity_name.unwrap_or(shown.display_name));
        line.object("actor", |object| actor(object, &leaf, &shown));
        line.object("api", |object| {
            object.text("operation", leaf.event_type());
            object.object("request", |request| request.text("uid", leaf.part("", "req")));
            object.object("service", |service| service.text("name", "Escriba"));
        });
        line.plain("category_uid", CLASS / 1000);
        line.text("category_name", "Application Activity");
        line.plain("class_uid", CLASS);
        line.text("class_name", "API Activity");
        let client = entry.client().text().unwrap_or_default();
        if let Some(agent) = &client.ua {
            line.object("http_request", |request| request.text("user_agent", agent));
        }
        line.text("message", &shown.description);
        line.object("metadata", |object| metadata(object, entry, device));
        line.text("raw_data", leaf.as_str());
        if !leaf.part("target", "kind").is_empty() {
            line.only("resources", |object| resource(object, entry));
        }
        line.plain("severity_id", severity);
        line.text("severity", severity_name);
        line.object("src_endpoint", |object| endpoint(object, &shown, client.peer.as_deref()));
        line.plain("status_id", status);
        line.text("status", status_name);
        line.some("status_detail", leaf.reason_word());
        line.plain("time", leaf.ts().div_euclid(1000));
        line.plain("type_uid", CLASS * 100 + activity);
        line.object("unmapped", |object| unmapped(object, entry, token_name.filter(|_| shown.token.is_some())));
    });
    object::end_line(text, start);
}

/// What the last word of an event's identifier says was done. The name of others is that of the event.
fn activity(event_type: &str) -> (u32, Option<&'static str>) {
    match event_type.rsplit('-').next().unwrap_or_default() {
        "created" | "added" | "made" => (1, Some("Create")),
        "open" | "read" | "decrypted" | "exported" | "checked" => (2, Some("Read")),
        "updated" | "changed" | "set" | "enabled" | "disabled" | "restored" => (3, Some("Update")),
        "deleted" | "removed" | "destroyed" => (4, Some("Delete")),
        _ => (OTHER, None),
    }
}

fn status(leaf: &Leaf<'_>) -> (u32, &'static str) {
    match leaf.outcome_word() {
        Some("succeeded") => (1, "Success"),
        Some("denied" | "failed") => (2, "Failure"),
        Some("intended") => (OTHER, "Intended"),
        _ => (0, "Unknown"),
    }
}

fn actor(object: &mut Object<'_>, leaf: &Leaf<'_>, shown: &Shown<'_>) {
    object.object("user", |user| {
        let (type_id, type_name) = match leaf.actor_kind() {
            Some(ActorKind::User) => (1, "User"),
            Some(ActorKind::System) => (3, "System"),
            _ => (OTHER, leaf.part("actor", "kind")),
        };
        user.some("credential_uid", present(leaf.part("cred", "id")));
        user.some("full_name", present(&shown.name));
        user.text("name", if shown.login.is_empty() { type_name } else { &shown.login });
        user.text("type", type_name);
        user.plain("type_id", type_id);
        user.some("uid", present(leaf.part("actor", "id")));
    });
}

fn metadata(object: &mut Object<'_>, entry: &Entry, device: Device<'_>) {
    let leaf = entry.leaf.as_leaf();
    object.text("event_code", leaf.event_type());
    object.text("log_name", leaf.log());
    object.text("log_provider", device.host);
    object.text("original_time", &ndjson::time(&leaf));
    object.object("product", |product| {
        product.text("name", "Escriba");
        product.text("vendor_name", "Escriba");
    });
    object.plain("sequence", entry.index);
    object.some("tenant_uid", present(device.organization));
    object.text("uid", leaf.part("", "id"));
    object.text("version", SCHEMA);
}

fn resource(object: &mut Object<'_>, entry: &Entry) {
    let leaf = entry.leaf.as_leaf();
    let names = entry.target().text();
    object.some("name", names.as_ref().and_then(TargetText::best));
    object.some("namespace", names.and_then(|names| names.organization));
    object.text("type", leaf.part("target", "kind"));
    object.some("uid", present(leaf.part("target", "id")));
    object.some("version", leaf.target_rev().map(|rev| rev.to_string()));
}

/// The schema wants an endpoint always, and only an address in `ip`.
fn endpoint(object: &mut Object<'_>, shown: &Shown<'_>, peer: Option<&str>) {
    if shown.address.parse::<IpAddr>().is_ok() {
        object.text("ip", &shown.address);
    } else {
        object.text("name", if shown.address.is_empty() { "unknown" } else { &shown.address });
    }
    let peer = peer.filter(|peer| peer.parse::<IpAddr>().is_ok());
    if let Some(peer) = peer {
        object.texts("intermediate_ips", [peer]);
    }
}

fn unmapped(object: &mut Object<'_>, entry: &Entry, token_name: Option<&str>) {
    let leaf = entry.leaf.as_leaf();
    object.some("credential_kind", present(leaf.part("cred", "kind")));
    object.some("credential_name", token_name);
    object.some_plain("reads", entry.value("reads").text());
    object.some_plain("detail", present(leaf.part("", "detail")));
    object.some_plain("texts", entry.value("detail").text());
    object.texts("causes", leaf.causes().map(|cause| cause.to_string()));
    object.texts("erased", ndjson::erased(entry));
    object.texts("openings", entry.openings.iter().map(ndjson::opening));
}

fn present(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
