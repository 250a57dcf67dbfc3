//! How far calls may go: time, size, and how many at once.

use std::time::Duration;

use engine::egress::{Egress, EgressError, EgressSettings};
use engine::seal::SecretBytes;
use tokio::io::AsyncWriteExt as _;

use super::host::read_request;
use super::{AT_ONCE, Host, call, organization, refusal, send, to_loopback};

/// So long that a test which waits for it never ends by it.
const FOREVER: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_host_that_hangs_is_given_up() {
    let host = Host::hanging().await;
    let settings = EgressSettings { timeout: Duration::from_millis(50), ..to_loopback() };
    assert_eq!(refusal(settings, &host.url()).await, "the host did not answer in time");
}

#[tokio::test]
async fn a_host_that_drips_is_given_up() {
    let host = Host::with(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await;
        while stream.write_all(b".").await.is_ok() {
            tokio::task::yield_now().await;
            tokio::time::sleep(AT_ONCE).await;
        }
    })
    .await;
    let settings = EgressSettings { timeout: Duration::from_millis(50), ..to_loopback() };
    assert_eq!(refusal(settings, &host.url()).await, "the host did not answer in time");
}

#[tokio::test]
async fn a_host_that_shakes_no_hands_is_given_up() {
    let host = Host::hanging().await;
    let settings = EgressSettings { connect_timeout: AT_ONCE, timeout: FOREVER, ..to_loopback() };
    let refused = refusal(settings, &format!("https://localhost:{}/", host.address.port())).await;
    // Looking the name up may take that long too.
    assert_eq!(refused, "no connection to the host came about in time; may this server reach it?");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_whether_it_says_so_or_not() {
    let refused = "the answer is larger than 1048576 bytes; have the host answer less";
    let announced = Host::answering("HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n").await;
    assert_eq!(refusal(to_loopback(), &announced.url()).await, refused);
    // A hundred megabytes, as long as somebody reads them.
    let endless = Host::with(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await;
        for _ in 0..100 {
            if stream.write_all(&vec![b'x'; 1_000_000]).await.is_err() {
                break;
            }
        }
    })
    .await;
    assert_eq!(refusal(to_loopback(), &endless.url()).await, refused);
}

#[tokio::test]
async fn a_head_without_an_end_is_refused() {
    let host = Host::with(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await;
        while stream.write_all(&[b'x'; 10_000]).await.is_ok() {}
    })
    .await;
    let refused = refusal(to_loopback(), &host.url()).await;
    assert_eq!(refused, "the host broke off before its answer was complete, or does not speak HTTP");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_none() {
    for bytes in ["HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhi", "SSH-2.0-OpenSSH_9.2\r\n", ""] {
        let host = Host::answering(bytes).await;
        let refused = refusal(to_loopback(), &host.url()).await;
        assert_eq!(refused, "the host broke off before its answer was complete, or does not speak HTTP", "{bytes}");
    }
}

#[tokio::test]
async fn a_request_that_is_too_large_is_not_sent() {
    let host = Host::hanging().await;
    let mut large = call(&host.url());
    large.body = SecretBytes::new(vec![b'x'; (1 << 20) + 1]);
    let refused = Egress::new(to_loopback()).unwrap().send(organization(1), large).await.err().unwrap();
    assert_eq!(refused.to_string(), "the request is larger than 1048576 bytes; send less");
    assert_eq!(host.seen(), 0);
}

#[tokio::test]
async fn calls_that_hang_hold_up_their_own_organisation_alone() {
    let hanging = Host::hanging().await;
    let prompt = Host::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let egress = Egress::new(EgressSettings { at_once: 2, timeout: FOREVER, ..to_loopback() }).unwrap();
    let port = hanging.address.port();
    let first = egress.connect(organization(1), "127.0.0.1", port).await.unwrap();
    let second = egress.connect(organization(1), "127.0.0.1", port).await.unwrap();

    let other = egress.send(organization(2), call(&prompt.url())).await.unwrap();
    assert_eq!(other.status.as_u16(), 200);

    let mut waiting = Box::pin(egress.send(organization(1), call(&prompt.url())));
    assert!(futures_pending(&mut waiting).await, "the third of an organisation waits for its turn");
    drop(first);
    assert_eq!(waiting.await.unwrap().status.as_u16(), 200);
    drop(second);
}

#[tokio::test]
async fn a_host_that_hangs_leaves_turns_to_the_other_hosts_of_its_organisation() {
    let hanging = Host::hanging().await;
    let prompt = Host::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let settings = EgressSettings { at_once: 3, at_once_to_host: 2, timeout: FOREVER, ..to_loopback() };
    let egress = Egress::new(settings).unwrap();
    let port = hanging.address.port();
    let first = egress.connect(organization(1), "127.0.0.1", port).await.unwrap();
    let _second = egress.connect(organization(1), "127.0.0.1", port).await.unwrap();

    // Waiting for the host takes none of the organisation's turns, of which one is left.
    let mut waiting = Box::pin(egress.connect(organization(1), "127.0.0.1", port));
    assert!(futures_pending(&mut waiting).await, "the third to a host waits for its turn");
    let other = egress.send(organization(1), call(&prompt.url())).await.unwrap();
    assert_eq!(other.status.as_u16(), 200);
    drop(first);
    waiting.await.unwrap();
}

#[tokio::test]
async fn who_waits_for_a_turn_too_long_is_told_so() {
    let host = Host::hanging().await;
    let settings = EgressSettings { at_once: 1, timeout: Duration::from_millis(50), ..to_loopback() };
    let egress = Egress::new(settings).unwrap();
    let _held = egress.connect(organization(1), "127.0.0.1", host.address.port()).await.unwrap();
    let refused = egress.send(organization(1), call(&host.url())).await.err().unwrap();
    assert!(matches!(refused, EgressError::Busy), "{refused}");
}

#[tokio::test]
async fn no_error_tells_where_the_call_went() {
    let host = Host::answering("").await;
    let url = format!("http://{}/secret-path?token=secret-token", host.address);
    let error = send(to_loopback(), &url).await.err().unwrap();
    let mut told = format!("{error} {error:?}");
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        told = format!("{told} {cause}");
        source = cause.source();
    }
    assert!(!told.contains("secret") && !told.contains("127.0.0.1"), "{told}");
}

/// Whether a future is still waiting after all others had many turns.
async fn futures_pending<T>(future: &mut (impl Future<Output = T> + Unpin)) -> bool {
    for _ in 0..100 {
        let ready =
            std::future::poll_fn(|cx| std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(cx).is_ready()));
        if ready.await {
            return false;
        }
        tokio::task::yield_now().await;
    }
    true
}
