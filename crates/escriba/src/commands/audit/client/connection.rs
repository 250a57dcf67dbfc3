//! A connection to a server.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::address::Address;
use super::credentials::Server;
use super::error::ClientError;
use super::tls;

/// How long a connection may take to come about.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a connection is made with.
pub(super) enum Connector {
    Plain,
    Tls(TlsConnector),
}

impl Connector {
    pub(super) fn new(address: &Address, ca_cert: Option<&Path>) -> Result<Self> {
        if address.tls { tls::connector(ca_cert).map(Self::Tls) } else { Ok(Self::Plain) }
    }
}

/// Connects to a server.
pub(super) async fn connect(connector: &Connector, server: &Server) -> Result<SendRequest<Empty<Bytes>>, ClientError> {
    let Address { host, port, .. } = &server.address;
    let unreachable =
        |source| ClientError::Unreachable { address: server.address.to_string(), named_by: server.named_by, source };
    let late = |_| std::io::Error::from(std::io::ErrorKind::TimedOut);
    let connecting = tokio::time::timeout(PATIENCE, TcpStream::connect((host.as_str(), *port)));
    let stream = connecting.await.map_err(late).flatten().map_err(unreachable)?;
    // Requests are small and wait for their answers; a failure here costs only time.
    let _ = stream.set_nodelay(true);
    match connector {
        Connector::Plain => shake_hands(stream, server).await,
        Connector::Tls(connector) => {
            let distrusted = |source| ClientError::Distrusted { address: server.address.to_string(), source };
            let name = ServerName::try_from(host.clone()).map_err(|_| ClientError::Unaskable)?;
            let securing = tokio::time::timeout(PATIENCE, connector.connect(name, stream));
            shake_hands(securing.await.map_err(late).flatten().map_err(distrusted)?, server).await
        }
    }
}

async fn shake_hands<S>(stream: S, server: &Server) -> Result<SendRequest<Empty<Bytes>>, ClientError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let broken = |source| ClientError::Broken { address: server.address.to_string(), source };
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Whoever waits for an answer hears of a lost connection.
    tokio::spawn(async { connection.await.ok() });
    Ok(sender)
}
