//! The world that the examples live in: their cipher, their provider, their rotator, who is calling.

use std::sync::Arc;

use lang::{
    CallKind, Diagnostic, Environment, Facts, ImportFact, Limits, Mode, Need, Patch, Program, ProviderSchema, Schema,
    Severity, Value, ValueKind, evaluate,
};
use serde_json::{Value as Json, json};

use super::page::Example;

/// The name of the definition that an example is about; it is left out of places.
const NAME: &str = "project/example";

/// What a definition gives.
pub(super) struct Given {
    pub(super) environment: Option<Environment>,
    /// A line for each.
    pub(super) diagnostics: Vec<String>,
    /// What a rotation changes.
    pub(super) patches: Vec<Patch>,
}

impl Given {
    /// The diagnostics as the manual shows them.
    pub(super) fn lines(&self) -> String {
        self.diagnostics.iter().flat_map(|line| [line, "\n"]).collect()
    }

    /// The values as the manual shows them.
    pub(super) fn values(&self) -> Json {
        let properties = self.environment.iter().flat_map(Environment::properties);
        Json::Object(properties.map(|(key, value)| (key.to_string(), shown(value))).collect())
    }
}

/// Evaluates an example in a mode, answering what it asks.
pub(super) fn given(example: &Example, mode: Mode) -> Given {
    let limits = limits(&example.source);
    let parsed = Program::parse_within(NAME, &example.source, &limits);
    let mut diagnostics: Vec<String> = parsed.diagnostics.iter().map(line).collect();
    let Some(program) = parsed.program else { return Given { environment: None, diagnostics, patches: Vec::new() } };
    let mut facts = facts();
    for (name, text) in &example.stored {
        facts.imports.insert(name.clone(), Program::parse_within(name, text, &limits).into());
    }
    loop {
        let evaluation = evaluate(&program, &facts, mode, &limits);
        if evaluation.needs.is_empty() {
            diagnostics.extend(evaluation.diagnostics.iter().map(line));
            let patches = evaluation.patches();
            return Given { environment: evaluation.environment, diagnostics, patches };
        }
        evaluation.needs.into_iter().for_each(|need| answer(need, &mut facts));
    }
}

fn answer(need: Need, facts: &mut Facts) {
    match need {
        Need::Import { text, .. } => {
            let reason = format!("environment {text:?} not found");
            facts.imports.insert(text, ImportFact::Failed(reason));
        }
        Need::Decrypt(key) => {
            let plaintext = decrypt(&key.ciphertext);
            facts.decrypted.insert(key, plaintext.map(|text| text.as_str().into()));
        }
        Need::Call { key, inputs, state, .. } => {
            let output = match (key.name.as_str(), key.kind) {
                ("example-login", _) => login(&inputs),
                ("example-echo", _) => Ok((*inputs).clone()),
                ("external", CallKind::Open) => {
                    Ok(map([("response", map([("key", text("k3y").into_secret())]).into_secret())]))
                }
                ("vault-login", _) => vault(&inputs),
                ("vault-secrets", _) => Ok(map([("password", text("hunter2").into_secret())])),
                (_, CallKind::Rotate) => new_password(&inputs, state.as_deref()),
                _ => Ok(state.as_deref().cloned().unwrap_or_else(|| map([]))),
            };
            facts.calls.insert(key, output.map(Arc::new));
        }
    }
}

/// Who opens the examples, and which providers and rotators there are.
fn facts() -> Facts {
    let mut facts = Facts::default();
    facts.context.insert("pulumi".to_owned(), json!({"user": {"login": "ada"}, "organization": {"login": "acme"}}));
    let schema = |json: Json| Schema::parse(&json).expect("a schema of this file");
    let text = json!({"type": "string"});
    let login = ProviderSchema {
        inputs: schema(json!({"type": "object", "properties": {"role": text}, "required": ["role"]})),
        state: schema(json!(true)),
        outputs: schema(json!({
            "type": "object",
            "properties": {"user": text, "token": text, "lifetime": {"type": "number"}, "zones": {"type": "array", "items": text}},
            "required": ["user", "token", "lifetime", "zones"],
        })),
    };
    let anything = || schema(json!(true));
    let echo = ProviderSchema { inputs: anything(), state: anything(), outputs: anything() };
    let state = json!({"type": "object", "properties": {"current": text, "previous": text}, "required": ["current"]});
    let password = ProviderSchema {
        inputs: schema(json!({
            "type": "object",
            "properties": {"length": {"type": "number"}, "admin": text},
            "rotateOnly": ["admin"],
        })),
        state: schema(state.clone()),
        outputs: schema(state),
    };
    facts.providers.insert("example-login".to_owned(), login);
    facts.providers.insert("example-echo".to_owned(), echo);
    // The server's own; the tests of the server hold the examples against their schemas.
    for name in ["external", "vault-login", "vault-secrets"] {
        let known = ProviderSchema { inputs: anything(), state: anything(), outputs: anything() };
        facts.providers.insert(name.to_owned(), known);
    }
    facts.rotators.insert("example-password".to_owned(), password);
    // The server's own; its tests hold what it takes against real databases.
    let two_users = ProviderSchema {
        inputs: schema(json!({"type": "object", "rotateOnly": ["database", "rotateUsers"]})),
        state: anything(),
        outputs: anything(),
    };
    facts.rotators.extend(["mysql", "postgres"].map(|name| (name.to_owned(), two_users.clone())));
    let external = ProviderSchema {
        inputs: schema(json!({"type": "object", "rotateOnly": ["request"]})),
        state: anything(),
        outputs: anything(),
    };
    facts.rotators.insert("external".to_owned(), external);
    facts
}

