//! Request bodies: whatever the clients label them, the endpoint alone decides what they are.

use std::io::Read;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;

use super::App;
use super::problem::Problem;

/// The largest body, before and after decompression.
pub(crate) const LARGEST: usize = 4 << 20;

/// A definition: text, whatever its content type says.
pub(crate) struct Text(pub(crate) String);

impl FromRequest<App> for Text {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let bytes = body(request, app).await?;
        String::from_utf8(bytes).map(Self).map_err(|_| Problem::invalid("the definition is not valid UTF-8"))
    }
}

/// A JSON body; none counts as an empty object.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let bytes = body(request, app).await?;
        let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(bytes).map(Self).map_err(|error| Problem::invalid(complaint(&error)))
    }
}

/// A body that is JSON, or a form: whatever it is labelled, an object in braces is JSON.
pub(crate) struct FormOrJson<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for FormOrJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let bytes = body(request, app).await?;
        if bytes.trim_ascii_start().starts_with(b"{") {
            return serde_json::from_slice(&bytes).map(Self).map_err(|error| Problem::invalid(complaint(&error)));
        }
        let form = Request::post("/").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let form = form.body(Body::from(bytes)).map_err(|_| Problem::invalid("the body cannot be read"))?;
        let form = axum::Form::from_request(form, app).await;
        form.map(|axum::Form(fields)| Self(fields))
            .map_err(|_| Problem::invalid("the body is neither JSON nor a form that this endpoint takes"))
    }
}

/// What is wrong, and where. Of serde's own words only those that name a field of ours: the others
/// quote what was sent, and that may be a secret.
fn complaint(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    match missing {
        Some((field, _)) => format!("the body is not the JSON that this endpoint takes: `{field}` is missing"),
        None => {
            let (line, column) = (error.line(), error.column());
            format!("the body is not the JSON that this endpoint takes: look at line {line}, column {column}")
        }
    }
}

async fn body(request: Request, app: &App) -> Result<Vec<u8>, Problem> {
    let packed = is_packed(request.headers())?;
    let bytes = Bytes::from_request(request, app)
        .await
        .map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 4 MiB"))?;
    if !packed {
        return Ok(bytes.into());
    }
    let mut plain = Vec::new();
    // One byte more than is allowed, so that too much is told from just enough.
    let read = GzDecoder::new(&*bytes).take(LARGEST as u64 + 1).read_to_end(&mut plain);
    match read {
        Ok(length) if length <= LARGEST => Ok(plain),
        Ok(_) => Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 4 MiB")),
        Err(_) => Err(Problem::invalid("the body is not valid gzip")),
    }
}

fn is_packed(headers: &HeaderMap) -> Result<bool, Problem> {
    // Names of codings are the same in any case (RFC 9110, section 8.4.1).
    let coding = headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes).unwrap_or_default();
    match coding.trim_ascii().to_ascii_lowercase().as_slice() {
        b"" | b"identity" => Ok(false),
        b"gzip" | b"x-gzip" => Ok(true),
        _ => Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the content encoding must be gzip or identity")),
    }
}
