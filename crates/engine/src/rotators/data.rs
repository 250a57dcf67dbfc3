//! Values of the language as plain data, and back.

use std::sync::Arc;

use lang::{Value, ValueKind};
use serde_json::{Map, Value as Json};

/// A value as plain data. What is not known is null.
pub(super) fn plain(value: &Value) -> Json {
    match value.kind() {
        _ if value.is_unknown() => Json::Null,
        ValueKind::Null => Json::Null,
        ValueKind::Bool(value) => Json::Bool(*value),
        ValueKind::Number(digits) => serde_json::from_str(digits).unwrap_or_else(|_| Json::String(digits.to_string())),
        ValueKind::String(text) => Json::String(text.to_string()),
        ValueKind::List(items) => Json::Array(items.iter().map(|item| plain(item)).collect()),
        ValueKind::Map(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.to_string(), plain(value))).collect())
        }
    }
}

/// Plain data as a value.
pub(super) fn value(json: &Json) -> Value {
    Value::new(match json {
        Json::Null => ValueKind::Null,
        Json::Bool(value) => ValueKind::Bool(*value),
        Json::Number(number) => ValueKind::Number(number.to_string().into()),
        Json::String(text) => ValueKind::String(text.as_str().into()),
        Json::Array(items) => ValueKind::List(items.iter().map(|item| Arc::new(value(item))).collect()),
        Json::Object(entries) => object(entries),
    })
}

fn object(entries: &Map<String, Json>) -> ValueKind {
    let mut entries: Vec<_> = entries.iter().map(|(key, json)| (key.as_str().into(), Arc::new(value(json)))).collect();
    entries.sort_by(|(left, _): &(lang::Key, _), (right, _)| left.cmp(right));
    ValueKind::Map(entries)
}

/// A map of these values.
pub(super) fn map(mut entries: Vec<(&str, Arc<Value>)>) -> Arc<Value> {
    entries.sort_by_key(|(key, _)| *key);
    Arc::new(Value::new(ValueKind::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())))
}

/// A text.
pub(super) fn text(text: &str) -> Arc<Value> {
    Arc::new(Value::new(ValueKind::String(text.into())))
}

/// A text that is secret.
pub(super) fn secret(text: &str) -> Arc<Value> {
    Arc::new(Value::new(ValueKind::String(text.into())).into_secret())
}
