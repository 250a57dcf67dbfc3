//! ID tokens: this server's word on who opens what, for whoever is called (RFC 7519, RFC 8037).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::{Detail, Event};
use seal::SecretString;
use serde_json::{Value as Json, json};

use super::{Caller, ProviderError};
use crate::Engine;

/// How long a token is good, in seconds: as long as a call, and clocks that differ, may need.
const LIFETIME: i64 = 300;

/// What a token says besides who opens what.
pub(super) struct Claims {
    /// Who it speaks of.
    pub(super) subject: String,
    /// Whom it is for.
    pub(super) audience: String,
    /// What else it says: an object.
    pub(super) more: Json,
}

/// How the log says that one is issued for a call of this name.
pub(crate) fn issued(to: &'static str) -> (Event, Detail) {
    let detail = Detail::new().integer("lifetime", LIFETIME.unsigned_abs());
    (Event::EnvironmentOidcTokenIssued, detail.word("provider", to))
}

/// Issues a token.
pub(super) fn issue(caller: &Caller, claims: Claims) -> Result<SecretString, ProviderError> {
    let engine = &caller.engine;
    let issuer = engine.identity_issuer().ok_or(ProviderError::Nameless)?;
    let now = engine.now().div_euclid(1_000_000);
    let id: [u8; 16] = engine.ambient().random();
    let mut body = json!({
        "iss": issuer,
        "sub": claims.subject,
        "aud": claims.audience,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": seal::hex(&id),
        "org": caller.organization_name,
        "env": caller.root,
        "current_env": caller.current,
        "root_env": caller.root,
        "trigger_user": caller.login,
    });
    if let (Json::Object(body), Json::Object(more)) = (&mut body, claims.more) {
        body.extend(more);
    }
    let keys = engine.identity_keys();
    let key = keys.first().ok_or(ProviderError::Nameless)?;
    let head = json!({ "alg": "EdDSA", "kid": key.id(), "typ": "JWT" });
    let part = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(&head), part(&body));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()));
    Ok(SecretString::new(format!("{signed}.{signature}")))
}

/// What others need to believe a token.
impl Engine {
    /// The issuer of the ID tokens, once this server knows its own address.
    pub fn identity_issuer(&self) -> Option<String> {
        self.0.public_url.get().map(|url| format!("{url}/api/oidc"))
    }

    /// The keys that ID tokens are signed with, as a JSON Web Key Set (RFC 7517).
    pub fn identity_key_set(&self) -> Json {
        let keys = self.identity_keys().into_iter().map(|key| {
            json!({
                "alg": "EdDSA",
                "crv": "Ed25519",
                "kid": key.id(),
                "kty": "OKP",
                "use": "sig",
                "x": URL_SAFE_NO_PAD.encode(key.public()),
            })
        });
        json!({ "keys": keys.collect::<Vec<_>>() })
    }

    fn identity_keys(&self) -> Vec<seal::IdentityKey> {
        self.0.outside.ring.identity_keys()
    }
}
