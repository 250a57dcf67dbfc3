//! `vault-login`: a token of a Vault, by an ID token of this server or by another token.

use http::Method;
use lang::{ProviderSchema, Value, ValueKind};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::id_token::{Claims, issue};
use super::plain::map;
use super::vault::{Vault, read};
use super::{Caller, ProviderError, known_schema};

pub(super) const NAME: &str = "vault-login";

pub(super) fn schema() -> ProviderSchema {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let texts = |about: &str| json!({ "type": "array", "items": { "type": "string" }, "description": about });
    ProviderSchema {
        inputs: known_schema(&json!({
            "type": "object",
            "properties": {
                "address": text("The server, as https://vault.example.com:8200."),
                "namespace": text("The namespace, where there are some."),
                "jwt": {
                    "type": "object",
                    "description": "Log in with an ID token of this server.",
                    "properties": {
                        "role": text("The role to log in as."),
                        "mount": text("Where the method is mounted; `jwt` if absent."),
                        "subjectAttributes": texts("What the subject of the token names besides the organization."),
                    },
                    "required": ["role"],
                },
                "token": {
                    "type": "object",
                    "description": "Log in with a token, for a new one below it.",
                    "properties": {
                        "token": text("The token."),
                        "displayName": text("What the new token is called; `pulumi` if absent."),
                        "maxTtl": {
                            "type": "string",
                            "pattern": "^([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
                            "description": "How long the new token lives at most, as 1h30m.",
                        },
                        "metadata": {
                            "type": "object",
                            "additionalProperties": { "type": "string" },
                            "description": "What Vault notes of the new token.",
                        },
                        "policies": texts("What the new token may do; all that the token may, if absent."),
                    },
                    "required": ["token"],
                },
            },
            "required": ["address"],
        })),
        state: lang::Schema::always(),
        outputs: known_schema(&json!({
            "type": "object",
            "properties": {
                "address": text("The server."),
                "namespace": text("The namespace."),
                "token": { "type": "string", "secret": true, "description": "The token." },
            },
            "required": ["address", "token"],
        })),
    }
}

/// A login.
#[derive(Deserialize)]
pub(crate) struct VaultLogin {
    address: String,
    namespace: Option<String>,
    jwt: Option<ByIdToken>,
    token: Option<ByToken>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ByIdToken {
    role: String,
    mount: Option<String>,
    #[serde(default)]
    subject_attributes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ByToken {
    token: String,
    display_name: Option<String>,
    max_ttl: Option<String>,
    metadata: Option<Map<String, Json>>,
    policies: Option<Vec<String>>,
}

impl VaultLogin {
    pub(super) fn new(inputs: Json) -> Result<Self, ProviderError> {
        let login: Self = read(inputs)?;
        if login.jwt.is_some() == login.token.is_some() {
            return Err(ProviderError::Inputs("give one of `jwt` and `token`, and not the other".to_owned()));
        }
        Ok(login)
    }

    /// Whether an ID token is issued for it.
    pub(super) fn tells_who(&self) -> bool {
        self.jwt.is_some()
    }

    pub(super) async fn open(self, caller: &Caller) -> Result<Value, ProviderError> {
        let Self { address, namespace, jwt, token } = self;
        let mut vault = Vault { address, namespace, token: None };
        let answer = match (jwt, token) {
            (Some(jwt), _) => {
                let claims = Claims {
                    subject: subject(caller, &jwt.subject_attributes)?,
                    audience: format!("vault:{}", caller.organization_name),
                    more: Json::Null,
                };
                let word = issue(caller, claims)?;
                let path = format!("auth/{}/login", jwt.mount.as_deref().unwrap_or("jwt"));
                let body = json!({ "role": jwt.role, "jwt": word.expose() });
                vault.ask(caller, Method::POST, &path, Some(&body)).await?
            }
            (None, Some(by)) => {
                vault.token = Some(by.token);
                let mut body = json!({ "display_name": by.display_name.as_deref().unwrap_or("pulumi") });
                let optional = [
                    ("explicit_max_ttl", by.max_ttl.filter(|ttl| !ttl.is_empty()).map(Json::String)),
                    ("meta", by.metadata.map(Json::Object)),
                    ("policies", by.policies.map(Json::from)),
                ];
                for (key, value) in optional {
                    if let Some(value) = value {
                        body[key] = value;
                    }
                }
                vault.ask(caller, Method::POST, "auth/token/create", Some(&body)).await?
            }
            (None, None) => return Err(ProviderError::Inputs("give one of `jwt` and `token`".to_owned())),
        };
        let token = answer.pointer("/auth/client_token").and_then(Json::as_str);
        let token = token.ok_or(ProviderError::Answer("Vault's answer holds no token"))?;
        let text = |text: &str| Value::new(ValueKind::String(text.into()));
        let mut outputs = vec![("address", text(&vault.address)), ("token", text(token).into_secret())];
        outputs.extend(vault.namespace.as_deref().map(|namespace| ("namespace", text(namespace))));
        Ok(map(outputs))
    }
}

/// Who logs in: the environment that is opened, or the attributes that were asked for.
fn subject(caller: &Caller, attributes: &[String]) -> Result<String, ProviderError> {
    let Caller { organization_name, login, root, current, .. } = caller;
    if attributes.is_empty() {
        return Ok(format!("pulumi:environments:org:{organization_name}:env:{root}"));
    }
    let mut subject = format!("pulumi:environments:pulumi.organization.login:{organization_name}");
    for attribute in attributes {
        let value = match attribute.as_str() {
            "currentEnvironment.name" => current,
            "rootEnvironment.name" => root,
            "pulumi.user.login" => login,
            // It stands there already.
            "pulumi.organization.login" => continue,
            _ => {
                let known = "`currentEnvironment.name`, `rootEnvironment.name`, `pulumi.user.login` and \
                             `pulumi.organization.login`";
                return Err(ProviderError::Inputs(format!("the subject attributes are {known}")));
            }
        };
        subject = format!("{subject}:{attribute}:{value}");
    }
    Ok(subject)
}
