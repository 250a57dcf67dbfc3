//! An HTTPS host that keeps what it is asked and answers one thing.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use engine::egress::EgressSettings;
use http_body_util::BodyExt as _;
use server::listen;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::to_loopback;

/// A request that arrived.
pub(super) struct Asked {
    pub(super) bearer: String,
    pub(super) body: Vec<u8>,
}

pub(super) struct Host {
    pub(super) url: String,
    pub(super) asked: Arc<Mutex<Vec<Asked>>>,
    folder: TempDir,
    task: JoinHandle<()>,
}

impl Host {
    /// A host that answers with this status and body; none where there is no `openssl` to make a certificate with.
    pub(super) async fn answering(status: u16, body: &'static str) -> Option<Self> {
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
        let kept = Arc::clone(&asked);
        let service = Router::new().fallback(move |request: Request| {
            let kept = Arc::clone(&kept);
            async move {
                let bearer = request.headers()["authorization"].to_str().unwrap().to_owned();
                let asked = request.into_body().collect().await.unwrap().to_bytes().to_vec();
                kept.lock().unwrap().push(Asked { bearer, body: asked });
                let status = StatusCode::from_u16(status).unwrap();
                (status, [("location", "https://localhost:1/elsewhere")], body)
            }
        });
        let task = tokio::spawn(listen::serve(listener, Some(acceptor), service, std::future::pending()));
        Some(Self { url, asked, folder, task })
    }

    /// What lets a server call this host.
    pub(super) fn allowed(&self) -> EgressSettings {
        EgressSettings { ca_cert: Some(self.certificate()), ..to_loopback() }
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}
