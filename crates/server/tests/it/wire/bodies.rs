//! Bodies in, bodies out: labels, compression, sizes, errors.

use std::io::Write;

use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::PROD;
use crate::app::{ENVIRONMENTS, TestApp};

fn gzip(text: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap().into()
}

#[tokio::test]
async fn whatever_a_body_is_labelled_the_endpoint_decides_what_it_is() {
    let app = TestApp::start().await;
    let ada = app.user("ada");
    for (number, kind) in ["application/json", "application/x-yaml", "text/html", "multipart/form-data", "nonsense"]
        .into_iter()
        .enumerate()
    {
        let body = format!(r#"{{"project":"web","name":"e{number}"}}"#);
        ada.post(&format!("{ENVIRONMENTS}/acme")).header("content-type", kind).body(body).await.expect(204);
        let path = format!("{ENVIRONMENTS}/acme/web/e{number}");
        ada.patch(&path).header("content-type", kind).body("values: {a: 1}").await.expect(200);
        let form = "application/x-www-form-urlencoded";
        ada.post(&format!("{path}/open")).header("content-type", form).await.expect(200);
    }
}

#[tokio::test]
async fn whatever_is_accepted_the_endpoint_decides_what_comes() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    for accept in ["application/json", "application/vnd.pulumi+8", "application/json, text/plain, */*", "image/png"] {
        let read = app.user("ada").get(PROD).header("accept", accept).await.expect(200);
        assert_eq!(read.header("content-type"), Some("application/x-yaml"));
        let user = app.user("ada").get("/api/user").header("accept", accept).await.expect(200);
        assert_eq!(user.header("content-type"), Some("application/json"));
        assert!(user.text().ends_with("}\n"));
    }
}

#[tokio::test]
async fn a_gzipped_body_is_the_body() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    for coding in ["gzip", "x-gzip", "GZip"] {
        let body = gzip(b"values: {packed: true}");
        app.user("ada").patch(PROD).header("content-encoding", coding).body(body).await.expect(200);
        assert_eq!(app.user("ada").get(PROD).await.text(), "values: {packed: true}");
    }
    let broken = app.user("ada").patch(PROD).header("content-encoding", "gzip").body("not gzip").await.expect(400);
    assert_eq!(broken.message(), "the body is not valid gzip");
}

#[tokio::test]
async fn another_coding_is_415() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    for coding in ["br", "zstd", "deflate", "gzip, gzip"] {
        app.user("ada").patch(PROD).header("content-encoding", coding).body("x").await.expect(415).message();
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_packed_or_not() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    let large = vec![b' '; (4 << 20) + 1];
    app.user("ada").patch(PROD).body(large.clone()).await.expect(413).message();
    let bomb = gzip(&large);
    assert!(bomb.len() < 100_000);
    app.user("ada").patch(PROD).header("content-encoding", "gzip").body(bomb).await.expect(413).message();
}

fn unpacked(answer: &crate::app::Answer) -> String {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*answer.body), &mut text).unwrap();
    text
}

#[tokio::test]
async fn an_answer_is_gzipped_for_those_who_take_that_and_for_nobody_else() {
    let app = TestApp::start().await;
    let definition = format!("values: {{a: {}}}", "x".repeat(2_000));
    app.environment("ada", "web/prod", &definition).await;
    let ada = app.user("ada");
    for accepted in ["gzip", "x-gzip", "deflate, GZIP;q=0.1", "*"] {
        let packed = ada.get(PROD).header("accept-encoding", accepted).await.expect(200);
        assert_eq!(packed.header("content-encoding"), Some("gzip"), "{accepted}");
        assert_eq!(packed.header("vary"), Some("accept-encoding"));
        assert_eq!(
            (packed.header("pulumi-esc-revision"), packed.header("content-type")),
            (Some("2"), Some("application/x-yaml"))
        );
        assert!(packed.body.len() < 200);
        assert_eq!(unpacked(&packed), definition);
    }
    for refused in ["", "identity", "br, zstd, deflate", "gzip;q=0", "*;q=0"] {
        let plain = ada.get(PROD).header("accept-encoding", refused).await.expect(200);
        assert_eq!(plain.header("content-encoding"), None, "{refused}");
        assert_eq!(plain.text(), definition);
    }
    assert_eq!(ada.get(PROD).await.header("content-encoding"), None);
}

#[tokio::test]
async fn what_is_small_packed_already_or_in_plaintext_is_not_gzipped() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", &format!("values: {{a: {{fn::secret: {}}}}}", "x".repeat(2_000))).await;
    let session = app.session("ada", "web/prod").await;
    let ada = app.user("ada");
    for path in ["/api/user", &format!("{PROD}/decrypt"), &format!("{PROD}/open/{session}")] {
        let answer = ada.get(path).header("accept-encoding", "gzip").await.expect(200);
        assert_eq!((answer.header("content-encoding"), answer.header("vary")), (None, None), "{path}");
    }
    let checked =
        ada.post(&format!("{PROD}/check?showSecrets=true")).header("accept-encoding", "gzip").await.expect(200);
    assert!(checked.body.len() > 2_000 && checked.header("content-encoding").is_none());
    let export = format!("{}/export", crate::app::LOGS);
    let once = ada.get(&export).header("accept-encoding", "gzip").await.expect(200);
    assert_eq!(once.header("content-encoding"), Some("gzip"));
    assert!(unpacked(&once).starts_with("Timestamp,"), "packed once, not twice");
}

#[tokio::test]
async fn every_error_has_the_documented_shape() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    let (ada, collection) = (app.user("ada"), format!("{ENVIRONMENTS}/acme"));
    let answers = [
        (app.anonymous().get("/api/user").await, 401),
        (app.user("mallory").patch("/api/orgs/acme").body(r#"{"setDefaultEnvironmentPermission":"read"}"#).await, 403),
        (ada.get(&format!("{ENVIRONMENTS}/acme/web/none")).await, 404),
        (ada.get("/api/nothing/here").await, 404),
        (ada.put("/api/user").await, 405),
        (ada.post(&collection).body(r#"{"project":"web","name":"prod"}"#).await, 409),
        (ada.post(&collection).body("{").await, 400),
        (ada.post(&collection).body(r#"{"project":"web"}"#).await, 400),
        (ada.post(&collection).body(r#"{"project":"a/b","name":"prod"}"#).await, 400),
        (ada.post(&format!("{PROD}/open?duration=soon")).await, 400),
        (ada.get(&format!("{PROD}/open/s_nothing")).await, 404),
        (ada.get(&format!("{PROD}/versions/99")).await, 404),
        (ada.get(&format!("{PROD}/versions/stable")).await, 404),
    ];
    for (answer, status) in answers {
        let answer = answer.expect(status);
        assert!(!answer.message().is_empty());
        let keys: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["code", "message"], "{}", answer.text());
    }
}

#[tokio::test]
async fn diagnostics_come_with_code_400_and_name_the_environment_and_the_place() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;

    let refused = app.user("ada").patch(PROD).body("values:\n  a: ${nothing}\n").await.expect(400);

    let body = refused.json();
    assert_eq!(body["code"], 400);
    let diagnostics = body["diagnostics"].as_array().unwrap();
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0]["summary"], r#"unknown property "nothing""#);
    assert_eq!(diagnostics[0]["severity"], "error");
    assert_eq!(diagnostics[0]["range"]["environment"], "web/prod");
    assert_eq!(diagnostics[0]["range"]["begin"]["line"], 2);
    // Nothing was stored.
    assert_eq!(app.user("ada").get(PROD).await.header("pulumi-esc-revision"), Some("1"));
}
