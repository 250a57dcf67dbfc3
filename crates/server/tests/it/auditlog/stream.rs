//! Exports as streams: nothing is read that nobody takes, and an end is recorded whatever happens.

use std::fmt::Write as _;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use engine::ledger::Entry;
use http_body_util::BodyExt;
use server::http::Peer;
use tower::ServiceExt;

use crate::app::{LOGS, TestApp, line, peer};

/// How many entries the log gets, each with a text of this many bytes that does not compress well: many times what may
/// wait between the log and a reader.
const ENTRIES: usize = 30;
const TEXT: usize = 40_000;

/// A server with a long log.
async fn with_long_texts() -> TestApp {
    let app = TestApp::start().await;
    let mut state = 1_u64;
    for _ in 0..ENTRIES {
        let mut text = String::with_capacity(TEXT);
        while text.len() < TEXT {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            write!(text, "{:08x}", state >> 32).unwrap();
        }
        app.user("ada").get(&format!("{LOGS}/v2?userFilter={text}")).await.expect(404);
    }
    app.mark(Some("acme")).await;
    app
}

/// Begins to read an export: its body, of which nobody took anything yet.
async fn begin(app: &TestApp, format: &str) -> Body {
    let uri = format!("{LOGS}/v2/export?format={format}");
    let mut request = Request::get(uri).body(Body::empty()).unwrap();
    request.extensions_mut().insert(Peer(peer()));
    let token = format!("token {}", app.token_of("ada"));
    request.headers_mut().insert(header::AUTHORIZATION, token.parse().unwrap());
    let response = app.service().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    response.into_body()
}

/// What the log says, after whatever can go on without a reader had its chance.
async fn meanwhile(app: &TestApp) -> Vec<Entry> {
    for _ in 0..500 {
        tokio::task::yield_now().await;
    }
    app.entries(Some("acme")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_goes_no_further_than_its_reader() {
    let app = with_long_texts().await;
    for format in ["csv-full", "ndjson", "bundle"] {
        app.mark(Some("acme")).await;
        let mut body = begin(&app, format).await;
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert!(!first.is_empty() && first.len() <= 64 << 10, "{format}: {}", first.len());
        let entries = meanwhile(&app).await;
        assert_eq!(entries.len(), 1, "{format}");
        assert_eq!(line(&entries[0]), "escriba-audit-log-exported  acme  ada  intended");

        let rest = body.collect().await.unwrap().to_bytes();
        assert!(rest.len() > 256 << 10, "{format}: {}", rest.len());
        let entries = app.entries_once(Some("acme"), 2).await;
        assert_eq!(line(&entries[1]), "escriba-audit-log-exported  acme  ada  succeeded", "{format}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_who_goes_is_in_the_log() {
    let app = with_long_texts().await;
    for format in ["ndjson", "bundle"] {
        app.mark(Some("acme")).await;
        let mut body = begin(&app, format).await;
        body.frame().await.unwrap().unwrap();
        drop(body);
        let entries = app.entries_once(Some("acme"), 2).await;
        let expected = "escriba-audit-log-exported  acme  ada  failed  cancelled";
        assert_eq!(line(&entries[1]), expected, "{format}");
        assert_eq!(entries[1].leaf.as_leaf().causes().collect::<Vec<_>>(), [entries[0].leaf.as_leaf().id()]);
    }
}
