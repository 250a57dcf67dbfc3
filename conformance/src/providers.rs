//! The providers and rotators that the cases call, as the reference's tests have them.

use std::collections::HashMap;
use std::sync::Arc;

use lang::{ProviderSchema, Schema, Value, ValueKind};
use serde_json::{Value as Json, json};

use crate::compare::plain;

/// What a provider gives.
pub(crate) fn open(provider: &str, inputs: &Arc<Value>) -> Result<Arc<Value>, String> {
    match provider {
        "test" | "schema" => Ok(Arc::clone(inputs)),
        "secret-wrapper" => Ok(Arc::new(Value::clone(inputs).into_secret())),
        "error" => match inputs.property("why").map(|why| why.kind()) {
            Some(ValueKind::String(why)) => Err(why.to_string()),
            _ => panic!("the schema of this provider requires a reason"),
        },
        _ => panic!("{provider} is not known"),
    }
}

/// What a rotator gives for its inputs and its state.
pub(crate) fn open_rotated(
    rotator: &str,
    inputs: &Arc<Value>,
    state: Option<Arc<Value>>,
) -> Result<Arc<Value>, String> {
    let state = state.unwrap_or_else(|| Arc::new(Value::new(ValueKind::Map(Vec::new()))));
    if rotator == "echo"
        && let (Some(next), Some(current)) = (inputs.property("next"), state.property("current"))
        && !next.is_unknown()
        && plain(next, false) != plain(current, false)
    {
        return Err("oh no! inputs were evaluated outside of rotation".to_owned());
    }
    Ok(state)
}

/// The next state of a rotator.
pub(crate) fn rotate(rotator: &str, inputs: &Arc<Value>, state: Option<Arc<Value>>) -> Result<Arc<Value>, String> {
    let state = state.unwrap_or_else(|| Arc::new(Value::new(ValueKind::Map(Vec::new()))));
    let part = |key: &str| state.property(key).cloned().unwrap_or_else(|| Arc::new(Value::new(ValueKind::Null)));
    let entries = match rotator {
        "swap" => vec![("a".into(), part("b")), ("b".into(), part("a"))],
        "echo" => {
            let next = inputs.property("next").expect("the schema of this rotator requires it");
            if next.is_unknown() {
                return Err("oh no! rotateOnly inputs were not evaluated during rotation".to_owned());
            }
            vec![("current".into(), Arc::clone(next)), ("previous".into(), part("current"))]
        }
        _ => panic!("{rotator} is not known"),
    };
    Ok(Arc::new(Value::new(ValueKind::Map(entries))))
}

fn provider(inputs: Json, state: Json, outputs: Json) -> ProviderSchema {
    let schema = |json: Json| Schema::parse(&json).expect("a schema of this test");
    ProviderSchema { inputs: schema(inputs), state: schema(state), outputs: schema(outputs) }
}

pub(crate) fn providers() -> HashMap<String, ProviderSchema> {
    let everything = schema_of_everything();
    HashMap::from([
        ("test".to_owned(), provider(json!(true), json!(true), json!(true))),
        ("secret-wrapper".to_owned(), provider(json!(true), json!(true), json!(true))),
        ("error".to_owned(), provider(record(&json!({"why": {"type": "string"}})), json!(true), json!(true))),
        ("schema".to_owned(), provider(everything.clone(), json!(true), everything)),
    ])
}

pub(crate) fn rotators() -> HashMap<String, ProviderSchema> {
    let pair = record(&json!({"a": {"type": "string"}, "b": {"type": "string"}}));
    let mut next = record(&json!({"next": {"type": "string"}}));
    next["rotateOnly"] = json!(["next"]);
    let history = json!({"type": "object", "required": ["current"],
        "properties": {"current": {"type": "string"}, "previous": {"type": "string"}}});
    HashMap::from([
        ("swap".to_owned(), provider(json!(true), pair.clone(), pair)),
        ("echo".to_owned(), provider(next, history.clone(), history)),
    ])
}

fn record(properties: &Json) -> Json {
    let required: Vec<&String> = properties.as_object().expect("an object").keys().collect();
    json!({"type": "object", "required": required, "properties": properties})
}

fn tuple(items: &Json) -> Json {
    json!({"type": "array", "prefixItems": items, "items": false})
}

fn schema_of_everything() -> Json {
    let (string, number) = (json!({"type": "string"}), json!({"type": "number"}));
    json!({
        "$defs": {"defRecord": record(&json!({"baz": {"type": "string", "const": "qux"}}))},
        "type": "object",
        "properties": {
            "null": {"type": "null"},
            "boolean": {"type": "boolean"},
            "false": {"type": "boolean", "const": false},
            "true": {"type": "boolean", "const": true},
            "number": number,
            "pi": {"type": "number", "const": serde_json::from_str::<Json>("3.14").expect("a number")},
            "string": string,
            "hello": {"type": "string", "const": "hello"},
            "array": {"type": "array", "items": true},
            "tuple": tuple(&json!([{"type": "string", "const": "hello"}, {"type": "string", "const": "world"}])),
            "map": {"type": "object", "additionalProperties": true},
            "record": record(&json!({"foo": string})),
            "anyOf": {"anyOf": [string, number]},
            "oneOf": {"oneOf": [string, number]},
            "ref": {"$ref": "#/$defs/defRecord"},
            "const-array": {"type": "array", "const": ["hello", 42]},
            "const-object": {"type": "object", "const": {"hello": "world"}},
            "enum": {"type": "string", "enum": ["foo", "bar"]},
            "never": false,
            "always": true,
            "double": tuple(&json!([string, number])),
            "triple": tuple(&json!([string, number, {"type": "boolean"}])),
            "dependentReq": {"type": "object", "properties": {"foo": string, "bar": number},
                "dependentRequired": {"foo": ["bar"]}},
            "multiple": {"type": "number", "multipleOf": 2},
            "minimum": {"type": "number", "minimum": 1},
            "exclusiveMinimum": {"type": "number", "exclusiveMinimum": 1},
            "maximum": {"type": "number", "maximum": 1},
            "exclusiveMaximum": {"type": "number", "exclusiveMaximum": 1},
            "minLength": {"type": "string", "minLength": 1},
            "maxLength": {"type": "string", "maxLength": 1},
            "pattern": {"type": "string", "pattern": "^foo[0-9]+$"},
            "minItems": {"type": "array", "minItems": 3},
            "maxItems": {"type": "array", "maxItems": 2},
            "minProperties": {"type": "object", "minProperties": 1},
            "maxProperties": {"type": "object", "maxProperties": 1},
        },
    })
}
