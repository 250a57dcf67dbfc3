//! The keys of an issuer, as it publishes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::app::{TestApp, TestIssuer};
use crate::providers::to_loopback;

/// An issuer that answers, once it may, and counts how often it was asked.
struct Published {
    issuer: TestIssuer,
    asked: Arc<AtomicUsize>,
    may_answer: Arc<Semaphore>,
    task: JoinHandle<()>,
}

impl Published {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut issuer = TestIssuer::new("ci");
        issuer.url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, may_answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let described = json!({ "issuer": issuer.url, "jwks_uri": format!("{}/keys", issuer.url) }).to_string();
        let keys = issuer.keys().to_string();
        let (count, gate) = (Arc::clone(&asked), Arc::clone(&may_answer));
        let service = Router::new().fallback(move |request: Request| {
            let (count, gate) = (Arc::clone(&count), Arc::clone(&gate));
            let answer = match request.uri().path() {
                "/.well-known/openid-configuration" => Some(described.clone()),
                "/keys" => Some(keys.clone()),
                _ => None,
            };
            async move {
                count.fetch_add(1, Ordering::SeqCst);
                gate.acquire().await.unwrap().forget();
                answer.ok_or(StatusCode::NOT_FOUND)
            }
        });
        let task = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { issuer, asked, may_answer, task }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn fields(identity: &str) -> Value {
    json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": "urn:pulumi:org:acme",
        "subject_token": identity, "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "requested_token_type": "urn:pulumi:token-type:access_token:organization", "scope": "",
    })
}

#[tokio::test]
async fn however_many_identities_come_at_once_their_issuer_is_asked_once() {
    let app = TestApp::calling(to_loopback()).await;
    let published = Published::start().await;
    let ada = app.user("ada");
    let body = json!({ "name": "ci", "url": published.issuer.url }).to_string();
    let issuer = ada.post("/api/orgs/acme/oidc/issuers").body(body).await.expect(200).json();
    let path = format!("/api/orgs/acme/auth/policies/oidcissuers/{}", issuer["id"].as_str().unwrap());
    let policy = ada.get(&path).await.expect(200).json();
    let rules =
        json!({ "policies": [{ "decision": "allow", "tokenType": "organization", "rules": { "sub": "job" } }] });
    let path = format!("/api/orgs/acme/auth/policies/{}", policy["id"].as_str().unwrap());
    ada.patch(&path).body(rules.to_string()).await.expect(200);

    let identity = published.issuer.token(&published.issuer.claims(&app, "job"));
    let calls = (0..20).map(|_| {
        tokio::spawn(app.anonymous().post("/api/oauth/token").body(fields(&identity).to_string()).into_future())
    });
    let calls: Vec<_> = calls.collect();
    while published.asked() == 0 {
        tokio::task::yield_now().await;
    }
    // Long enough for all of them to have come as far as the first.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(published.asked(), 1);
    published.may_answer.add_permits(100);
    for call in calls {
        call.await.unwrap().expect(200);
    }
    assert_eq!(published.asked(), 2, "once where its keys are, and once for them");
}
