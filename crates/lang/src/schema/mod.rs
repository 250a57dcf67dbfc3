//! Schemas of values: what they promise, how they merge, how they are written.

mod compile;
mod decode;
mod meta;
mod write;

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock};

pub use self::decode::SchemaError;
pub(crate) use self::meta::meta_schema;

use crate::Key;
use crate::json::{Json, Text};
use crate::value::lookup;

/// The schema of a value, in the subset of JSON Schema that the protocol speaks.
///
/// What evaluation makes by itself has small forms of its own, because there is one for each value.
#[derive(Clone)]
pub struct Schema(pub(crate) Form);

#[derive(Clone)]
pub(crate) enum Form {
    /// `false`: no value.
    Never,
    /// `true`: any value.
    Always,
    /// `{"type": T}`, for the two types that say no more.
    Type(Type),
    /// A type and its one value.
    Const(Scalar),
    /// A list of known length.
    Tuple(Arc<[Schema]>),
    /// A map whose properties are all required.
    Record(Arc<Record>),
    /// Anything that can be written.
    Full(Arc<Full>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Null,
    String,
}

/// The value of a constant: numbers as their text.
#[derive(Clone)]
pub(crate) enum Scalar {
    Bool(bool),
    Number(Arc<str>),
    String(Text),
}

pub(crate) struct Record {
    /// Sorted by key.
    pub(crate) properties: Vec<(Key, Schema)>,
    pub(crate) additional: Option<Schema>,
}

#[derive(Default)]
pub(crate) struct Full {
    pub(crate) defs: Vec<(Key, Schema)>,
    pub(crate) reference: Option<Key>,
    pub(crate) any_of: Vec<Schema>,
    pub(crate) one_of: Vec<Schema>,
    pub(crate) prefix_items: Vec<Schema>,
    pub(crate) items: Option<Schema>,
    pub(crate) additional: Option<Schema>,
    pub(crate) properties: Vec<(Key, Schema)>,
    /// Empty where there is none; unknown names match no value.
    pub(crate) kind: Cow<'static, str>,
    pub(crate) constant: Option<Json>,
    pub(crate) enumeration: Vec<Json>,
    pub(crate) multiple_of: Option<Key>,
    pub(crate) maximum: Option<Key>,
    pub(crate) exclusive_maximum: Option<Key>,
    pub(crate) minimum: Option<Key>,
    pub(crate) exclusive_minimum: Option<Key>,
    pub(crate) max_length: Option<Key>,
    pub(crate) min_length: Option<Key>,
    pub(crate) pattern: Option<Key>,
    pub(crate) max_items: Option<Key>,
    pub(crate) min_items: Option<Key>,
    pub(crate) unique_items: bool,
    pub(crate) max_properties: Option<Key>,
    pub(crate) min_properties: Option<Key>,
    pub(crate) required: Vec<Key>,
    pub(crate) dependent_required: Vec<(Key, Vec<Key>)>,
    pub(crate) title: Option<Key>,
    pub(crate) description: Option<Key>,
    pub(crate) default: Option<Json>,
    pub(crate) deprecated: bool,
    pub(crate) examples: Vec<Json>,
    pub(crate) secret: bool,
    pub(crate) rotate_only: Vec<Key>,
    /// What `reference` and `pattern` stand for, once compiled.
    pub(crate) compiled: OnceLock<compile::Compiled>,
}

impl Schema {
    pub(crate) const ALWAYS: Self = Self(Form::Always);
    pub(crate) const NEVER: Self = Self(Form::Never);
    pub(crate) const NULL: Self = Self(Form::Type(Type::Null));
    pub(crate) const STRING: Self = Self(Form::Type(Type::String));

    /// The schema that accepts any value.
    pub fn always() -> Self {
        Self::ALWAYS
    }

    pub(crate) fn boolean(value: bool) -> Self {
        Self(Form::Const(Scalar::Bool(value)))
    }

    pub(crate) fn number(digits: Arc<str>) -> Self {
        Self(Form::Const(Scalar::Number(digits)))
    }

    pub(crate) fn string(text: Text) -> Self {
        Self(Form::Const(Scalar::String(text)))
    }

    pub(crate) fn tuple(items: Vec<Schema>) -> Self {
        Self(Form::Tuple(items.into()))
    }

    /// A record of properties sorted by key.
    pub(crate) fn record(properties: Vec<(Key, Schema)>) -> Self {
        Self(Form::Record(Arc::new(Record { properties, additional: None })))
    }

    fn full(full: Full) -> Self {
        Self(Form::Full(Arc::new(full)))
    }

    fn array_of(items: Schema) -> Self {
        Self::full(Full { items: Some(items), kind: "array".into(), ..Full::default() })
    }

    /// `{"items":true,"type":"array"}`.
    pub(crate) fn any_array() -> Self {
        static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::array_of(Schema::ALWAYS));
        SCHEMA.clone()
    }

