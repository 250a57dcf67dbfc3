//! Operations on values: looking up, merging, copying, and turning into text and data.

use std::collections::HashMap;

use super::Evaluator;
use super::node::{Place, Repr, Taint, ThunkId, ThunkKind, ValueId};
use crate::Key;
use crate::gofmt;
use crate::json::{Json, Text};
use crate::schema::Schema;
use crate::value::{Value, ValueKind, lookup};

impl Evaluator<'_> {
    /// Whether a value is an object, or may be one.
    pub(super) fn is_object(&self, id: ValueId) -> bool {
        let value = self.value(id);
        if value.unknown {
            return value.schema.is_always() || value.schema.type_name() == "object";
        }
        matches!(value.repr, Repr::Map(_))
    }

    /// The keys of a value and of what it is merged over, sorted.
    pub(super) fn keys(&self, id: ValueId) -> Vec<Key> {
        let mut keys = Vec::new();
        let mut layers = 0;
        let mut at = Some(id);
        while let Some(id) = at {
            let value = self.value(id);
            let Repr::Map(entries) = &value.repr else { break };
            if value.unknown {
                break;
            }
            keys.extend(entries.iter().map(|(key, _)| key.clone()));
            layers += 1;
            at = value.base;
        }
        if layers > 1 {
            keys.sort();
            keys.dedup();
        }
        keys
    }

    /// The value of a key that [`Self::keys`] gave.
    pub(super) fn find(&self, id: ValueId, key: &str) -> Option<ValueId> {
        let mut at = Some(id);
        while let Some(id) = at {
            let value = self.value(id);
            let Repr::Map(entries) = &value.repr else { return None };
            if let Some(found) = lookup(entries, key) {
                return Some(*found);
            }
            at = value.base;
        }
        None
    }

    /// A property for something written at `place` to override. A property of an unknown value is known later.
    pub(super) fn property(&mut self, id: ValueId, place: Place, key: &Key) -> Option<ValueId> {
        let mut at = id;
        loop {
            let value = self.value(at);
            match &value.repr {
                Repr::Map(entries) if !value.unknown => {
                    if let Some(found) = lookup(entries, key) {
                        return Some(*found);
                    }
                    at = value.base?;
                }
                _ if value.unknown => break,
                _ => return None,
            }
        }
        if !self.enter() {
            self.leave();
            return None;
        }
        let base = self.value(at).base.and_then(|base| self.property(base, place, key));
        self.leave();
        let schema = self.value(at).schema.property(key);
        let pending = self.value(at).pending;
        let late = ThunkKind::Late { receiver: at, key: key.clone() };
        let def = self.push_thunk(place, late, schema.clone());
        self.thunk_mut(def).base = base;
        let late = self.push_unknown(def, schema);
        let value = self.value_mut(late);
        value.base = base;
        value.pending = pending;
        Some(late)
    }

    /// Merges a value over a base, in place.
    pub(super) fn merge(&mut self, id: ValueId, base: ValueId) {
        if self.is_same(id, base) {
            return;
        }
        if !self.enter() {
            self.leave();
            return;
        }
        self.charge(1);
        let below = if let Some(below) = self.value(id).base {
            self.merge(below, base);
            below
        } else {
            self.value_mut(id).base = Some(base);
            base
        };
        let own = match &self.value(id).repr {
            Repr::Map(entries) => entries.len(),
            _ => 0,
        };
        for index in 0..own {
            let Repr::Map(entries) = &self.value(id).repr else { break };
            let (key, property) = entries[index].clone();
            let place = self.thunk(self.value(property).def).place;
            if let Some(overridden) = self.property(below, place, &key) {
                self.merge(property, overridden);
            }
        }
        let schema = Schema::merged(&self.value(below).schema, &self.value(id).schema);
        self.value_mut(id).schema = schema;
        self.leave();
    }

    /// Whether two values are one: the same node, or the same property of the same unknown value.
    fn is_same(&self, left: ValueId, right: ValueId) -> bool {
        let (mut left, mut right) = (left, right);
        loop {
            if left == right {
                return true;
            }
            if !self.value(left).unknown || !self.value(right).unknown {
                return false;
            }
            let kinds = [left, right].map(|id| &self.thunk(self.value(id).def).kind);
            let [ThunkKind::Late { receiver: one, key: name }, ThunkKind::Late { receiver: other, key }] = kinds else {
                return false;
            };
            if name != key {
                return false;
            }
            (left, right) = (*one, *other);
        }
    }

    /// A deep copy, its bases included.
    pub(super) fn copy(&mut self, id: ValueId) -> ValueId {
        let value = self.value(id);
        if value.base.is_none() && !matches!(value.repr, Repr::List(_) | Repr::Map(_)) {
            return self.copy_node(id);
        }
        self.copy_deep(id, &mut HashMap::new())
    }

    fn copy_deep(&mut self, id: ValueId, copies: &mut HashMap<ValueId, ValueId>) -> ValueId {
        if let Some(copy) = copies.get(&id) {
            return *copy;
        }
        let copy = self.copy_node(id);
        copies.insert(id, copy);
        if !self.enter() {
            self.leave();
            return copy;
        }
        if let Some(base) = self.value(id).base {
            let base = self.copy_deep(base, copies);
            self.value_mut(copy).base = Some(base);
        }
        // The copy still lists the original's children; each is replaced by its copy.
        let length = match &self.value(copy).repr {
            Repr::List(items) => items.len(),
            Repr::Map(entries) => entries.len(),
            _ => 0,
        };
        for index in 0..length {
            let child = match &self.value(copy).repr {
                Repr::List(items) => items[index],
                Repr::Map(entries) => entries[index].1,
                _ => break,
            };
            let child = self.copy_deep(child, copies);
            match &mut self.value_mut(copy).repr {
                Repr::List(items) => items[index] = child,
                Repr::Map(entries) => entries[index].1 = child,
                _ => break,
            }
        }
        self.leave();
        copy
    }

    fn copy_node(&mut self, id: ValueId) -> ValueId {
        let value = self.value(id);
        let (def, base, schema, repr) = (value.def, value.base, value.schema.clone(), value.repr.clone());
        let copy = self.push_value(def, schema, repr);
        let value = self.value(id);
        let (unknown, pending, secret, is_final, sources) =
            (value.unknown, value.pending, value.secret, value.is_final, value.sources.clone());
        let copied = self.value_mut(copy);
        copied.base = base;
        copied.unknown = unknown;
        copied.pending = pending;
        copied.secret = secret;
        copied.is_final = is_final;
        copied.sources = sources;
        copy
    }

    /// Collects what is unknown or secret anywhere in a value.
    pub(super) fn collect_taint(&mut self, id: ValueId, taint: &mut Taint) {
        self.charge(1);
        let value = self.value(id);
        taint.unknown |= value.unknown;
        taint.pending |= value.pending;
        if value.secret {
            taint.secret = true;
            taint.sources = super::node::union(&taint.sources, &self.value(id).sources);
        }
        if !self.enter() {
            self.leave();
            return;
        }
        match &self.value(id).repr {
            Repr::List(items) => {
                for index in 0..items.len() {
                    let Repr::List(items) = &self.value(id).repr else { break };
                    let item = items[index];
                    self.collect_taint(item, taint);
                }
            }
            Repr::Map(_) if !self.value(id).unknown => {
                for key in self.keys(id) {
                    if let Some(property) = self.find(id, &key) {
                        self.collect_taint(property, taint);
                    }
                }
                // What is being asked may turn out to be an object that adds keys.
                if self.has_pending_base(id) {
                    taint.unknown = true;
                    taint.pending = true;
                }
            }
            _ => {}
        }
        self.leave();
    }

    fn has_pending_base(&self, id: ValueId) -> bool {
        let mut at = self.value(id).base;
        while let Some(base) = at {
            let value = self.value(base);
            if value.pending {
                return true;
            }
            at = value.base;
        }
        false
    }

    /// The deep taint of a value.
    pub(super) fn deep_taint(&mut self, id: ValueId) -> Taint {
        let mut taint = Taint::default();
        self.collect_taint(id, &mut taint);
        taint
    }

    /// Whether anything in a value is unknown, other than what is left for a rotation if this is none.
    pub(super) fn has_observable_unknowns(&mut self, id: ValueId, is_rotating: bool) -> bool {
        let value = self.value(id);
        if value.unknown {
            return is_rotating || !value.rotate_only;
        }
        if !self.enter() {
            self.leave();
            return true;
        }
        let children: Vec<ValueId> = match &self.value(id).repr {
            Repr::List(items) => items.clone(),
            Repr::Map(_) => self.keys(id).iter().filter_map(|key| self.find(id, key)).collect(),
            _ => Vec::new(),
        };
        let found = children.into_iter().any(|child| self.has_observable_unknowns(child, is_rotating));
        self.leave();
        found || self.has_pending_base(id)
    }

    /// Appends the text of a value. Of an object, only its own keys take part.
    pub(super) fn append_text(&mut self, id: ValueId, out: &mut Vec<u8>, taint: &mut Taint) {
        let value = self.value(id);
        taint.pending |= value.pending;
        if value.secret {
            taint.secret = true;
            taint.sources = super::node::union(&taint.sources, &value.sources);
        }
        if value.unknown {
            taint.unknown = true;
            out.extend_from_slice(b"[unknown]");
            return;
        }
        match &value.repr {
            Repr::Null => {}
            Repr::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Repr::Number(digits) => out.extend_from_slice(digits.as_bytes()),
            Repr::String(text) => out.extend_from_slice(text.as_bytes()),
            Repr::List(items) => {
                for (index, item) in items.clone().into_iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    if !self.append_quoted(item, out, taint) {
                        return;
                    }
                }
            }
            Repr::Map(entries) => {
                for (index, (key, property)) in entries.clone().into_iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(gofmt::quoted(&key).as_bytes());
                    out.push(b'=');
                    if !self.append_quoted(property, out, taint) {
                        return;
                    }
                }
            }
        }
    }

    /// Appends the text of a part in quotes. Quoting quotes doubles them, so deep values are long.
    fn append_quoted(&mut self, id: ValueId, out: &mut Vec<u8>, taint: &mut Taint) -> bool {
        let mut text = Vec::new();
        let mut within = self.enter();
        if within {
            self.append_text(id, &mut text, taint);
            let mut quoted = String::new();
            gofmt::quote(&mut quoted, &text);
            within = self.charge_bytes(quoted.len());
            out.extend_from_slice(quoted.as_bytes());
        }
        self.leave();
        within
    }

    /// The revealed data of a value, inherited keys included.
    pub(super) fn plain_data(&mut self, id: ValueId) -> Json {
        let value = self.value(id);
        if value.unknown {
            return Json::String(Text::Str("[unknown]".into()));
        }
        match &value.repr {
            Repr::Null => Json::Null,
            Repr::Bool(value) => Json::Bool(*value),
            Repr::Number(digits) => Json::Number(digits.clone()),
            Repr::String(text) => {
                let text = text.clone();
                self.charge_bytes(text.as_bytes().len());
                Json::String(text)
            }
            Repr::List(items) => {
                let items = items.clone();
                let data = if self.enter() {
                    items.into_iter().map(|item| self.plain_data(item)).collect()
                } else {
                    Vec::new()
                };
                self.leave();
                Json::List(data)
            }
            Repr::Map(_) => {
                let mut entries = Vec::new();
                if self.enter() {
                    for key in self.keys(id) {
                        if let Some(property) = self.find(id, &key) {
                            self.charge_bytes(key.len());
                            let data = self.plain_data(property);
                            entries.push((key, data));
                        }
                    }
                }
                self.leave();
                Json::Map(entries)
            }
        }
    }

    /// A value with the schema that data has.
    pub(super) fn data(&mut self, def: ThunkId, data: &Json) -> ValueId {
        match data {
            Json::Null => self.push_value(def, Schema::NULL, Repr::Null),
            Json::Bool(value) => self.push_value(def, Schema::boolean(*value), Repr::Bool(*value)),
            Json::Number(digits) => self.push_value(def, Schema::number(digits.clone()), Repr::Number(digits.clone())),
            Json::String(text) => self.push_value(def, Schema::string(text.clone()), Repr::String(text.clone())),
            Json::List(items) => {
                let items: Vec<ValueId> = items.iter().map(|item| self.data(def, item)).collect();
                self.list(def, items)
            }
            Json::Map(entries) => {
                let entries = entries.iter().map(|(key, item)| (key.clone(), self.data(def, item))).collect();
                self.map(def, entries)
            }
        }
    }

    /// What a provider gave, made by one expression.
    pub(super) fn import_value(&mut self, def: ThunkId, value: &Value) -> ValueId {
        let id = match &value.kind {
            _ if value.unknown => self.push_unknown(def, Schema::ALWAYS),
            ValueKind::Null => self.push_value(def, Schema::NULL, Repr::Null),
            ValueKind::Bool(value) => self.push_value(def, Schema::boolean(*value), Repr::Bool(*value)),
            ValueKind::Number(digits) => {
                self.push_value(def, Schema::number(digits.clone()), Repr::Number(digits.clone()))
            }
            ValueKind::String(text) => {
                let text = Text::Str(text.clone());
                self.push_value(def, Schema::string(text.clone()), Repr::String(text))
            }
            ValueKind::List(items) => {
                let items: Vec<ValueId> = items.iter().map(|item| self.import_value(def, item)).collect();
                self.list(def, items)
            }
            ValueKind::Map(entries) => {
                let entries = entries.iter().map(|(key, item)| (key.clone(), self.import_value(def, item))).collect();
                self.map(def, entries)
            }
        };
        self.value_mut(id).secret = value.secret;
        id
    }

    fn list(&mut self, def: ThunkId, items: Vec<ValueId>) -> ValueId {
        let schemas = items.iter().map(|item| self.value(*item).schema.clone()).collect();
        self.push_value(def, Schema::tuple(schemas), Repr::List(items))
    }

    fn map(&mut self, def: ThunkId, entries: Vec<(Key, ValueId)>) -> ValueId {
        let schemas = entries.iter().map(|(key, value)| (key.clone(), self.value(*value).schema.clone())).collect();
        self.push_value(def, Schema::record(schemas), Repr::Map(entries))
    }
}
