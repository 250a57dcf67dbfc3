//! Sealing and unsealing single texts.

use std::sync::Arc;

use api::{DecryptSecrets, DecryptedSecrets, EncryptSecrets, EncryptedSecrets};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::Plaintexts;
use engine::seal::SecretString;

use crate::http::App;
use crate::http::answer::Json;
use crate::http::audited::Audited;
use crate::http::body::JsonBody;
use crate::http::caller::Caller;
use crate::http::path::EnvironmentPath;
use crate::http::problem::Problem;

/// `POST …/encrypt-secrets`
pub(in crate::http) async fn encrypt(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    JsonBody(body): JsonBody<EncryptSecrets>,
) -> Result<Json<EncryptedSecrets>, Problem> {
    let plaintexts = body.plaintexts.into_iter().map(SecretString::new).collect();
    let ciphertexts = app.engine.encrypt_secrets(&cx, path.name, plaintexts).await?;
    Ok(Json(EncryptedSecrets { ciphertexts }))
}

/// `POST …/decrypt-secrets`
pub(in crate::http) async fn decrypt(
    State(app): State<App>,
    Caller(cx): Caller,
    path: EnvironmentPath,
    JsonBody(body): JsonBody<DecryptSecrets>,
) -> Result<Audited<Response>, Problem> {
    let decrypted = app.engine.decrypt_secrets(&cx, path.name, body.ciphertexts).await?;
    Ok(decrypted.map(shown).into())
}

#[expect(clippy::needless_pass_by_value, reason = "what is recorded is turned by functions that take it")]
fn shown(plaintexts: Arc<Plaintexts>) -> Response {
    let plaintexts = plaintexts.iter().map(|plaintext| plaintext.expose().as_str()).collect();
    Json(DecryptedSecrets { plaintexts }).into_response()
}
