//! Others' test cases: what the reference gives, we give.
//!
//! They are read from the folder that `ESCRIBA_CONFORMANCE` names. Without it the tests say *not present* and pass.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lang::{
    CallKind, Diagnostic, Environment, Evaluation, Facts, ImportFact, Limits, Mode, Need, Parsed, Patch, Program,
    PropertyPath, ProviderSchema, Schema, Severity, Value, ValueKind, evaluate,
};
use serde_json::{Value as Json, json};

/// Cases that need what is not built yet, and why.
const NOT_YET: &[(&str, &str)] = &[];

#[test]
fn every_environment_evaluates_as_in_the_reference() {
    each_case("esc-eval", |folder, name| {
        if name == "bench" {
            return;
        }
        let expected = read_json(&folder.join("expected.json"));
        let overrides = std::fs::read_to_string(folder.join("overrides.json"))
            .map_or(json!({}), |text| serde_json::from_str(&text).expect("overrides are JSON"));
        Case { folder, name, overrides, expected }.run();
    });
}

#[test]
fn every_definition_parses_as_in_the_reference() {
    each_case("esc-ast", |folder, name| {
        let source = std::fs::read_to_string(folder.join("env.yaml")).expect("a definition");
        let expected = read_json(&folder.join("expected.json"));
        let Parsed { program, diagnostics } = Program::parse(name, &source);
        assert_diagnostics(name, "diags", &diagnostics, &expected["diags"]);
        let declared = program.map_or(Json::Null, |program| program.dump());
        assert_same(name, "decl", &declared, &expected["decl"]);
    });
}

fn each_case(suite: &str, test: impl Fn(&Path, &str)) {
    let Some(root) = std::env::var_os("ESCRIBA_CONFORMANCE") else {
        println!("not present: ESCRIBA_CONFORMANCE does not name a folder");
        return;
    };
    let mut folders: Vec<PathBuf> = std::fs::read_dir(PathBuf::from(root).join(suite))
        .expect("the suite is there")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    folders.sort();
    let mut failed = Vec::new();
    for folder in folders {
        let name = folder.file_name().and_then(|name| name.to_str()).expect("a case has a name").to_owned();
        if let Some((_, reason)) = NOT_YET.iter().find(|(case, _)| *case == name) {
            println!("{suite}/{name}: not yet, {reason}");
            continue;
        }
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&folder, &name))).is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{suite}: {} failed: {}", failed.len(), failed.join(", "));
}

struct Case<'a> {
    folder: &'a Path,
    name: &'a str,
    overrides: Json,
    expected: Json,
}

