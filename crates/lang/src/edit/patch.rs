//! Patches: what rotations change in a definition.

use std::fmt;
use std::sync::Arc;

use super::data::Data;
use super::{EditError, natural, path};
use crate::Key;
use crate::json::Json;
use crate::path::PropertyPath;
use crate::value::{Value, ValueKind};

/// A new value for a part of a definition.
#[derive(Clone)]
pub struct Patch {
    /// The document path of the part, `values` included. Prints as the reference's `DocPath`.
    pub path: PropertyPath,
    /// The new value.
    pub replacement: Arc<Value>,
}

/// Puts new values into a definition, in order. Creates what is missing on the way.
///
/// Secrets become calls of `fn::secret`, in plaintext: the result is to be [encrypted](super::encrypt_secrets) before it is
/// stored. Numbers become strings, as in the reference. A text that would read as a reference is written so that it does
/// not, and an object that would read as a call becomes the JSON of one: what a rotator answers is data.
pub fn apply_patches(source: &str, patches: &[Patch]) -> Result<String, EditError> {
    let mut text = source.to_owned();
    for patch in patches {
        text = path::put(&text, &patch.path, &data(&patch.replacement))?;
    }
    Ok(text)
}

/// What to write for a value.
fn data(value: &Value) -> Data {
    if value.secret {
        return match &value.kind {
            _ if value.unknown => Data::Null,
            // The text of a secret is taken as it is once it is encrypted.
            ValueKind::String(text) => call("fn::secret", Data::String(Arc::clone(text))),
            _ => call("fn::fromJSON", call("fn::secret", Data::String(Json::from_value(value).to_message().into()))),
        };
    }
    match &value.kind {
        ValueKind::Null => Data::Null,
        _ if value.unknown => Data::Null,
        ValueKind::Bool(value) => Data::Boolean(*value),
        ValueKind::Number(text) | ValueKind::String(text) => Data::String(escaped(text)),
        ValueKind::List(items) => Data::List(items.iter().map(|item| data(item)).collect()),
        ValueKind::Map(entries) if reads_as_call(entries) => {
            call("fn::fromJSON", Data::String(escaped(&Json::from_value(value).to_message())))
        }
        ValueKind::Map(entries) => {
            let mut entries: Vec<(Key, Data)> =
                entries.iter().map(|(key, value)| (escaped(key), data(value))).collect();
            entries.sort_by(|left, right| natural::compare(&left.0, &right.0));
            Data::Map(entries)
        }
    }
}

fn call(name: &str, argument: Data) -> Data {
    Data::Map(vec![(name.into(), argument)])
}

/// Whether an object has a key that functions have.
fn reads_as_call(entries: &[(Key, Arc<Value>)]) -> bool {
    entries.iter().any(|(key, _)| key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("fn::")))
}

/// A text that reads back as itself: `$` is doubled where it would begin a reference, or stand for one of two.
fn escaped(text: &str) -> Arc<str> {
    if text.contains("${") || text.contains("$$") { text.replace('$', "$$").into() } else { text.into() }
}

/// Prints the path, and no secret.
impl fmt::Debug for Patch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.path, self.replacement)
    }
}
