//! What two documents have in common, and where they differ.

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};
use lang::{Diagnostic, Position, Severity, Value, ValueKind};
use serde_json::{Value as Json, json};

/// The value as plain JSON, with a word for what is not shown.
pub(crate) fn plain(value: &Value, redact: bool) -> Json {
    if value.is_secret() && redact {
        return json!("[secret]");
    }
    if value.is_unknown() {
        return json!("[unknown]");
    }
    match value.kind() {
        ValueKind::Null => Json::Null,
        ValueKind::Bool(value) => json!(value),
        ValueKind::Number(digits) => serde_json::from_str(digits).expect("a number"),
        ValueKind::String(text) => json!(&**text),
        ValueKind::List(items) => items.iter().map(|item| plain(item, redact)).collect(),
        ValueKind::Map(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.to_string(), plain(value, redact))).collect())
        }
    }
}

/// Leaves out what the reference leaves out: null values, environments without name, empty maps.
pub(crate) fn normal(json: Json) -> Json {
    match json {
        Json::Array(items) => items.into_iter().map(normal).collect(),
        Json::Object(entries) => {
            let left_out = |key: &str, value: &Json| match key {
                "value" => value.is_null(),
                "environment" => value == "",
                "properties" | "exprs" => value.as_object().is_some_and(serde_json::Map::is_empty),
                _ => false,
            };
            let kept = entries.into_iter().map(|(key, value)| (key, normal(value)));
            Json::Object(kept.filter(|(key, value)| !left_out(key, value)).collect())
        }
        other => other,
    }
}

/// Whether these are the expected diagnostics, in any order.
pub(crate) fn same_diagnostics(member: &str, diagnostics: &[Diagnostic], expected: &Json) -> Result<()> {
    let shown = diagnostics.iter().map(|diagnostic| {
        let position =
            |position: Position| json!({"Line": position.line, "Column": position.column, "Byte": position.byte});
        let subject = diagnostic.range.as_ref().map(|range| {
            json!({"Filename": &*range.environment, "Start": position(range.begin), "End": position(range.end)})
        });
        json!({
            "Severity": if diagnostic.severity == Severity::Error { 1 } else { 2 },
            "Summary": diagnostic.summary,
            "Detail": "",
            "Subject": subject,
            "Context": null,
            "Expression": null,
            "EvalContext": null,
            "Extra": null,
            "Path": diagnostic.path,
        })
    });
    let mut shown: Vec<String> = shown.map(|diagnostic| diagnostic.to_string()).collect();
    let expected = expected.as_array().cloned().unwrap_or_default();
    let mut expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
    // The reference sorts them with an unstable sort, so their order says nothing.
    shown.sort();
    expected.sort();
    for (left, right) in shown.iter().zip(&expected) {
        ensure!(left == right, "{member}: {left} is not {right}");
    }
    ensure!(shown.len() == expected.len(), "{member}: there are {} and not {}", shown.len(), expected.len());
    Ok(())
}

/// Whether two documents are the same; if not, the error says where they first differ.
pub(crate) fn same(member: &str, ours: &Json, theirs: &Json) -> Result<()> {
    difference(ours, theirs, member).map_or(Ok(()), |difference| bail!(difference))
}

/// The first place where two documents differ.
fn difference(ours: &Json, theirs: &Json, path: &str) -> Option<String> {
    match (ours, theirs) {
        (Json::Object(left), Json::Object(right)) => {
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            keys.into_iter().find_map(|key| {
                let (left, right) = (left.get(key), right.get(key));
                let path = format!("{path}.{key}");
                match (left, right) {
                    (Some(left), Some(right)) => difference(left, right, &path),
                    _ => Some(format!("{path}: {left:?} is not {right:?}")),
                }
            })
        }
        (Json::Array(left), Json::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs.find_map(|(index, (left, right))| difference(left, right, &format!("{path}[{index}]")))
        }
        _ if ours == theirs => None,
        _ => Some(format!("{path}: {ours} is not {theirs}")),
    }
}
