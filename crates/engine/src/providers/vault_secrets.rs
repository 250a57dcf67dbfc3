//! `vault-secrets`: what a Vault keeps.

use std::collections::BTreeMap;

use http::Method;
use lang::{ProviderSchema, Value};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::plain::{Secrecy, from_json, map};
use super::vault::{Vault, read};
use super::{Caller, ProviderError, known_schema};

pub(super) const NAME: &str = "vault-secrets";

pub(super) fn schema() -> ProviderSchema {
    let text = |about: &str| json!({ "type": "string", "description": about });
    ProviderSchema {
        inputs: known_schema(&json!({
            "type": "object",
            "properties": {
                "login": {
                    "type": "object",
                    "description": "What `vault-login` gave.",
                    "properties": {
                        "address": text("The server."),
                        "namespace": text("The namespace."),
                        "token": { "type": "string", "secret": true, "description": "The token." },
                    },
                    "required": ["address", "token"],
                },
                "read": {
                    "type": "object",
                    "description": "What to read, each under the name that it gets.",
                    "additionalProperties": {
                        "type": "object",
                        "properties": {
                            "path": text("The path, as secret/data/name in a version 2 store."),
                            "field": text("One field of it; all of it if absent."),
                        },
                        "required": ["path"],
                    },
                },
            },
            "required": ["login", "read"],
        })),
        state: lang::Schema::always(),
        outputs: known_schema(&json!({
            "type": "object",
            "additionalProperties": { "secret": true },
            "description": "What was read, under its names.",
        })),
    }
}

/// What to read.
#[derive(Deserialize)]
pub(crate) struct VaultSecrets {
    login: Login,
    read: BTreeMap<String, Secret>,
}

#[derive(Deserialize)]
struct Login {
    address: String,
    namespace: Option<String>,
    token: String,
}

#[derive(Deserialize)]
struct Secret {
    path: String,
    field: Option<String>,
}

impl VaultSecrets {
    pub(super) fn new(inputs: Json) -> Result<Self, ProviderError> {
        read(inputs)
    }

    pub(super) async fn open(self, caller: &Caller) -> Result<Value, ProviderError> {
        let Login { address, namespace, token } = self.login;
        let vault = Vault { address, namespace, token: Some(token) };
        let mut values = Vec::with_capacity(self.read.len());
        for (name, secret) in &self.read {
            let answer = vault.ask(caller, Method::GET, &secret.path, None).await?;
            let found = found(&answer).ok_or(ProviderError::Answer("Vault's answer holds no data"))?;
            let found = match &secret.field {
                Some(field) => found.get(field).ok_or(ProviderError::Answer("a secret has no field of that name"))?,
                None => found,
            };
            values.push((name.as_str(), from_json(found, Secrecy::Secret)));
        }
        Ok(map(values))
    }
}

/// The data of a secret. A version 2 store puts them beside what it knows of the version.
fn found(answer: &Json) -> Option<&Json> {
    let data = answer.get("data").filter(|data| data.is_object())?;
    match (data.get("data"), data.get("metadata")) {
        (Some(inner @ Json::Object(_)), Some(Json::Object(metadata))) if metadata.contains_key("version") => {
            Some(inner)
        }
        _ => Some(data),
    }
}
