//! Property access: `${a.b[0]}` through expressions, values, and schemas of unknown values.

use super::Evaluator;
use super::node::{Place, Repr, ThunkId, ThunkKind, ValueId};
use super::thunk::Accept;
use crate::Key;
use crate::ast::{Accessor, Function};
use crate::gofmt;
use crate::path::Step;
use crate::schema::Schema;
use crate::source::to_u32;
use crate::value::lookup;

const NOT_A_RECEIVER: &str = "receiver must be an array or an object";

/// Where an expression walk goes next.
enum Next {
    /// To the thunk that the accessor names.
    Child(ThunkId),
    /// To the same accessor of another thunk.
    Retry(ThunkId),
    /// On through a value, with the same accessor.
    Value(ValueId),
    /// On through the value of the receiver, once evaluated.
    Evaluate,
    /// Nowhere; why has been reported.
    Invalid,
}

impl<'a> Evaluator<'a> {
    /// Follows an access that `from` makes. Only what it ends in is evaluated, not the objects it goes through.
    pub(super) fn resolve(&mut self, from: ThunkId, path: &'a [Accessor], slots: u32, accept: &Accept) -> ValueId {
        let place = self.thunk(from).place;
        if let Some(Step::Key(first)) = path.first().map(|accessor| &accessor.step) {
            let symbol = match &**first {
                "imports" => self.env(place.env).imports,
                "context" => Some(self.context(place.env)),
                "environments" => return self.resolve_environment(from, path, slots),
                _ => None,
            };
            if let Some(symbol) = symbol {
                self.fill(slots, 0, self.value(symbol).def);
                return self.resolve_value(from, symbol, path, 1, slots);
            }
        }
        let mut receiver = self.env(place.env).root;
        let mut at = 0;
        while let Some(accessor) = path.get(at) {
            match self.step(place, receiver, accessor) {
                Next::Child(child) => {
                    self.fill(slots, at, child);
                    receiver = child;
                    at += 1;
                }
                Next::Retry(other) => receiver = other,
                Next::Value(value) => return self.resolve_value(from, value, path, at, slots),
                Next::Evaluate => {
                    let value = self.evaluate(receiver, accept);
                    return self.resolve_value(from, value, path, at, slots);
                }
                Next::Invalid => return self.invalid(from, path, at, slots),
            }
        }
        self.evaluate(receiver, &Accept::ANY)
    }

    fn step(&mut self, place: Place, receiver: ThunkId, accessor: &Accessor) -> Next {
        match &self.thunk(receiver).kind {
            ThunkKind::Array(items) => {
                let length = items.len();
                let Some(index) = self.index(place, accessor, Some(length)) else { return Next::Invalid };
                match &self.thunk(receiver).kind {
                    ThunkKind::Array(items) => Next::Child(items[index]),
                    _ => Next::Invalid,
                }
            }
            ThunkKind::Object(object) => {
                let Step::Key(key) = &accessor.step else { return self.not_a_key(place, accessor) };
                if let Ok(index) = object.children.binary_search_by(|(name, _)| (*name).cmp(key)) {
                    return Next::Child(object.children[index].1);
                }
                if let Some(base) = self.thunk(receiver).base
                    && self.is_object(base)
                {
                    return Next::Value(base);
                }
                let count = object.children.len();
                let may = self.may_suggest(key, count);
                let near = match &self.thunk(receiver).kind {
                    ThunkKind::Object(object) if may => {
                        gofmt::nearest(key, object.children.iter().map(|(name, _)| &***name))
                    }
                    _ => None,
                };
                let problem = unknown_property(key, near);
                self.error(place, accessor.span, problem);
                Next::Invalid
            }
            ThunkKind::Call(call) => match &call.call.function {
                Function::Secret(_) => Next::Retry(call.arguments[0]),
                Function::Ciphertext(_) => {
                    self.error(place, None, "internal error: no receiver");
                    Next::Invalid
                }
                _ => Next::Evaluate,
            },
            _ => Next::Evaluate,
        }
    }

