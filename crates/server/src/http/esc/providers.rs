//! What definitions can call: providers, rotators, and the context.

use api::{ContextSchema, ListProviders, ListRotators, ProviderSchema};
use axum::extract::Path;
use axum::http::StatusCode;
use engine::ListedProvider;
use serde_json::json;
use serde_json::value::RawValue;

use crate::http::answer::Json;
use crate::http::caller::Caller;
use crate::http::problem::Problem;

/// `GET /api/esc/providers`: the same for every organisation.
pub(in crate::http) async fn list_providers(_: Caller) -> Json<ListProviders> {
    Json(ListProviders { providers: engine::providers().iter().map(|provider| provider.name).collect() })
}

/// `GET /api/esc/providers/{provider}/schema`
pub(in crate::http) async fn provider_schema(
    _: Caller,
    Path(name): Path<String>,
) -> Result<Json<ProviderSchema>, Problem> {
    schema(engine::providers(), &name).ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "provider not found"))
}

/// `GET /api/esc/rotators`: the same for every organisation.
pub(in crate::http) async fn list_rotators(_: Caller) -> Json<ListRotators> {
    Json(ListRotators { rotators: engine::rotators().iter().map(|rotator| rotator.name).collect() })
}

/// `GET /api/esc/rotators/{rotator}/schema`
pub(in crate::http) async fn rotator_schema(
    _: Caller,
    Path(name): Path<String>,
) -> Result<Json<ProviderSchema>, Problem> {
    schema(engine::rotators(), &name).ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "rotator not found"))
}

/// `GET /api/esc/context/schema`
pub(in crate::http) async fn context_schema(_: Caller) -> Json<ContextSchema> {
    let object = |properties: serde_json::Value| json!({ "type": "object", "properties": properties });
    let text = || json!({ "type": "string" });
    let identity = || object(json!({ "id": text(), "login": text() }));
    let environment = || object(json!({ "name": text() }));
    Json(ContextSchema {
        schema: object(json!({
            "currentEnvironment": environment(),
            "pulumi": object(json!({ "organization": identity(), "user": identity() })),
            "rootEnvironment": environment(),
        })),
    })
}

fn schema(known: &'static [ListedProvider], name: &str) -> Option<Json<ProviderSchema>> {
    let found = known.iter().find(|listed| listed.name == name)?;
    let raw =
        |schema: &engine::lang::Schema| RawValue::from_string(schema.to_json()).expect("a schema is written as JSON");
    Some(Json(ProviderSchema {
        name: found.name,
        description: found.about,
        inputs: raw(&found.schema.inputs),
        outputs: raw(&found.schema.outputs),
    }))
}
