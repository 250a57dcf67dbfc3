//! Reading, changing and opening definitions.

use super::PROD;
use crate::app::{ENVIRONMENTS, TestApp};

#[tokio::test]
async fn a_definition_comes_back_as_it_was_written_but_for_its_secrets() {
    let app = TestApp::start().await;
    let text = "# a comment\nvalues:\n  key: { fn::secret: hunter2 }   # kept\n  n: 1.50\n";
    app.environment("ada", "web/prod", text).await;

    let read = app.user("ada").get(PROD).await.expect(200);
    let decrypted = app.user("ada").get(&format!("{PROD}/decrypt")).await.expect(200);

    assert_eq!(decrypted.text(), text);
    assert!(read.text().starts_with("# a comment\nvalues:\n  key: { fn::secret: "));
    assert!(read.text().ends_with("# kept\n  n: 1.50\n") && read.text().contains("ciphertext"));
    for answer in [&read, &decrypted] {
        assert_eq!(answer.header("pulumi-esc-revision"), Some("2"));
        assert_eq!(answer.header("content-type"), Some("application/x-yaml"));
        assert_eq!(answer.header("etag"), read.header("etag"));
    }
    let head = app.user("ada").head(PROD).await.expect(200);
    assert_eq!((head.header("etag"), head.header("pulumi-esc-revision")), (read.header("etag"), Some("2")));
    assert_eq!(head.body.len(), 0);
}

#[tokio::test]
async fn an_update_with_an_outdated_etag_is_409_under_either_header() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    let ada = app.user("ada");
    let outdated = ada.get(PROD).await.header("etag").unwrap().to_owned();
    let updated = ada.patch(PROD).header("etag", &outdated).body("values: {a: 2}").await.expect(200);
    let current = updated.header("etag").unwrap().to_owned();
    assert_ne!(current, outdated);
    assert_eq!(updated.header("pulumi-esc-revision"), Some("3"));
    assert_eq!(updated.text(), "{}\n");

    for header in ["etag", "if-match"] {
        let lost = ada.patch(PROD).header(header, &outdated).body("values: {a: 3}").await.expect(409);
        assert!(lost.message().contains("changed"));
    }
    assert_eq!(ada.get(PROD).await.text(), "values: {a: 2}");

    let quoted = format!("W/\"{current}\"");
    let updated = ada.patch(PROD).header("if-match", quoted).body("values: {a: 3}").await.expect(200);
    assert_eq!(updated.header("pulumi-esc-revision"), Some("4"));
}

#[tokio::test]
async fn an_empty_precondition_or_a_star_is_none() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    for (header, value) in [("etag", ""), ("if-match", ""), ("if-match", "*"), ("etag", "\"\"")] {
        app.user("ada").patch(PROD).header(header, value).body("values: {a: 1}").await.expect(200);
    }
}

#[tokio::test]
async fn of_an_empty_environment_everything_is_empty() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    let ada = app.user("ada");

    assert_eq!(ada.get(PROD).await.expect(200).text(), "");
    let session = app.session("ada", "web/prod").await;
    assert_eq!(ada.get(&format!("{PROD}/open/{session}")).await.expect(200).text(), "{}\n");
    let opened = ada.post(&format!("{PROD}/open")).await.expect(200);
    assert_eq!(opened.json().as_object().unwrap().keys().collect::<Vec<_>>(), ["id"]);
}

#[tokio::test]
async fn one_property_is_read_by_its_path_and_numbers_keep_their_digits() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: {\"x.y\": [9007199254740993, {fn::secret: s}]}}").await;
    let session = app.session("ada", "web/prod").await;
    let read = |property: &str| app.user("ada").get(&format!("{PROD}/open/{session}?property={property}"));

    let number = read("a%5B%22x.y%22%5D%5B0%5D").await.expect(200);
    assert!(number.text().contains("\"value\":9007199254740993"), "{}", number.text());
    let secret = read("a%5B%22x.y%22%5D%5B1%5D").await.expect(200).json();
    assert_eq!((secret["value"].as_str(), secret["secret"].as_bool()), (Some("s"), Some(true)));
    assert!(secret["trace"]["def"].is_object());
    read("a.none").await.expect(404).message();
    read("a%5B").await.expect(400).message();
    // Empty is absent.
    assert!(read("").await.expect(200).json()["properties"].is_object());
}

#[tokio::test]
async fn a_session_ends_when_its_time_is_over_and_is_only_of_its_environment() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {a: 1}").await;
    app.environment("ada", "web/other", "values: {a: 1}").await;
    let ada = app.user("ada");
    let opened = ada.post(&format!("{PROD}/open?duration=1m30s")).await.expect(200).json();
    let session = opened["id"].as_str().unwrap();

    ada.get(&format!("{ENVIRONMENTS}/acme/web/other/open/{session}")).await.expect(404);
    ada.get(&format!("{ENVIRONMENTS}/acme/yaml/open/{session}")).await.expect(404);
    app.clock().forward(89);
    ada.get(&format!("{PROD}/open/{session}")).await.expect(200);
    app.clock().forward(2);
    let ended = ada.get(&format!("{PROD}/open/{session}")).await.expect(404);
    assert_eq!(ended.message(), "session has expired");
    for bad in ["0s", "-1h", "2", "169h", "abc"] {
        ada.post(&format!("{PROD}/open?duration={bad}")).await.expect(400).message();
    }
}

#[tokio::test]
async fn a_check_shows_secrets_only_when_asked() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "values: {key: {fn::secret: hunter2}}").await;
    let check = |query: &str| app.user("ada").post(&format!("{PROD}/check{query}"));

    for query in ["", "?showSecrets=", "?showSecrets=false", "?showSecrets=0"] {
        let key = check(query).await.expect(200).json()["properties"]["key"].clone();
        assert_eq!((&key["secret"], &key["unknown"], &key["value"]), (&true.into(), &true.into(), &().into()));
    }
    for query in ["?showSecrets=true", "?showSecrets=1"] {
        assert_eq!(check(query).await.expect(200).json()["properties"]["key"]["value"], "hunter2");
    }
    check("?showSecrets=perhaps").await.expect(400).message();
}
