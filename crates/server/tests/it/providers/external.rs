//! `external`: endpoints of users' own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::seal::sha256;
use serde_json::{Value, json};

use super::host::Host;
use super::{open, to_loopback, trouble};
use crate::app::{TestApp, reads};

fn definition(url: &str, more: &str) -> String {
    format!(
        "values:\n  it:\n    fn::open::external:\n      url: {url}\n      request: {{ask: \"${{word}}\", n: 1.5}}\n{more}  \
         word: please\n  part: ${{it.response.key}}\n"
    )
}

#[tokio::test]
async fn an_endpoint_is_told_who_opens_what_and_its_answer_is_a_secret() {
    let Some(host) = Host::answering(200, r#"{"key":"k3y","list":[1,2.50]}"#).await else { return };
    let app = TestApp::calling(host.allowed()).await;
    app.environment("alice", "web/prod", &definition(&host.url, "")).await;
    app.mark(Some("acme")).await;
    let values = open(&app, "web/prod").await.unwrap();

    let response = &values["it"]["value"]["response"];
    assert_eq!((&response["secret"], &response["value"]["key"]["value"]), (&json!(true), &json!("k3y")));
    assert_eq!(response["value"]["list"]["value"][1]["value"].to_string(), "2.50");
    assert_eq!((&values["part"]["value"], &values["part"]["secret"]), (&json!("k3y"), &json!(true)));

    let asked = std::mem::take(&mut *host.asked.lock().unwrap());
    assert_eq!(asked.len(), 1);
    assert_eq!(String::from_utf8_lossy(&asked[0].body), r#"{"ask":"please","n":1.5}"#);
    let claims = asked[0].claims();
    assert_eq!((&asked[0].key, claims.get("idempotency_key")), (&None, None));
    assert_eq!(claims["iss"], "http://escriba.test/api/oidc");
    assert_eq!(claims["aud"], host.url.as_str());
    assert_eq!(claims["sub"], "pulumi:environments:org:acme:env:web/prod");
    assert_eq!(claims["body_hash"], format!("sha256-{}", STANDARD.encode(sha256(&asked[0].body))));
    let who = ["org", "env", "current_env", "root_env", "trigger_user"].map(|claim| claims[claim].as_str().unwrap());
    assert_eq!(who, ["acme", "web/prod", "web/prod", "web/prod", "alice"]);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);

    assert_eq!(
        app.log("acme").await,
        "environment-oidc-token-issued  acme/web/prod  alice  intended\n\
         environment-oidc-token-issued  acme/web/prod  alice  succeeded\n\
         environment-open  acme/web/prod  alice  succeeded\n\
         environment-read-open  acme/web/prod  alice  succeeded"
    );
    let entries = app.entries(Some("acme")).await;
    let (intended, issued) = (entries[0].leaf.as_leaf(), entries[1].leaf.as_leaf());
    assert_eq!(issued.causes().collect::<Vec<_>>(), [intended.id()]);
    assert_eq!(issued.detail("provider").unwrap().to_string(), "external");
    assert_eq!(reads(&entries[3]), ["web/prod@2: it"]);
}

#[tokio::test]
async fn an_answer_is_no_secret_if_the_definition_says_so() {
    let Some(host) = Host::answering(200, r#"{"key":"k3y"}"#).await else { return };
    let app = TestApp::calling(host.allowed()).await;
    app.environment("alice", "web/prod", &definition(&host.url, "      secret: false\n")).await;
    let values = open(&app, "web/prod").await.unwrap();
    assert_eq!((&values["part"]["value"], &values["part"]["secret"]), (&json!("k3y"), &Value::Null));
}

#[tokio::test]
async fn an_endpoint_that_answers_something_else_fails_the_opening_with_a_record() {
    for (status, body, said) in [
        (500, "{}", "the host answered with status 500: an endpoint answers with 200"),
        (302, "{}", "the host answered with status 302; redirections are not followed"),
        (204, "", "the host answered with status 204: an endpoint answers with 200"),
        (200, "[1]", "the host's answer is no JSON object"),
        (200, "hello", "the host's answer is no JSON object"),
    ] {
        let Some(host) = Host::answering(status, body).await else { return };
        let app = TestApp::calling(host.allowed()).await;
        app.environment("alice", "web/prod", &definition(&host.url, "")).await;
        app.mark(Some("acme")).await;
        assert_eq!(trouble(&app, "web/prod").await, said);
        let outcome = if status == 200 { "unknown" } else { "failed" };
        assert_eq!(
            app.log("acme").await,
            format!(
                "environment-oidc-token-issued  acme/web/prod  alice  intended\n\
                 environment-oidc-token-issued  acme/web/prod  alice  {outcome}  provider-failed\n\
                 environment-open  acme/web/prod  alice  failed  provider-failed"
            )
        );
    }
}

#[tokio::test]
async fn an_address_within_is_refused_with_what_the_operator_can_do() {
    let Some(host) = Host::answering(200, "{}").await else { return };
    let app = TestApp::start().await;
    app.environment("alice", "web/prod", &definition(&host.url, "")).await;
    let said = trouble(&app, "web/prod").await;
    assert!(said.contains("loopback") && said.contains("`egress-allow`"), "{said}");
    assert!(host.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_endpoint_without_tls_is_not_asked() {
    let app = TestApp::calling(to_loopback()).await;
    app.environment("alice", "web/prod", &definition("http://localhost:1/", "")).await;
    app.mark(Some("acme")).await;
    assert_eq!(trouble(&app, "web/prod").await, "`url` must begin with https://");
    // Nothing was issued, so nothing is said of it.
    assert_eq!(app.log("acme").await, "environment-open  acme/web/prod  alice  failed  provider-failed");
}

#[tokio::test]
async fn only_so_many_providers_are_called_for_one_opening() {
    let app = TestApp::start().await;
    let calls = (0..101).map(|number| {
        format!("  v{number}: {{fn::open::vault-secrets: {{login: {{address: \"http://127.0.0.1:1\", token: t}}, read: {{n{number}: {{path: a/b}}}}}}}}\n")
    });
    let definition = format!("values:\n{}", calls.collect::<String>());
    app.environment("alice", "web/prod", &definition).await;
    let answer = open(&app, "web/prod").await.unwrap_err().expect(400).text();
    assert!(answer.contains("a definition may call at most 100 providers"), "{answer}");
}
