//! One request over one connection of its own.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use seal::SecretBytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::policy::Policy;
use super::slots::Slot;
use super::{EgressError, Inner, connect};

/// How much the head of an answer may take: names, values, cookies.
const HEAD: usize = 64 << 10;

/// A request to another server.
pub struct Call {
    /// Its method.
    pub method: Method,
    /// Where to: `https`, or `http` where the caller means it.
    pub url: Uri,
    /// Headers. Those that HTTP needs are added.
    pub headers: HeaderMap,
    /// The body.
    pub body: SecretBytes,
}

/// What another server answered.
pub struct Reply {
    /// The status, whatever it is.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: SecretBytes,
}

/// A text as it stands in a URL, in its path or its query (RFC 3986, section 2.1).
pub(crate) fn escape(text: &str) -> String {
    use std::fmt::Write as _;

    text.bytes().fold(String::with_capacity(text.len()), |mut escaped, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                escaped.push(char::from(byte));
            }
            _ => write!(escaped, "%{byte:02X}").expect("a string takes everything"),
        }
        escaped
    })
}

/// Where a URL leads to.
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    tls: bool,
}

impl Target {
    pub(super) fn of(url: &Uri) -> Result<Self, EgressError> {
        let tls = match url.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(EgressError::Address("it must begin with https:// or http://")),
        };
        let authority = url.authority().ok_or(EgressError::Address("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(EgressError::Address("it must hold no user name or password"));
        }
        let host = authority.host();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() {
            return Err(EgressError::Address("it names no host"));
        }
        let port = match authority.as_str().rsplit_once(':') {
            Some((_, text)) if !text.ends_with(']') => {
                authority.port_u16().ok_or(EgressError::Address("its port is no number from 0 to 65535"))?
            }
            _ if tls => 443,
            _ => 80,
        };
        Ok(Self { host: host.to_owned(), port, tls })
    }
}

/// Sends a request to where its URL leads, in a turn, to addresses that a policy allows.
pub(super) async fn send(
    egress: &Inner,
    policy: &Policy,
    slot: &Slot,
    target: &Target,
    call: Call,
) -> Result<Reply, EgressError> {
    let request = request(call)?;
    let patience = egress.settings.connect_timeout;
    let most = egress.settings.most_received;
    if target.tls {
        let name = ServerName::try_from(target.host.clone())
            .map_err(|_| EgressError::Address("its host is no name that a certificate could have"))?;
        let connector = egress.tls.connector().await?;
        let stream = timeout(patience, async {
            let stream = connect::connect(policy, slot, &target.host, target.port).await?;
            connector.connect(name, stream).await.map_err(EgressError::Distrusted)
        });
        exchange(stream.await.map_err(|_| EgressError::Unanswered)??, request, most).await
    } else {
        let stream = timeout(patience, connect::connect(policy, slot, &target.host, target.port));
        exchange(stream.await.map_err(|_| EgressError::Unanswered)??, request, most).await
    }
}

fn request(call: Call) -> Result<Request<Full<Bytes>>, EgressError> {
    let Call { method, url, headers, body } = call;
    let authority = url.authority().map_or("", http::uri::Authority::as_str);
    let host = HeaderValue::from_str(authority).map_err(|_| EgressError::Address("its host is not ASCII"))?;
    let path = url.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let path = Uri::try_from(path).map_err(|_| EgressError::Address("its path is not valid"))?;
    let mut request = Request::new(Full::new(Bytes::from_owner(Wiped(body))));
    *request.method_mut() = method;
    *request.uri_mut() = path;
    *request.headers_mut() = headers;
    request.headers_mut().insert(header::HOST, host);
    let agent = HeaderValue::from_static(concat!("escriba/", env!("CARGO_PKG_VERSION")));
    request.headers_mut().insert(header::USER_AGENT, agent);
    Ok(request)
}

/// Sends the request and reads its answer. The connection ends with this future, wherever that is dropped.
async fn exchange<S>(stream: S, request: Request<Full<Bytes>>, most: usize) -> Result<Reply, EgressError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sender, connection) =
        http1::Builder::new().max_buf_size(HEAD).handshake(TokioIo::new(stream)).await.map_err(EgressError::Broken)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(EgressError::Broken)?;
        let (head, body) = response.into_parts();
        let body = read(body, most).await?;
        Ok(Reply { status: head.status, headers: head.headers, body })
    };
    // The connection moves what the other two wait for; it has nothing to say that they do not hear of.
    let moving = async {
        let _ = connection.await;
        std::future::pending().await
    };
    tokio::select! {
        answer = answer => answer,
        never = moving => never,
    }
}

async fn read(mut body: Incoming, most: usize) -> Result<SecretBytes, EgressError> {
    let too_large = EgressError::TooLarge { limit: most };
    let announced = body.size_hint().lower();
    if announced > most as u64 {
        return Err(too_large);
    }
    let mut pieces = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(EgressError::Broken)?.into_data() else { continue };
        length += piece.len();
        if length > most {
            return Err(too_large);
        }
        pieces.push(piece);
        // Deciphering is work. Who sends much does it in turns with everybody else.
        yield_now().await;
    }
    Ok(SecretBytes::new(pieces.concat()))
}

/// The bytes of a secret, for as long as they are sent.
struct Wiped(SecretBytes);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.expose()
    }
}
