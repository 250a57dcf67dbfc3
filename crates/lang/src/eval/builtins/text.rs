//! Functions of text and lists: `join`, `split`, `concat`, `toBase64`, `fromBase64`, `toString`.

use super::super::Evaluator;
use super::super::node::{Repr, Taint, ThunkId, ValueId};
use super::super::thunk::Accept;
use crate::base64;
use crate::schema::Schema;

impl Evaluator<'_> {
    pub(super) fn join(&mut self, id: ThunkId, delimiter: ThunkId, values: ThunkId) -> ValueId {
        let (delimiter, delimiter_fits) = self.typed(delimiter, &Schema::STRING);
        let (values, values_fit) = self.typed(values, &Schema::array_of_strings());
        if !delimiter_fits || !values_fit {
            return self.push_unknown(id, Schema::STRING);
        }
        let taint = self.combined(&[delimiter, values]);
        let mut joined = Vec::new();
        if !taint.unknown {
            let length: usize = self.elements(values).iter().map(|value| self.bytes(*value).len()).sum();
            let gaps = self.elements(values).len().saturating_sub(1);
            let length = length.saturating_add(gaps.saturating_mul(self.bytes(delimiter).len()));
            if self.charge_bytes(length) {
                joined.reserve(length);
                for (index, value) in self.elements(values).iter().enumerate() {
                    if index > 0 {
                        joined.extend_from_slice(self.bytes(delimiter));
                    }
                    joined.extend_from_slice(self.bytes(*value));
                }
            }
        }
        self.text_result(id, joined, &taint)
    }

    pub(super) fn split(&mut self, id: ThunkId, delimiter: ThunkId, string: ThunkId) -> ValueId {
        let schema = Schema::array_of_strings();
        let (delimiter, delimiter_fits) = self.typed(delimiter, &Schema::STRING);
        let (string, string_fits) = self.typed(string, &Schema::STRING);
        if !delimiter_fits || !string_fits {
            return self.push_unknown(id, schema);
        }
        let taint = self.combined(&[delimiter, string]);
        let mut pieces = Vec::new();
        if !taint.unknown {
            let text = self.bytes(string).to_vec();
            let delimiter = self.bytes(delimiter).to_vec();
            for piece in pieces_of(&text, &delimiter) {
                if !self.charge_bytes(piece.len()) {
                    break;
                }
                pieces.push(self.push_value(id, Schema::STRING, Repr::string(piece.to_vec())));
            }
        }
        self.result(id, schema, Repr::List(pieces), &taint)
    }

    pub(super) fn concat(&mut self, id: ThunkId, arrays: ThunkId) -> ValueId {
        let schema = Schema::any_array();
        let (arrays, fit) = self.typed(arrays, &Schema::array_of_arrays());
        if !fit {
            return self.push_unknown(id, schema);
        }
        let taint = self.combined(&[arrays]);
        let mut all = Vec::new();
        if !taint.unknown {
            for &array in self.elements(arrays) {
                all.extend_from_slice(self.elements(array));
            }
        }
        self.charge(all.len());
        self.result(id, schema, Repr::List(all), &taint)
    }

    pub(super) fn encode_base64(&mut self, id: ThunkId, string: ThunkId) -> ValueId {
        let (string, fits) = self.typed(string, &Schema::STRING);
        if !fits {
            return self.push_unknown(id, Schema::STRING);
        }
        let taint = self.combined(&[string]);
        let text = if taint.unknown { Vec::new() } else { base64::encode(self.bytes(string)).into_bytes() };
        self.charge_bytes(text.len());
        self.text_result(id, text, &taint)
    }

    pub(super) fn decode_base64(&mut self, id: ThunkId, string: ThunkId) -> ValueId {
        let (string, fits) = self.typed(string, &Schema::STRING);
        if !fits {
            return self.push_unknown(id, Schema::STRING);
        }
        let mut taint = self.combined(&[string]);
        let mut bytes = Vec::new();
        if !taint.unknown {
            match base64::decode(self.bytes(string)) {
                Ok(decoded) => bytes = decoded,
                Err(offset) => {
                    let place = self.thunk(id).place;
                    let problem = format!("decoding base64 string: illegal base64 data at input byte {offset}");
                    self.error(place, None, problem);
                    taint.unknown = true;
                }
            }
        }
        self.charge_bytes(bytes.len());
        self.text_result(id, bytes, &taint)
    }

    pub(super) fn string(&mut self, id: ThunkId, argument: ThunkId) -> ValueId {
        let value = self.evaluate(argument, &Accept::ANY);
        let mut taint = Taint::default();
        let mut text = Vec::new();
        self.append_text(value, &mut text, &mut taint);
        self.charge_bytes(text.len());
        self.text_result(id, text, &taint)
    }

    pub(super) fn text_result(&mut self, id: ThunkId, text: Vec<u8>, taint: &Taint) -> ValueId {
        self.result(id, Schema::STRING, Repr::string(text), taint)
    }

    /// A result that is only there if nothing it is made of is unknown.
    pub(super) fn result(&mut self, id: ThunkId, schema: Schema, repr: Repr, taint: &Taint) -> ValueId {
        let repr = if taint.unknown { Repr::Null } else { repr };
        let value = self.push_value(id, schema, repr);
        self.taint(value, taint);
        value
    }
}

/// The pieces between delimiters; with an empty delimiter the characters, of which there may be none.
fn pieces_of<'t>(text: &'t [u8], delimiter: &[u8]) -> Vec<&'t [u8]> {
    let mut pieces = Vec::new();
    if delimiter.is_empty() {
        for chunk in text.utf8_chunks() {
            pieces.extend(
                chunk
                    .valid()
                    .char_indices()
                    .map(|(at, character)| &chunk.valid().as_bytes()[at..at + character.len_utf8()]),
            );
            pieces.extend(chunk.invalid().chunks(1));
        }
        return pieces;
    }
    if let (Ok(text), Ok(delimiter)) = (std::str::from_utf8(text), std::str::from_utf8(delimiter)) {
        return text.split(delimiter).map(str::as_bytes).collect();
    }
    let mut from = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with(delimiter) {
            pieces.push(&text[from..at]);
            at += delimiter.len();
            from = at;
        } else {
            at += 1;
        }
    }
    pieces.push(&text[from..]);
    pieces
}
