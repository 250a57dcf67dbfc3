//! Issuers of identities, their policies, and the exchange of an identity for a token.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An issuer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OidcIssuer {
    /// Its identifier.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its address.
    pub url: String,
    /// How its tokens name it: its address.
    pub issuer: String,
    /// When it was registered.
    pub created: String,
    /// When it was changed last.
    pub modified: String,
    /// When a token was last made for one of its identities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    /// Digests of certificates.
    pub thumbprints: Vec<String>,
    /// How many seconds a token lives at most, if that is bounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_expiration: Option<i64>,
    /// Its keys, if they were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
}

/// The issuers of an organisation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListOidcIssuers {
    /// The issuers.
    pub oidc_issuers: Vec<OidcIssuer>,
}

/// An issuer to be registered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterOidcIssuer {
    /// What it is to be called.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Digests of certificates.
    #[serde(default)]
    pub thumbprints: Option<Vec<String>>,
    /// How many seconds a token lives at most.
    pub max_expiration: Option<i64>,
    /// Its keys, if they are not to be asked for.
    pub jwks: Option<Value>,
}

/// What is to change of an issuer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateOidcIssuer {
    /// Another name.
    pub name: Option<String>,
    /// Other digests of certificates.
    pub thumbprints: Option<Vec<String>>,
    /// Another bound; 0 is none.
    pub max_expiration: Option<i64>,
    /// Other keys.
    pub jwks: Option<Value>,
}

/// A policy.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthPolicy {
    /// Its identifier.
    pub id: String,
    /// Counts its changes, from 1.
    pub version: i64,
    /// When it was made.
    pub created: String,
    /// When it was changed last.
    pub modified: String,
    /// Its rules.
    pub policies: Vec<AuthPolicyDefinition>,
}

/// A rule of a policy.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthPolicyDefinition {
    /// `allow` or `deny`.
    pub decision: String,
    /// `organization`, `team`, `personal` or `deployment-runner`.
    pub token_type: String,
    /// The team, for its tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_name: Option<String>,
    /// The user, for personal tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_login: Option<String>,
    /// The runner.
    #[serde(default, rename = "runnerID", skip_serializing_if = "Option::is_none")]
    pub runner_id: Option<String>,
    /// `admin`, `standard`.
    #[serde(default)]
    pub authorized_permissions: Vec<String>,
    /// What claims must say.
    #[serde(default)]
    pub rules: BTreeMap<String, String>,
}

/// The new rules of a policy.
#[derive(Debug, Deserialize)]
pub struct UpdateAuthPolicy {
    /// The rules, all of them.
    pub policies: Vec<AuthPolicyDefinition>,
}

/// A token that was made for an identity (RFC 8693, section 2.2.1).
#[derive(Serialize)]
pub struct ExchangedToken {
    /// Its text.
    pub access_token: String,
    /// Its type, as it was asked for.
    pub issued_token_type: String,
    /// How it is presented: always `token`.
    pub token_type: &'static str,
    /// How many seconds it lives.
    pub expires_in: i64,
    /// Its scope, as it was asked for.
    pub scope: String,
}
