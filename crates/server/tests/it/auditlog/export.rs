//! Exports: the documented columns, always as gzip, every format with every name, and what the log says of them.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{NewUser, Role};
use flate2::read::GzDecoder;
use serde_json::Value;

use super::with_some_history;
use crate::app::{Answer, LOGS, TestApp};

fn unpacked(answer: &Answer) -> String {
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
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
        let answer = ada.get(&format!("{LOGS}{path}")).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        let text = unpacked(&answer);
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

/// What a person can be called, and what breaks formats.
const NAME: &str = "Eve \"=HYPERLINK(\"\"x\"\"),|\\ =1+1\n\u{2028}\u{85}\u{202e}\u{1f600}\ttail";

/// A server on which somebody with such a name, and a token with such a name, was refused something.
async fn with_a_hostile_name() -> TestApp {
    let app = TestApp::start().await;
    let user = NewUser { login: "eve".to_owned(), name: Some(NAME.to_owned()), email: None };
    app.engine().add_user(&app.operator(), user, "acme".into(), Role::Member).await.unwrap();
    let (_, token) = app.token("eve", NAME, None).await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    app.bearer(&token).post("/api/esc/environments/acme/web/prod/open").await.expect(404);
    app
}

/// What eve did, in a format.
async fn of_eve(app: &TestApp, format: &str, media_type: &str) -> String {
    let path = format!("{LOGS}/v2/export?format={format}&user=eve&eventFilter=environment-unauthorized-open");
    let answer = app.user("ada").get(&path).await.expect(200);
    assert_eq!(answer.header("content-type"), Some(media_type), "{format}");
    unpacked(&answer)
}

/// The one row of a CSV, by its header.
fn cell(text: &str, column: &str) -> String {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let place = reader.headers().unwrap().iter().position(|header| header == column).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let [row] = rows.as_slice() else { panic!("{} rows", rows.len()) };
    row[place].to_owned()
}

#[tokio::test]
async fn every_name_comes_out_of_every_format_as_it_went_in() {
    let app = with_a_hostile_name().await;
    assert_eq!(cell(&of_eve(&app, "csv", "text/plain; charset=utf-8").await, "Name"), NAME);
    let full = of_eve(&app, "csv-full", "text/csv; charset=utf-8").await;
    assert_eq!(
        (cell(&full, "Name"), cell(&full, "EventType")),
        (NAME.to_owned(), "environment-unauthorized-open".into())
    );
    let json = |text: &str| -> Value {
        assert!(text.ends_with('\n') && text.lines().count() == 1, "{text}");
        serde_json::from_str(text).unwrap()
    };
    let line = json(&of_eve(&app, "ndjson", "application/x-ndjson").await);
    assert_eq!(line["actor"]["names"]["name"], NAME);
    let line = json(&of_eve(&app, "ocsf", "application/x-ndjson").await);
    assert_eq!(
        (&line["actor"]["user"]["full_name"], &line["unmapped"]["credential_name"]),
        (&NAME.into(), &NAME.into())
    );
    let line = of_eve(&app, "cef", "text/plain; charset=utf-8").await;
    let (_, token) = line.split_once(" tokenName=").unwrap();
    let (token, _) = token.split_once(" userID=").unwrap();
    let undone = token.replace("\\n", "\n").replace("\\=", "=").replace("\\\\", "\\");
    assert_eq!(undone, NAME);
}

#[tokio::test]
async fn a_document_is_the_list_with_all_events_on_one_page() {
    let app = with_a_hostile_name().await;
    let ada = app.user("ada");
    let query = "user=eve&eventFilter=environment-unauthorized-open";
    let document: Value = serde_json::from_str(&of_eve(&app, "json", "application/json").await).unwrap();
    assert_eq!(document["auditLogEvents"][0]["user"]["name"], NAME);
    assert_eq!(document, ada.get(&format!("{LOGS}/v2?{query}")).await.expect(200).json());
    let nothing = ada.get(&format!("{LOGS}/v2/export?format=json&eventFilter=stack-deleted")).await.expect(200);
    assert_eq!(unpacked(&nothing), "{\"auditLogEvents\":[]}\n");
}

#[tokio::test]
async fn an_export_can_begin_and_end_at_places_of_the_log() {
    let app = with_some_history().await;
    let ada = app.user("ada");
    let get = |query: &'static str| ada.get(&format!("{LOGS}/v2/export?format=ndjson&{query}"));
    let places = |text: &str| -> Vec<u64> {
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["index"].as_u64().unwrap()).collect()
    };
    assert_eq!(places(&unpacked(&get("from=2&to=5").await.expect(200))), [4, 3, 2]);
    assert_eq!(places(&unpacked(&get("to=2").await.expect(200))), [1, 0]);
    assert_eq!(places(&unpacked(&get("from=3&to=3").await.expect(200))), [0; 0]);
    assert_eq!(places(&unpacked(&get("from=5&to=2").await.expect(200))), [0; 0]);
    let size = app.all_entries(Some("acme")).await.len() as u64;
    assert_eq!(places(&unpacked(&get("from=1&to=999999").await.expect(200))).first(), Some(&(size - 1)));
    assert!(get("from=1&startTime=5").await.expect(400).message().contains("either"));
    get("from=-1").await.expect(400).message();
    // A list has pages instead.
    assert!(ada.get(&format!("{LOGS}/v2?from=1")).await.expect(400).message().contains("`from`"));
}

#[tokio::test]
async fn what_was_exported_is_recorded_in_every_format() {
    let app = with_some_history().await;
    for format in engine::ExportFormat::all() {
        let word = format.as_str();
        app.mark(Some("acme")).await;
        let answer = app.user("ada").get(&format!("{LOGS}/v2/export?format={word}&from=0&to=7")).await.expect(200);
        let bytes = match answer.header("content-encoding") {
            Some(_) => unpacked(&answer).into_bytes(),
            None => answer.body.to_vec(),
        };
        let entries = app.entries_once(Some("acme"), 2).await;
        let [_, ended] = entries.as_slice() else { panic!("{word}: {} entries", entries.len()) };
        let detail = |key: &str| ended.leaf.as_leaf().detail(key).map(|value| value.to_string()).unwrap_or_default();
        let said = ["format", "rows", "bytes", "sha256"].map(detail);
        let filter = ended.parameter("filter").text();
        assert_eq!(filter.as_deref(), Some("places from 0 on, before 7"));
        let digest = STANDARD.encode(engine::seal::sha256(&bytes));
        let expected = [word.to_owned(), "7".into(), bytes.len().to_string(), digest];
        assert_eq!(said, expected, "{word}");
    }
}
