//! An issuer of identities whose keys are at hand, and what it says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::seal::{SigningKey, SystemRandom};
use serde_json::{Value, json};

use super::TestApp;

/// An issuer. Nobody listens at its address.
pub(crate) struct TestIssuer {
    pub(crate) url: String,
    key: SigningKey,
}

impl TestIssuer {
    pub(crate) fn new(name: &str) -> Self {
        Self { url: format!("https://{name}.idp.example"), key: SigningKey::generate(&SystemRandom) }
    }

    /// Its keys, as it publishes them.
    pub(crate) fn keys(&self) -> Value {
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "one", "use": "sig", "x": encode(self.key.public()) }] })
    }

    /// What registers it.
    pub(crate) fn registration(&self, name: &str) -> String {
        json!({ "name": name, "url": self.url, "jwks": self.keys(), "thumbprints": [] }).to_string()
    }

    /// The claims of a good token for somebody in `acme`.
    pub(crate) fn claims(&self, app: &TestApp, subject: &str) -> Value {
        let now = app.clock_now() / 1_000_000;
        json!({ "iss": self.url, "aud": "urn:pulumi:org:acme", "sub": subject, "iat": now, "exp": now + 600 })
    }

    /// A token that says this.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_with(&json!({ "alg": "EdDSA", "kid": "one" }), claims)
    }

    /// A token with this header.
    pub(crate) fn token_with(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let signature = encode(self.key.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    /// Registers it with `acme`, with a rule that lets one subject be somebody; gives the identifiers of the issuer and of
    /// its policy.
    pub(crate) async fn register(&self, app: &TestApp, name: &str, subject: &str, login: &str) -> (String, String) {
        self.register_as(app, name, subject, login, "203.0.113.7:40000").await
    }

    /// The same, from another address.
    pub(crate) async fn register_as(
        &self,
        app: &TestApp,
        name: &str,
        subject: &str,
        login: &str,
        from: &str,
    ) -> (String, String) {
        let ada = app.user("ada");
        let issuer = ada.post("/api/orgs/acme/oidc/issuers").from(from).body(self.registration(name));
        let issuer = issuer.await.expect(200).json();
        let issuer = issuer["id"].as_str().unwrap().to_owned();
        let policy = ada.get(&format!("/api/orgs/acme/auth/policies/oidcissuers/{issuer}")).await.expect(200).json();
        let policy = policy["id"].as_str().unwrap().to_owned();
        let rules = json!({ "policies": [{ "decision": "allow", "tokenType": "personal", "userLogin": login,
            "rules": { "sub": subject } }] });
        let set = ada.patch(&format!("/api/orgs/acme/auth/policies/{policy}")).from(from).body(rules.to_string());
        set.await.expect(200);
        (issuer, policy)
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
