//! Reading schemas from JSON.

use std::sync::OnceLock;

use super::{Full, Schema};
use crate::Key;
use crate::json::{Json, Text};

/// Why some JSON is no schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SchemaError(pub(crate) String);

impl Schema {
    /// Reads a schema. Keywords outside the subset are ignored.
    pub fn parse(json: &serde_json::Value) -> Result<Self, SchemaError> {
        let schema = Self::from_json(&Json::from_serde(json))?;
        schema.compile()?;
        Ok(schema)
    }

    pub(crate) fn from_json(json: &Json) -> Result<Self, SchemaError> {
        let entries = match json {
            Json::Bool(true) => return Ok(Self::ALWAYS),
            Json::Bool(false) => return Ok(Self::NEVER),
            Json::Map(entries) => entries,
            _ => return Err(SchemaError("a schema must be a boolean or an object".to_owned())),
        };
        let mut full = Full::default();
        for (key, value) in entries {
            match &**key {
                "$defs" => full.defs = map(value, Self::from_json)?,
                "$ref" => full.reference = text(value)?,
                "anyOf" => full.any_of = list(value, Self::from_json)?,
                "oneOf" => full.one_of = list(value, Self::from_json)?,
                "prefixItems" => full.prefix_items = list(value, Self::from_json)?,
                "items" => full.items = Some(Self::from_json(value)?),
                "additionalProperties" => full.additional = Some(Self::from_json(value)?),
                "properties" => full.properties = map(value, Self::from_json)?,
                "type" => full.kind = text(value)?.map_or_else(Default::default, |kind| kind.to_string().into()),
                "const" => full.constant = (*value != Json::Null).then(|| value.clone()),
                "enum" => full.enumeration = list(value, |item| Ok(item.clone()))?,
                "multipleOf" => full.multiple_of = number(value)?,
                "maximum" => full.maximum = number(value)?,
                "exclusiveMaximum" => full.exclusive_maximum = number(value)?,
                "minimum" => full.minimum = number(value)?,
                "exclusiveMinimum" => full.exclusive_minimum = number(value)?,
                "maxLength" => full.max_length = number(value)?,
                "minLength" => full.min_length = number(value)?,
                "pattern" => full.pattern = text(value)?,
                "maxItems" => full.max_items = number(value)?,
                "minItems" => full.min_items = number(value)?,
                "uniqueItems" => full.unique_items = flag(value)?,
                "maxProperties" => full.max_properties = number(value)?,
                "minProperties" => full.min_properties = number(value)?,
                "required" => full.required = list(value, name)?,
                "dependentRequired" => full.dependent_required = map(value, |names| list(names, name))?,
                "title" => full.title = text(value)?,
                "description" => full.description = text(value)?,
                "default" => full.default = (*value != Json::Null).then(|| value.clone()),
                "deprecated" => full.deprecated = flag(value)?,
                "examples" => full.examples = list(value, |item| Ok(item.clone()))?,
                "secret" => full.secret = flag(value)?,
                "rotateOnly" => full.rotate_only = list(value, name)?,
                _ => {}
            }
        }
        full.compiled = OnceLock::new();
        Ok(Self::full(full))
    }
}

fn mismatch(expected: &str) -> SchemaError {
    SchemaError(format!("a keyword must be {expected}"))
}

fn list<T>(json: &Json, item: impl Fn(&Json) -> Result<T, SchemaError>) -> Result<Vec<T>, SchemaError> {
    match json {
        Json::List(items) => items.iter().map(item).collect(),
        Json::Null => Ok(Vec::new()),
        _ => Err(mismatch("a list")),
    }
}

fn map<T>(json: &Json, item: impl Fn(&Json) -> Result<T, SchemaError>) -> Result<Vec<(Key, T)>, SchemaError> {
    match json {
        Json::Map(entries) => entries.iter().map(|(key, value)| Ok((key.clone(), item(value)?))).collect(),
        Json::Null => Ok(Vec::new()),
        _ => Err(mismatch("an object")),
    }
}

fn name(json: &Json) -> Result<Key, SchemaError> {
    match json {
        Json::String(Text::Str(text)) => Ok(text.clone()),
        _ => Err(mismatch("a string")),
    }
}

fn text(json: &Json) -> Result<Option<Key>, SchemaError> {
    if matches!(json, Json::Null) { Ok(None) } else { name(json).map(|text| (!text.is_empty()).then_some(text)) }
}

fn number(json: &Json) -> Result<Option<Key>, SchemaError> {
    match json {
        Json::Number(digits) => Ok(Some(digits.clone())),
        Json::Null => Ok(None),
        _ => Err(mismatch("a number")),
    }
}

fn flag(json: &Json) -> Result<bool, SchemaError> {
    match json {
        Json::Bool(value) => Ok(*value),
        Json::Null => Ok(false),
        _ => Err(mismatch("a boolean")),
    }
}
