//! Functions that pass a value through: `final`, `validate`.

use super::super::Evaluator;
use super::super::node::{ThunkId, ValueId};
use super::super::thunk::Accept;
use crate::schema::{Schema, meta_schema};

impl Evaluator<'_> {
    pub(super) fn make_final(&mut self, id: ThunkId, argument: ThunkId) -> ValueId {
        let inner = self.evaluate(argument, &Accept::ANY);
        let value = self.pass_through(id, inner);
        self.value_mut(value).is_final = true;
        value
    }

    pub(super) fn checked(&mut self, id: ThunkId, schema: ThunkId, argument: ThunkId) -> ValueId {
        let (accepted, is_secret) = self.declared_schema(schema).unwrap_or((Schema::ALWAYS, false));
        let inner = self.evaluate(argument, &Accept::of(&accepted));
        let was_veiled = std::mem::replace(&mut self.is_veiled, is_secret);
        self.validate(inner, &accepted);
        self.is_veiled = was_veiled;
        self.pass_through(id, inner)
    }

    /// The schema that an expression describes, if it is one that can be used, and whether it is a secret.
    fn declared_schema(&mut self, expr: ThunkId) -> Option<(Schema, bool)> {
        let (value, fits) = self.typed(expr, &meta_schema());
        let taint = self.deep_taint(value);
        if taint.unknown || !fits {
            return None;
        }
        let data = self.plain_data(value);
        let described = Schema::from_json(&data).and_then(|schema| schema.compile().map(|()| schema));
        match described {
            Ok(schema) => {
                self.schemas.push(schema.clone());
                Some((schema, taint.secret))
            }
            Err(reason) => {
                let place = self.thunk(expr).place;
                let reason = if taint.secret { "it is secret".to_owned() } else { reason.to_string() };
                self.error(place, None, format!("invalid schema: {reason}"));
                None
            }
        }
    }

    /// The same value made here. It keeps its own properties only, not what it is merged over.
    fn pass_through(&mut self, id: ThunkId, inner: ValueId) -> ValueId {
        let taint = self.combined(&[inner]);
        let (schema, repr) = (self.value(inner).schema.clone(), self.value(inner).repr.clone());
        let value = self.push_value(id, schema, repr);
        self.taint(value, &taint);
        value
    }
}
