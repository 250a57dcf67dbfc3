//! Writing schemas as JSON, members in the order of the protocol.

use super::{Form, Full, Scalar, Schema};
use crate::Key;
use crate::json::{Json, write_string};
use crate::value::write_digits;

impl Schema {
    /// Appends the schema as JSON.
    pub(crate) fn write(&self, out: &mut String) {
        match &self.0 {
            Form::Never => out.push_str("false"),
            Form::Always => out.push_str("true"),
            Form::Type(kind) => {
                out.push_str("{\"type\":\"");
                out.push_str(kind.name());
                out.push_str("\"}");
            }
            Form::Const(constant) => {
                out.push_str("{\"type\":\"");
                out.push_str(self.type_name());
                out.push_str("\",\"const\":");
                match constant {
                    Scalar::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
                    Scalar::Number(digits) => write_digits(out, digits),
                    Scalar::String(text) => write_string(out, &text.to_text()),
                }
                out.push('}');
            }
            Form::Tuple(items) => {
                out.push('{');
                write_list(out, "prefixItems", items);
                out.push_str("\"items\":false,\"type\":\"array\"}");
            }
            Form::Record(record) => {
                out.push('{');
                if let Some(additional) = &record.additional {
                    out.push_str("\"additionalProperties\":");
                    additional.write(out);
                    out.push(',');
                }
                write_map(out, "properties", &record.properties);
                out.push_str("\"type\":\"object\"");
                if !record.properties.is_empty() {
                    out.push_str(",\"required\":[");
                    for (index, (key, _)) in record.properties.iter().enumerate() {
                        if index > 0 {
                            out.push(',');
                        }
                        write_string(out, key);
                    }
                    out.push(']');
                }
                out.push('}');
            }
            Form::Full(full) => write_full(out, full),
        }
    }

    /// The schema as JSON text.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }
}

fn write_full(out: &mut String, full: &Full) {
    out.push('{');
    write_map(out, "$defs", &full.defs);
    write_text(out, "$ref", full.reference.as_ref());
    write_list(out, "anyOf", &full.any_of);
    write_list(out, "oneOf", &full.one_of);
    write_list(out, "prefixItems", &full.prefix_items);
    for (name, schema) in [("items", &full.items), ("additionalProperties", &full.additional)] {
        if let Some(schema) = schema {
            member(out, name);
            schema.write(out);
            out.push(',');
        }
    }
    write_map(out, "properties", &full.properties);
    member(out, "type");
    write_string(out, &full.kind);
    out.push(',');
    write_data(out, "const", full.constant.as_ref());
    write_items(out, "enum", &full.enumeration);
    for (name, digits) in [
        ("multipleOf", &full.multiple_of),
        ("maximum", &full.maximum),
        ("exclusiveMaximum", &full.exclusive_maximum),
        ("minimum", &full.minimum),
        ("exclusiveMinimum", &full.exclusive_minimum),
        ("maxLength", &full.max_length),
        ("minLength", &full.min_length),
    ] {
        write_number(out, name, digits.as_ref());
    }
    write_text(out, "pattern", full.pattern.as_ref());
    write_number(out, "maxItems", full.max_items.as_ref());
    write_number(out, "minItems", full.min_items.as_ref());
    write_flag(out, "uniqueItems", full.unique_items);
    write_number(out, "maxProperties", full.max_properties.as_ref());
    write_number(out, "minProperties", full.min_properties.as_ref());
    write_names(out, "required", &full.required);
    if !full.dependent_required.is_empty() {
        member(out, "dependentRequired");
        out.push('{');
        for (key, names) in &full.dependent_required {
            write_string(out, key);
            out.push(':');
            name_list(out, names);
            out.push(',');
        }
        close(out, '}');
        out.push(',');
    }
    write_text(out, "title", full.title.as_ref());
    write_text(out, "description", full.description.as_ref());
    write_data(out, "default", full.default.as_ref());
    write_flag(out, "deprecated", full.deprecated);
    write_items(out, "examples", &full.examples);
    write_flag(out, "secret", full.secret);
    write_names(out, "rotateOnly", &full.rotate_only);
    close(out, '}');
}

fn member(out: &mut String, name: &str) {
    write_string(out, name);
    out.push(':');
}

/// Replaces the comma after the last member.
fn close(out: &mut String, bracket: char) {
    if out.ends_with(',') {
        out.pop();
    }
    out.push(bracket);
}

fn write_text(out: &mut String, name: &str, text: Option<&Key>) {
    if let Some(text) = text {
        member(out, name);
        write_string(out, text);
        out.push(',');
    }
}

fn write_number(out: &mut String, name: &str, digits: Option<&Key>) {
    if let Some(digits) = digits {
        member(out, name);
        write_digits(out, digits);
        out.push(',');
    }
}

fn write_flag(out: &mut String, name: &str, flag: bool) {
    if flag {
        member(out, name);
        out.push_str("true,");
    }
}

fn write_data(out: &mut String, name: &str, data: Option<&Json>) {
    if let Some(data) = data {
        member(out, name);
        out.push_str(&data.to_message());
        out.push(',');
    }
}

fn write_items(out: &mut String, name: &str, items: &[Json]) {
    if !items.is_empty() {
        member(out, name);
        out.push('[');
        for item in items {
            out.push_str(&item.to_message());
            out.push(',');
        }
        close(out, ']');
        out.push(',');
    }
}

fn write_names(out: &mut String, name: &str, names: &[Key]) {
    if !names.is_empty() {
        member(out, name);
        name_list(out, names);
        out.push(',');
    }
}

fn name_list(out: &mut String, names: &[Key]) {
    out.push('[');
    for name in names {
        write_string(out, name);
        out.push(',');
    }
    close(out, ']');
}

fn write_list(out: &mut String, name: &str, schemas: &[Schema]) {
    if !schemas.is_empty() {
        member(out, name);
        out.push('[');
        for schema in schemas {
            schema.write(out);
            out.push(',');
        }
        close(out, ']');
        out.push(',');
    }
}

fn write_map(out: &mut String, name: &str, schemas: &[(Key, Schema)]) {
    if !schemas.is_empty() {
        member(out, name);
        out.push('{');
        for (key, schema) in schemas {
            member(out, key);
            schema.write(out);
            out.push(',');
        }
        close(out, '}');
        out.push(',');
    }
}
