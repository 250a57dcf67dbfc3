//! Bodies that handlers answer with.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::EventId;
use engine::ledger::LogId;
use serde::Serialize;

/// Names the event that records the answer: who keeps it can expose a missing record.
pub(crate) const ESCRIBA_EVENT: HeaderName = HeaderName::from_static("escriba-event");
/// Says which revision a definition is.
pub(crate) const REVISION: HeaderName = HeaderName::from_static("pulumi-esc-revision");
/// A warning that the command line prints.
pub(crate) const WARNING: HeaderName = HeaderName::from_static("x-pulumi-warning");

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const YAML: HeaderValue = HeaderValue::from_static("application/x-yaml");

/// Points to the list of the log that the listed one continues (RFC 5829, section 3.5).
pub(crate) fn link_predecessor(response: &mut Response, predecessor: Option<LogId>) {
    let link = predecessor.map(|log| format!("<?log={log}>; rel=\"predecessor-version\""));
    if let Some(link) = link.and_then(|link| HeaderValue::try_from(link).ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
}

/// JSON, with a line end as the hosted product's answers have it.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut body = serde_json::to_vec(&self.0).expect("wire types have text keys and finite numbers");
        body.push(b'\n');
        ([(header::CONTENT_TYPE, JSON)], body).into_response()
    }
}

/// JSON that is written already.
pub(crate) struct JsonText(pub(crate) Vec<u8>);

impl IntoResponse for JsonText {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, JSON)], self.0).into_response()
    }
}

/// A definition, with the headers that name its revision.
pub(crate) struct Yaml {
    /// The text.
    pub(crate) text: Vec<u8>,
    /// Its revision.
    pub(crate) revision: u64,
    /// Names the revision.
    pub(crate) etag: String,
}

impl IntoResponse for Yaml {
    fn into_response(self) -> Response {
        let mut response = Body::from(self.text).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, YAML);
        name_revision(headers, self.revision, &self.etag);
        response
    }
}

/// Nothing but a status.
pub(crate) struct Empty(pub(crate) StatusCode);

impl IntoResponse for Empty {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

/// Sets the headers that name a revision.
pub(crate) fn name_revision(headers: &mut HeaderMap, revision: u64, etag: &str) {
    headers.insert(REVISION, HeaderValue::from(revision));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
}

/// Sets the header that names the event of an answer: the first, which is the answer's own.
pub(crate) fn name_events(headers: &mut HeaderMap, events: &[EventId]) {
    let Some(event) = events.first() else { return };
    let mut buffer = [0; EventId::TEXT];
    if let Ok(value) = HeaderValue::from_str(event.encode(&mut buffer)) {
        headers.insert(ESCRIBA_EVENT, value);
    }
}
