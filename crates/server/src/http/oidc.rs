//! What others need to believe the ID tokens of this server: public, like the keys of every issuer.

use api::OpenIdConfiguration;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

use super::App;
use super::answer::Json;
use super::problem::Problem;

/// `GET /api/oidc/.well-known/openid-configuration`
pub(super) async fn configuration(State(app): State<App>) -> Result<Json<OpenIdConfiguration>, Problem> {
    let nameless = || Problem::new(StatusCode::NOT_FOUND, "this server issues no ID tokens");
    let issuer = app.engine.identity_issuer().ok_or_else(nameless)?;
    Ok(Json(OpenIdConfiguration {
        jwks_uri: format!("{issuer}/.well-known/jwks"),
        issuer,
        id_token_signing_alg_values_supported: ["EdDSA"],
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
    }))
}

/// `GET /api/oidc/.well-known/jwks`
pub(super) async fn keys(State(app): State<App>) -> Json<Value> {
    Json(app.engine.identity_key_set())
}
