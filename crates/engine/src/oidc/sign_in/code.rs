//! From the code that the provider gave a browser to what the provider says of its owner.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use seal::{SecretBytes, SecretString};
use serde::Deserialize;

use super::pending::Pending;
use super::{Provider, Unrecognised};
use crate::Engine;
use crate::egress::{Call, escape};
use crate::error::Error;
use crate::oidc::discovery::{parse, senseless};
use crate::oidc::{Claims, RelyingParty};

/// What the provider gave for a code.
pub(super) struct Tokens {
    /// What it says of somebody.
    pub(super) id_token: SecretString,
    /// With which it says more.
    access_token: Option<SecretString>,
}

/// The answer to a code (`OpenID` Connect Core 1.0, section 3.1.3.3).
#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenAnswer {
    id_token: Option<String>,
    access_token: Option<String>,
    /// Why there are none (RFC 6749, section 5.2).
    error: Option<String>,
}

/// How the server proves to a provider who it is (RFC 6749, section 2.3.1).
enum Proof<'a> {
    /// By a header.
    Header(&'a SecretString),
    /// In the body.
    Body(&'a SecretString),
    /// Not at all: that it has the verifier must do.
    Nothing,
}

impl<'a> Proof<'a> {
    fn choose(provider: &'a Provider, methods: Option<&[String]>) -> Result<Self, Error> {
        let Some(secret) = &provider.client_secret else { return Ok(Self::Nothing) };
        let takes = |method: &str| methods.is_some_and(|methods| methods.iter().any(|known| known == method));
        // What it is where nothing is said: section 3 of OpenID Connect Discovery 1.0.
        if methods.is_none() || takes("client_secret_basic") {
            Ok(Self::Header(secret))
        } else if takes("client_secret_post") {
            Ok(Self::Body(secret))
        } else {
            Err(senseless("it takes no client secret, in neither of the two ways to send one"))
        }
    }
}

fn sensitive(text: &SecretString) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(text.expose().as_str()).map_err(|_| senseless("a token is no ASCII"))?;
    value.set_sensitive(true);
    Ok(value)
}

impl Engine {
    /// Exchanges a code.
    pub(super) async fn exchange_code(
        &self,
        provider: &Provider,
        code: &SecretString,
        pending: &Pending,
        redirect: &str,
    ) -> Result<Tokens, Error> {
        let published = self.issuer_publishes(RelyingParty::Server, &provider.issuer, None).await?;
        let endpoint = published.endpoints.token_endpoint()?;
        let methods = published.endpoints.token_endpoint_auth_methods_supported.as_deref();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", redirect),
            ("code_verifier", pending.verifier.expose()),
        ];
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form);
        match Proof::choose(provider, methods)? {
            Proof::Header(secret) => {
                let pair = SecretString::new(format!("{}:{}", escape(&provider.client_id), escape(secret.expose())));
                let basic = SecretString::new(format!("Basic {}", STANDARD.encode(pair.expose())));
                headers.insert(header::AUTHORIZATION, sensitive(&basic)?);
            }
            Proof::Body(secret) => {
                fields.extend([("client_id", provider.client_id.as_str()), ("client_secret", secret.expose())]);
            }
            Proof::Nothing => fields.push(("client_id", &provider.client_id)),
        }
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        let body = SecretBytes::new(fields.join("&").into_bytes());
        let url: Uri = endpoint.parse().map_err(|_| senseless("an address is malformed"))?;
        let call = Call { method: Method::POST, url, headers, body };
        let reply = self.call_issuer(RelyingParty::Server, &provider.issuer, call).await?;
        tokens(reply.status, &reply.body)
    }

    /// What the provider says of somebody beside the id token (section 5.3), if it says more.
    pub(super) async fn more_claims(
        &self,
        provider: &Provider,
        tokens: &Tokens,
        claims: Claims,
        subject: &str,
    ) -> Result<Claims, Error> {
        let published = self.issuer_publishes(RelyingParty::Server, &provider.issuer, None).await?;
        let endpoint = published.endpoints.userinfo_endpoint()?;
        let (Some(endpoint), Some(token)) = (endpoint, &tokens.access_token) else { return Ok(claims) };
        let bearer = SecretString::new(format!("Bearer {}", token.expose()));
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, sensitive(&bearer)?);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let url: Uri = endpoint.parse().map_err(|_| senseless("an address is malformed"))?;
        let call = Call { method: Method::GET, url, headers, body: SecretBytes::new(Vec::new()) };
        let reply = self.call_issuer(RelyingParty::Server, &provider.issuer, call).await?;
        if !reply.status.is_success() {
            return Err(Error::Issuer(format!("it answered with status {}", reply.status.as_u16())));
        }
        let more: Claims = parse(&reply.body)?;
        // Section 5.3.2: else it speaks of somebody else.
        if more.text("sub") == Some(subject) { Ok(more) } else { Err(senseless("it speaks of somebody else")) }
    }
}

/// Reads the answer to a code.
fn tokens(status: StatusCode, body: &SecretBytes) -> Result<Tokens, Error> {
    let answer: TokenAnswer = parse(body)?;
    let secret = |text: Option<String>| text.filter(|text| !text.is_empty()).map(SecretString::new);
    let (id_token, access_token) = (secret(answer.id_token), secret(answer.access_token));
    if status.is_success() {
        let id_token = id_token.ok_or_else(|| senseless("there is no id token"))?;
        return Ok(Tokens { id_token, access_token });
    }
    match answer.error.as_deref() {
        // The code was used, has expired, or is none of its.
        Some("invalid_grant") => Err(Error::SignIn(Unrecognised::Code)),
        Some("invalid_client" | "unauthorized_client") => {
            Err(Error::Issuer("it does not take `sign-in-client-id` and the client secret".to_owned()))
        }
        _ => Err(Error::Issuer(format!("it answered a code with status {}", status.as_u16()))),
    }
}
