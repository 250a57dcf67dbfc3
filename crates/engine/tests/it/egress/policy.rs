//! Where calls may go.

use engine::egress::{Egress, EgressSettings};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::{Host, organization, refusal, send, to_loopback};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

#[tokio::test]
async fn a_request_arrives_whole_and_its_answer_comes_back() {
    let (told, mut requests) = tokio::sync::mpsc::unbounded_channel();
    let host = Host::with(move |mut stream| {
        let told = told.clone();
        async move {
            told.send(super::host::read_request(&mut stream).await).unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut stream, OK.as_bytes()).await.unwrap();
        }
    })
    .await;
    let reply = send(to_loopback(), &format!("{}a/b?c=d", host.url())).await.unwrap();
    assert_eq!((reply.status.as_u16(), reply.body.expose().as_slice()), (200, b"hi".as_slice()));
    let request = requests.recv().await.unwrap();
    assert!(request.starts_with("POST /a/b?c=d HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("host: {}\r\n", host.address)), "{request}");
    assert!(request.ends_with("\r\n\r\nhello"), "{request}");
}

#[tokio::test]
async fn an_address_that_is_not_public_is_refused_before_anything_is_sent() {
    let host = Host::answering(OK).await;
    let port = host.address.port();
    let refused = "the host has a loopback address, which this server does not call; its operator can allow it with `egress-allow`";
    // However it is written; the last is how a name would lead here.
    for name in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001"] {
        assert_eq!(refusal(EgressSettings::default(), &format!("http://{name}:{port}/")).await, refused, "{name}");
    }
    assert_eq!(host.seen(), 0);
    let metadata = refusal(to_loopback(), "http://169.254.169.254/latest/meta-data/").await;
    assert!(metadata.contains("a metadata address"), "{metadata}");
    let connected = Egress::new(EgressSettings::default()).unwrap().connect(organization(1), "127.0.0.1", port).await;
    assert_eq!(connected.unwrap_err().to_string(), refused);
}

#[tokio::test]
async fn a_host_that_the_operator_named_is_called_wherever_it_is_and_no_other_is() {
    let host = Host::answering(OK).await;
    let egress = Egress::new(EgressSettings::default()).unwrap();
    let named = |name: &'static str| egress.send_to_named(name, super::call(&host.url()));
    assert_eq!(named("127.0.0.1").await.unwrap().status.as_u16(), 200);
    let refused = named("idp.example").await.err().unwrap().to_string();
    assert!(refused.starts_with("the host has a loopback address"), "{refused}");
    let deny = vec!["127.0.0.1/32".parse().unwrap()];
    let egress = Egress::new(EgressSettings { deny, ..EgressSettings::default() }).unwrap();
    let refused = egress.send_to_named("127.0.0.1", super::call(&host.url())).await.err().unwrap().to_string();
    assert!(refused.contains("egress-deny"), "{refused}");
}

#[tokio::test]
async fn what_the_operator_denies_is_refused_though_it_is_allowed() {
    let host = Host::answering(OK).await;
    let settings = EgressSettings { deny: vec!["127.0.0.1/32".parse().unwrap()], ..to_loopback() };
    let refused = refusal(settings, &host.url()).await;
    assert_eq!(refused, "the host has an address that the operator of this server denies with `egress-deny`");
    assert_eq!(host.seen(), 0);
}

#[tokio::test]
async fn a_redirection_is_an_answer_and_is_not_followed() {
    let inner = Host::answering(OK).await;
    let location = format!("HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", inner.url());
    let outer = Host::answering(location).await;
    let reply = send(to_loopback(), &outer.url()).await.unwrap();
    assert_eq!(reply.status.as_u16(), 302);
    assert_eq!((outer.seen(), inner.seen()), (1, 0));
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = refusal(to_loopback(), &format!("http://{address}/")).await;
    assert!(refused.starts_with("the host cannot be connected to"), "{refused}");
}

#[tokio::test]
async fn an_address_that_means_nothing_is_refused_with_what_is_wrong() {
    for (url, wrong) in [
        ("ftp://example.com/", "it must begin with https:// or http://"),
        ("/only/a/path", "it must begin with https:// or http://"),
        ("http://user:password@example.com/", "it must hold no user name or password"),
        ("http://example.com:99999/", "its port is no number from 0 to 65535"),
    ] {
        assert_eq!(refusal(to_loopback(), url).await, format!("the address cannot be called: {wrong}"), "{url}");
    }
}

#[tokio::test]
async fn what_speaks_another_protocol_gets_a_plain_connection() {
    let host = Host::with(|mut stream| async move {
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"greetings").await.unwrap();
    })
    .await;
    let egress = Egress::new(to_loopback()).unwrap();
    let mut connection = egress.connect(organization(1), "127.0.0.1", host.address.port()).await.unwrap();
    let mut said = String::new();
    connection.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "greetings");
}
