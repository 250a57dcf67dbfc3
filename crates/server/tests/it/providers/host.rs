//! An HTTPS host that keeps what it is asked and answers what it is told to.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::egress::EgressSettings;
use http_body_util::BodyExt as _;
use serde_json::Value;
use server::listen;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{Notify, RwLock};
use tokio::task::JoinHandle;

use super::to_loopback;

/// A request that arrived.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) bearer: String,
    /// What names the attempt, if something does.
    pub(crate) key: Option<String>,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Host {
    pub(crate) url: String,
    pub(crate) asked: Arc<Mutex<Vec<Asked>>>,
    /// Nothing is answered while somebody holds this for writing.
    pub(crate) gate: Arc<RwLock<()>>,
    coming: Arc<Notify>,
    folder: TempDir,
    task: JoinHandle<()>,
}

impl Host {
    /// A host that answers with this status and body; none where there is no `openssl` to make a certificate with.
    pub(crate) async fn answering(status: u16, body: &'static str) -> Option<Self> {
        Self::serving(move |_| Some((status, body.into()))).await
    }

    /// A host that answers what this gives for a request, or nothing ever.
    pub(crate) async fn serving<F>(answer: F) -> Option<Self>
    where
        F: Fn(&[Asked]) -> Option<(u16, Body)> + Clone + Send + Sync + 'static,
    {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-out")
            .arg(&certificate)
            .arg("-keyout")
            .arg(&key)
            .output();
        if !made.is_ok_and(|made| made.status.success()) {
            eprintln!("not tested: there is no openssl to make a certificate with");
            return None;
        }
        let acceptor = listen::tls(&certificate, &key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}/open", listener.local_addr().unwrap().port());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (gate, coming) = (Arc::new(RwLock::new(())), Arc::new(Notify::new()));
        let (kept, closed, come) = (Arc::clone(&asked), Arc::clone(&gate), Arc::clone(&coming));
        let service = Router::new().fallback(move |request: Request| {
            let (kept, answer) = (Arc::clone(&kept), answer.clone());
            let (closed, come) = (Arc::clone(&closed), Arc::clone(&come));
            async move {
                let (head, body) = request.into_parts();
                let header = |name| head.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
                let (bearer, key) = (header("authorization").unwrap(), header("idempotency-key"));
                let body = body.collect().await.unwrap().to_bytes().to_vec();
                let answer = {
                    let mut kept = kept.lock().unwrap();
                    kept.push(Asked { bearer, key, body });
                    answer(&kept)
                };
                come.notify_one();
                let _open = closed.read().await;
                let Some((status, body)) = answer else { return std::future::pending().await };
                let mut response = Response::new(body);
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                let elsewhere = "https://localhost:1/elsewhere".parse().unwrap();
                response.headers_mut().insert("location", elsewhere);
                response
            }
        });
        let task = tokio::spawn(listen::serve(listener, Some(acceptor), service, std::future::pending()));
        Some(Self { url, asked, gate, coming, folder, task })
    }

    /// Waits until somebody asks.
    pub(crate) async fn is_asked(&self) {
        self.coming.notified().await;
    }

    /// What lets a server call this host.
    pub(crate) fn allowed(&self) -> EgressSettings {
        EgressSettings { ca_cert: Some(self.certificate()), ..to_loopback() }
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }
}

impl Asked {
    /// What the ID token says.
    pub(crate) fn claims(&self) -> Value {
        let token = self.bearer.strip_prefix("Bearer ").unwrap();
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        serde_json::from_slice(&claims).unwrap()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}
