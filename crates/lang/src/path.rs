//! Property paths such as `a.b["x.y"][0]`: how callers name a part of an environment.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::Key;
use crate::value::{Value, ValueKind, lookup};

/// A path into a value. The empty path names the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PropertyPath {
    steps: Vec<Step>,
}

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Into the property of a map.
    Key(Key),
    /// Into an element of a list. Negative ones parse, and lead nowhere.
    Index(i64),
}

/// Why a text is no path. The texts are the reference's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum PropertyPathError {
    #[error("expected property path to start with a name or index")]
    Start,
    #[error("expected property path to end with a name or index")]
    End,
    #[error("missing closing quote in property name")]
    Quote,
    #[error("missing closing bracket in property access")]
    AccessBracket,
    #[error("missing closing bracket in array index")]
    IndexBracket,
    #[error("invalid array index: {0:?}")]
    Index(String),
}

/// Why a path leads nowhere. Says how far it led.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PropertyError {
    /// The map has no such property.
    #[error("there is no property {}", PropertyPath::display(.0))]
    Missing(Vec<Step>),
    /// The list is shorter than that.
    #[error("there is no element {}", PropertyPath::display(.0))]
    OutOfBounds(Vec<Step>),
    /// What the step leads into is neither a map nor, for an index, a list.
    #[error("{} leads into something that has no such parts", PropertyPath::display(.0))]
    Mismatch(Vec<Step>),
}

impl PropertyPath {
    /// Parses a path: names up to `.` or `[`, `["…"]` with `\"` for a quote, and `[0]`.
    pub fn parse(text: &str) -> Result<Self, PropertyPathError> {
        let mut steps = Vec::new();
        let mut rest = text;
        if rest.starts_with('.') {
            return Err(PropertyPathError::Start);
        }
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                if after.is_empty() {
                    return Err(PropertyPathError::End);
                }
                rest = after;
            } else if let Some(quoted) = rest.strip_prefix("[\"") {
                let (key, after) = quoted_key(quoted)?;
                steps.push(Step::Key(key));
                rest = after;
            } else if let Some(bracketed) = rest.strip_prefix('[') {
                let (index, after) = bracketed.split_once(']').ok_or(PropertyPathError::IndexBracket)?;
                steps.push(if index == "*" {
                    Step::Key("*".into())
                } else {
                    Step::Index(index.parse().map_err(|_| PropertyPathError::Index(index.to_owned()))?)
                });
                rest = after;
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                steps.push(Step::Key(rest[..end].into()));
                rest = &rest[end..];
            }
        }
        Ok(Self { steps })
    }

    /// The steps, from the whole to the part.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether this path names the whole.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The path as the reference prints property paths, rather than document paths: a key needs quotes only for what is
    /// neither an ASCII letter, a digit nor `_`.
    ///
    /// Rotators are selected by this text, which is not always a path that leads back: see [`Mode`](crate::Mode).
    pub fn to_selector(&self) -> String {
        self.upto(self.steps.len())
    }

    /// The same of the first steps only.
    pub(crate) fn upto(&self, count: usize) -> String {
        let mut path = String::new();
        for (index, step) in self.steps.iter().take(count).enumerate() {
            match step {
                Step::Key(key) if key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
                    if index > 0 {
                        path.push('.');
                    }
                    path.push_str(key);
                }
                Step::Key(key) => push_quoted(&mut path, key),
                Step::Index(index) => join_index(&mut path, *index),
            }
        }
        path
    }

    fn display(steps: &[Step]) -> String {
        let mut path = String::new();
        for step in steps {
            join_step(&mut path, step);
        }
        path
    }
}

impl From<Vec<Step>> for PropertyPath {
    fn from(steps: Vec<Step>) -> Self {
        Self { steps }
    }
}

/// Prints the path as document paths are printed.
impl std::fmt::Display for PropertyPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&Self::display(&self.steps))
    }
}

/// Follows a path from the properties of an environment. The empty path leads nowhere: the whole is no value.
pub fn property<'a>(properties: &'a [(Key, Arc<Value>)], path: &PropertyPath) -> Result<&'a Value, PropertyError> {
    let upto = |count: usize| path.steps[..count].to_vec();
    let Some((first, rest)) = path.steps.split_first() else { return Err(PropertyError::Missing(Vec::new())) };
    let mut value = match first {
        Step::Key(key) => lookup(properties, key).ok_or_else(|| PropertyError::Missing(upto(1)))?,
        Step::Index(_) => return Err(PropertyError::Mismatch(upto(1))),
    };
    for (index, step) in rest.iter().enumerate() {
        let walked = index + 2;
        value = match (&value.kind, step) {
            (ValueKind::Map(entries), Step::Key(key)) => {
                lookup(entries, key).ok_or_else(|| PropertyError::Missing(upto(walked)))?
            }
            (ValueKind::List(items), &Step::Index(index)) => usize::try_from(index)
                .ok()
                .and_then(|index| items.get(index))
                .ok_or_else(|| PropertyError::OutOfBounds(upto(walked)))?,
            _ => return Err(PropertyError::Mismatch(upto(walked))),
        };
    }
    Ok(value)
}

