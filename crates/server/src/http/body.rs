//! Request bodies: whatever the clients label them, the endpoint alone decides what they are.

use std::io::Read;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;

use super::App;
use super::problem::Problem;

/// The largest body, before and after decompression.
pub const LARGEST: usize = 4 << 20;

/// A definition: text, whatever its content type says.
pub struct Text(pub String);

impl FromRequest<App> for Text {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let bytes = body(request, app).await?;
        String::from_utf8(bytes).map(Self).map_err(|_| Problem::invalid("the definition is not valid UTF-8"))
    }
}

/// A JSON body; none counts as an empty object.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let bytes = body(request, app).await?;
        let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(bytes)
            .map(Self)
            .map_err(|error| Problem::invalid(format!("the body is not the JSON that this endpoint takes: {error}")))
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
    match headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None | Some(b"" | b"identity") => Ok(false),
        Some(b"gzip" | b"x-gzip") => Ok(true),
        Some(_) => {
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the content encoding must be gzip or identity"))
        }
    }
}