/// What `vault-login` gives, of which no example says more.
fn vault(inputs: &Value) -> Result<Value, String> {
    let address = inputs.property("address").ok_or("there is no address")?;
    Ok(map([("address", (**address).clone()), ("token", text("hvs.7f3a").into_secret())]))
}

/// What `example-login` gives a role.
fn login(inputs: &Value) -> Result<Value, String> {
    let role = match inputs.property("role").map(|role| role.kind()) {
        Some(ValueKind::String(role)) if &**role != "nobody" => role.clone(),
        _ => return Err("there is no such role".to_owned()),
    };
    Ok(map([
        ("lifetime", Value::new(ValueKind::Number("3600".into()))),
        ("token", text("7f3a").into_secret()),
        ("user", Value::new(ValueKind::String(role))),
        ("zones", Value::new(ValueKind::List(vec![Arc::new(text("a")), Arc::new(text("b"))]))),
    ]))
}

/// What `example-password` makes of a state: `password-2` after `password-1`.
fn new_password(inputs: &Value, state: Option<&Value>) -> Result<Value, String> {
    if inputs.property("length").is_some_and(|length| matches!(length.kind(), ValueKind::Number(n) if n.len() == 1)) {
        return Err("a password has at least ten characters".to_owned());
    }
    let current = state.and_then(|state| state.property("current"));
    let number = match current.map(|current| current.kind()) {
        Some(ValueKind::String(text)) => text.trim_start_matches("password-").parse().unwrap_or(0),
        _ => 0_u32,
    };
    let next = text(&format!("password-{}", number + 1)).into_secret();
    let previous = current.map_or_else(|| text(""), |current| (**current).clone());
    Ok(map([("current", next), ("previous", previous)]))
}

fn text(text: &str) -> Value {
    Value::new(ValueKind::String(text.into()))
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::new(ValueKind::Map(entries.map(|(key, value)| (key.into(), Arc::new(value))).into()))
}

/// The default limits, unless the first line of a definition has others: `# limits: steps 100, values 20`.
fn limits(source: &str) -> Limits {
    let mut limits = Limits::default();
    let lowered = source.lines().next().and_then(|line| line.strip_prefix("# limits: "));
    for limit in lowered.into_iter().flat_map(|line| line.split(", ")) {
        let (name, most) = limit.split_once(' ').expect("a limit and its number");
        let place = match name {
            "document" => &mut limits.document,
            "nesting" => &mut limits.nesting,
            "imports" => &mut limits.imports,
            "depth" => &mut limits.depth,
            "values" => &mut limits.values,
            "steps" => &mut limits.steps,
            "bytes" => &mut limits.bytes,
            "output" => &mut limits.output,
            _ => panic!("there is no limit {name}"),
        };
        *place = most.parse().expect("a number");
    }
    limits
}

/// A cipher for examples: it turns each byte half way round.
pub(super) fn encrypt(text: &str) -> Vec<u8> {
    text.bytes().map(|byte| byte.wrapping_add(128)).collect()
}

pub(super) fn decrypt(payload: &[u8]) -> Result<String, String> {
    let bytes = payload.iter().map(|byte| byte.wrapping_add(128)).collect();
    String::from_utf8(bytes).map_err(|_| "the ciphertext does not belong to this environment or was changed".to_owned())
}

/// The place, without the name of the example, and the summary; a warning says that it is one.
fn line(diagnostic: &Diagnostic) -> String {
    let text = diagnostic.to_string();
    let text = text.strip_prefix(NAME).map_or(text.as_str(), |text| &text[1..]);
    match diagnostic.severity {
        Severity::Error => text.to_owned(),
        Severity::Warning => format!("warning: {text}"),
    }
}

fn shown(value: &Value) -> Json {
    if value.is_secret() {
        return json!("[secret]");
    }
    if value.is_unknown() {
        return json!("[unknown]");
    }
    match value.kind() {
        ValueKind::Null => Json::Null,
        ValueKind::Bool(value) => json!(value),
        // JSON has no words for infinities.
        ValueKind::Number(digits) => serde_json::from_str(digits).unwrap_or_else(|_| json!(&**digits)),
        ValueKind::String(text) => json!(&**text),
        ValueKind::List(items) => items.iter().map(|item| shown(item)).collect(),
        ValueKind::Map(entries) => {
            entries.iter().map(|(key, value)| (key.to_string(), shown(value))).collect::<serde_json::Map<_, _>>().into()
        }
    }
}
