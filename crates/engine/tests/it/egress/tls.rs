//! Whom calls trust.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use engine::egress::{Egress, EgressSettings};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use super::{Host, refusal, send, to_loopback};

#[tokio::test]
async fn a_host_is_trusted_by_an_authority_that_the_operator_named() {
    let folder = tempfile::tempdir().unwrap();
    let Some(acceptor) = certificate(folder.path()) else {
        eprintln!("not tested: there is no openssl to make a certificate with");
        return;
    };
    let host = Host::with(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    let port = host.address.port();
    let trusting = || EgressSettings { ca_cert: Some(folder.path().join("cert.pem")), ..to_loopback() };

    let reply = send(trusting(), &format!("https://localhost:{port}/")).await.unwrap();
    assert_eq!(reply.body.expose().as_slice(), b"hi");
    // Neither for a name that the certificate does not have, nor one that nobody vouches for.
    let distrusted =
        "no TLS connection came about; the operator of this server can trust an authority with `egress-ca-cert`";
    assert_eq!(refusal(trusting(), &format!("https://127.0.0.1:{port}/")).await, distrusted);
    let refused = refusal(to_loopback(), &format!("https://localhost:{port}/")).await;
    assert!(refused == distrusted || refused.contains("no certificates of authorities"), "{refused}");
}

#[tokio::test]
async fn a_host_without_tls_is_not_trusted() {
    let host = Host::with(|mut stream| async move {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await;
    })
    .await;
    let refused = refusal(to_loopback(), &format!("https://localhost:{}/", host.address.port())).await;
    assert!(refused.contains("`egress-ca-cert`"), "{refused}");
}

#[test]
fn a_file_without_a_certificate_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    for text in [None, Some(""), Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")] {
        if let Some(text) = text {
            std::fs::write(&path, text).unwrap();
        }
        let refused = Egress::new(EgressSettings { ca_cert: Some(path.clone()), ..to_loopback() }).unwrap_err();
        assert!(refused.to_string().starts_with("cannot use the certificates in "), "{refused}");
    }
}

/// A certificate for `localhost` that is its own authority, written to `cert.pem`.
fn certificate(folder: &Path) -> Option<TlsAcceptor> {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-out")
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        return None;
    }
    let chain = CertificateDer::pem_file_iter(&certificate).unwrap().collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(&key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    Some(TlsAcceptor::from(Arc::new(config)))
}
