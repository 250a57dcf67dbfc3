//! Asking an issuer where it does what, and for its keys (`OpenID` Connect Discovery 1.0).

use std::sync::Arc;

use http::{HeaderMap, Method, Uri};
use seal::SecretBytes;
use seal::jwt::IssuerKeys;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::RelyingParty;
use super::issuers::check_url;
use super::keys::Published;
use crate::Engine;
use crate::egress::{Call, Reply};
use crate::error::Error;

/// Where an issuer does what. Who only checks its tokens needs its keys alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Discovered {
    issuer: String,
    jwks_uri: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    /// How it lets clients prove who they are there.
    pub(crate) token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Discovered {
    /// Where people are sent to sign in. Some issuers let nobody do that, and have something else in its place.
    pub(super) fn authorization_endpoint(&self) -> Result<&str, Error> {
        self.needed(self.authorization_endpoint.as_deref())
    }

    /// Where a code becomes a token.
    pub(super) fn token_endpoint(&self) -> Result<&str, Error> {
        self.needed(self.token_endpoint.as_deref())
    }

    /// Where it says more of somebody, if it does.
    pub(super) fn userinfo_endpoint(&self) -> Result<Option<&str>, Error> {
        let endpoint = self.userinfo_endpoint.as_deref();
        endpoint.map_or(Ok(()), |endpoint| check_endpoint(&self.issuer, endpoint))?;
        Ok(endpoint)
    }

    fn needed<'a>(&self, endpoint: Option<&'a str>) -> Result<&'a str, Error> {
        let endpoint = endpoint.ok_or_else(|| senseless("it does not say where people sign in"))?;
        check_endpoint(&self.issuer, endpoint)?;
        Ok(endpoint)
    }
}

pub(super) fn senseless(what: &str) -> Error {
    Error::Issuer(format!("its answer makes no sense: {what}"))
}

impl Engine {
    /// What an issuer publishes now.
    pub(super) async fn ask_issuer(&self, party: RelyingParty, url: &str) -> Result<Published, Error> {
        let address = format!("{}/.well-known/openid-configuration", url.trim_end_matches('/'));
        let endpoints: Discovered = parse(&self.get(party, url, &address).await?)?;
        // Section 4.3: else somebody could answer in the name of another.
        if endpoints.issuer != url {
            return Err(senseless("it calls itself by another address"));
        }
        check_endpoint(url, &endpoints.jwks_uri)?;
        let answer = self.get(party, url, &endpoints.jwks_uri).await?;
        let keys = IssuerKeys::parse(answer.expose());
        let keys = keys.map_err(|_| senseless("there is no key of a kind that is accepted"))?;
        Ok(Published { endpoints, keys: Arc::new(keys) })
    }

    async fn get(&self, party: RelyingParty, issuer: &str, url: &str) -> Result<SecretBytes, Error> {
        let url: Uri = url.parse().map_err(|_| senseless("an address is malformed"))?;
        let call = Call { method: Method::GET, url, headers: HeaderMap::new(), body: SecretBytes::new(Vec::new()) };
        let reply = self.call_issuer(party, issuer, call).await?;
        if reply.status.is_success() {
            Ok(reply.body)
        } else {
            Err(Error::Issuer(format!("it answered with status {}", reply.status.as_u16())))
        }
    }

    /// Calls an issuer, or where it sent us, for who relies on it.
    pub(super) async fn call_issuer(&self, party: RelyingParty, issuer: &str, call: Call) -> Result<Reply, Error> {
        let egress = self.egress();
        let reply = match party {
            RelyingParty::Organization(organization) => egress.send(organization, call).await,
            RelyingParty::Server => {
                let issuer: Uri = issuer.parse().map_err(|_| senseless("an address is malformed"))?;
                egress.send_to_named(issuer.host().unwrap_or_default(), call).await
            }
        };
        reply.map_err(|error| Error::Issuer(error.to_string()))
    }
}

/// Checks where an issuer sends us: never from TLS to where there is none.
fn check_endpoint(issuer: &str, endpoint: &str) -> Result<(), Error> {
    let path = endpoint.split(['?', '#']).next().unwrap_or_default();
    let secure = endpoint.starts_with("https://") || !issuer.starts_with("https://");
    check_url(path).ok().filter(|()| secure).ok_or_else(|| senseless("an address is not one that may be called"))
}

pub(super) fn parse<T: DeserializeOwned>(answer: &SecretBytes) -> Result<T, Error> {
    serde_json::from_slice(answer.expose()).map_err(|_| senseless("it is no description of an issuer"))
}