    /// Follows the rest of an access through values.
    fn resolve_value(
        &mut self,
        from: ThunkId,
        receiver: ValueId,
        path: &'a [Accessor],
        at: usize,
        slots: u32,
    ) -> ValueId {
        let place = self.thunk(from).place;
        let (mut receiver, mut at) = (receiver, at);
        while let Some(accessor) = path.get(at) {
            let value = self.value(receiver);
            if value.unknown {
                return self.resolve_unknown(from, receiver, path, at, slots);
            }
            let next = match (&value.repr, &accessor.step) {
                (Repr::List(items), _) => {
                    let length = items.len();
                    let index = self.index(place, accessor, Some(length));
                    match (index, &self.value(receiver).repr) {
                        (Some(index), Repr::List(items)) => Some(items[index]),
                        _ => None,
                    }
                }
                (Repr::Map(entries), Step::Key(key)) => match (lookup(entries, key), value.base) {
                    (Some(found), _) => Some(*found),
                    (None, Some(base)) if self.is_object(base) => {
                        receiver = base;
                        continue;
                    }
                    (None, _) => {
                        // The keys of a secret are secret too.
                        let is_shown = !value.secret;
                        let may = is_shown && self.may_suggest(key, entries.len());
                        let near = match &self.value(receiver).repr {
                            Repr::Map(entries) if may => gofmt::nearest(key, entries.iter().map(|(name, _)| &**name)),
                            _ => None,
                        };
                        let problem = unknown_property(key, near);
                        self.error(place, accessor.span, problem);
                        None
                    }
                },
                (Repr::Map(_), Step::Index(_)) => {
                    self.not_a_key(place, accessor);
                    None
                }
                _ => {
                    self.error(place, accessor.span, NOT_A_RECEIVER);
                    None
                }
            };
            let Some(next) = next else { return self.invalid(from, path, at, slots) };
            self.fill(slots, at, self.value(next).def);
            receiver = next;
            at += 1;
        }
        receiver
    }

    /// Follows the rest of an access through the schema of an unknown value.
    fn resolve_unknown(
        &mut self,
        from: ThunkId,
        receiver: ValueId,
        path: &'a [Accessor],
        at: usize,
        slots: u32,
    ) -> ValueId {
        let place = self.thunk(from).place;
        let pending = self.value(receiver).pending;
        let mut schema = self.value(receiver).schema.clone();
        let marker = self.push_marker(place);
        for (index, accessor) in path.iter().enumerate().skip(at) {
            if !schema.is_always() {
                schema = match schema.type_name() {
                    "array" => {
                        let is_closed = schema.items().is_some_and(Schema::is_never);
                        let length = is_closed.then_some(schema.prefix_items().len());
                        let Some(item) = self.index(place, accessor, length) else {
                            return self.invalid(from, path, index, slots);
                        };
                        if schema.items().is_none() && schema.prefix_items().len() <= item {
                            Schema::ALWAYS
                        } else {
                            schema.item(item)
                        }
                    }
                    "object" => {
                        let Step::Key(key) = &accessor.step else {
                            self.not_a_key(place, accessor);
                            return self.invalid(from, path, index, slots);
                        };
                        schema.property(key)
                    }
                    _ => {
                        self.error(place, accessor.span, NOT_A_RECEIVER);
                        return self.invalid(from, path, index, slots);
                    }
                };
            }
            self.fill(slots, index, marker);
        }
        let value = self.push_unknown(marker, schema);
        self.value_mut(value).pending = pending;
        value
    }

    fn resolve_environment(&mut self, from: ThunkId, path: &'a [Accessor], slots: u32) -> ValueId {
        let place = self.thunk(from).place;
        let [_, project, name, ..] = path else { return self.invalid(from, path, 0, slots) };
        let mut names: [&str; 2] = [""; 2];
        for (slot, accessor) in names.iter_mut().zip([project, name]) {
            match &accessor.step {
                Step::Key(key) => *slot = key,
                Step::Index(_) => {
                    self.not_a_key(place, accessor);
                    return self.invalid(from, path, 0, slots);
                }
            }
        }
        let environments = self.environment_reference(place, names[0], names[1]);
        self.resolve_value(from, environments, path, 0, slots)
    }

    /// The end of an access that leads nowhere.
    fn invalid(&mut self, from: ThunkId, path: &'a [Accessor], at: usize, slots: u32) -> ValueId {
        let marker = self.push_marker(self.thunk(from).place);
        for index in at..path.len() {
            self.fill(slots, index, marker);
        }
        self.push_unknown(marker, Schema::ALWAYS)
    }

    /// The index that an accessor names, if it can be one; why not is reported.
    fn index(&mut self, place: Place, accessor: &Accessor, length: Option<usize>) -> Option<usize> {
        let problem = match (&accessor.step, length) {
            (Step::Key(_), _) => "cannot access an array element using a property name".to_owned(),
            (Step::Index(index), _) if *index < 0 => "array indices must not be negative".to_owned(),
            (Step::Index(index), Some(length)) if usize::try_from(*index).map_or(true, |index| index >= length) => {
                format!("array index {index} out-of-bounds for array of length {length}")
            }
            (Step::Index(index), _) => return usize::try_from(*index).ok(),
        };
        self.error(place, accessor.span, problem);
        None
    }

    fn not_a_key(&mut self, place: Place, accessor: &Accessor) -> Next {
        self.error(place, accessor.span, "cannot access an object property using an integer index");
        Next::Invalid
    }

    fn fill(&mut self, slots: u32, index: usize, def: ThunkId) {
        self.slots[(slots + to_u32(index)) as usize] = Some(def);
    }
}

fn unknown_property(key: &Key, near: Option<&str>) -> String {
    let key = gofmt::quoted(key);
    match near {
        Some(near) => format!("unknown property {key}; did you mean {}?", gofmt::quoted(near)),
        None => format!("unknown property {key}"),
    }
}
