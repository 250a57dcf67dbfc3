//! Between values of the language and plain JSON.

use std::sync::Arc;

use lang::{Value, ValueKind};
use serde_json::Value as Json;

use super::ProviderError;

/// Whether what others answered is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrecy {
    Secret,
    Plain,
}

/// A value as others understand it.
pub(crate) fn to_json(value: &Value) -> Result<Json, ProviderError> {
    Ok(match value.kind() {
        ValueKind::Null => Json::Null,
        ValueKind::Bool(value) => Json::Bool(*value),
        ValueKind::Number(digits) => {
            let number = digits.parse().map_err(|_| ProviderError::Inputs("a number is not one of JSON".to_owned()))?;
            Json::Number(number)
        }
        ValueKind::String(text) => Json::String(text.to_string()),
        ValueKind::List(items) => Json::Array(items.iter().map(|item| to_json(item)).collect::<Result<_, _>>()?),
        ValueKind::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| Ok((key.to_string(), to_json(value)?)));
            Json::Object(entries.collect::<Result<_, ProviderError>>()?)
        }
    })
}

/// What others answered as a value. A secret is one all the way down, for each of its parts can be referred to.
pub(crate) fn from_json(json: &Json, secrecy: Secrecy) -> Value {
    let kind = match json {
        Json::Null => ValueKind::Null,
        Json::Bool(value) => ValueKind::Bool(*value),
        Json::Number(number) => ValueKind::Number(number.to_string().into()),
        Json::String(text) => ValueKind::String(text.as_str().into()),
        Json::Array(items) => ValueKind::List(items.iter().map(|item| Arc::new(from_json(item, secrecy))).collect()),
        Json::Object(entries) => {
            map(entries.iter().map(|(key, value)| (key.as_str(), from_json(value, secrecy)))).kind().clone()
        }
    };
    let value = Value::new(kind);
    if secrecy == Secrecy::Secret { value.into_secret() } else { value }
}

/// A map of these entries.
pub(crate) fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let mut entries: Vec<(lang::Key, Arc<Value>)> =
        entries.into_iter().map(|(key, value)| (key.into(), Arc::new(value))).collect();
    entries.sort_by(|(left, _), (right, _)| left.cmp(right));
    Value::new(ValueKind::Map(entries))
}
