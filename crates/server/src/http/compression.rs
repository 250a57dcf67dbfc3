//! Answers in gzip, for whoever takes it.
//!
//! Never what shows values in plaintext, and never a page of the console, which holds its form's secret beside
//! what the address says: the length of a compressed answer tells how alike its parts are (BREACH). What
//! is left are answers to `GET` without secrets: lists, definitions with sealed secrets, static files.

use std::io::Write;

use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt;
use hyper::body::Body as _;

/// What is shorter does not become shorter in a packet of its own.
const SHORTEST: u64 = 1_024;
/// What is longer is sent as it is: it is not held in memory twice.
const LONGEST: u64 = 8 << 20;
/// Answers to `GET` that show values in plaintext, by the end of their path.
const PLAINTEXT: [&str; 2] = ["/decrypt", "/open/{session}"];
/// What becomes shorter, by the start of its content type. No HTML.
const TEXTS: [&str; 7] = [
    "application/json",
    "application/x-yaml",
    "text/css",
    "text/javascript",
    "application/javascript",
    "image/svg+xml",
    "text/plain",
];

/// Compresses the answer, if it may be and the caller takes it.
pub(crate) async fn compress(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let may_be = *request.method() == Method::GET && !PLAINTEXT.iter().any(|end| path.ends_with(end));
    let accepted = accepts_gzip(request.headers());
    let mut response = next.run(request).await;
    let length = response.body().size_hint().exact();
    let fits = length.is_some_and(|length| (SHORTEST..=LONGEST).contains(&length));
    if !may_be || !fits || !is_text(response.headers()) || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !accepted {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // A body of a known length lies in memory, and reading it cannot fail.
    let plain = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    match gzip(&plain) {
        Some(packed) if packed.len() < plain.len() => {
            parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(packed))
        }
        _ => Response::from_parts(parts, Body::from(plain)),
    }
}

fn gzip(plain: &Bytes) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    TEXTS.iter().any(|text| kind.starts_with(text))
}

/// Whether the caller takes gzip, which it must say (RFC 9110, section 12.5.3). Nothing else is ever sent.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut named = None;
    let mut any = false;
    for coding in values.flat_map(|value| value.split(',')) {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
        let wanted = weight.is_some_and(|weight| weight > 0.0);
        match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => named = Some(wanted),
            "*" => any = wanted,
            _ => {}
        }
    }
    named.unwrap_or(any)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, header};

    use super::accepts_gzip;

    #[test]
    fn gzip_is_sent_to_those_who_say_that_they_take_it() {
        let accepts = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
            accepts_gzip(&headers)
        };
        for yes in ["gzip", "x-gzip", "GZIP", "br, gzip;q=0.5", "*", "identity;q=0, gzip", "*;q=0, gzip;q=1.0"] {
            assert!(accepts(yes), "{yes}");
        }
        for no in ["", "identity", "br", "gzip;q=0", "*;q=0", "gzip;q=0, *", "gzip;q=x"] {
            assert!(!accepts(no), "{no}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
