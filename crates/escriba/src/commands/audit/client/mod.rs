//! Asking a server over HTTP: one connection, one request after the other.

mod address;
mod connection;
mod credentials;
mod error;
mod tls;

use std::time::Duration;

use anyhow::{Result, bail};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use self::connection::{Connector, connect};
use self::credentials::Server;
use super::arguments::Reach;

pub(crate) use self::address::{Encoded, Query};
pub(crate) use self::error::ClientError;

/// How long an answer may keep quiet. A server may have to wait for its database first.
const SILENCE: Duration = Duration::from_mins(1);
/// How large an answer that is held in memory may be.
const LARGEST: usize = 64 << 20;

/// A server, and as whom it is asked.
pub(crate) struct Client {
    server: Server,
    connector: Connector,
    connection: Option<SendRequest<Empty<Bytes>>>,
}

/// An answer whose body is still to come.
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    body: Incoming,
    address: String,
}

impl Client {
    /// Prepares to ask the server that flags, environment and stored logins name.
    pub(crate) fn new(reach: &Reach) -> Result<Self> {
        Self::at(reach.url.as_deref(), reach)
    }

    /// Prepares to ask the server at an address, if one is given.
    pub(crate) fn at(url: Option<&str>, reach: &Reach) -> Result<Self> {
        let server = credentials::find(url, reach)?;
        let connector = Connector::new(&server.address, reach.ca_cert.as_deref())?;
        Ok(Self { server, connector, connection: None })
    }

    /// Where the server is.
    pub(crate) fn address(&self) -> String {
        self.server.address.to_string()
    }

    /// The organization that was named, or else the only one of the caller.
    pub(crate) async fn organization(&mut self, named: Option<&str>) -> Result<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct User {
            organizations: Vec<Organization>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Organization {
            github_login: String,
        }
        if let Some(named) = named {
            return Ok(named.to_owned());
        }
        let user: User = self.get("/api/user", &Query::default()).await?.json().await?;
        let mut known: Vec<String> = user.organizations.into_iter().map(|of| of.github_login).collect();
        match known.len() {
            0 => bail!("the owner of the access token belongs to no organization of {}", self.address()),
            1 => Ok(known.remove(0)),
            _ => bail!("which organization? Give --organization with one of: {}", known.join(", ")),
        }
    }

    /// Asks for a path of the server. An answer that is no success is an error.
    pub(crate) async fn get(&mut self, path: &str, query: &Query) -> Result<Answer, ClientError> {
        let target = format!("{}{path}{query}", self.server.address.prefix);
        let response = self.exchange(&target).await?;
        let status = response.status();
        let (parts, body) = response.into_parts();
        let answer = Answer { headers: parts.headers, body, address: self.address() };
        if status == StatusCode::OK {
            return Ok(answer);
        }
        Err(answer.refusal(status, &self.server).await)
    }

    async fn exchange(&mut self, target: &str) -> Result<http::Response<Incoming>, ClientError> {
        if let Some(mut kept) = self.connection.take()
            && kept.ready().await.is_ok()
        {
            match self.send(&mut kept, target).await {
                // The other side may have closed it meanwhile: whatever only reads is asked again.
                Err(ClientError::Broken { .. }) => {}
                done => {
                    self.connection = Some(kept);
                    return done;
                }
            }
        }
        let mut fresh = connect(&self.connector, &self.server).await?;
        let response = self.send(&mut fresh, target).await?;
        self.connection = Some(fresh);
        Ok(response)
    }

    async fn send(
        &self,
        connection: &mut SendRequest<Empty<Bytes>>,
        target: &str,
    ) -> Result<http::Response<Incoming>, ClientError> {
        let request = Request::get(target)
            .header(header::HOST, &self.server.address.authority)
            .header(header::USER_AGENT, concat!("escriba/", env!("CARGO_PKG_VERSION")))
            .header(header::AUTHORIZATION, self.authorization()?)
            .body(Empty::new())
            .map_err(|_| ClientError::Unaskable)?;
        let address = self.address();
        match tokio::time::timeout(SILENCE, connection.send_request(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(source)) if source.is_parse() => Err(ClientError::NotHttp { address, source }),
            Ok(Err(source)) => Err(ClientError::Broken { address, source }),
            Err(_) => Err(ClientError::Silent { address }),
        }
    }

    fn authorization(&self) -> Result<HeaderValue, ClientError> {
        let value = format!("token {}", self.server.token.expose());
        let mut value = HeaderValue::try_from(value).map_err(|_| ClientError::TokenText(self.server.token_from))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl Answer {
    /// The event that records this answer.
    pub(crate) fn event(&self) -> Option<String> {
        self.text_of("escriba-event")
    }

    /// A warning of the server.
    pub(crate) fn warning(&self) -> Option<String> {
        self.text_of("x-pulumi-warning")
    }

    /// The log that the listed one continues, by its id.
    pub(crate) fn predecessor(&self) -> Option<String> {
        let link = self.text_of("link")?;
        let log = link.strip_prefix("<?log=")?.strip_suffix(">; rel=\"predecessor-version\"")?;
        Some(log.to_owned())
    }

    /// Whether the body is compressed.
    pub(crate) fn is_gzip(&self) -> bool {
        self.text_of("content-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("gzip"))
    }

    fn text_of(&self, name: &str) -> Option<String> {
        self.headers.get(name)?.to_str().ok().map(str::to_owned)
    }

    /// The next piece of the body.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, ClientError> {
        loop {
            let frame = match tokio::time::timeout(SILENCE, self.body.frame()).await {
                Err(_) => return Err(ClientError::Silent { address: self.address.clone() }),
                Ok(None) => return Ok(None),
                Ok(Some(Err(source))) => return Err(ClientError::Broken { address: self.address.clone(), source }),
                Ok(Some(Ok(frame))) => frame,
            };
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
    }

    /// The whole body, if it is of a reasonable size.
    pub(crate) async fn bytes(mut self) -> Result<Vec<u8>, ClientError> {
        let mut all = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if all.len() + chunk.len() > LARGEST {
                return Err(ClientError::TooLarge { address: self.address });
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    /// The whole body, as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(self) -> Result<T, ClientError> {
        let address = self.address.clone();
        let bytes = self.bytes().await?;
        serde_json::from_slice(&bytes).map_err(|source| ClientError::NotJson { address, source })
    }

    async fn refusal(self, status: StatusCode, server: &Server) -> ClientError {
        #[derive(Deserialize)]
        struct Body {
            message: String,
        }
        let moved = self.text_of("location").filter(|_| status.is_redirection());
        let address = self.address.clone();
        if let Some(to) = moved {
            return ClientError::Moved { address, to };
        }
        // What cannot be read is not the reason that somebody looks for; the status stands in any case.
        let message = self.json::<Body>().await.map(|body| body.message).unwrap_or_default();
        ClientError::Refused { address, status, message, token_from: server.token_from }
    }
}
