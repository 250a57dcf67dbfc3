//! `fn::secret` with a ciphertext.

use std::sync::Arc;

use super::super::node::{Repr, ThunkId, ThunkKind, ValueId};
use super::super::{DecryptionKey, Evaluator, Need};
use crate::ast::{ExprKind, Function};
use crate::envelope;
use crate::json::Text;
use crate::schema::Schema;

impl Evaluator<'_> {
    pub(super) fn ciphertext(&mut self, id: ThunkId) -> ValueId {
        let place = self.thunk(id).place;
        let sources = Some(self.add_source(place));
        let value = match self.decrypted(id) {
            Decrypted::Text(text) => self.push_value(id, Schema::STRING, Repr::String(Text::Str(text))),
            Decrypted::Unknown { pending } => {
                let value = self.push_unknown(id, Schema::STRING);
                self.value_mut(value).pending = pending;
                value
            }
        };
        self.make_secret(value, &sources);
        value
    }

    fn decrypted(&mut self, id: ThunkId) -> Decrypted {
        let unknown = Decrypted::Unknown { pending: false };
        let place = self.thunk(id).place;
        let program = self.env(place.env).program;
        let text = match &self.thunk(id).kind {
            ThunkKind::Call(thunk) => match &thunk.call.function {
                Function::Ciphertext(text) => match &program.ast.expr(*text).kind {
                    ExprKind::String(text) => text,
                    _ => return unknown,
                },
                _ => return unknown,
            },
            _ => return unknown,
        };
        let ciphertext = match envelope::decode(text) {
            Ok(payload) => payload,
            Err(reason) => {
                self.error(place, None, format!("invalid ciphertext: {reason}"));
                return unknown;
            }
        };
        if !self.is_decrypting() {
            return unknown;
        }
        let path = place.node.map_or_else(String::new, |node| program.ast.tree.path_below_top(node));
        let key = DecryptionKey { environment: program.name().to_owned(), path, ciphertext };
        let facts = self.facts;
        match facts.decrypted.get(&key) {
            Some(Ok(plaintext)) => Decrypted::Text(Arc::clone(&plaintext.0)),
            Some(Err(reason)) => {
                self.error(place, None, format!("decrypting: {reason}"));
                unknown
            }
            None => {
                self.need(Need::Decrypt(key));
                Decrypted::Unknown { pending: true }
            }
        }
    }
}

enum Decrypted {
    Text(Arc<str>),
    Unknown {
        /// Whether it has been asked for.
        pending: bool,
    },
}
