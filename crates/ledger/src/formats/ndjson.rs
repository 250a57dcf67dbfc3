//! One JSON object a line: what people and tools look for, then the leaf and its openings, from which all of it follows
//! but the place in the log.

use super::Shown;
use super::object::{self, Object};
use crate::entry::{Entry, Told};
use crate::leaf::Leaf;
use crate::opening::Opening;

pub(super) fn line(text: &mut String, entry: &Entry) {
    let start = text.len();
    let leaf = entry.leaf.as_leaf();
    let shown = Shown::of(entry);
    Object::write(text, |line| {
        line.text("time", &time(&leaf));
        line.text("event", leaf.event_type());
        line.text("eventName", shown.display_name);
        line.text("description", &shown.description);
        line.some("outcome", leaf.outcome_word());
        line.some("reason", leaf.reason_word());
        line.plain("index", entry.index);
        line.text("log", leaf.log());
        line.text("id", leaf.part("", "id"));
        line.object("actor", |object| principal(object, &leaf, "actor", entry.value("actor")));
        if !leaf.part("behalf", "kind").is_empty() {
            line.object("behalf", |object| principal(object, &leaf, "behalf", entry.value("behalf")));
        }
        line.object("credential", |object| parts(object, &leaf, "cred", &["kind", "id", "from"]));
        told(line, "client", entry.value("client"));
        let names = entry.value("target");
        if !leaf.part("target", "kind").is_empty() || names != Told::Nothing {
            line.object("target", |object| {
                parts(object, &leaf, "target", &["kind", "id", "project"]);
                object.some_plain("rev", leaf.target_rev());
                object.some_plain("before", leaf.target_before());
                told(object, "names", names);
            });
        }
        if leaf.policy().is_some() {
            line.object("authorization", |object| {
                parts(object, &leaf, "authz", &["need", "held", "by", "id"]);
                object.some_plain("policy", leaf.policy());
            });
        }
        told(line, "reads", entry.value("reads"));
        told(line, "definition", entry.value("definition"));
        line.some_plain("detail", Some(leaf.part("", "detail")).filter(|detail| !detail.is_empty()));
        told(line, "texts", entry.value("detail"));
        line.texts("causes", leaf.causes().map(|cause| cause.to_string()));
        line.some("request", leaf.request().map(|request| request.to_string()));
        line.some("node", leaf.node().map(|node| node.to_string()));
        line.texts("erased", erased(entry));
        line.plain("leaf", leaf.as_str());
        line.texts("openings", entry.openings.iter().map(opening));
    });
    object::end_line(text, start);
}

/// The log's time with all its digits.
pub(super) fn time(leaf: &Leaf<'_>) -> String {
    jiff::Timestamp::from_microsecond(leaf.ts()).map_or_else(|_| leaf.ts().to_string(), |time| format!("{time:.6}"))
}

/// The names of what the leaf commits to and nobody can read here.
pub(super) fn erased(entry: &Entry) -> impl Iterator<Item = &str> {
    let names = entry.leaf.as_leaf().commitments().map(|(name, _)| name).collect::<Vec<_>>();
    names.into_iter().filter(|name| entry.value(name) == Told::Erased)
}

/// An opening's line without its line feed.
pub(super) fn opening(opening: &Opening) -> String {
    let mut line = opening.line();
    line.pop();
    line
}

fn principal(object: &mut Object<'_>, leaf: &Leaf<'_>, name: &str, value: Told<&str>) {
    parts(object, leaf, name, &["kind", "id"]);
    told(object, "names", value);
}

/// Strings of an inner object of the leaf, as far as they are there.
fn parts(object: &mut Object<'_>, leaf: &Leaf<'_>, name: &str, keys: &[&str]) {
    for key in keys {
        object.some(key, Some(leaf.part(name, key)).filter(|part| !part.is_empty()));
    }
}

/// A text, which is JSON already.
fn told(object: &mut Object<'_>, key: &str, value: Told<&str>) {
    object.some_plain(key, value.text());
}