/// Appends a key to a document path: bare where it is a plain name, bracketed and quoted otherwise.
pub(crate) fn join_key(path: &mut String, key: &str) {
    if key.is_empty() {
        return;
    }
    let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !key.starts_with(|first: char| first.is_ascii_digit());
    if plain {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
    } else {
        push_quoted(path, key);
    }
}

pub(crate) fn join_index(path: &mut String, index: i64) {
    let _ = write!(path, "[{index}]");
}

/// Appends `["key"]`, with a backslash before each quote and nothing else escaped.
fn push_quoted(path: &mut String, key: &str) {
    path.push_str("[\"");
    for character in key.chars() {
        if character == '"' {
            path.push('\\');
        }
        path.push(character);
    }
    path.push_str("\"]");
}

fn join_step(path: &mut String, step: &Step) {
    match step {
        Step::Key(key) => join_key(path, key),
        Step::Index(index) => join_index(path, *index),
    }
}

/// The key up to the closing quote, and what follows the bracket.
fn quoted_key(text: &str) -> Result<(Key, &str), PropertyPathError> {
    let mut key = String::new();
    let mut rest = text;
    loop {
        let end = rest.find(['"', '\\']).ok_or(PropertyPathError::Quote)?;
        key.push_str(&rest[..end]);
        if let Some(after) = rest[end..].strip_prefix("\\\"") {
            key.push('"');
            rest = after;
        } else if let Some(after) = rest[end..].strip_prefix('\\') {
            key.push('\\');
            rest = after;
        } else {
            let after = rest[end + 1..].strip_prefix(']').ok_or(PropertyPathError::AccessBracket)?;
            return Ok((key.into(), after));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> String {
        match PropertyPath::parse(text) {
            Ok(path) => format!("{:?}", path.steps()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_path_is_names_quoted_keys_and_indexes() {
        assert_eq!(keys(r#"a.b["x.y"][0]"#), r#"[Key("a"), Key("b"), Key("x.y"), Index(0)]"#);
        assert_eq!(keys(r#"["a\"b"].c[-1]"#), r#"[Key("a\"b"), Key("c"), Index(-1)]"#);
        assert_eq!(keys("a..b.[2]"), r#"[Key("a"), Key("b"), Index(2)]"#);
        assert_eq!(keys(""), "[]");
    }

    #[test]
    fn a_broken_path_says_what_is_missing() {
        assert_eq!(keys(".a"), "expected property path to start with a name or index");
        assert_eq!(keys("a."), "expected property path to end with a name or index");
        assert_eq!(keys("a[\"b"), "missing closing quote in property name");
        assert_eq!(keys("a[\"b\""), "missing closing bracket in property access");
        assert_eq!(keys("a[1"), "missing closing bracket in array index");
        assert_eq!(keys("a[x]"), "invalid array index: \"x\"");
    }

    #[test]
    fn a_selector_quotes_less_than_a_document_path() {
        let printed = |text: &str| {
            let path = PropertyPath::parse(text).expect("a path of this test");
            format!("{} | {path}", path.to_selector())
        };
        assert_eq!(printed("a.b_1[0]"), "a.b_1[0] | a.b_1[0]");
        assert_eq!(printed("a.0b.c-d"), r#"a.0b["c-d"] | a["0b"]["c-d"]"#);
        assert_eq!(printed("0[*].é"), r#"0["*"]["é"] | ["0"]["*"]["é"]"#);
        assert_eq!(printed(r#"["a\"b"]"#), r#"["a\"b"] | ["a\"b"]"#);
    }

    #[test]
    fn a_document_path_quotes_what_is_no_plain_name() {
        let mut path = String::new();
        for key in ["a", "b_1", "1c", "d\"e", ""] {
            join_key(&mut path, key);
        }
        join_index(&mut path, 3);
        assert_eq!(path, r#"a.b_1["1c"]["d\"e"][3]"#);
    }
}
