//! Providers and rotators: what there is, and what each takes and gives.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The names of all providers.
#[derive(Debug, Serialize)]
pub struct ListProviders {
    /// Sorted.
    pub providers: Vec<&'static str>,
}

/// The names of all rotators.
#[derive(Debug, Serialize)]
pub struct ListRotators {
    /// Sorted.
    pub rotators: Vec<&'static str>,
}

/// What a provider or a rotator takes and gives.
#[derive(Debug, Serialize)]
pub struct ProviderSchema {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The schema of what it takes.
    pub inputs: Box<RawValue>,
    /// The schema of what it gives.
    pub outputs: Box<RawValue>,
}

/// What `${context}` holds.
#[derive(Debug, Serialize)]
pub struct ContextSchema {
    /// Its schema.
    pub schema: Value,
}

/// How to verify the ID tokens of this server (`OpenID` Connect Discovery 1.0, section 3).
#[derive(Debug, Serialize)]
pub struct OpenIdConfiguration {
    /// Who issues them.
    pub issuer: String,
    /// Where the keys are.
    pub jwks_uri: String,
    /// What they are signed with.
    pub id_token_signing_alg_values_supported: [&'static str; 1],
    /// What is issued.
    pub response_types_supported: [&'static str; 1],
    /// How subjects are named: alike for all.
    pub subject_types_supported: [&'static str; 1],
}
