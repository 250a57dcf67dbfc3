//! Writing data as YAML, in brackets or by indentation.

use super::data::Data;
use super::scalar::{self, Context};

/// Data in brackets, on one line.
pub(super) fn flow(data: &Data) -> String {
    match data {
        Data::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Data::Map(entries) => {
            let entry = |(key, value): &(crate::Key, Data)| flow_entry(key, value);
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        _ => scalar(data, &Context::Flow),
    }
}

pub(super) fn flow_entry(key: &str, value: &Data) -> String {
    format!("{}: {}", scalar::marshal(key, &Context::Flow), flow(value))
}

/// A scalar or an empty collection.
pub(super) fn scalar(data: &Data, context: &Context) -> String {
    match data {
        Data::Null => "null".to_owned(),
        Data::Boolean(value) => value.to_string(),
        Data::Number(number) => number.written.to_string(),
        Data::String(text) => scalar::marshal(text, context),
        Data::List(_) => "[]".to_owned(),
        Data::Map(_) => "{}".to_owned(),
    }
}

/// Writes by indentation. Lines end where the next begins, so the last has no line break.
pub(super) struct Block<'n> {
    pub(super) newline: &'n str,
    /// Whether texts of several lines may be blocks too, rather than quoted.
    pub(super) literals: bool,
}

impl Block<'_> {
    /// A collection with something in it, at a column. The first line is not indented.
    pub(super) fn collection(&self, data: &Data, column: usize) -> String {
        let lines: Vec<String> = match data {
            Data::List(items) => items.iter().map(|item| self.item(item, column)).collect(),
            Data::Map(entries) => entries.iter().map(|(key, value)| self.entry(key, value, column)).collect(),
            _ => vec![self.scalar(data, column)],
        };
        lines.join(&self.line(column))
    }

    /// An entry of a mapping at a column; what it holds is two columns deeper.
    pub(super) fn entry(&self, key: &str, value: &Data, column: usize) -> String {
        let key = scalar::marshal(key, &Context::Line);
        if value.is_filled() {
            format!("{key}:{}{}", self.line(column + 2), self.collection(value, column + 2))
        } else {
            format!("{key}: {}", self.scalar(value, column + 2))
        }
    }

    /// An item of a sequence at a column.
    pub(super) fn item(&self, item: &Data, column: usize) -> String {
        let column = column + 2;
        format!("- {}", if item.is_filled() { self.collection(item, column) } else { self.scalar(item, column) })
    }

    /// A scalar whose further lines are at a column.
    pub(super) fn scalar(&self, data: &Data, indent: usize) -> String {
        let context = if self.literals { Context::Block { indent, newline: self.newline } } else { Context::Line };
        scalar(data, &context)
    }

    /// A new line at a column.
    pub(super) fn line(&self, column: usize) -> String {
        format!("{}{}", self.newline, " ".repeat(column))
    }
}
