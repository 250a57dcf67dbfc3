//! The server on a loopback socket, for what can only be seen there.

use std::net::SocketAddr;

use server::listen;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Service;

/// A socket on which a server listens until it is dropped.
pub(crate) struct Socket {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

impl Socket {
    pub(super) async fn open(service: Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(listen::serve(listener, None, service, async {
            stopped.await.ok();
        }));
        Self { address, stop: Some(stop), served }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A connection with these bytes sent.
    pub(crate) async fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    /// Stops listening, and waits until requests in flight have ended.
    pub(crate) async fn close(mut self) {
        drop(self.stop.take());
        (&mut self.served).await.unwrap();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.served.abort();
    }
}
