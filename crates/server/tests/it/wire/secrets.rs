//! Sealing and unsealing single texts.

use serde_json::{Value, json};

use super::PROD;
use crate::app::{ENVIRONMENTS, TestApp, reads};

async fn encrypt(app: &TestApp, plaintexts: &[&str]) -> Vec<String> {
    let body = json!({ "plaintexts": plaintexts }).to_string();
    let sealed = app.user("ada").post(&format!("{PROD}/encrypt-secrets")).body(body).await.expect(200).json();
    let texts = sealed["ciphertexts"].as_array().unwrap().iter();
    texts.map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_was_encrypted_is_decrypted_in_the_same_order_and_can_stand_in_the_definition() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    let sealed = encrypt(&app, &["two", "", "zwei – 二"]).await;
    assert!(sealed.iter().all(|text| !text.contains("two")));
    assert_ne!(sealed[0], encrypt(&app, &["two"]).await[0], "equal texts do not look alike");
    let body = json!({ "ciphertexts": sealed }).to_string();
    let decrypted = app.user("ada").post(&format!("{PROD}/decrypt-secrets")).body(body).await.expect(200);
    assert_eq!(decrypted.text(), "{\"plaintexts\":[\"two\",\"\",\"zwei – 二\"]}\n");
    let definition = format!("values: {{a: {{fn::secret: {{ciphertext: {}}}}}}}", sealed[0]);
    app.user("ada").patch(PROD).body(definition).await.expect(200);
    let session = app.session("ada", "web/prod").await;
    let values = app.user("ada").get(&format!("{PROD}/open/{session}")).await.expect(200).json();
    assert_eq!(values["properties"]["a"]["value"], "two");
}

#[tokio::test]
async fn a_decryption_is_recorded_with_the_secrets_that_stand_in_the_definition() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    let sealed = encrypt(&app, &["two", "three"]).await;
    let definition = format!("values: {{deep: {{a: {{fn::secret: {{ciphertext: {}}}}}}}}}", sealed[1]);
    app.user("ada").patch(PROD).body(definition).await.expect(200);
    app.mark(Some("acme")).await;
    let body = json!({ "ciphertexts": sealed }).to_string();
    app.user("ada").post(&format!("{PROD}/decrypt-secrets")).body(body).await.expect(200);
    let entries = app.entries(Some("acme")).await;
    let [entry] = entries.as_slice() else { panic!("{} entries", entries.len()) };
    let detail = |key: &str| entry.leaf.as_leaf().detail(key).unwrap().to_string();
    assert_eq!([detail("secrets"), detail("reads"), detail("view")], ["2", "1", "ciphertexts"]);
    assert_eq!(reads(entry), ["web/prod@2: deep.a"]);
}

#[tokio::test]
async fn a_ciphertext_of_another_environment_or_one_that_was_changed_is_refused_and_recorded() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    app.environment("ada", "web/other", "").await;
    let sealed = encrypt(&app, &["two"]).await.remove(0);
    let other = format!("{ENVIRONMENTS}/acme/web/other/decrypt-secrets");
    let mut changed = sealed.clone();
    changed.replace_range(40..41, if &sealed[40..41] == "A" { "B" } else { "A" });
    app.mark(Some("acme")).await;
    let calls = [
        (other, json!({ "ciphertexts": [sealed] })),
        (format!("{PROD}/decrypt-secrets"), json!({ "ciphertexts": [sealed, changed] })),
        (format!("{PROD}/decrypt-secrets"), json!({ "ciphertexts": ["nonsense"] })),
    ];
    for (path, body) in &calls {
        let answer = app.user("ada").post(path).body(body.to_string()).await.expect(400);
        assert!(answer.message().contains("cannot be decrypted"), "{}", answer.text());
    }
    let log = app.log("acme").await;
    assert_eq!(log.lines().filter(|line| line.ends_with("failed  decryption-failed")).count(), 3, "{log}");
}

#[tokio::test]
async fn too_much_at_once_is_413_and_what_is_no_list_of_texts_is_400() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    for (path, key) in [("encrypt-secrets", "plaintexts"), ("decrypt-secrets", "ciphertexts")] {
        let path = format!("{PROD}/{path}");
        let many = json!({ key: vec!["x"; 1_001] }).to_string();
        let large = json!({ key: ["x".repeat(4 << 20)] }).to_string();
        for body in [many, large] {
            app.user("ada").post(&path).body(body).await.expect(413).message();
        }
        for bad in [Value::Null, json!({}), json!({ key: "x" }), json!({ key: [1] })] {
            app.user("ada").post(&path).body(bad.to_string()).await.expect(400).message();
        }
        app.user("ada").post(&path).body(json!({ key: [] }).to_string()).await.expect(200);
    }
}

#[tokio::test]
async fn whoever_may_only_read_neither_encrypts_nor_decrypts() {
    let app = TestApp::start().await;
    app.environment("ada", "web/prod", "").await;
    let sealed = encrypt(&app, &["two"]).await;
    let settings = r#"{"setDefaultEnvironmentPermission":"read"}"#;
    app.user("ada").patch("/api/orgs/acme").body(settings).await.expect(200);
    let mallory = app.user("mallory");
    let body = json!({ "ciphertexts": sealed }).to_string();
    mallory.post(&format!("{PROD}/decrypt-secrets")).body(body).await.expect(403).message();
    mallory.post(&format!("{PROD}/encrypt-secrets")).body(r#"{"plaintexts":["x"]}"#).await.expect(403).message();
}
