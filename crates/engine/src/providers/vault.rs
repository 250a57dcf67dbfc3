//! Speaking to a Vault, of either make.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use seal::SecretBytes;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::{Caller, ProviderError};
use crate::egress::{Call, escape};

const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");
const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");

/// A server, and what is needed to be let in.
pub(super) struct Vault {
    pub(super) address: String,
    pub(super) namespace: Option<String>,
    pub(super) token: Option<String>,
}

/// Reads inputs that fit their schema.
pub(super) fn read<T: DeserializeOwned>(inputs: Json) -> Result<T, ProviderError> {
    // What serde says could quote a value.
    serde_json::from_value(inputs)
        .map_err(|_| ProviderError::Inputs("the inputs are not as the schema says".to_owned()))
}

impl Vault {
    /// Asks for a path below `/v1/`, and gives the object that answers it.
    pub(super) async fn ask(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        body: Option<&Json>,
    ) -> Result<Json, ProviderError> {
        let call = Call {
            method,
            url: self.url(path)?,
            headers: self.headers()?,
            body: SecretBytes::new(body.map(|body| body.to_string().into_bytes()).unwrap_or_default()),
        };
        let reply = caller.engine.egress().send(caller.organization, call).await?;
        match reply.status {
            StatusCode::OK => serde_json::from_slice(reply.body.expose())
                .map_err(|_| ProviderError::Answer("the host's answer is no JSON: is the address that of a Vault?")),
            status => Err(ProviderError::Refused { status, hint: hint(status) }),
        }
    }

    fn url(&self, path: &str) -> Result<Uri, ProviderError> {
        let wrong = |what: &str| ProviderError::Inputs(what.to_owned());
        let address: Uri = self.address.parse().map_err(|_| wrong("`address` is no URL"))?;
        if address.authority().is_none() || address.path() != "/" || address.query().is_some() {
            return Err(wrong("`address` must be like https://vault.example.com:8200, without a path"));
        }
        let path = path.trim_matches('/');
        if path.is_empty() || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(wrong("a path must be like secret/data/name, without empty parts and dots"));
        }
        let url = format!("{}/v1/{}", self.address.trim_end_matches('/'), escape(path));
        url.parse().map_err(|_| wrong("a path cannot be part of a URL"))
    }

    fn headers(&self) -> Result<HeaderMap, ProviderError> {
        let mut headers = HeaderMap::new();
        for (name, value) in [(NAMESPACE, &self.namespace), (TOKEN, &self.token)] {
            if let Some(value) = value {
                let mut value = HeaderValue::try_from(value.as_str())
                    .map_err(|_| ProviderError::Inputs("a token and a namespace are one line of ASCII".to_owned()))?;
                value.set_sensitive(true);
                headers.insert(name, value);
            }
        }
        Ok(headers)
    }
}

fn hint(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "Vault did not like the request; is the role or the mount right?",
        403 => "Vault does not let this token or role do that, or the token has ended",
        404 => "Vault has nothing there; a path of a version 2 store has `data` after its mount",
        503 => "Vault is sealed or being looked after",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::Vault;

    fn url(address: &str, path: &str) -> Result<String, String> {
        let vault = Vault { address: address.to_owned(), namespace: None, token: None };
        vault.url(path).map(|url| url.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_path_stays_below_the_address() {
        assert_eq!(url("https://v:8200", "secret/data/a b"), Ok("https://v:8200/v1/secret/data/a%20b".to_owned()));
        assert_eq!(url("https://v/", "/secret/a?b#c%d"), Ok("https://v/v1/secret/a%3Fb%23c%25d".to_owned()));
        for path in ["", "/", "a//b", "../sys/seal", "a/../../b", "a/./b"] {
            assert!(url("https://v", path).is_err(), "{path}");
        }
        for address in ["v", "https://v/path", "https://v?x=y", "not a url", "/v"] {
            assert!(url(address, "a").is_err(), "{address}");
        }
    }
}
