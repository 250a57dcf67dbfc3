//! Exports: the documented columns, always as gzip, and what the log says of them.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;

use super::with_some_history;
use crate::app::{Answer, LOGS};

fn unpacked(answer: &Answer) -> String {
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
    let mut text = String::new();
    GzDecoder::new(&*answer.body).read_to_string(&mut text).unwrap();
    text
}

const HEADER: &str =
    "Timestamp,Name,Login,Event,Description,SourceIP,RequireOrgAdmin,RequireStackAdmin,AuthenticationFailure\n";

#[tokio::test]
async fn a_csv_has_the_documented_header_and_exactly_what_was_filtered() {
    let app = with_some_history().await;
    let ada = app.user("ada");
    for path in ["/export", "/export?format=csv", "/v2/export?format=csv"] {
        let path = format!("{path}{}userFilter=mallory", if path.contains('?') { "&" } else { "?" });
        let text = unpacked(&ada.get(&format!("{LOGS}{path}")).await.expect(200));
        let (header, rows) = text.split_at(HEADER.len());
        assert_eq!(header, HEADER);
        let rows: Vec<&str> = rows.lines().collect();
        assert_eq!(rows.len(), 1);
        let (time, rest) = rows[0].split_once(',').unwrap();
        assert!(time.parse::<jiff::Timestamp>().is_ok() && time.ends_with('Z') && time.len() == 20);
        assert!(rest.starts_with("mallory,mallory,Environment Unauthorized Open,"), "{rest}");
        assert!(rest.ends_with(",203.0.113.7,false,false,true"), "{rest}");
    }
    // Not asked for, and gzip all the same; asked for something else, and gzip all the same.
    let plain = ada.get(&format!("{LOGS}/v2/export")).header("accept-encoding", "identity").await.expect(200);
    assert!(unpacked(&plain).starts_with(HEADER));
    let none = ada.get(&format!("{LOGS}/v2/export?eventFilter=stack-deleted")).await.expect(200);
    assert_eq!(unpacked(&none), HEADER);
}

#[tokio::test]
async fn cef_has_a_line_an_event() {
    let app = with_some_history().await;
    let text = unpacked(&app.user("ada").get(&format!("{LOGS}/v2/export?format=cef&user=mallory")).await.expect(200));
    let line = text.strip_suffix('\n').unwrap();
    assert!(!line.contains('\n'));
    assert!(line.contains("CEF:0|Pulumi|Pulumi Service|1.0|Environment Unauthorized Open|"), "{line}");
    assert!(line.contains("escriba.test") && line.contains("suser=mallory"), "{line}");
}

#[tokio::test]
async fn the_log_says_how_much_was_exported_and_its_digest() {
    let app = with_some_history().await;
    app.mark(Some("acme")).await;
    let answer = app.user("ada").get(&format!("{LOGS}/v2/export?user=alice")).await.expect(200);
    let text = unpacked(&answer);

    let entries = app.entries_once(Some("acme"), 2).await;
    let [began, ended] = entries.as_slice() else { panic!("{} entries", entries.len()) };
    let detail = |key: &str| ended.leaf.as_leaf().detail(key).map(|value| value.to_string());
    assert_eq!(ended.leaf.as_leaf().causes().collect::<Vec<_>>(), [began.leaf.as_leaf().id()]);
    assert_eq!(answer.event(), Some(&*began.leaf.as_leaf().id().to_string()));
    assert_eq!(detail("rows"), Some((text.lines().count() - 1).to_string()));
    assert_eq!(detail("bytes"), Some(text.len().to_string()));
    let digest = STANDARD.encode(engine::seal::sha256(text.as_bytes()));
    assert_eq!(detail("sha256"), Some(digest));
}
