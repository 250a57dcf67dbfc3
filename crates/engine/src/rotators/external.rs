//! `fn::rotate::external`: an HTTPS endpoint of the user's own makes the new secret.
//!
//! Nobody but the endpoint knows what it made until its answer is here. If this process ends before the definition has
//! that answer, the secret in use may be one that only the endpoint knows. So each attempt has a key, which the endpoint
//! is shown, and which is kept as what is about to be set: the next rotation asks the same again with the same key, and
//! an endpoint that keeps what it answered under a key answers that, rather than make another one.

use std::sync::Arc;

use http::Uri;
use lang::{ProviderSchema, Value};
use seal::SecretBytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::{Asked, data, schema};
use crate::providers::plain::{Secrecy, from_json};
use crate::providers::{Caller, ProviderError, signed};

#[derive(Deserialize)]
struct Inputs {
    url: String,
    #[serde(default)]
    request: Map<String, Json>,
}

/// An attempt that is about to be made, as it is sealed.
#[derive(Deserialize, Serialize)]
struct Pending {
    key: String,
    /// Of what is asked, and whom. A key stands for one question: another one gets another key.
    digest: String,
}

/// What is about to be asked.
pub(crate) struct Plan {
    url: Uri,
    body: Json,
    attempt: Pending,
}

/// Plans a question: the pending attempt again, where the same is to be asked and nobody knows what came of it.
pub(super) fn plan(asked: &Asked<'_>) -> Result<Plan, String> {
    // What serde says may quote an input.
    let Inputs { url, request } = serde_json::from_value(data::plain(asked.inputs))
        .map_err(|_| "the inputs are not what this rotator takes".to_owned())?;
    let url = signed::endpoint(&url).map_err(|error| error.to_string())?;
    let body = json!({ "request": request, "state": asked.state.map(data::plain) });
    let digest = seal::hex(&seal::sha256(json!([url.to_string(), body]).to_string().as_bytes()));
    let pending = asked.pending.as_ref().and_then(|pending| serde_json::from_slice::<Pending>(pending.expose()).ok());
    let attempt = pending.filter(|pending| pending.digest == digest);
    let attempt = attempt.unwrap_or_else(|| Pending { key: asked.attempt.to_string(), digest });
    Ok(Plan { url, body, attempt })
}

impl Plan {
    /// What must not be lost.
    pub(super) fn pending(&self) -> SecretBytes {
        SecretBytes::new(serde_json::to_vec(&self.attempt).expect("two texts are JSON"))
    }

    /// Asks, and gives the new state.
    pub(super) async fn perform(&self, caller: &Caller) -> Result<Arc<Value>, ProviderError> {
        let answer = signed::post(caller, self.url.clone(), &self.body, Some(&self.attempt.key)).await?;
        Ok(data::map(vec![("current", Arc::new(from_json(&answer, Secrecy::Secret)))]))
    }
}

/// What this rotator takes, keeps and gives.
pub(super) fn schema_of_external() -> ProviderSchema {
    let current = json!({
        "type": "object",
        "properties": {
            "current": {
                "type": "object",
                "additionalProperties": true,
                "secret": true,
                "description": "What the endpoint answered.",
            },
        },
    });
    let mut state = current.clone();
    state["required"] = json!(["current"]);
    let inputs = json!({
        "type": "object",
        "properties": {
            "url": { "type": "string", "description": "The endpoint, with https://." },
            "request": {
                "type": "object",
                "additionalProperties": true,
                "description": "What it is sent, as JSON, beside the state. Empty if absent.",
            },
        },
        "required": ["url"],
        "rotateOnly": ["request"],
    });
    ProviderSchema { inputs: schema(inputs), state: schema(state), outputs: schema(current) }
}

#[cfg(test)]
mod tests {
    use ledger::EventId;

    use super::*;

    fn planned(inputs: &Json, state: Option<&Value>, pending: Option<SecretBytes>, attempt: u8) -> Plan {
        let attempt = EventId::new(0, [attempt; 10]);
        let inputs = data::value(inputs);
        plan(&Asked { inputs: &inputs, state, pending, attempt }).unwrap_or_else(|problem| panic!("{problem}"))
    }

    #[test]
    fn the_same_question_keeps_its_key_and_another_one_has_its_own() {
        let inputs = json!({ "url": "https://keys.example.com/", "request": { "for": "web", "length": 20 } });
        let first = planned(&inputs, None, None, 1);
        assert_eq!(first.body, json!({ "request": inputs["request"], "state": null }));
        let again = planned(&inputs, None, Some(first.pending()), 2);
        assert_eq!(again.attempt.key, first.attempt.key);
        assert_ne!(planned(&inputs, None, None, 2).attempt.key, first.attempt.key);

        let state = data::value(&json!({ "current": { "key": "k3y" } }));
        let elsewhere = json!({ "url": "https://keys.example.com/other", "request": inputs["request"] });
        let other = json!({ "url": inputs["url"], "request": { "for": "web" } });
        for (inputs, state) in [(&inputs, Some(&state)), (&elsewhere, None), (&other, None)] {
            assert_ne!(planned(inputs, state, Some(first.pending()), 2).attempt.key, first.attempt.key);
        }
    }

    #[test]
    fn what_is_pending_holds_nothing_of_the_question() {
        let inputs = json!({ "url": "https://keys.example.com/hunter2", "request": { "password": "hunter2" } });
        let pending = planned(&inputs, None, None, 1).pending();
        assert!(!String::from_utf8_lossy(pending.expose()).contains("hunter2"));
    }
}
