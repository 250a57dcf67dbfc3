//! The catalogue as a member of a bundle: whoever reads it later need not have this program.

use crate::event::Event;
use serde_json::{Value, json};

/// The catalogue, in canonical JSON.
pub(super) fn text() -> String {
    let events: Vec<Value> = Event::ALL
        .iter()
        .map(|event| {
            let detail: Vec<Value> =
                event.detail_keys().iter().map(|key| json!({"key": key.name, "meaning": key.about})).collect();
            json!({
                "event": event.id(),
                "name": event.display_name(),
                "description": event.description(),
                "detail": detail,
                "templates": event.templates(),
            })
        })
        .collect();
    crate::canonical::to_string(&Value::Array(events)).expect("the catalogue has neither numbers nor nulls")
}
