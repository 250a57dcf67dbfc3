//! The builtin functions.

mod data;
mod provider;
mod rotate;
mod secret;
mod text;
mod wrap;

use super::Evaluator;
use super::node::{Repr, Taint, ThunkId, ThunkKind, ValueId};
use super::thunk::Accept;
use crate::ast::Function;
use crate::schema::Schema;

impl Evaluator<'_> {
    /// The value of a call.
    pub(super) fn call(&mut self, id: ThunkId) -> ValueId {
        let ThunkKind::Call(thunk) = &self.thunk(id).kind else { unreachable!("only calls are called") };
        let call = thunk.call;
        let argument = |index: usize| thunk.arguments[index];
        match &call.function {
            Function::Secret(_) => {
                let text = argument(0);
                self.evaluate(text, &Accept::of(&Schema::STRING))
            }
            Function::Ciphertext(_) => self.ciphertext(id),
            Function::Join { .. } => self.join(id, argument(0), argument(1)),
            Function::Split { .. } => self.split(id, argument(0), argument(1)),
            Function::Concat(_) => self.concat(id, argument(0)),
            Function::ToBase64(_) => self.encode_base64(id, argument(0)),
            Function::FromBase64(_) => self.decode_base64(id, argument(0)),
            Function::ToString(_) => self.string(id, argument(0)),
            Function::ToJson(_) => self.encode_json(id, argument(0)),
            Function::FromJson(_) => self.decode_json(id, argument(0)),
            Function::Final(_) => self.make_final(id, argument(0)),
            Function::Validate { .. } => self.checked(id, argument(0), argument(1)),
            Function::Open(provider) => {
                let inputs = argument(1);
                self.open(id, provider, inputs)
            }
            Function::Rotate(rotator) => {
                let (inputs, state) = (argument(1), argument(2));
                self.rotate(id, rotator, inputs, state)
            }
        }
    }

    /// An argument, and whether it is what the function accepts.
    fn typed(&mut self, argument: ThunkId, schema: &Schema) -> (ValueId, bool) {
        let value = self.evaluate(argument, &Accept::of(schema));
        let is_accepted = self.validate(value, schema);
        (value, is_accepted)
    }

    /// What flows from arguments into a result.
    fn combined(&mut self, arguments: &[ValueId]) -> Taint {
        let mut taint = Taint::default();
        for &argument in arguments {
            self.collect_taint(argument, &mut taint);
        }
        taint
    }

    /// The bytes of a string; empty for anything else.
    fn bytes(&self, id: ValueId) -> &[u8] {
        match &self.value(id).repr {
            Repr::String(text) => text.as_bytes(),
            _ => &[],
        }
    }

    /// The elements of a list; none for anything else.
    fn elements(&self, id: ValueId) -> &[ValueId] {
        match &self.value(id).repr {
            Repr::List(items) => items,
            _ => &[],
        }
    }
}
