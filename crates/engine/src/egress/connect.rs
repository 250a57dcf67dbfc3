//! Connecting: the name is resolved once, and what was looked at is what is connected to.
//!
//! A second look-up could give another address than the one that was allowed (DNS rebinding).

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::spawn_blocking;

use super::EgressError;
use super::policy::{Policy, Refusal};
use super::slots::Slot;

/// How much of an answer the kernel keeps for us at most, in bytes. Who sends more than we read is stopped by it early,
/// where a window that grows by itself would take megabytes that nobody will look at.
const RECEIVE_BUFFER: u32 = 256 << 10;

/// Connects to the first address of a host that the policy allows and that answers.
pub(super) async fn connect(policy: &Policy, slot: &Slot, host: &str, port: u16) -> Result<TcpStream, EgressError> {
    let addresses = resolve(slot, host, port).await.map_err(EgressError::Unresolved)?;
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

/// The addresses of a host.
async fn resolve(slot: &Slot, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let host = host.to_owned();
    within(slot, move || (host.as_str(), port).to_socket_addrs().map(Iterator::collect)).await
}

/// Does something that cannot be told to stop, as the system's resolver, on a thread of its own. That keeps the turn until
/// it is done, whoever still waits: else names that do not resolve would take one thread after the other.
async fn within<T: Send + 'static>(
    slot: &Slot,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let slot = slot.clone();
    let worked = spawn_blocking(move || {
        let _slot = slot;
        work()
    });
    worked.await.unwrap_or_else(|failure| Err(io::Error::other(failure)))
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::{future, pin};

    use ledger::OrganizationId;

    use super::super::slots::Slots;
    use super::within;

    /// Whether a future is done when it is looked at once.
    async fn is_done(future: pin::Pin<&mut impl Future>) -> bool {
        tokio::select! {
            biased;
            _ = future => true,
            () = future::ready(()) => false,
        }
    }

    #[tokio::test]
    async fn a_look_up_that_hangs_keeps_its_turn_though_nobody_waits_for_it() {
        let slots = Slots::new(1, 1);
        let of = Some(OrganizationId::from_random([1; 10]));
        let slot = slots.take(of, "host.example", 443).await;
        let (answer, answered) = mpsc::channel::<()>();
        {
            let hanging = pin::pin!(within(&slot, move || Ok(answered.recv().is_ok())));
            assert!(!is_done(hanging).await);
        }
        drop(slot);
        let mut next = pin::pin!(slots.take(of, "host.example", 443));
        assert!(!is_done(next.as_mut()).await);
        answer.send(()).unwrap();
        next.await;
    }
}
