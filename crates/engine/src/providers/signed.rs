//! Requests to endpoints of the user's own, signed so that these know who asks, for whom, and that nothing was changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use seal::SecretBytes;
use serde_json::{Value as Json, json};

use super::id_token::{Claims, issue};
use super::{Caller, ProviderError};
use crate::egress::Call;

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
pub(crate) async fn post(caller: &Caller, url: Uri, request: &Json) -> Result<Json, ProviderError> {
    let body = request.to_string().into_bytes();
    let root = format!("pulumi:environments:org:{}:env:{}", caller.organization_name, caller.root);
    let digest = format!("sha256-{}", STANDARD.encode(seal::sha256(&body)));
    let claims = Claims { subject: root, audience: url.to_string(), more: json!({ "body_hash": digest }) };
    let token = issue(caller, claims)?;
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose()))
        .expect("a token is made of letters, digits, dashes and dots");
    bearer.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, bearer);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
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
