//! Functions that others answer: `open`, and what it shares with `rotate`.

use std::sync::Arc;

use super::super::node::{Place, Repr, Sources, Taint, ThunkId, ThunkKind, ValueId};
use super::super::{CallKey, CallKind, Evaluator, Need};
use crate::ast::Provider;
use crate::json::Json;
use crate::path::PropertyPath;
use crate::schema::Schema;
use crate::value::Value;

/// A call that can be made.
pub(super) struct Ready {
    pub(super) kind: CallKind,
    pub(super) name: String,
    pub(super) inputs: ValueId,
    pub(super) state: Option<ValueId>,
    /// For a rotation: the part of the definition that the answer replaces.
    pub(super) replaces: Option<PropertyPath>,
}

impl<'a> Evaluator<'a> {
    pub(super) fn open(&mut self, id: ThunkId, provider: &Provider, inputs: ThunkId) -> ValueId {
        let Some(name) = &provider.name else { return self.push_unknown(id, Schema::ALWAYS) };
        let facts = self.facts;
        let known = facts.providers.get(&**name);
        let mut accepted = Schema::ALWAYS;
        if let Some(known) = known {
            accepted = known.inputs.clone();
            self.thunk_mut(id).schema = known.outputs.clone();
            if let ThunkKind::Call(call) = &mut self.thunk_mut(id).kind {
                call.accepts = Some(Box::new((known.inputs.clone(), Schema::ALWAYS)));
            }
        } else {
            let place = self.thunk(id).place;
            self.error(place, None, format!("unknown provider \"{name}\""));
        }
        let outputs = self.thunk(id).schema.clone();
        let (inputs, fit) = self.typed(inputs, &accepted);
        if !fit || self.deep_taint(inputs).unknown || self.is_validating() || known.is_none() {
            return self.push_unknown(id, outputs);
        }
        if !self.is_given_objects(inputs, None) {
            return self.push_unknown(id, outputs);
        }
        let call = Ready { kind: CallKind::Open, name: name.to_string(), inputs, state: None, replaces: None };
        self.opened(id, outputs, call)
    }

    /// Whether inputs and state are objects, which all that others do takes; why not is reported.
    pub(super) fn is_given_objects(&mut self, inputs: ValueId, state: Option<ValueId>) -> bool {
        for given in [Some(inputs), state].into_iter().flatten() {
            if !self.is_object(given) {
                let value = self.value(given);
                let problem = format!("expected object, got {}", value.schema.type_name());
                let at = self.thunk(value.def).place;
                self.error(at, None, problem);
                return false;
            }
        }
        true
    }

    /// What opening gives, or a question for it.
    pub(super) fn opened(&mut self, id: ThunkId, outputs: Schema, call: Ready) -> ValueId {
        let place = self.thunk(id).place;
        match self.answer(place, call) {
            Some(Ok(output)) => {
                let value = self.import_value(id, output);
                let sources = Some(self.add_source(place));
                if output.secret {
                    self.make_deeply_secret(value, &sources);
                } else {
                    self.give_sources(value, &sources);
                }
                value
            }
            Some(Err(reason)) => {
                self.error(place, None, reason.as_str());
                self.push_unknown(id, outputs)
            }
            None => self.pending(id, outputs),
        }
    }

    /// What will be known once what has been asked is answered.
    pub(super) fn pending(&mut self, id: ThunkId, outputs: Schema) -> ValueId {
        let value = self.push_unknown(id, outputs);
        self.taint(value, &Taint { pending: true, ..Taint::default() });
        value
    }

    /// The answer to a call that is made at a place. None if it has yet to be asked, which this does.
    pub(super) fn answer(&mut self, place: Place, call: Ready) -> Option<&'a Result<Arc<Value>, String>> {
        let program = self.env(place.env).program;
        let data = self.plain_data(call.inputs);
        let state = call.state.map_or(Json::Null, |state| self.plain_data(state));
        let key = CallKey {
            environment: program.name().to_owned(),
            path: place.node.map_or_else(String::new, |node| program.ast.tree.path_below_top(node)),
            kind: call.kind,
            name: call.name,
            inputs: Json::List(vec![data, state]).to_message(),
        };
        let facts = self.facts;
        let answer = facts.calls.get(&key);
        if answer.is_none() {
            // This pass gives no environment, so exporting for the question is all the exporting there is.
            let nowhere = "".into();
            let inputs = self.export(call.inputs, &nowhere);
            let state = call.state.map(|state| self.export(state, &nowhere));
            let root = self.env(place.env).root_name.to_string();
            self.need(Need::Call { key, inputs, state, replaces: call.replaces, root });
        }
        answer
    }

    /// Says of each secret in an output where it comes from.
    fn give_sources(&mut self, id: ValueId, sources: &Sources) {
        if self.value(id).secret {
            self.make_secret(id, sources);
        }
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
            self.give_sources(child, sources);
        }
        self.leave();
    }
}
