//! What evaluation gives: values with their origin, and the expressions they came from.

mod write;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::Key;
use crate::schema::Schema;
use crate::source::Range;

pub(crate) use self::write::write_digits;

/// An evaluated environment, ready for the wire.
pub struct Environment {
    pub(crate) exprs: Vec<(Key, Expr)>,
    pub(crate) properties: Vec<(Key, Arc<Value>)>,
    pub(crate) schema: Schema,
    pub(crate) execution_context: ExecutionContext,
    pub(crate) sources: Vec<SecretSource>,
}

/// The `context` that an environment was evaluated in.
pub struct ExecutionContext {
    pub(crate) properties: Vec<(Key, Arc<Value>)>,
    pub(crate) schema: Schema,
}

/// A place in a definition that a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretSource {
    /// The environment in whose text it is written.
    pub environment: String,
    /// Where in its values: the document path of the object that holds the call, without the leading `values.`.
    pub path: String,
    /// The names of the imports walked from the root to that environment, without the root.
    pub via: Vec<String>,
}

/// A value and where it comes from.
#[derive(Clone)]
pub struct Value {
    pub(crate) kind: ValueKind,
    pub(crate) secret: bool,
    pub(crate) unknown: bool,
    pub(crate) trace: Trace,
    pub(crate) sources: Option<Arc<[u32]>>,
    /// About how many bytes of JSON it makes. What is shared in memory is written each time.
    pub(crate) weight: usize,
}

/// What a value is.
#[derive(Clone)]
pub enum ValueKind {
    /// Nothing; also most unknown values.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as the digits that were written.
    Number(Arc<str>),
    /// Text.
    String(Arc<str>),
    /// Values in order.
    List(Vec<Arc<Value>>),
    /// Values by key, sorted by the bytes of the key.
    Map(Vec<(Key, Arc<Value>)>),
}

/// Where a value was written, and what it overrides.
#[derive(Clone, Default)]
pub struct Trace {
    /// The expression that made the value.
    pub def: Range,
    /// The imported value that this one is merged over.
    pub base: Option<Arc<Value>>,
}

/// An expression of the root environment, as editors and `check` show it. Holds plaintext secrets where the text does.
pub struct Expr {
    pub(crate) range: Range,
    pub(crate) schema: Option<Schema>,
    pub(crate) base: Option<Box<Expr>>,
    pub(crate) key_ranges: Vec<(Key, Range)>,
    pub(crate) kind: ExprKind,
}

pub(crate) enum ExprKind {
    /// A null, nothing at all, or an empty collection.
    Empty,
    Literal(ValueKind),
    Interpolate(Vec<(Arc<str>, Vec<PropertyAccessor>)>),
    Symbol(Vec<PropertyAccessor>),
    Access {
        receiver: Range,
        accessors: Vec<(Key, Range)>,
    },
    List(Vec<Expr>),
    Object(Vec<(Key, Expr)>),
    Builtin {
        name: Arc<str>,
        name_range: Range,
        arg_schema: Schema,
        arg: Box<Expr>,
    },
}

pub(crate) struct PropertyAccessor {
    pub(crate) step: crate::path::Step,
    pub(crate) range: Range,
    pub(crate) value: Range,
}

impl Environment {
    /// The properties, sorted by key.
    pub fn properties(&self) -> &[(Key, Arc<Value>)] {
        &self.properties
    }

    /// The expressions of the root environment's own values, sorted by key. Empty after [`Mode::Open`](crate::Mode).
    pub fn exprs(&self) -> &[(Key, Expr)] {
        &self.exprs
    }

    /// The schema of the properties together.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The context it was evaluated in. Empty after [`Mode::Open`](crate::Mode).
    pub fn execution_context(&self) -> &ExecutionContext {
        &self.execution_context
    }

    /// Where its secrets come from; [`Value::sources`] are indexes into this list.
    pub fn sources(&self) -> &[SecretSource] {
        &self.sources
    }
}

impl ExecutionContext {
    /// The entries of the context, sorted by key.
    pub fn properties(&self) -> &[(Key, Arc<Value>)] {
        &self.properties
    }

    /// The schema of the entries together.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }
}

impl Value {
    /// A value that comes from nowhere, as providers make it.
    pub fn new(kind: ValueKind) -> Self {
        Self { kind, secret: false, unknown: false, trace: Trace::default(), sources: None, weight: 0 }
    }

    /// The same value as a secret.
    #[must_use]
    pub fn into_secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// What it is.
    pub fn kind(&self) -> &ValueKind {
        &self.kind
    }

    /// Whether it is secret.
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// Whether it is not known, as what a provider would give is in a check.
    pub fn is_unknown(&self) -> bool {
        self.unknown
    }

    /// Where it was written, and what it overrides.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The secret sources it derives from, sorted: indexes into [`Environment::sources`]. Empty unless secret.
    pub fn sources(&self) -> &[u32] {
        self.sources.as_deref().unwrap_or_default()
    }

    /// The element at an index, if this is a list that long.
    pub fn item(&self, index: usize) -> Option<&Arc<Value>> {
        match &self.kind {
            ValueKind::List(items) => items.get(index),
            _ => None,
        }
    }

    /// The property with a key, if this is a map that has it.
    pub fn property(&self, key: &str) -> Option<&Arc<Value>> {
        match &self.kind {
            ValueKind::Map(entries) => lookup(entries, key),
            _ => None,
        }
    }
}

/// The sources of every secret in a value, the values it overrides included: what reading it discloses.
pub fn disclosed(value: &Value) -> BTreeSet<u32> {
    fn collect(value: &Value, found: &mut BTreeSet<u32>) {
        if value.secret {
            found.extend(value.sources());
        }
        match &value.kind {
            ValueKind::List(items) => items.iter().for_each(|item| collect(item, found)),
            ValueKind::Map(entries) => entries.iter().for_each(|(_, value)| collect(value, found)),
            _ => {}
        }
        if let Some(base) = &value.trace.base {
            collect(base, found);
        }
    }
    let mut found = BTreeSet::new();
    collect(value, &mut found);
    found
}

pub(crate) fn lookup<'a, T>(entries: &'a [(Key, T)], key: &str) -> Option<&'a T> {
    let index = entries.binary_search_by(|(name, _)| (**name).cmp(key)).ok()?;
    Some(&entries[index].1)
}

/// Never prints a secret.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret {
            return f.write_str("[secret]");
        }
        if self.unknown {
            return f.write_str("[unknown]");
        }
        match &self.kind {
            ValueKind::Null => f.write_str("null"),
            ValueKind::Bool(value) => value.fmt(f),
            ValueKind::Number(digits) => f.write_str(digits),
            ValueKind::String(text) => text.fmt(f),
            ValueKind::List(items) => f.debug_list().entries(items).finish(),
            ValueKind::Map(entries) => f.debug_map().entries(entries.iter().map(|(key, value)| (key, value))).finish(),
        }
    }
}

/// Prints the properties, and no secret.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.properties.iter().map(|(key, value)| (key, value))).finish()
    }
}
