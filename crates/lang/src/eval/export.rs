//! From the arenas of an evaluation to what it gives.

use std::sync::Arc;

use super::node::{EnvId, Place, Repr, ThunkId, ThunkKind, ValueId};
use super::{Evaluator, Mode};
use crate::Key;
use crate::ast::{Accessor, Call, Function};
use crate::schema::{Schema, meta_schema};
use crate::source::Range;
use crate::value::{Environment, ExecutionContext, Expr, ExprKind, PropertyAccessor, Trace, Value, ValueKind};

/// About how many bytes the origin of a value takes in JSON.
const ORIGIN: usize = 180;

/// The environment that made-up parts of a base are said to be from.
const IMPORT: &str = "<import>";

impl Evaluator<'_> {
    /// What the evaluation of the root gives.
    pub(super) fn export_environment(&mut self, env: EnvId) -> Environment {
        let name = Arc::clone(&self.env(env).program.name);
        let root = self.env(env).root;
        let execution_context = if self.mode == Mode::Open {
            ExecutionContext { properties: Vec::new(), schema: Schema::ALWAYS }
        } else {
            let context = self.context(env);
            let properties = self.export_properties(context, &name);
            ExecutionContext { schema: self.value(context).schema.clone(), properties }
        };
        let value = self.thunk(root).value;
        let properties = value.map_or_else(Vec::new, |value| self.export_properties(value, &name));
        let schema = value.map_or(Schema::ALWAYS, |value| self.value(value).schema.clone());
        let exprs = match self.mode {
            Mode::Open => Vec::new(),
            _ => self.export_children(root, &name),
        };
        Environment { exprs, properties, schema, execution_context, sources: std::mem::take(&mut self.sources) }
    }

    /// The properties of a value that is not given out itself.
    fn export_properties(&mut self, id: ValueId, name: &Arc<str>) -> Vec<(Key, Arc<Value>)> {
        let keys = self.keys(id);
        let mut properties = Vec::with_capacity(keys.len());
        for key in keys {
            if let Some(property) = self.find(id, &key) {
                properties.push((key, self.export(property, name)));
            }
        }
        self.check_output(properties.iter().fold(0, |sum, (_, value)| value.weight.saturating_add(sum)));
        properties
    }

    fn check_output(&mut self, weight: usize) {
        if weight > self.limits.output {
            let limit = self.limits.output;
            self.exceed(|| format!("the values make more than {limit} bytes of JSON"));
        }
    }

    /// A value with its origin. What no text declares is said to be from the environment of this name.
    pub(super) fn export(&mut self, id: ValueId, name: &Arc<str>) -> Arc<Value> {
        if let Some(exported) = &self.value(id).exported {
            return Arc::clone(exported);
        }
        self.charge_value();
        let mut kind = ValueKind::Null;
        let mut base = None;
        if self.enter() {
            kind = match &self.value(id).repr {
                Repr::Null => ValueKind::Null,
                Repr::Bool(value) => ValueKind::Bool(*value),
                Repr::Number(digits) => ValueKind::Number(Arc::clone(digits)),
                Repr::String(text) => ValueKind::String(text.to_text()),
                Repr::List(items) => {
                    let length = items.len();
                    let mut exported = Vec::with_capacity(length);
                    for index in 0..length {
                        let Repr::List(items) = &self.value(id).repr else { break };
                        let item = items[index];
                        exported.push(self.export(item, name));
                    }
                    ValueKind::List(exported)
                }
                Repr::Map(entries) if self.value(id).base.is_none() => {
                    let length = entries.len();
                    let mut exported = Vec::with_capacity(length);
                    for index in 0..length {
                        let Repr::Map(entries) = &self.value(id).repr else {
                            break;
                        };
                        let (key, property) = entries[index].clone();
                        exported.push((key, self.export(property, name)));
                    }
                    ValueKind::Map(exported)
                }
                Repr::Map(_) => {
                    let keys = self.keys(id);
                    let mut exported = Vec::with_capacity(keys.len());
                    for key in keys {
                        if let Some(property) = self.find(id, &key) {
                            exported.push((key, self.export(property, name)));
                        }
                    }
                    ValueKind::Map(exported)
                }
            };
            base = self.value(id).base.map(|base| self.export(base, &IMPORT.into()));
        }
        self.leave();
        let value = self.value(id);
        let def = self.range(self.thunk(value.def).place, name);
        let sources = if value.secret { value.sources.clone() } else { None };
        let weight = weight(&kind, base.as_deref());
        let trace = Trace { def, base };
        let exported = Arc::new(Value { kind, secret: value.secret, unknown: value.unknown, trace, sources, weight });
        self.check_output(weight);
        self.value_mut(id).exported = Some(Arc::clone(&exported));
        exported
    }

    fn range(&self, place: Place, name: &Arc<str>) -> Range {
        let program = self.env(place.env).program;
        match place.node {
            Some(node) => program.ast.span(node).in_environment(&program.name),
            None => Range { environment: Arc::clone(name), ..Range::default() },
        }
    }

    fn export_children(&mut self, id: ThunkId, name: &Arc<str>) -> Vec<(Key, Expr)> {
        let children: Vec<(Key, ThunkId)> = match &self.thunk(id).kind {
            ThunkKind::Object(object) => object.children.iter().map(|(key, child)| ((*key).clone(), *child)).collect(),
            _ => Vec::new(),
        };
        children.into_iter().map(|(key, child)| (key, self.export_thunk(child, name))).collect()
    }

    fn export_thunk(&mut self, id: ThunkId, name: &Arc<str>) -> Expr {
        self.charge_value();
        let place = self.thunk(id).place;
        let mut expr = Expr {
            range: self.range(place, name),
            schema: Some(self.thunk(id).schema.clone()),
            base: None,
            key_ranges: Vec::new(),
            kind: ExprKind::Empty,
        };
        if !self.enter() {
            self.leave();
            return expr;
        }
        if let Some(base) = self.thunk(id).base {
            expr.base = Some(Box::new(self.export_thunk(self.value(base).def, name)));
        }
        expr.kind = match &self.thunk(id).kind {
            ThunkKind::Missing | ThunkKind::Null => ExprKind::Empty,
            ThunkKind::Boolean(value) => ExprKind::Literal(ValueKind::Bool(*value)),
            ThunkKind::Number(digits) => ExprKind::Literal(ValueKind::Number((*digits).clone())),
            ThunkKind::String(text) => ExprKind::Literal(ValueKind::String((*text).clone())),
            &ThunkKind::Interpolation { parts, slots } => {
                let mut slots = slots;
                let mut exported = Vec::with_capacity(parts.len());
                for part in parts {
                    let accessors = match &part.access {
                        Some(access) => {
                            let accessors = self.export_accessors(&access.accessors, slots, place, name);
                            slots += crate::source::to_u32(access.accessors.len());
                            accessors
                        }
                        None => Vec::new(),
                    };
                    exported.push((Arc::clone(&part.text), accessors));
                }
                ExprKind::Interpolate(exported)
            }
            &ThunkKind::Symbol { access, slots } => {
                ExprKind::Symbol(self.export_accessors(&access.accessors, slots, place, name))
            }
            ThunkKind::Late { receiver, key } => {
                let (receiver, key) = (*receiver, key.clone());
                self.export_late(&mut expr, receiver, key, name)
            }
            ThunkKind::Array(items) => {
                let items = items.clone();
                if items.is_empty() {
                    ExprKind::Empty
                } else {
                    ExprKind::List(items.into_iter().map(|item| self.export_thunk(item, name)).collect())
                }
            }
            ThunkKind::Object(object) => {
                let properties = object.properties;
                for property in properties {
                    if let Some(key) = &property.key {
                        let place = Place { env: place.env, node: Some(property.key_node) };
                        expr.key_ranges.push((key.clone(), self.range(place, name)));
                    }
                }
                // The last of several with the same key wins.
                expr.key_ranges.reverse();
                expr.key_ranges.sort_by(|left, right| left.0.cmp(&right.0));
                expr.key_ranges.dedup_by(|next, kept| next.0 == kept.0);
                let children = self.export_children(id, name);
                if children.is_empty() { ExprKind::Empty } else { ExprKind::Object(children) }
            }
            ThunkKind::Call(call) => {
                let (call, arguments) = (call.call, call.arguments.clone());
                self.export_call(id, call, &arguments, name)
            }
        };
        self.leave();
        expr
    }

    /// A property of an unknown value. A chain of them is one access, with the range and schema of its start.
    fn export_late(&mut self, expr: &mut Expr, receiver: ValueId, key: Key, name: &Arc<str>) -> ExprKind {
        let def = self.value(receiver).def;
        let own = expr.range.clone();
        if let ThunkKind::Late { .. } = self.thunk(def).kind {
            let inner = self.export_thunk(def, name);
            if let ExprKind::Access { receiver, mut accessors } = inner.kind {
                accessors.push((key, own));
                expr.range = inner.range;
                expr.schema = inner.schema;
                expr.base = inner.base;
                return ExprKind::Access { receiver, accessors };
            }
        }
        let receiver = self.range(self.thunk(def).place, name);
        ExprKind::Access { receiver, accessors: vec![(key, own)] }
    }

    fn export_accessors(
        &self,
        accessors: &[Accessor],
        slots: u32,
        place: Place,
        name: &Arc<str>,
    ) -> Vec<PropertyAccessor> {
        let program = self.env(place.env).program;
        let slots = &self.slots[slots as usize..];
        let export = |(accessor, slot): (&Accessor, &Option<ThunkId>)| PropertyAccessor {
            step: accessor.step.clone(),
            range: match accessor.span {
                Some(span) => span.in_environment(&program.name),
                None => Range { environment: Arc::clone(name), ..Range::default() },
            },
            value: slot.map_or_else(Range::default, |def| self.range(self.thunk(def).place, name)),
        };
        accessors.iter().zip(slots).map(export).collect()
    }

    fn export_call(&mut self, id: ThunkId, call: &Call, arguments: &[ThunkId], name: &Arc<str>) -> ExprKind {
        let place = self.thunk(id).place;
        let at = |node| Place { env: place.env, node };
        let argument_node = self.env(place.env).program.ast.expr(call.argument).node;
        let (inputs, state) = match &self.thunk(id).kind {
            ThunkKind::Call(call) => call
                .accepts
                .as_deref()
                .map_or((Schema::ALWAYS, Schema::ALWAYS), |(one, two)| (one.clone(), two.clone())),
            _ => (Schema::ALWAYS, Schema::ALWAYS),
        };
        let record = |entries: &[(&str, &Schema)]| {
            let mut entries: Vec<(Key, Schema)> =
                entries.iter().map(|(key, schema)| (Key::from(*key), (*schema).clone())).collect();
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            Schema::record(entries)
        };
        let bare =
            |range: Range, kind: ExprKind| Expr { range, schema: None, base: None, key_ranges: Vec::new(), kind };
        let written = self.range(at(argument_node), name);
        let mut export = |index: usize| self.export_thunk(arguments[index], name);
        let (arg_schema, arg) = match &call.function {
            Function::FromBase64(_) | Function::ToBase64(_) => (Schema::STRING, export(0)),
            Function::FromJson(_)
            | Function::ToJson(_)
            | Function::ToString(_)
            | Function::Final(_)
            | Function::Secret(_) => (Schema::ALWAYS, export(0)),
            Function::Ciphertext(_) => {
                let entries = vec![("ciphertext".into(), export(0))];
                (Schema::ALWAYS, bare(written, ExprKind::Object(entries)))
            }
            Function::Concat(_) => (Schema::array_of_arrays(), export(0)),
            Function::Join { .. } => {
                let schema = Schema::tuple(vec![Schema::STRING, Schema::array_of_strings()]);
                (schema, bare(written, ExprKind::List(vec![export(0), export(1)])))
            }
            Function::Split { .. } => {
                let schema = Schema::tuple(vec![Schema::STRING, Schema::STRING]);
                (schema, bare(written, ExprKind::List(vec![export(0), export(1)])))
            }
            Function::Validate { .. } => {
                let schema = record(&[("schema", &meta_schema()), ("value", &Schema::ALWAYS)]);
                let entries = vec![("schema".into(), export(0)), ("value".into(), export(1))];
                (schema, bare(written, ExprKind::Object(entries)))
            }
            Function::Open(provider) if provider.is_short => (inputs, export(1)),
            Function::Open(_) => {
                let schema = record(&[("provider", &Schema::STRING), ("inputs", &inputs)]);
                let entries = vec![("inputs".into(), export(1)), ("provider".into(), export(0))];
                (schema, bare(Range::default(), ExprKind::Object(entries)))
            }
            Function::Rotate(rotator) if rotator.is_short => {
                let schema = record(&[("inputs", &inputs), ("state", &state)]);
                let entries = vec![("inputs".into(), export(1)), ("state".into(), export(2))];
                (schema, bare(Range::default(), ExprKind::Object(entries)))
            }
            Function::Rotate(_) => {
                let schema = record(&[("provider", &Schema::STRING), ("inputs", &inputs), ("state", &state)]);
                let entries =
                    vec![("inputs".into(), export(1)), ("provider".into(), export(0)), ("state".into(), export(2))];
                (schema, bare(Range::default(), ExprKind::Object(entries)))
            }
        };
        let name_range = self.range(at(Some(call.name_node)), name);
        ExprKind::Builtin { name: call.name.clone(), name_range, arg_schema, arg: Box::new(arg) }
    }
}

/// About how many bytes of JSON a value makes.
fn weight(kind: &ValueKind, base: Option<&Value>) -> usize {
    let own = match kind {
        ValueKind::Null | ValueKind::Bool(_) => 0,
        ValueKind::Number(text) | ValueKind::String(text) => text.len(),
        ValueKind::List(items) => items.iter().fold(0, |sum, item| item.weight.saturating_add(sum)),
        ValueKind::Map(entries) => {
            entries.iter().fold(0, |sum, (key, value)| value.weight.saturating_add(key.len()).saturating_add(sum))
        }
    };
    own.saturating_add(ORIGIN).saturating_add(base.map_or(0, |base| base.weight))
}
