//! `fn::rotate`: a new state first where this is a rotation, and then opened with its state.

use super::super::node::{Repr, ThunkId, ThunkKind, ValueId};
use super::super::{CallKind, Evaluator, Mode, Rotation, RotationStatus};
use super::provider::Ready;
use crate::ast::Provider;
use crate::diagnostics::Diagnostic;
use crate::edit::Patch;
use crate::path::{PropertyPath, Step};
use crate::schema::Schema;

/// What came of asking a rotator for a new state.
enum Rotated {
    State(ValueId),
    Failed,
    Asked,
}

impl Evaluator<'_> {
    pub(super) fn rotate(&mut self, id: ThunkId, rotator: &Provider, inputs: ThunkId, state: ThunkId) -> ValueId {
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
        let is_rotating = self.is_rotating(self.thunk(id).place.env);
        let (inputs, inputs_fit) = self.typed(inputs, &accepted);
        let (state, state_fits) = self.typed(state, &accepted_state);
        let is_ready = inputs_fit
            && !self.has_observable_unknowns(inputs, is_rotating)
            && state_fits
            && !self.deep_taint(state).unknown
            && !self.is_validating()
            && known.is_some();
        let mut state = (!matches!(self.value(state).repr, Repr::Null)).then_some(state);
        let is_selected = self.is_selected(id);
        if !is_ready || !self.is_given_objects(inputs, state) {
            if is_selected {
                self.record(id, RotationStatus::NotEvaluated, None, None);
            }
            return self.push_unknown(id, outputs);
        }
        if is_selected {
            match self.rotated(id, name, inputs, state) {
                Rotated::State(rotated) => state = Some(rotated),
                Rotated::Failed => return self.push_unknown(id, outputs),
                Rotated::Asked => return self.pending(id, outputs),
            }
        }
        let call = Ready { kind: CallKind::OpenRotated, name: name.to_string(), inputs, state, replaces: None };
        self.opened(id, outputs, call)
    }

    /// The state after the rotation.
    fn rotated(&mut self, id: ThunkId, name: &str, inputs: ValueId, state: Option<ValueId>) -> Rotated {
        let place = self.thunk(id).place;
        let replaces = self.state_path(id);
        let call =
            Ready { kind: CallKind::Rotate, name: name.to_owned(), inputs, state, replaces: Some(replaces.clone()) };
        let reason = match self.answer(place, call) {
            None => return Rotated::Asked,
            Some(Err(reason)) => reason.clone(),
            Some(Ok(replacement)) => {
                let rotated = self.import_value(id, replacement);
                if self.is_object(rotated) {
                    if replacement.secret {
                        self.make_deeply_secret(rotated, &None);
                    }
                    let patch = Patch { path: replaces, replacement: replacement.clone() };
                    self.record(id, RotationStatus::Succeeded, None, Some(patch));
                    return Rotated::State(rotated);
                }
                // No definition can hold such a state.
                format!("expected object, got {}", self.value(rotated).schema.type_name())
            }
        };
        let found = self.diagnostic(place, None, reason.clone());
        self.error(place, None, format!("rotate: {reason}"));
        self.record(id, RotationStatus::Failed, Some(found), None);
        Rotated::Failed
    }

    /// Whether a call is one of those that are to rotate.
    fn is_selected(&self, id: ThunkId) -> bool {
        let Mode::Rotate { paths } = self.mode else { return false };
        if !self.is_root(self.thunk(id).place.env) {
            return false;
        }
        let path = self.document_path(id);
        let is_meant = |selected: &PropertyPath| path.strip_prefix("values.") == Some(&*selected.to_selector());
        paths.is_empty() || paths.iter().any(is_meant)
    }

    fn document_path(&self, id: ThunkId) -> String {
        let place = self.thunk(id).place;
        let program = self.env(place.env).program;
        place.node.map_or_else(String::new, |node| program.ast.tree.path(node))
    }

    /// Where the state of a call is written.
    fn state_path(&self, id: ThunkId) -> PropertyPath {
        let place = self.thunk(id).place;
        let program = self.env(place.env).program;
        let mut steps = place.node.map_or_else(Vec::new, |node| program.ast.tree.property_steps(node));
        if let ThunkKind::Call(thunk) = &self.thunk(id).kind {
            steps.push(Step::Key(thunk.call.name.clone()));
        }
        steps.push(Step::Key("state".into()));
        PropertyPath::from(steps)
    }

    fn record(&mut self, id: ThunkId, status: RotationStatus, found: Option<Diagnostic>, patch: Option<Patch>) {
        let diagnostics = found.into_iter().collect();
        self.rotations.push(Rotation { path: self.document_path(id), status, diagnostics, patch });
    }
}
