//! Connecting: the name is resolved once, and what was looked at is what is connected to.
//!
//! A second look-up could give another address than the one that was allowed (DNS rebinding).

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream, lookup_host};

use super::EgressError;
use super::policy::{Policy, Refusal};
use super::slots::Slot;

/// How much of an answer the kernel keeps for us at most, in bytes. Who sends more than we read is stopped by it early,
/// where a window that grows by itself would take megabytes that nobody will look at.
const RECEIVE_BUFFER: u32 = 256 << 10;

/// Connects to the first address of a host that the policy allows and that answers.
pub(super) async fn connect(policy: &Policy, host: &str, port: u16) -> Result<TcpStream, EgressError> {
    let addresses: Vec<SocketAddr> = lookup_host((host, port)).await.map_err(EgressError::Unresolved)?.collect();
    let mut failure = EgressError::Unresolved(io::ErrorKind::NotFound.into());
    for address in addresses {
        match policy.check(address.ip()) {
            Ok(()) => match open(address).await {
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

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.connect(address).await
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