impl Case<'_> {
    fn run(&self) {
        let name = self.overrides["rootEnvironment"].as_str().unwrap_or(self.name);
        let source = std::fs::read_to_string(self.folder.join("env.yaml")).expect("a definition");
        let Parsed { program, diagnostics } = Program::parse(name, &source);
        self.diagnostics("loadDiags", &diagnostics);
        let Some(program) = program else {
            assert!(self.expected["check"].is_null() && self.expected["eval"].is_null(), "{}: no program", self.name);
            return;
        };
        let show_secrets = self.overrides["showSecrets"].as_bool().unwrap_or(false);
        let checked = self.evaluate(&program, Mode::Check { show_secrets });
        self.diagnostics("checkDiags", &checked.diagnostics);
        self.environment("check", "checkJson", None, checked.environment.as_ref());
        let opened = self.evaluate(&program, Mode::OpenWithExprs);
        self.diagnostics("evalDiags", &opened.diagnostics);
        self.environment("eval", "evalJsonRedacted", Some("evalJSONRevealed"), opened.environment.as_ref());
        if self.overrides["rotate"].as_bool().unwrap_or(false) {
            let paths: Vec<PropertyPath> = self.rotated_paths();
            let rotated = self.evaluate(&program, Mode::Rotate { paths: &paths });
            self.diagnostics("rotateDiags", &rotated.diagnostics);
            self.environment("rotate", "rotateJson", None, rotated.environment.as_ref());
            self.patches(rotated.patches());
        }
    }

    fn rotated_paths(&self) -> Vec<PropertyPath> {
        let paths = self.overrides["rotatePaths"].as_array().map_or(&[][..], Vec::as_slice);
        let path = |text: &Json| PropertyPath::parse(text.as_str().expect("a path is text")).expect("a path");
        paths.iter().map(path).collect()
    }

    fn patches(&self, patches: Vec<Patch>) {
        let mut patches: Vec<(String, Patch)> =
            patches.into_iter().map(|patch| (patch.path.to_string(), patch)).collect();
        patches.sort_by(|left, right| left.0.cmp(&right.0));
        let patches = patches.into_iter().map(|(path, patch)| {
            let replacement: Json = serde_json::from_str(&patch.replacement.to_json()).expect("a value is JSON");
            json!({"DocPath": path, "Replacement": replacement})
        });
        let expected = self.expected["rotatePatches"].as_array().cloned().unwrap_or_default();
        assert_same(self.name, "rotatePatches", &normal(patches.collect()), &normal(Json::Array(expected)));
    }

    fn diagnostics(&self, member: &str, diagnostics: &[Diagnostic]) {
        assert_diagnostics(self.name, member, diagnostics, &self.expected[member]);
    }

    fn environment(&self, member: &str, redacted: &str, revealed: Option<&str>, environment: Option<&Environment>) {
        let json = environment.map_or(Json::Null, |environment| {
            serde_json::from_str(&environment.to_check_json()).expect("an environment is JSON")
        });
        assert_same(self.name, member, &normal(json), &normal(self.expected[member].clone()));
        let Some(environment) = environment else { return };
        let plain = |redact: bool| {
            let entries = environment.properties().iter();
            Json::Object(entries.map(|(key, value)| (key.to_string(), plain(value, redact))).collect())
        };
        assert_same(self.name, redacted, &plain(true), &self.expected[redacted]);
        if let Some(revealed) = revealed {
            assert_same(self.name, revealed, &plain(false), &self.expected[revealed]);
        }
    }

    /// Answers needs until there are none.
    fn evaluate(&self, program: &Program, mode: Mode) -> Evaluation {
        let mut facts = Facts { context: context(), providers: providers(), rotators: rotators(), ..Facts::default() };
        for _ in 0..100 {
            let evaluation = evaluate(program, &facts, mode, &Limits::default());
            if evaluation.needs.is_empty() {
                return evaluation;
            }
            assert!(evaluation.environment.is_none() && evaluation.diagnostics.is_empty());
            for need in evaluation.needs {
                match need {
                    Need::Import { text, .. } => {
                        let fact = self.load(&text);
                        assert!(facts.imports.insert(text, fact).is_none(), "an import is asked once");
                    }
                    Need::Decrypt(key) => {
                        let plaintext: Vec<u8> = key.ciphertext.iter().map(|byte| byte.wrapping_add(128)).collect();
                        let plaintext = String::from_utf8(plaintext).expect("the cases hold text");
                        assert!(facts.decrypted.insert(key, Ok(plaintext.as_str().into())).is_none());
                    }
                    Need::Call { key, inputs, state, .. } => {
                        let answer = match key.kind {
                            CallKind::Open => open(&key.name, &inputs),
                            CallKind::OpenRotated => open_rotated(&key.name, &inputs, state),
                            CallKind::Rotate => rotate(&key.name, &inputs, state),
                        };
                        assert!(facts.calls.insert(key, answer).is_none(), "a call is made once");
                    }
                }
            }
        }
        panic!("{}: no end of needs", self.name);
    }

    fn load(&self, text: &str) -> ImportFact {
        match std::fs::read_to_string(self.folder.join(format!("{text}.yaml"))) {
            Ok(source) => Program::parse(text, &source).into(),
            Err(_) => {
                ImportFact::Failed(format!("open testdata/eval/{}/{text}.yaml: no such file or directory", self.name))
            }
        }
    }
}

fn context() -> serde_json::Map<String, Json> {
    let context = json!({"pulumi": {"user": {"id": "USER_123"}}});
    context.as_object().expect("just made").clone()
}

