//! Functions between values and JSON text: `toJSON`, `fromJSON`.

use super::super::Evaluator;
use super::super::node::{Repr, Sources, Taint, ThunkId, ValueId};
use super::super::thunk::Accept;
use crate::gofmt;
use crate::json::{self, InvalidNumber, Json};
use crate::schema::Schema;

impl Evaluator<'_> {
    pub(super) fn encode_json(&mut self, id: ThunkId, argument: ThunkId) -> ValueId {
        let value = self.evaluate(argument, &Accept::ANY);
        let mut taint = self.combined(&[value]);
        let mut text = String::new();
        if !taint.unknown
            && let Err(InvalidNumber(digits)) = self.plain_data(value).write(&mut text)
        {
            // The number of a secret stays secret.
            let digits = if taint.secret { "\"[secret]\"".to_owned() } else { gofmt::quoted(&digits) };
            let place = self.thunk(id).place;
            self.error(place, None, format!("failed to encode JSON: json: invalid number literal {digits}"));
            taint.unknown = true;
        }
        self.charge_bytes(text.len());
        self.text_result(id, text.into_bytes(), &taint)
    }

    pub(super) fn decode_json(&mut self, id: ThunkId, argument: ThunkId) -> ValueId {
        let (text, fits) = self.typed(argument, &Schema::STRING);
        if !fits {
            return self.push_unknown(id, Schema::ALWAYS);
        }
        let taint = self.combined(&[text]);
        if taint.unknown {
            return self.unknown_result(id, &taint);
        }
        let decoded = match json::decode(self.bytes(text)) {
            Ok(decoded) => decoded,
            Err(reason) => {
                let place = self.thunk(id).place;
                // The reason may quote a character of the text.
                let reason = if taint.secret { "invalid JSON" } else { &reason };
                self.error(place, None, format!("decoding JSON string: {reason}"));
                return self.unknown_result(id, &Taint { unknown: true, ..taint });
            }
        };
        self.decoded(id, &decoded, &taint)
    }

    fn decoded(&mut self, id: ThunkId, decoded: &Json, taint: &Taint) -> ValueId {
        let value = self.data(id, decoded);
        if taint.secret {
            self.make_deeply_secret(value, &taint.sources);
        }
        value
    }

    pub(super) fn unknown_result(&mut self, id: ThunkId, taint: &Taint) -> ValueId {
        let value = self.push_unknown(id, Schema::ALWAYS);
        self.taint(value, taint);
        value
    }

    /// Makes a value secret with everything in it.
    pub(super) fn make_deeply_secret(&mut self, id: ValueId, sources: &Sources) {
        self.make_secret(id, sources);
        if !self.enter() {
            self.leave();
            return;
        }
        let children: Vec<ValueId> = match &self.value(id).repr {
            Repr::List(items) => items.clone(),
            Repr::Map(entries) => entries.iter().map(|(_, value)| *value).collect(),
            _ => Vec::new(),
        };
        for child in children {
            self.make_deeply_secret(child, sources);
        }
        self.leave();
    }
}
