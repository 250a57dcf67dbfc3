//! Connecting: the name is resolved once, and what was looked at is what is connected to.
//!
//! A second look-up could give another address than the one that was allowed (DNS rebinding).

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};

use super::EgressError;
use super::policy::{Policy, Refusal};
use super::slots::Slot;

/// Connects to the first address of a host that the policy allows and that answers.
pub(super) async fn connect(policy: &Policy, host: &str, port: u16) -> Result<TcpStream, EgressError> {
    let addresses: Vec<SocketAddr> = lookup_host((host, port)).await.map_err(EgressError::Unresolved)?.collect();
    let mut failure = EgressError::Unresolved(io::ErrorKind::NotFound.into());
    for address in addresses {
        match policy.check(address.ip()) {
            Ok(()) => match TcpStream::connect(address).await {
                Ok(stream) => {
                    // Requests are small and wait for their answers; a failure here costs only time.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(source) => failure = EgressError::Unreachable(source),
            },
            Err(Refusal::Denied) => failure = EgressError::Denied,
            Err(Refusal::Kind(kind)) => failure = EgressError::Forbidden { kind },
        }
    }
    Err(failure)
}

/// A connection. It takes one of its organisation's turns until it is dropped.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    _slot: Slot,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, slot: Slot) -> Self {
        Self { stream, _slot: slot }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
