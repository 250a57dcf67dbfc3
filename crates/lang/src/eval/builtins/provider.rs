//! Functions that others answer: `open`, `rotate`.

use super::super::node::{Repr, Sources, Taint, ThunkId, ThunkKind, ValueId};
use super::super::{CallKey, CallKind, Evaluator, Need};
use crate::ast::Provider;
use crate::json::Json;
use crate::schema::Schema;

/// A call that can be made.
struct Ready {
    kind: CallKind,
    name: String,
    inputs: ValueId,
    state: Option<ValueId>,
    outputs: Schema,
}

impl Evaluator<'_> {
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
        self.answer(id, Ready { kind: CallKind::Open, name: name.to_string(), inputs, state: None, outputs })
    }

    pub(super) fn open_rotated(&mut self, id: ThunkId, rotator: &Provider, inputs: ThunkId, state: ThunkId) -> ValueId {
        let Some(name) = &rotator.name else { return self.push_unknown(id, Schema::ALWAYS) };
        let facts = self.facts;
        let known = facts.rotators.get(&**name);
        let (mut accepted, mut accepted_state) = (Schema::ALWAYS, Schema::ALWAYS);
        if let Some(known) = known {
            accepted = known.inputs.clone();
            accepted_state = Schema::one_of(vec![known.state.clone(), Schema::NULL]);
            self.schemas.push(accepted_state.clone());
            self.thunk_mut(id).schema = known.outputs.clone();
            if let ThunkKind::Call(call) = &mut self.thunk_mut(id).kind {
                call.accepts = Some(Box::new((known.inputs.clone(), accepted_state.clone())));
            }
        } else {
            let place = self.thunk(id).place;
            self.error(place, None, format!("unknown rotator \"{name}\""));
        }
        let outputs = self.thunk(id).schema.clone();
        let (inputs, inputs_fit) = self.typed(inputs, &accepted);
        let (state, state_fits) = self.typed(state, &accepted_state);
        let is_ready = inputs_fit
            && !self.has_observable_unknowns(inputs)
            && state_fits
            && !self.deep_taint(state).unknown
            && !self.is_validating()
            && known.is_some();
        if !is_ready {
            return self.push_unknown(id, outputs);
        }
        let state = (!matches!(self.value(state).repr, Repr::Null)).then_some(state);
        self.answer(id, Ready { kind: CallKind::OpenRotated, name: name.to_string(), inputs, state, outputs })
    }

    /// What the provider answered, or a question to it.
    fn answer(&mut self, id: ThunkId, call: Ready) -> ValueId {
        let place = self.thunk(id).place;
        let program = self.env(place.env).program;
        if !self.is_object(call.inputs) {
            let inputs = self.value(call.inputs);
            let problem = format!("expected object, got {}", inputs.schema.type_name());
            let at = self.thunk(inputs.def).place;
            self.error(at, None, problem);
            return self.push_unknown(id, call.outputs);
        }
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
        match facts.calls.get(&key) {
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
                self.push_unknown(id, call.outputs)
            }
            None => {
                // This pass gives no environment, so exporting for the question is all the exporting there is.
                let nowhere = "".into();
                let inputs = self.export(call.inputs, &nowhere);
                let state = call.state.map(|state| self.export(state, &nowhere));
                let root = self.env(place.env).root_name.to_string();
                self.need(Need::Call { key, inputs, state, root });
                let value = self.push_unknown(id, call.outputs);
                self.taint(value, &Taint { pending: true, ..Taint::default() });
                value
            }
        }
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
