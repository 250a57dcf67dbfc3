//! Schemas read, merge and print as the reference does.

use serde_json::json;

use super::*;

fn schema(json: &serde_json::Value) -> Schema {
    Schema::parse(json).expect("a schema of this test")
}

#[test]
fn a_schema_is_written_as_it_was_read() {
    let text = r##"{"$defs":{"a":{"type":"string"}},"$ref":"#/$defs/a","anyOf":[true,false],"items":{"type":""},"properties":{"x":true},"type":"","const":{"k":[1.50]},"enum":["a",null],"minimum":1.20,"minLength":3,"pattern":"^a","uniqueItems":true,"required":["x"],"dependentRequired":{"x":["y"]},"rotateOnly":["x"]}"##;
    assert_eq!(schema(&serde_json::from_str(text).expect("JSON")).to_json(), text);
    assert_eq!(Schema::tuple(Vec::new()).to_json(), r#"{"items":false,"type":"array"}"#);
    assert_eq!(Schema::record(Vec::new()).to_json(), r#"{"type":"object"}"#);
}

#[test]
fn a_part_is_what_some_alternative_promises() {
    let either = schema(&json!({"anyOf": [{"type": "object", "properties": {"a": {"type": "string"}}}],
        "oneOf": [{"type": "object", "additionalProperties": {"type": "number"}}, {"type": "array"}]}));
    assert_eq!(either.property("a").to_json(), r#"{"oneOf":[{"type":"string"},{"type":"number"}],"type":""}"#);
    assert_eq!(either.property("b").to_json(), r#"{"type":"number"}"#);
    assert!(either.item(0).is_never());
    assert!(Schema::ALWAYS.property("a").is_never());
}

#[test]
fn merging_joins_the_properties_and_requires_all() {
    let base = schema(&json!({"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "null"}}}));
    let top = schema(&json!({"type": "object", "properties": {"b": {"type": "string"}}, "additionalProperties": true}));
    assert_eq!(
        Schema::merged(&base, &top).to_json(),
        r#"{"additionalProperties":true,"properties":{"a":{"type":"null"},"b":{"type":"string"}},"type":"object","required":["a","b"]}"#
    );
    assert_eq!(Schema::merged(&base, &Schema::STRING).to_json(), r#"{"type":"string"}"#);
}

#[test]
fn a_schema_that_cannot_be_compiled_says_why() {
    let error = |json| Schema::parse(&json).expect_err("broken on purpose").to_string();
    assert_eq!(error(json!({"$ref": "#/x"})), "only fragment references of the form #/$defs/ref are supported");
    assert_eq!(error(json!({"$ref": "#/$defs/a%20b"})), "unknown subschema #/$defs/a b");
    assert_eq!(error(json!({"minLength": 1.5})), "strconv.ParseUint: parsing \"1.5\": invalid syntax");
    assert!(error(json!({"pattern": "("})).starts_with("error parsing regexp: "));
}

#[test]
fn a_long_chain_of_references_compiles() {
    let link = |index: usize| json!({"$ref": format!("#/$defs/d{}", (index + 1) % 20_000)});
    let defs = (0..20_000).map(|index| (format!("d{index}"), link(index)));
    let defs: serde_json::Map<String, serde_json::Value> = defs.collect();
    assert!(schema(&json!({"$defs": defs, "$ref": "#/$defs/d0"})).target().is_some());
}

#[test]
fn a_recursive_schema_compiles() {
    let tree = schema(&json!({"$defs": {"t": {"type": "array", "items": {"$ref": "#/$defs/t"}}}, "$ref": "#/$defs/t"}));
    let target = tree.target().expect("compiled");
    assert_eq!(target.items().and_then(Schema::target).expect("compiled").to_json(), target.to_json());
}
