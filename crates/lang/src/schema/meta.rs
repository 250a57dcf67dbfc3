//! The schema of schemas, which `fn::validate` checks its `schema` against.

use std::sync::LazyLock;

use super::{Full, Schema};
use crate::Key;
use crate::json::{Json, Text};

/// The schema of schemas.
pub(crate) fn meta_schema() -> Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
        let schema = build();
        schema.compile().expect("the meta schema refers to its own definition only");
        schema
    });
    SCHEMA.clone()
}

fn build() -> Schema {
    let schema = || Schema::full(Full { reference: Some("#/$defs/schema".into()), ..Full::default() });
    let of_type = |kind: &'static str| Full { kind: kind.into(), ..Full::default() };
    let any = || Schema::full(Full::default());
    let list_of = |items| Schema::full(Full { items: Some(items), ..of_type("array") });
    let map_of = |values| Schema::full(Full { additional: Some(values), ..of_type("object") });
    let string = || Schema::full(of_type("string"));
    let kinds = ["string", "number", "boolean", "array", "object", "null"];
    let kinds = kinds.map(|kind| Json::String(Text::Str(kind.into()))).to_vec();

    let mut properties: Vec<(Key, Schema)> = Vec::new();
    let mut add = |names: &[&str], make: &dyn Fn() -> Schema| {
        properties.extend(names.iter().map(|&name| (Key::from(name), make())));
    };
    add(&["$defs", "properties"], &|| map_of(schema()));
    add(&["$ref", "pattern", "title", "description"], &string);
    add(&["anyOf", "oneOf", "prefixItems"], &|| list_of(schema()));
    add(&["items", "additionalProperties"], &schema);
    add(&["type"], &|| Schema::full(Full { enumeration: kinds.clone(), ..of_type("string") }));
    add(&["const", "default"], &any);
    add(&["enum", "examples"], &|| Schema::full(of_type("array")));
    let bounds = ["multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"];
    let counts = ["maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"];
    add(&[&bounds[..], &counts[..]].concat(), &|| Schema::full(of_type("number")));
    add(&["uniqueItems", "deprecated"], &|| Schema::full(of_type("boolean")));
    add(&["required"], &|| list_of(string()));
    add(&["dependentRequired"], &|| map_of(list_of(string())));
    properties.sort_by(|left, right| left.0.cmp(&right.0));

    let object = Schema::full(Full { properties, ..of_type("object") });
    let any_of = vec![Schema::full(of_type("boolean")), object];
    let definition = Schema::full(Full { any_of, ..Full::default() });
    let reference = Some("#/$defs/schema".into());
    Schema::full(Full { defs: vec![("schema".into(), definition)], reference, ..Full::default() })
}
