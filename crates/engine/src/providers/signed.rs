//! Requests to endpoints of the user's own, signed so that these know who asks, for whom, and that nothing was changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use seal::SecretBytes;
use serde_json::{Value as Json, json};

use super::id_token::{Claims, issue};
use super::{Caller, ProviderError};
use crate::egress::Call;

/// Names one attempt, however often it is made.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// An endpoint that may be asked.
pub(crate) fn endpoint(url: &str) -> Result<Uri, ProviderError> {
    let url: Uri = url.parse().map_err(|_| ProviderError::Inputs("`url` is no URL".to_owned()))?;
    if url.scheme_str() == Some("https") {
        Ok(url)
    } else {
        Err(ProviderError::Inputs("`url` must begin with https://".to_owned()))
    }
}

/// Posts a request and reads the object that answers it.
///
/// The ID token in `Authorization` names the digest of the body, so that neither can be used with another one.
/// A key stands in a header, and in the token, which is another one each time.
pub(crate) async fn post(caller: &Caller, url: Uri, request: &Json, key: Option<&str>) -> Result<Json, ProviderError> {
    let body = request.to_string().into_bytes();
    let root = format!("pulumi:environments:org:{}:env:{}", caller.organization_name, caller.root);
    let digest = format!("sha256-{}", STANDARD.encode(seal::sha256(&body)));
    let mut more = json!({ "body_hash": digest });
    if let Some(key) = key {
        more["idempotency_key"] = key.into();
    }
    let claims = Claims { subject: root, audience: url.to_string(), more };
    let token = issue(caller, claims)?;
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose()))
        .expect("a token is made of letters, digits, dashes and dots");
    bearer.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, bearer);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(key) = key {
        let key = HeaderValue::try_from(key).expect("a key is the identifier of an event");
        headers.insert(IDEMPOTENCY_KEY, key);
    }
    let call = Call { method: Method::POST, url, headers, body: SecretBytes::new(body) };
    let reply = caller.engine.egress().send(caller.organization, call).await?;
    if reply.status != StatusCode::OK {
        return Err(ProviderError::Refused { status: reply.status, hint: "an endpoint answers with 200" });
    }
    match serde_json::from_slice(reply.body.expose()) {
        Ok(answer @ Json::Object(_)) => Ok(answer),
        _ => Err(ProviderError::Answer("the host's answer is no JSON object")),
    }
}
