//! `external`: an HTTPS endpoint of the user's own.

use http::Uri;
use lang::{ProviderSchema, Value};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::plain::{Secrecy, from_json, map};
use super::{Caller, ProviderError, known_schema, signed};

pub(super) const NAME: &str = "external";

pub(super) fn schema() -> ProviderSchema {
    ProviderSchema {
        inputs: known_schema(&json!({
            "type": "object",
            "properties": {
                "url": { "type": "string", "description": "The endpoint, with https://." },
                "request": {
                    "type": "object",
                    "additionalProperties": true,
                    "description": "What it is sent, as JSON. Empty if absent.",
                },
                "secret": {
                    "type": "boolean",
                    "default": true,
                    "description": "Whether the whole response is secret.",
                },
            },
            "required": ["url"],
        })),
        state: lang::Schema::always(),
        outputs: known_schema(&json!({
            "type": "object",
            "properties": {
                "response": {
                    "type": "object",
                    "additionalProperties": true,
                    "description": "What the endpoint answered.",
                },
            },
            "required": ["response"],
        })),
    }
}

/// A call of an endpoint.
pub(crate) struct External {
    url: Uri,
    request: Json,
    secrecy: Secrecy,
}

#[derive(Deserialize)]
struct Inputs {
    url: String,
    #[serde(default)]
    request: Map<String, Json>,
    #[serde(default = "yes")]
    secret: bool,
}

fn yes() -> bool {
    true
}

impl External {
    pub(super) fn new(inputs: Json) -> Result<Self, ProviderError> {
        let inputs: Inputs = super::vault::read(inputs)?;
        let secrecy = if inputs.secret { Secrecy::Secret } else { Secrecy::Plain };
        Ok(Self { url: signed::endpoint(&inputs.url)?, request: Json::Object(inputs.request), secrecy })
    }

    pub(super) async fn open(self, caller: &Caller) -> Result<Value, ProviderError> {
        let response = signed::post(caller, self.url, &self.request, None).await?;
        Ok(map([("response", from_json(&response, self.secrecy))]))
    }
}
