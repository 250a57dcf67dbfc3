//! Listening: TCP with or without TLS, one task a connection, an orderly end.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tower::{Service, ServiceExt};

use crate::http::Peer;

/// How long a client may take to send the head of a request, or to shake hands.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long requests in flight may take to end after the order to stop.
const LAST_CALL: Duration = Duration::from_secs(25);

/// Reads a certificate chain and its key.
pub fn tls(certificate: &Path, key: &Path) -> Result<TlsAcceptor, String> {
    let read = |path: &Path| format!("the TLS file {} cannot be used", path.display());
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| format!("{}: {error}", read(certificate)))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| format!("{}: {error}", read(key)))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| format!("{}: {error}", read(certificate)))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Serves until `stop` is done, then lets requests in flight end.
pub async fn serve<S>(listener: TcpListener, tls: Option<TlsAcceptor>, service: S, stop: impl Future<Output = ()>)
where
    S: Service<Request, Response = Response, Error = std::convert::Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true);
                    let watcher = graceful.watcher();
                    tokio::spawn(connection(stream, peer, tls.clone(), service.clone(), watcher));
                }
                Err(error) => pause_after(&error).await,
            },
        }
    }
    drop(listener);
    if tokio::time::timeout(LAST_CALL, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

/// Out of file descriptors is not the end: connections will close.
async fn pause_after(error: &io::Error) {
    tracing::warn!(error = error as &dyn std::error::Error, "a connection could not be accepted");
    tokio::time::sleep(Duration::from_millis(50)).await;
}

async fn connection<S>(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    service: S,
    watcher: hyper_util::server::graceful::Watcher,
) where
    S: Service<Request, Response = Response, Error = std::convert::Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    match tls {
        None => http(TokioIo::new(stream), peer, service, watcher).await,
        Some(tls) => match tokio::time::timeout(PATIENCE, tls.accept(stream)).await {
            Ok(Ok(stream)) => http(TokioIo::new(stream), peer, service, watcher).await,
            Ok(Err(error)) => tracing::debug!(error = &error as &dyn std::error::Error, "no TLS connection came about"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        },
    }
}

async fn http<I, S>(io: I, peer: SocketAddr, service: S, watcher: hyper_util::server::graceful::Watcher)
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    S: Service<Request, Response = Response, Error = std::convert::Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(Peer(peer));
        // In a task of its own: when a caller hangs up, what waits for the answer is dropped, but what
        // it asked for goes on to its record.
        let answer = tokio::spawn(service.clone().oneshot(request));
        async {
            match answer.await {
                Ok(answer) => answer,
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // The runtime is going down, and this connection with it.
                    Err(_) => std::future::pending().await,
                },
            }
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    builder.http2().timer(TokioTimer::new());
    let connection = builder.serve_connection(io, service);
    if let Err(error) = watcher.watch(connection.into_owned()).await {
        tracing::debug!(error = &*error as &dyn std::error::Error, "a connection broke off");
    }
}