fn open(provider: &str, inputs: &Arc<Value>) -> Result<Arc<Value>, String> {
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

fn open_rotated(rotator: &str, inputs: &Arc<Value>, state: Option<Arc<Value>>) -> Result<Arc<Value>, String> {
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

fn rotate(rotator: &str, inputs: &Arc<Value>, state: Option<Arc<Value>>) -> Result<Arc<Value>, String> {
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

fn providers() -> HashMap<String, ProviderSchema> {
    let everything = schema_of_everything();
    HashMap::from([
        ("test".to_owned(), provider(json!(true), json!(true), json!(true))),
        ("secret-wrapper".to_owned(), provider(json!(true), json!(true), json!(true))),
        ("error".to_owned(), provider(record(&json!({"why": {"type": "string"}})), json!(true), json!(true))),
        ("schema".to_owned(), provider(everything.clone(), json!(true), everything)),
    ])
}

fn rotators() -> HashMap<String, ProviderSchema> {
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

/// The value as plain JSON, with a word for what is not shown.
fn plain(value: &Value, redact: bool) -> Json {
    if value.is_secret() && redact {
        return json!("[secret]");
    }
    if value.is_unknown() {
        return json!("[unknown]");
    }
    match value.kind() {
        ValueKind::Null => Json::Null,
        ValueKind::Bool(value) => json!(value),
        ValueKind::Number(digits) => serde_json::from_str(digits).expect("a number"),
        ValueKind::String(text) => json!(&**text),
        ValueKind::List(items) => items.iter().map(|item| plain(item, redact)).collect(),
        ValueKind::Map(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.to_string(), plain(value, redact))).collect())
        }
    }
}

/// Leaves out what the reference leaves out: null values, environments without name, empty maps.
fn normal(json: Json) -> Json {
    match json {
        Json::Array(items) => items.into_iter().map(normal).collect(),
        Json::Object(entries) => {
            let left_out = |key: &str, value: &Json| match key {
                "value" => value.is_null(),
                "environment" => value == "",
                "properties" | "exprs" => value.as_object().is_some_and(serde_json::Map::is_empty),
                _ => false,
            };
            let kept = entries.into_iter().map(|(key, value)| (key, normal(value)));
            Json::Object(kept.filter(|(key, value)| !left_out(key, value)).collect())
        }
        other => other,
    }
}

fn assert_diagnostics(case: &str, member: &str, diagnostics: &[Diagnostic], expected: &Json) {
    let shown = diagnostics.iter().map(|diagnostic| {
        let position =
            |position: lang::Position| json!({"Line": position.line, "Column": position.column, "Byte": position.byte});
        let subject = diagnostic.range.as_ref().map(|range| {
            json!({"Filename": &*range.environment, "Start": position(range.begin), "End": position(range.end)})
        });
        json!({
            "Severity": if diagnostic.severity == Severity::Error { 1 } else { 2 },
            "Summary": diagnostic.summary,
            "Detail": "",
            "Subject": subject,
            "Context": null,
            "Expression": null,
            "EvalContext": null,
            "Extra": null,
            "Path": diagnostic.path,
        })
    });
    let mut shown: Vec<String> = shown.map(|diagnostic| diagnostic.to_string()).collect();
    let expected = expected.as_array().cloned().unwrap_or_default();
    let mut expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
    // The reference sorts them with an unstable sort, so their order says nothing.
    shown.sort();
    expected.sort();
    assert_eq!(shown, expected, "{case}: {member}");
}

fn assert_same(case: &str, member: &str, ours: &Json, theirs: &Json) {
    if let Some(difference) = difference(ours, theirs, member) {
        panic!("{case}: {difference}");
    }
}

/// The first place where two documents differ.
fn difference(ours: &Json, theirs: &Json, path: &str) -> Option<String> {
    match (ours, theirs) {
        (Json::Object(left), Json::Object(right)) => {
            let keys: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            keys.into_iter().find_map(|key| {
                let (left, right) = (left.get(key), right.get(key));
                let path = format!("{path}.{key}");
                match (left, right) {
                    (Some(left), Some(right)) => difference(left, right, &path),
                    _ => Some(format!("{path}: {left:?} is not {right:?}")),
                }
            })
        }
        (Json::Array(left), Json::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs.find_map(|(index, (left, right))| difference(left, right, &format!("{path}[{index}]")))
        }
        _ if ours == theirs => None,
        _ => Some(format!("{path}: {ours} is not {theirs}")),
    }
}

fn read_json(path: &Path) -> Json {
    let text = std::fs::read_to_string(path).expect("a readable file");
    serde_json::from_str(&text).expect("JSON")
}