    /// `{"items":{"items":true,"type":"array"},"type":"array"}`.
    pub(crate) fn array_of_arrays() -> Self {
        static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::array_of(Schema::any_array()));
        SCHEMA.clone()
    }

    /// `{"items":{"type":"string"},"type":"array"}`.
    pub(crate) fn array_of_strings() -> Self {
        static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::array_of(Schema::STRING));
        SCHEMA.clone()
    }

    /// `{"additionalProperties":true,"type":"object"}`.
    pub(crate) fn any_object() -> Self {
        static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
            Schema::full(Full { additional: Some(Schema::ALWAYS), kind: "object".into(), ..Full::default() })
        });
        SCHEMA.clone()
    }

    pub(crate) fn one_of(alternatives: Vec<Schema>) -> Self {
        Self::full(Full { one_of: alternatives, ..Full::default() })
    }

    pub(crate) fn is_always(&self) -> bool {
        matches!(self.0, Form::Always)
    }

    pub(crate) fn is_never(&self) -> bool {
        matches!(self.0, Form::Never)
    }

    /// The text of the type; empty where there is none.
    pub(crate) fn type_name(&self) -> &str {
        match &self.0 {
            Form::Never | Form::Always => "",
            Form::Type(kind) => kind.name(),
            Form::Const(Scalar::Bool(_)) => "boolean",
            Form::Const(Scalar::Number(_)) => "number",
            Form::Const(Scalar::String(_)) => "string",
            Form::Tuple(_) => "array",
            Form::Record(_) => "object",
            Form::Full(full) => &full.kind,
        }
    }

    /// The one value of a small form.
    pub(crate) fn constant(&self) -> Option<Json> {
        let Form::Const(constant) = &self.0 else { return None };
        Some(match constant {
            Scalar::Bool(value) => Json::Bool(*value),
            Scalar::Number(digits) => Json::Number(digits.clone()),
            Scalar::String(text) => Json::String(text.clone()),
        })
    }

    pub(crate) fn prefix_items(&self) -> &[Schema] {
        match &self.0 {
            Form::Tuple(items) => items,
            Form::Full(full) => &full.prefix_items,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> Option<&Schema> {
        match &self.0 {
            Form::Tuple(_) => Some(&Self::NEVER),
            Form::Full(full) => full.items.as_ref(),
            _ => None,
        }
    }

    pub(crate) fn properties(&self) -> &[(Key, Schema)] {
        match &self.0 {
            Form::Record(record) => &record.properties,
            Form::Full(full) => &full.properties,
            _ => &[],
        }
    }

    pub(crate) fn additional(&self) -> Option<&Schema> {
        match &self.0 {
            Form::Record(record) => record.additional.as_ref(),
            Form::Full(full) => full.additional.as_ref(),
            _ => None,
        }
    }

    pub(crate) fn any_of(&self) -> &[Schema] {
        self.as_full().map_or(&[], |full| &full.any_of)
    }

    pub(crate) fn alternatives(&self) -> &[Schema] {
        self.as_full().map_or(&[], |full| &full.one_of)
    }

    pub(crate) fn as_full(&self) -> Option<&Full> {
        match &self.0 {
            Form::Full(full) => Some(full),
            _ => None,
        }
    }

    /// The names that must be there, in the order they are written.
    pub(crate) fn required(&self) -> Vec<&Key> {
        match &self.0 {
            Form::Record(record) => record.properties.iter().map(|(key, _)| key).collect(),
            Form::Full(full) => full.required.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the value of a property is only needed to rotate.
    pub(crate) fn is_rotate_only(&self, key: &str) -> bool {
        self.as_full().is_some_and(|full| full.rotate_only.iter().any(|name| **name == *key))
    }

    /// What an element must be.
    pub(crate) fn item(&self, index: usize) -> Self {
        let own = (self.type_name() == "array").then(|| self.prefix_items().get(index).or(self.items()).cloned());
        self.alternatives_of(|alternative| alternative.item(index), own.flatten())
    }

    /// What a property must be.
    pub(crate) fn property(&self, key: &str) -> Self {
        let own = (self.type_name() == "object").then(|| lookup(self.properties(), key).or(self.additional()).cloned());
        self.alternatives_of(|alternative| alternative.property(key), own.flatten())
    }

    /// The own part together with the parts that alternatives promise.
    fn alternatives_of(&self, part: impl Fn(&Schema) -> Schema, own: Option<Schema>) -> Self {
        let mut candidates: Vec<Schema> = self.any_of().iter().chain(self.alternatives()).map(part).collect();
        candidates.extend(own);
        candidates.retain(|candidate| !candidate.is_never());
        match candidates.len() {
            0 => Self::NEVER,
            1 => candidates.remove(0),
            _ => Self::one_of(candidates),
        }
    }

    /// The schema of a value merged over a base.
    pub(crate) fn merged(base: &Schema, top: &Schema) -> Self {
        if base.type_name() != "object" || top.type_name() != "object" {
            return top.clone();
        }
        let mut properties = Vec::with_capacity(base.properties().len().max(top.properties().len()));
        let (mut below, mut above) = (base.properties().iter().peekable(), top.properties().iter().peekable());
        loop {
            let order = match (below.peek(), above.peek()) {
                (Some((left, _)), Some((right, _))) => left.cmp(right),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (None, None) => break,
            };
            let next = match order {
                std::cmp::Ordering::Less => below.next().cloned(),
                std::cmp::Ordering::Greater => above.next().cloned(),
                std::cmp::Ordering::Equal => below
                    .next()
                    .zip(above.next())
                    .map(|((key, left), (_, right))| (key.clone(), Self::merged(left, right))),
            };
            properties.extend(next);
        }
        let additional = match (base.additional(), top.additional()) {
            (Some(_), Some(_)) => Some(Self::ALWAYS),
            (one, other) => one.or(other).cloned(),
        };
        Self(Form::Record(Arc::new(Record { properties, additional })))
    }
}

impl Type {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::String => "string",
        }
    }
}

/// Prints the type only: constants may be secrets.
impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Never => f.write_str("never"),
            Form::Always => f.write_str("always"),
            _ => f.write_str(self.type_name()),
        }
    }
}

#[cfg(test)]
mod tests;
