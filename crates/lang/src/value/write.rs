//! Writing environments as the JSON of the protocol.
//!
//! Where the reference leaves out a null `value` or an empty `environment`, we write them: its generated clients
//! require both.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{Environment, Expr, ExprKind, PropertyAccessor, Trace, Value, ValueKind};
use crate::Key;
use crate::json::write_string;
use crate::path::Step;
use crate::source::{Position, Range};

impl Environment {
    /// What `check` answers: `exprs`, `properties`, `schema` and `executionContext`. Holds plaintexts where the text
    /// or the mode does.
    pub fn to_check_json(&self) -> String {
        let mut out = String::with_capacity(4096);
        out.push('{');
        if !self.exprs.is_empty() {
            out.push_str("\"exprs\":");
            write_map(&mut out, &self.exprs, write_expr);
            out.push(',');
        }
        if !self.properties.is_empty() {
            out.push_str("\"properties\":");
            write_map(&mut out, &self.properties, |out, value| write_value(out, value));
            out.push(',');
        }
        out.push_str("\"schema\":");
        self.schema.write(&mut out);
        out.push_str(",\"executionContext\":{\"properties\":");
        write_map(&mut out, &self.execution_context.properties, |out, value| write_value(out, value));
        out.push_str(",\"schema\":");
        self.execution_context.schema.write(&mut out);
        out.push_str("}}");
        out
    }

    /// What reading an opened environment answers: the properties alone, and `{}` if there are none.
    pub fn to_open_json(&self) -> String {
        if self.properties.is_empty() {
            return "{}".to_owned();
        }
        let mut out = String::with_capacity(4096);
        out.push_str("{\"properties\":");
        write_map(&mut out, &self.properties, |out, value| write_value(out, value));
        out.push('}');
        out
    }
}

impl Value {
    /// The value as JSON of the protocol, with its origin. Secrets are in clear.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        write_value(&mut out, self);
        out
    }
}

impl Serialize for Environment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_json(self.to_check_json(), serializer)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_json(self.to_json(), serializer)
    }
}

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = String::new();
        write_range(&mut out, self);
        serialize_json(out, serializer)
    }
}

fn serialize_json<S: Serializer>(json: String, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::value::RawValue::from_string(json).map_err(serde::ser::Error::custom)?.serialize(serializer)
}

/// Writes a number. What JSON has no number for, such as `+Inf`, becomes a string.
pub(crate) fn write_digits(out: &mut String, digits: &Arc<str>) {
    if crate::json::write_number(out, digits).is_err() {
        write_string(out, digits);
    }
}

fn write_map<T>(out: &mut String, entries: &[(Key, T)], mut write: impl FnMut(&mut String, &T)) {
    out.push('{');
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(out, key);
        out.push(':');
        write(out, value);
    }
    out.push('}');
}

fn write_list<T>(out: &mut String, items: &[T], mut write: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(']');
}

fn write_value(out: &mut String, value: &Value) {
    out.push_str("{\"value\":");
    write_kind(out, &value.kind);
    if value.secret {
        out.push_str(",\"secret\":true");
    }
    if value.unknown {
        out.push_str(",\"unknown\":true");
    }
    let Trace { def, base } = &value.trace;
    out.push_str(",\"trace\":{\"def\":");
    write_range(out, def);
    if let Some(base) = base {
        out.push_str(",\"base\":");
        write_value(out, base);
    }
    out.push_str("}}");
}

fn write_kind(out: &mut String, kind: &ValueKind) {
    match kind {
        ValueKind::Null => out.push_str("null"),
        ValueKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        ValueKind::Number(digits) => write_digits(out, digits),
        ValueKind::String(text) => write_string(out, text),
        ValueKind::List(items) => write_list(out, items, |out, item| write_value(out, item)),
        ValueKind::Map(entries) => write_map(out, entries, |out, value| write_value(out, value)),
    }
}

fn write_range(out: &mut String, range: &Range) {
    out.push_str("{\"environment\":");
    write_string(out, &range.environment);
    out.push_str(",\"begin\":");
    write_position(out, range.begin);
    out.push_str(",\"end\":");
    write_position(out, range.end);
    out.push('}');
}

fn write_position(out: &mut String, position: Position) {
    let Position { line, column, byte } = position;
    let _ = write!(out, "{{\"line\":{line},\"column\":{column},\"byte\":{byte}}}");
}

fn write_expr(out: &mut String, expr: &Expr) {
    out.push_str("{\"range\":");
    write_range(out, &expr.range);
    if let Some(schema) = &expr.schema {
        out.push_str(",\"schema\":");
        schema.write(out);
    }
    if let Some(base) = &expr.base {
        out.push_str(",\"base\":");
        write_expr(out, base);
    }
    if !expr.key_ranges.is_empty() {
        out.push_str(",\"keyRanges\":");
        write_map(out, &expr.key_ranges, write_range);
    }
    match &expr.kind {
        ExprKind::Empty => {}
        ExprKind::Literal(literal) => {
            out.push_str(",\"literal\":");
            write_kind(out, literal);
        }
        ExprKind::Interpolate(parts) => {
            out.push_str(",\"interpolate\":");
            write_list(out, parts, |out, (text, accessors)| write_part(out, text, accessors));
        }
        ExprKind::Symbol(accessors) => {
            out.push_str(",\"symbol\":");
            write_list(out, accessors, write_accessor);
        }
        ExprKind::Access { receiver, accessors } => {
            out.push_str(",\"access\":{\"receiver\":");
            write_range(out, receiver);
            out.push_str(",\"accessors\":");
            write_list(out, accessors, |out, (key, range)| {
                out.push_str("{\"key\":");
                write_string(out, key);
                out.push_str(",\"range\":");
                write_range(out, range);
                out.push('}');
            });
            out.push('}');
        }
        ExprKind::List(items) => {
            out.push_str(",\"list\":");
            write_list(out, items, write_expr);
        }
        ExprKind::Object(entries) => {
            out.push_str(",\"object\":");
            write_map(out, entries, write_expr);
        }
        ExprKind::Builtin { name, name_range, arg_schema, arg } => {
            out.push_str(",\"builtin\":{\"name\":");
            write_string(out, name);
            out.push_str(",\"nameRange\":");
            write_range(out, name_range);
            out.push_str(",\"argSchema\":");
            arg_schema.write(out);
            out.push_str(",\"arg\":");
            write_expr(out, arg);
            out.push('}');
        }
    }
    out.push('}');
}

fn write_part(out: &mut String, text: &str, accessors: &[PropertyAccessor]) {
    out.push('{');
    if !text.is_empty() {
        out.push_str("\"text\":");
        write_string(out, text);
    }
    if !accessors.is_empty() {
        if !text.is_empty() {
            out.push(',');
        }
        out.push_str("\"value\":");
        write_list(out, accessors, write_accessor);
    }
    out.push('}');
}

fn write_accessor(out: &mut String, accessor: &PropertyAccessor) {
    match &accessor.step {
        Step::Key(key) => {
            out.push_str("{\"key\":");
            write_string(out, key);
        }
        Step::Index(index) => {
            let _ = write!(out, "{{\"index\":{index}");
        }
    }
    out.push_str(",\"range\":");
    write_range(out, &accessor.range);
    out.push_str(",\"value\":");
    write_range(out, &accessor.value);
    out.push('}');
}
