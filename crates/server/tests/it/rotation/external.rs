//! `fn::rotate::external` against an HTTPS endpoint of this machine.

use std::time::Duration;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::egress::EgressSettings;
use engine::seal::sha256;
use serde_json::{Value, json};

use super::{LOGIN, history, opened, rotate, rotate_and_die};
use crate::app::{TestApp, line};
use crate::providers::host::{Asked, Host};

/// An environment whose secret an endpoint makes.
async fn environment(app: &TestApp, url: &str) {
    let definition = format!(
        "values:
  login:
    fn::rotate::external:
      inputs:
        url: {url}
        request: {{for: web, master: {{fn::secret: hunter2}}}}
  key: ${{login.current.key}}
"
    );
    app.environment("ada", "web/login", &definition).await;
    app.mark(Some("acme")).await;
}

/// An endpoint that numbers what it makes.
async fn numbering() -> Option<Host> {
    Host::serving(|asked| Some((200, format!(r#"{{"key":"k3y-{}","more":[1,2.50]}}"#, asked.len()).into()))).await
}

async fn lines(app: &TestApp) -> Vec<String> {
    app.entries(Some("acme")).await.iter().map(line).collect()
}

/// The one problem of a rotation that failed.
async fn trouble(app: &TestApp) -> String {
    let rotated = rotate(app, "{}").await.expect(200).json();
    let event = &rotated["secretRotationEvent"];
    assert_eq!(event["status"], "failed", "{event}");
    assert_eq!(event["errorMessage"], event["rotations"][0]["errorMessage"]);
    event["errorMessage"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_endpoint_is_told_who_asks_and_what_it_made_before_and_what_it_makes_is_secret() {
    let Some(host) = numbering().await else { return };
    let app = TestApp::calling(host.allowed()).await;
    environment(&app, &host.url).await;
    let before = app.user("ada").get(LOGIN).await.expect(200).text();
    let mut rotations = Vec::new();
    for _ in 0..2 {
        let rotated = rotate(&app, "{}").await.expect(200).json();
        assert_eq!(rotated["secretRotationEvent"]["status"], "succeeded", "{rotated}");
        rotations.push(rotated["secretRotationEvent"]["rotations"][0]["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(opened(&app, "key").await, "k3y-2");
    // Digits are kept as they came.
    let more: Value = serde_json::from_str("[1,2.50]").unwrap();
    assert_eq!(opened(&app, "login").await, json!({ "current": { "key": "k3y-2", "more": more } }));

    let asked = host.asked.lock().unwrap().clone();
    let bodies: Vec<Value> = asked.iter().map(|asked| serde_json::from_slice(&asked.body).unwrap()).collect();
    let request = json!({ "for": "web", "master": "hunter2" });
    let state = json!({ "current": { "key": "k3y-1", "more": more } });
    let expected = [json!({ "request": request, "state": null }), json!({ "request": request, "state": state })];
    assert_eq!(bodies, expected);
    for (asked, rotation) in asked.iter().zip(&rotations) {
        let claims = asked.claims();
        assert_eq!((&claims["aud"], &claims["iss"]), (&json!(host.url), &json!("http://escriba.test/api/oidc")));
        assert_eq!(claims["sub"], "pulumi:environments:org:acme:env:web/login");
        assert_eq!(claims["body_hash"], format!("sha256-{}", STANDARD.encode(sha256(&asked.body))));
        let who = ["org", "env", "current_env", "root_env", "trigger_user"].map(|name| claims[name].as_str().unwrap());
        assert_eq!(who, ["acme", "web/login", "web/login", "web/login", "ada"]);
        // What history and log call the attempt is what the endpoint is told.
        assert_eq!((asked.key.as_ref(), &claims["idempotency_key"]), (Some(rotation), &json!(rotation)));
    }

    let after = app.user("ada").get(LOGIN).await.expect(200).text();
    let (start, end) = (after.find("      state:").unwrap(), after.find("  key:").unwrap());
    assert_eq!(format!("{}{}", &after[..start], &after[end..]), before);
    assert!(!after.contains("k3y") && !format!("{:?}", history(&app).await).contains("k3y"));
}

#[tokio::test]
async fn that_a_token_is_shown_is_recorded_with_the_announcement() {
    let Some(host) = numbering().await else { return };
    let app = TestApp::calling(host.allowed()).await;
    environment(&app, &host.url).await;
    rotate(&app, "{}").await.expect(200);
    let expected = [
        "environment-rotated  acme/web/login  ada  intended",
        "environment-oidc-token-issued  acme/web/login  ada  succeeded",
        "environment-rotated  acme/web/login  ada  succeeded",
        "environment-updated  acme/web/login  ada  succeeded",
    ];
    assert_eq!(lines(&app).await, expected);
    let entries = app.entries(Some("acme")).await;
    let [intended, issued, rotated] = [0, 1, 2].map(|index| entries[index].leaf.as_leaf());
    assert_eq!(issued.causes().collect::<Vec<_>>(), [intended.id()]);
    assert_eq!(issued.detail("provider").unwrap().to_string(), "external");
    assert_eq!(rotated.detail("rotator").unwrap().to_string(), "external");
}

#[tokio::test]
async fn an_endpoint_that_makes_nothing_is_asked_the_same_again_with_the_same_key() {
    const MOST: usize = 100 << 20;
    let answer = |asked: &[Asked]| {
        let (status, body) = match asked.len() {
            1 => (500, Body::from(r#"{"error":"hunter2 k3y"}"#)),
            2 => (302, "{}".into()),
            3 => (204, "".into()),
            4 => (200, r#"["k3y"]"#.into()),
            5 => (200, "hunter2 k3y".into()),
            6 => (200, vec![b' '; MOST].into()),
            _ => (200, r#"{"key":"k3y"}"#.into()),
        };
        Some((status, body))
    };
    let Some(host) = Host::serving(answer).await else { return };
    let app = TestApp::calling(host.allowed()).await;
    environment(&app, &host.url).await;
    let before = app.user("ada").get(LOGIN).await.expect(200).text();
    for said in [
        "the host answered with status 500: an endpoint answers with 200",
        "the host answered with status 302; redirections are not followed",
        "the host answered with status 204: an endpoint answers with 200",
        "the host's answer is no JSON object",
        "the host's answer is no JSON object",
        "the answer is larger than 1048576 bytes; have the host answer less",
    ] {
        assert_eq!(trouble(&app).await, said);
        assert_eq!(app.user("ada").get(LOGIN).await.expect(200).text(), before);
    }
    let rotated = rotate(&app, "{}").await.expect(200).json();
    assert_eq!(rotated["secretRotationEvent"]["status"], "succeeded", "{rotated}");
    assert_eq!(opened(&app, "key").await, "k3y");

    let asked = host.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 7);
    for again in &asked[1..] {
        assert_eq!((&again.key, &again.body), (&asked[0].key, &asked[0].body));
        assert_ne!(again.claims()["jti"], asked[0].claims()["jti"], "tokens are shown once");
    }
    let told = format!("{:?} {:?}", history(&app).await, lines(&app).await);
    assert!(!told.contains("hunter2") && !told.contains("k3y"));
}

#[tokio::test]
async fn an_endpoint_that_hangs_is_given_up() {
    let Some(host) = Host::serving(|_| None).await else { return };
    let app = TestApp::calling(EgressSettings { timeout: Duration::from_secs(1), ..host.allowed() }).await;
    environment(&app, &host.url).await;
    assert_eq!(trouble(&app).await, "the host did not answer in time");
}

#[tokio::test]
async fn what_an_endpoint_made_for_a_process_that_was_killed_is_had_by_the_next_rotation() {
    // It keeps its part: what it made under a key is answered again.
    let keeping = |asked: &[Asked]| {
        let key = asked.last().unwrap().key.as_ref().unwrap();
        let first = asked.iter().position(|asked| asked.key.as_ref() == Some(key)).unwrap();
        Some((200, format!(r#"{{"key":"k3y-{first}"}}"#).into()))
    };
    let Some(host) = Host::serving(keeping).await else { return };
    let app = TestApp::calling(host.allowed()).await;
    environment(&app, &host.url).await;
    rotate_and_die(&app, host.allowed()).await;
    app.clock().forward(600);
    rotate(&app, "{}").await.expect(200);
    assert_eq!(opened(&app, "key").await, "k3y-0", "no second one was made");
    // Once the definition has it, the next one is another.
    rotate(&app, "{}").await.expect(200);
    assert_eq!(opened(&app, "key").await, "k3y-2");

    let asked = host.asked.lock().unwrap().clone();
    assert_eq!((&asked[1].key, &asked[1].body), (&asked[0].key, &asked[0].body));
    assert_ne!(asked[2].key, asked[1].key);
    let expected = [
        "environment-rotated  acme/web/login  ada  intended",
        "environment-oidc-token-issued  acme/web/login  ada  succeeded",
        "environment-rotated  acme/web/login  ada  intended",
        "environment-rotated  acme/web/login  ada  unknown  interrupted",
        "environment-oidc-token-issued  acme/web/login  ada  succeeded",
        "environment-rotated  acme/web/login  ada  succeeded",
        "environment-updated  acme/web/login  ada  succeeded",
    ];
    let mut lines = lines(&app).await;
    lines.retain(|line| line.starts_with("environment-") && !line.starts_with("environment-open"));
    assert_eq!(lines[..expected.len()], expected);
}

#[tokio::test]
async fn nobody_is_asked_without_tls_or_where_the_operator_does_not_allow_it() {
    let Some(host) = numbering().await else { return };
    let app = TestApp::start().await;
    environment(&app, &host.url).await;
    let said = trouble(&app).await;
    assert!(said.contains("loopback") && said.contains("`egress-allow`"), "{said}");
    let without_tls =
        format!("values: {{it: {{fn::rotate::external: {{inputs: {{url: \"{}\"}}}}}}}}", "http://localhost:1/");
    app.user("ada").patch(LOGIN).body(without_tls).await.expect(200);
    assert_eq!(trouble(&app).await, "`url` must begin with https://");
    assert!(host.asked.lock().unwrap().is_empty());
}
