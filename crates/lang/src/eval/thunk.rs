//! Evaluating thunks: once, on demand, merging each value over what it overrides.

use super::Evaluator;
use super::node::{PathStep, Repr, State, Taint, ThunkId, ThunkKind, ValueId};
use crate::ast::Part;
use crate::json::Text;
use crate::path::{join_index, join_key};
use crate::schema::Schema;

/// What the value of an expression is accepted as. Only decides what is left alone until a rotation.
#[derive(Clone)]
pub(super) struct Accept {
    schema: Schema,
    rotate_only: bool,
}

impl Accept {
    pub(super) const ANY: Self = Self { schema: Schema::ALWAYS, rotate_only: false };

    pub(super) fn of(schema: &Schema) -> Self {
        Self { schema: schema.clone(), rotate_only: false }
    }

    fn item(&self, index: usize) -> Self {
        if self.schema.is_always() {
            return self.clone();
        }
        Self { schema: self.schema.item(index), rotate_only: self.rotate_only }
    }

    fn property(&self, key: &str) -> Self {
        if self.schema.is_always() {
            return self.clone();
        }
        Self { schema: self.schema.property(key), rotate_only: self.rotate_only || self.schema.is_rotate_only(key) }
    }
}

impl<'a> Evaluator<'a> {
    /// The value of a thunk.
    pub(super) fn evaluate(&mut self, id: ThunkId, accept: &Accept) -> ValueId {
        match (self.thunk(id).state, self.thunk(id).value) {
            (State::Done, Some(value)) => return value,
            (State::Evaluating, _) => {
                let path = self.thunk_path(id);
                self.error(self.thunk(id).place, None, format!("cyclic reference to {path}"));
                return self.push_unknown(id, Schema::ALWAYS);
            }
            _ => {}
        }
        let env = self.thunk(id).place.env;
        if accept.rotate_only && !(self.is_validating() && self.is_root(env)) && !self.is_rotating(env) {
            let base = self.thunk(id).base;
            let marker = self.push_marker(self.thunk(id).place);
            self.thunk_mut(marker).base = base;
            let value = self.push_unknown(marker, Schema::ALWAYS);
            self.value_mut(value).rotate_only = true;
            return value;
        }
        if !self.enter() {
            self.leave();
            return self.push_unknown(id, Schema::ALWAYS);
        }
        self.thunk_mut(id).state = State::Evaluating;
        let value = match self.thunk(id).base {
            Some(base) if self.value(base).is_final => {
                self.warning(self.thunk(id).place, "cannot override final value");
                base
            }
            base => {
                let value = self.evaluate_kind(id, accept);
                if accept.rotate_only {
                    self.value_mut(value).rotate_only = true;
                }
                if let Some(node) = self.thunk(id).secret {
                    let place = super::Place { env: self.thunk(id).place.env, node: Some(node) };
                    let sources = Some(self.add_source(place));
                    self.make_secret(value, &sources);
                }
                if let Some(base) = base {
                    self.merge(value, base);
                }
                value
            }
        };
        let schema = self.value(value).schema.clone();
        let thunk = self.thunk_mut(id);
        thunk.schema = schema;
        thunk.value = Some(value);
        thunk.state = State::Done;
        self.leave();
        value
    }

    fn evaluate_kind(&mut self, id: ThunkId, accept: &Accept) -> ValueId {
        let schema = self.thunk(id).schema.clone();
        let repr = match &self.thunk(id).kind {
            ThunkKind::Missing | ThunkKind::Late { .. } => return self.push_unknown(id, Schema::ALWAYS),
            ThunkKind::Null => Repr::Null,
            ThunkKind::Boolean(value) => Repr::Bool(*value),
            ThunkKind::Number(digits) => Repr::Number((*digits).clone()),
            ThunkKind::String(text) => Repr::String(Text::Str((*text).clone())),
            ThunkKind::Array(items) => {
                let length = items.len();
                return self.evaluate_array(id, length, accept);
            }
            ThunkKind::Object(object) => {
                let length = object.children.len();
                return self.evaluate_object(id, length, accept);
            }
            &ThunkKind::Interpolation { parts, slots } => return self.interpolate(id, parts, slots),
            &ThunkKind::Symbol { access, slots } => {
                let found = self.resolve(id, &access.accessors, slots, accept);
                let copy = self.copy(found);
                self.value_mut(copy).def = id;
                return copy;
            }
            ThunkKind::Call(_) => return self.call(id),
        };
        self.push_value(id, schema, repr)
    }

    fn evaluate_array(&mut self, id: ThunkId, length: usize, accept: &Accept) -> ValueId {
        let mut items = Vec::with_capacity(length);
        let mut schemas = Vec::with_capacity(length);
        for index in 0..length {
            let ThunkKind::Array(children) = &self.thunk(id).kind else { break };
            let child = children[index];
            let item = self.evaluate(child, &accept.item(index));
            schemas.push(self.value(item).schema.clone());
            items.push(item);
        }
        self.push_value(id, Schema::tuple(schemas), Repr::List(items))
    }

    fn evaluate_object(&mut self, id: ThunkId, length: usize, accept: &Accept) -> ValueId {
        let mut entries = Vec::with_capacity(length);
        let mut schemas = Vec::with_capacity(length);
        for index in 0..length {
            let ThunkKind::Object(object) = &self.thunk(id).kind else { break };
            let (key, child) = object.children[index];
            let value = self.evaluate(child, &accept.property(key));
            schemas.push((key.clone(), self.value(value).schema.clone()));
            entries.push((key.clone(), value));
        }
        self.push_value(id, Schema::record(schemas), Repr::Map(entries))
    }

    fn interpolate(&mut self, id: ThunkId, parts: &'a [Part], mut slots: u32) -> ValueId {
        let mut text = Vec::new();
        let mut taint = Taint::default();
        for part in parts {
            text.extend_from_slice(part.text.as_bytes());
            if let Some(access) = &part.access {
                let value = self.resolve(id, &access.accessors, slots, &Accept::ANY);
                self.append_text(value, &mut text, &mut taint);
                slots += crate::source::to_u32(access.accessors.len());
            }
        }
        if taint.unknown {
            text = b"[unknown]".to_vec();
        }
        self.charge_bytes(text.len());
        let value = self.push_value(id, Schema::STRING, Repr::string(text));
        self.taint(value, &taint);
        value
    }

    /// The path that a cycle is reported with.
    fn thunk_path(&self, id: ThunkId) -> String {
        let mut steps = Vec::new();
        let mut at = Some(id);
        while let Some(id) = at {
            let thunk = self.thunk(id);
            steps.push((thunk.step, thunk.parent));
            at = thunk.parent;
        }
        let mut path = String::new();
        for (step, parent) in steps.into_iter().rev() {
            match step {
                PathStep::None => {}
                // The keys of the root are as they are written.
                PathStep::Key(key) if parent.is_none() => path.push_str(key),
                PathStep::Key(key) => join_key(&mut path, key),
                PathStep::Index(index) => join_index(&mut path, i64::from(index)),
            }
        }
        path
    }
}
