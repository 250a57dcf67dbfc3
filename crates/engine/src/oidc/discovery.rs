//! Asking an issuer where it does what, and for its keys (`OpenID` Connect Discovery 1.0).

use http::{HeaderMap, Method, Uri};
use ledger::OrganizationId;
use seal::SecretBytes;
use seal::jwt::IssuerKeys;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::issuers::check_url;
use crate::Engine;
use crate::egress::Call;
use crate::error::Error;

/// Where an issuer does what.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Discovered {
    issuer: String,
    jwks_uri: String,
}

fn senseless(what: &str) -> Error {
    Error::Issuer(format!("its answer makes no sense: {what}"))
}

impl Engine {
    /// The keys that an issuer publishes now.
    pub(super) async fn ask_for_keys(&self, organization: OrganizationId, url: &str) -> Result<IssuerKeys, Error> {
        let found = self.discover(organization, url).await?;
        let answer = self.get(organization, &found.jwks_uri).await?;
        IssuerKeys::parse(answer.expose()).map_err(|_| senseless("there is no key of a kind that is accepted"))
    }

    /// Where an issuer does what.
    pub(crate) async fn discover(&self, organization: OrganizationId, url: &str) -> Result<Discovered, Error> {
        let address = format!("{}/.well-known/openid-configuration", url.trim_end_matches('/'));
        let found: Discovered = parse(&self.get(organization, &address).await?)?;
        // Section 4.3: else somebody could answer in the name of another.
        if found.issuer != url {
            return Err(senseless("it calls itself by another address"));
        }
        check_endpoint(url, &found.jwks_uri)?;
        Ok(found)
    }

    async fn get(&self, organization: OrganizationId, url: &str) -> Result<SecretBytes, Error> {
        let url: Uri = url.parse().map_err(|_| senseless("an address is malformed"))?;
        let call = Call { method: Method::GET, url, headers: HeaderMap::new(), body: SecretBytes::new(Vec::new()) };
        let reply = self.0.outside.egress.send(organization, call).await;
        let reply = reply.map_err(|error| Error::Issuer(error.to_string()))?;
        if reply.status.is_success() {
            Ok(reply.body)
        } else {
            Err(Error::Issuer(format!("it answered with status {}", reply.status.as_u16())))
        }
    }
}

/// Checks where an issuer sends us: never from TLS to where there is none.
pub(crate) fn check_endpoint(issuer: &str, endpoint: &str) -> Result<(), Error> {
    let path = endpoint.split(['?', '#']).next().unwrap_or_default();
    let secure = endpoint.starts_with("https://") || !issuer.starts_with("https://");
    check_url(path).ok().filter(|()| secure).ok_or_else(|| senseless("an address is not one that may be called"))
}

fn parse<T: DeserializeOwned>(answer: &SecretBytes) -> Result<T, Error> {
    serde_json::from_slice(answer.expose()).map_err(|_| senseless("it is no description of an issuer"))
}
