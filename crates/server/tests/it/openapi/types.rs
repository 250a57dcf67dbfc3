//! Schemas of the wire types, read from their sources: structures with their fields, and enumerations of words.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

/// The schema of a type by its name in Rust.
pub(super) fn schema(kind: &str) -> Value {
    let kind =
        kind.trim().trim_start_matches("&'a ").trim_start_matches("&'static ").trim_start_matches("std::collections::");
    let inner = |name: &str| kind.strip_prefix(name)?.strip_prefix('<')?.strip_suffix('>');
    if let Some(inner) = inner("Option").or(inner("Box")) {
        return schema(inner);
    }
    if let Some(inner) = inner("Vec").or(inner("BTreeSet")) {
        return json!({ "type": "array", "items": schema(inner) });
    }
    if let Some((_, value)) = inner("BTreeMap").and_then(|inner| inner.split_once(',')) {
        return json!({ "type": "object", "additionalProperties": schema(value) });
    }
    match kind.split('<').next().unwrap_or(kind) {
        "String" | "str" => json!({ "type": "string" }),
        "bool" => json!({ "type": "boolean" }),
        "u16" | "u32" | "u64" | "usize" | "i64" => json!({ "type": "integer" }),
        "f64" => json!({ "type": "number" }),
        // Any JSON.
        "Value" | "RawValue" => json!({}),
        name if name.len() > 1 && name.starts_with(char::is_uppercase) && name.chars().all(char::is_alphanumeric) => {
            json!({ "$ref": format!("#/components/schemas/{name}") })
        }
        _ => json!({}),
    }
}

/// All wire types in the files of a folder.
pub(super) fn all(folder: &Path) -> Map<String, Value> {
    let mut schemas = Map::new();
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        read(&fs::read_to_string(file).unwrap(), &mut schemas);
    }
    schemas
}

fn read(text: &str, schemas: &mut Map<String, Value>) {
    let mut lines = text.lines();
    let (mut about, mut attributes) = (Vec::new(), String::new());
    while let Some(line) = lines.next() {
        let words: Vec<&str> = line.split([' ', '<', '(', ';']).collect();
        match words.as_slice() {
            ["///", ..] => about.push(line.trim_start_matches("///").trim()),
            ["pub", kind @ ("struct" | "enum"), name, ..] => {
                let members: Vec<&str> = if line.ends_with('{') {
                    lines.by_ref().take_while(|line| *line != "}").collect()
                } else {
                    Vec::new()
                };
                let mut schema = match *kind {
                    "struct" => structure(&members, &attributes),
                    _ => enumeration(&members, &attributes),
                };
                schema["description"] = about.join(" ").into();
                schemas.insert((*name).to_owned(), schema);
                about.clear();
                attributes.clear();
            }
            _ if line.starts_with("#[") => attributes.push_str(line),
            _ => {
                about.clear();
                attributes.clear();
            }
        }
    }
}

fn structure(members: &[&str], attributes: &str) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    let (mut about, mut own) = (Vec::new(), String::new());
    for line in members.iter().map(|line| line.trim()) {
        if let Some(text) = line.strip_prefix("///") {
            about.push(text.trim());
        } else if line.starts_with("#[") {
            own.push_str(line);
        } else if let Some((name, kind)) = line.strip_prefix("pub ").and_then(|line| line.split_once(": ")) {
            let name = match own.split_once("rename = \"") {
                Some((_, rest)) => rest.split('"').next().unwrap_or_default().to_owned(),
                None => renamed(name.trim_start_matches("r#"), attributes),
            };
            let kind = kind.trim_end_matches(',');
            let may_lack = kind.starts_with("Option<")
                || own.contains("default")
                || own.contains("skip_serializing_if")
                || attributes.contains("serde(default");
            if !may_lack {
                required.push(name.clone());
            }
            let mut property = schema(kind);
            if !about.is_empty() {
                property["description"] = about.join(" ").into();
            }
            properties.insert(name, property);
            about.clear();
            own.clear();
        }
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}

fn enumeration(members: &[&str], attributes: &str) -> Value {
    let variants: Vec<&str> = members
        .iter()
        .map(|line| line.trim().trim_end_matches(','))
        .filter(|line| line.starts_with(char::is_uppercase))
        .collect();
    if attributes.contains("untagged") {
        let kinds = variants.iter().filter_map(|variant| variant.split_once('(')?.1.strip_suffix(')'));
        return json!({ "anyOf": kinds.map(schema).collect::<Vec<_>>() });
    }
    let words: Vec<String> = variants.iter().map(|variant| renamed(variant, attributes)).collect();
    json!({ "type": "string", "enum": words })
}

/// A name as it is on the wire.
fn renamed(name: &str, attributes: &str) -> String {
    if attributes.contains("\"lowercase\"") {
        return name.to_lowercase();
    }
    if attributes.contains("\"camelCase\"") {
        return super::camel(name);
    }
    if attributes.contains("\"PascalCase\"") {
        let camel = super::camel(name);
        let (first, rest) = camel.split_at(1);
        return format!("{}{rest}", first.to_uppercase());
    }
    name.to_owned()
}
