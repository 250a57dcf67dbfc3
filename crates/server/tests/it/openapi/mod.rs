//! The description of the API that the server serves: generated from the router, the signatures of the handlers and
//! the wire types, and checked in, so that a change of the API is seen as one.

mod handlers;
mod types;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use server::http::ROUTES;

use crate::app::TestApp;
use handlers::{Body, Handlers, Signature};

/// Set to write the document instead of holding it against what is generated.
const WRITE: &str = "ESCRIBA_WRITE_OPENAPI";

/// The folder of the repository.
fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What the segments of paths are.
fn about(parameter: &str) -> &'static str {
    match parameter {
        "organization" => "Name of an organization.",
        "project" => "Name of a project.",
        "environment" => "Name of an environment.",
        "version" => "Number of a revision, or a tag on one; `latest` is the newest.",
        "tag" => "Name of a tag.",
        "session" => "Identifier of an open session.",
        "event" => "Identifier of an event.",
        "token" => "Identifier of an access token.",
        "login" => "Login of a user.",
        "team" => "Name of a team.",
        _ => "Identifier.",
    }
}

/// `read-environment` as `readEnvironment`.
fn camel(words: &str) -> String {
    let mut camel = String::new();
    for (place, word) in words.split(['-', '/', '_', '.']).filter(|word| !word.is_empty()).enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if place > 0 => camel.extend(first.to_uppercase()),
            first => camel.extend(first),
        }
        camel.push_str(letters.as_str());
    }
    camel
}

/// A name for an operation: its activity and, where several have one activity, what tells its path from others.
fn operation_id(handlers: &Handlers, activity: &str, path: &str, method: &str) -> String {
    let same = handlers.values().filter(|signature| signature.activity == activity).count();
    if same == 1 {
        return camel(activity);
    }
    let here = handlers.iter().filter(|((other, _), signature)| other == path && signature.activity == activity);
    if here.count() == same {
        return format!("{}_{}", camel(activity), method.to_lowercase());
    }
    let below = path.strip_prefix("/api/").unwrap_or(path).trim_start_matches("esc/environments/");
    let below = below.replace("{organization}/{project}/{environment}", "environment").replace(['{', '}'], "");
    format!("{}_{}", camel(activity), camel(&below))
}

fn group(path: &str) -> &'static str {
    if path.contains("/auditlogs") {
        "Audit log"
    } else if path.starts_with("/api/esc/") {
        "Environments"
    } else if path.starts_with("/api/orgs/") {
        "Organizations"
    } else if path.starts_with("/api/user") {
        "Users"
    } else {
        "Server"
    }
}

fn content(body: &Body) -> Option<Value> {
    match body {
        Body::None => None,
        Body::Any => Some(json!({ "*/*": {} })),
        Body::Yaml => Some(json!({ "application/x-yaml": { "schema": { "type": "string" } } })),
        Body::Json(None) => Some(json!({ "application/json": { "schema": {} } })),
        Body::Json(Some(name)) => Some(json!({ "application/json": { "schema": types::schema(name) } })),
    }
}

fn operation(handlers: &Handlers, signature: &Signature, path: &str, method: &str) -> Value {
    let parameters: Vec<Value> = path
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            let schema = json!({ "type": "string" });
            json!({ "name": name, "in": "path", "required": true, "description": about(name), "schema": schema })
        })
        .chain(
            signature.query.iter().map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } })),
        )
        .collect();
    let mut success = json!({ "description": "It was done." });
    if let Some(content) = content(&signature.response) {
        success["content"] = content;
    }
    let mut operation = json!({
        "operationId": operation_id(handlers, &signature.activity, path, method),
        "tags": [group(path)],
        "parameters": parameters,
        "responses": { "2XX": success, "default": { "$ref": "#/components/responses/Error" } },
    });
    if let Some(content) = content(&signature.request) {
        operation["requestBody"] = json!({ "content": content });
    }
    if !signature.is_authenticated {
        operation["security"] = json!([]);
    }
    operation
}

fn handlers() -> Handlers {
    handlers::all(&repository().join("crates/server/src/http"))
}

fn document() -> Value {
    let handlers = handlers();
    let mut paths = Map::new();
    for ((path, method), signature) in handlers.iter().filter(|((path, _), _)| path.starts_with("/api/")) {
        let entry = paths.entry(path).or_insert_with(|| json!({}));
        entry[method.to_lowercase()] = operation(&handlers, signature, path, method);
    }
    let error = json!({
        "description": "It was not done. `code` is the status.",
        "content": { "application/json": { "schema": types::schema("ErrorBody") } },
    });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Escriba",
            "version": "1",
            "description": "Environments, secrets and configuration over the Pulumi ESC protocol, and the audit log of all that was done.",
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "responses": { "Error": error },
            "schemas": types::all(&repository().join("crates/api/src")),
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`token` and an access token, or `Bearer` and one.",
                },
            },
        },
    })
}

#[test]
fn the_document_that_is_checked_in_is_the_one_that_is_generated() {
    let path = repository().join("docs/openapi.json");
    let generated = format!("{:#}\n", document());
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, &generated).unwrap();
        return;
    }
    let stored = fs::read_to_string(&path).unwrap();
    assert!(
        stored == generated,
        "docs/openapi.json is not current: run the test with {WRITE}=1, and look at the change"
    );
}

#[test]
fn the_routes_that_are_read_in_the_sources_are_those_of_the_router() {
    let read: BTreeSet<(String, String)> = handlers().into_keys().collect();
    let routed: BTreeSet<(String, String)> =
        ROUTES.iter().map(|route| (route.path.to_owned(), route.method.to_string())).collect();
    assert_eq!(read, routed);
}

#[test]
fn operations_have_names_of_their_own_and_refer_to_schemas_that_are_there() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{path}: {name}");
        }
    }
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
}

#[tokio::test]
async fn it_is_served_to_anybody() {
    let app = TestApp::start().await;
    let served = app.anonymous().get("/api/openapi/pulumi-spec.json").await.expect(200);
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert_eq!(served.text(), fs::read_to_string(repository().join("docs/openapi.json")).unwrap());
}
