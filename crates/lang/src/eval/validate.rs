//! Checking values against schemas, and the schemas of unknown values against schemas.

use super::Evaluator;
use super::node::{Repr, ThunkId, ThunkKind, ValueId};
use crate::Key;
use crate::decimal;
use crate::diagnostics::Diagnostic;
use crate::gofmt;
use crate::json::Json;
use crate::path::{join_index, join_key};
use crate::schema::{Full, Schema};
use crate::value::lookup;

/// What a problem is blamed on: an expression, or what is below it and has no expression of its own.
#[derive(Clone)]
struct Blame {
    thunk: ThunkId,
    below: Option<String>,
}

const NO_ALTERNATIVE: &str = "at least one subschema must match";

impl Evaluator<'_> {
    /// Whether a value is what a schema accepts; if not, why is reported where the value was written.
    pub(super) fn validate(&mut self, id: ValueId, schema: &Schema) -> bool {
        if schema.is_always() {
            return true;
        }
        let mut found = Vec::new();
        let is_accepted = self.accepts(id, schema, &mut found);
        self.diagnostics.append(&mut found);
        is_accepted
    }

    fn accepts(&mut self, id: ValueId, schema: &Schema, found: &mut Vec<Diagnostic>) -> bool {
        self.charge(1);
        if schema.is_always() {
            return true;
        }
        if schema.is_never() {
            return false;
        }
        if !self.enter() {
            self.leave();
            return false;
        }
        let blame = Blame { thunk: self.value(id).def, below: None };
        let is_accepted = if self.value(id).unknown {
            let offered = self.value(id).schema.clone();
            self.promises(&offered, schema, &blame, found)
        } else {
            self.accepts_known(id, schema, &blame, found)
        };
        self.leave();
        is_accepted
    }

    fn accepts_known(&mut self, id: ValueId, schema: &Schema, blame: &Blame, found: &mut Vec<Diagnostic>) -> bool {
        let mut is_accepted = true;
        if let Some(target) = schema.target() {
            is_accepted &= self.accepts(id, &target, found);
        }
        if !schema.any_of().is_empty() {
            is_accepted &= self.accepts_any(id, schema.any_of(), blame, found);
        }
        if !schema.alternatives().is_empty() {
            is_accepted &= self.accepts_one(id, schema.alternatives(), blame, found);
        }
        if let Some(full) = schema.as_full() {
            if let Some(constant) = &full.constant
                && !self.equals(id, constant)
            {
                self.blame(blame, format!("expected {}", constant.to_message()), found);
                is_accepted = false;
            }
            if !full.enumeration.is_empty() && !full.enumeration.iter().any(|value| self.equals(id, value)) {
                let problem = match &full.enumeration[..] {
                    [only] => format!("expected {}", only.to_message()),
                    all => format!("expected one of {}", Json::List(all.to_vec()).to_message()),
                };
                self.blame(blame, problem, found);
                is_accepted = false;
            }
        } else if let Some(constant) = schema.constant()
            && !self.equals(id, &constant)
        {
            self.blame(blame, format!("expected {}", constant.to_message()), found);
            is_accepted = false;
        }
        let expected = schema.type_name();
        if expected.is_empty() {
            return is_accepted;
        }
        let actual = match &self.value(id).repr {
            Repr::Null => "null",
            Repr::Bool(_) => "boolean",
            Repr::Number(_) => "number",
            Repr::String(_) => "string",
            Repr::List(_) => "array",
            Repr::Map(_) => "object",
        };
        if actual != expected {
            self.blame(blame, format!("expected {expected}, got {actual}"), found);
            return false;
        }
        is_accepted
            & match actual {
                "number" => self.accepts_number(id, schema, blame, found),
                "string" => self.accepts_string(id, schema, blame, found),
                "array" => self.accepts_array(id, schema, blame, found),
                "object" => self.accepts_object(id, schema, blame, found),
                _ => true,
            }
    }

    fn accepts_any(
        &mut self,
        id: ValueId,
        alternatives: &[Schema],
        blame: &Blame,
        found: &mut Vec<Diagnostic>,
    ) -> bool {
        let mut scratch = Vec::new();
        for alternative in alternatives {
            if self.accepts(id, alternative, &mut scratch) {
                return true;
            }
        }
        found.append(&mut scratch);
        self.blame(blame, NO_ALTERNATIVE, found);
        false
    }

    fn accepts_one(
        &mut self,
        id: ValueId,
        alternatives: &[Schema],
        blame: &Blame,
        found: &mut Vec<Diagnostic>,
    ) -> bool {
        let mut scratch = Vec::new();
        let mut matches = 0;
        for alternative in alternatives {
            if self.accepts(id, alternative, &mut scratch) {
                matches += 1;
            }
            if matches > 1 {
                self.blame(blame, "exactly one subschema may match", found);
                return false;
            }
        }
        if matches == 0 {
            found.append(&mut scratch);
            self.blame(blame, "exactly one subschema must match", found);
        }
        matches == 1
    }

    fn accepts_number(&mut self, id: ValueId, schema: &Schema, blame: &Blame, found: &mut Vec<Diagnostic>) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let (Some(full), Repr::Number(digits)) = (schema.as_full(), self.value(id).repr.clone()) else { return true };
        let before = found.len();
        let is = |bound: &Key, orders: &[std::cmp::Ordering]| {
            decimal::compare(&digits, bound).is_some_and(|order| orders.contains(&order))
        };
        if let Some(factor) = &full.multiple_of
            && !decimal::is_multiple(&digits, factor)
        {
            self.blame(blame, format!("expected a multiple of {factor}"), found);
        }
        if let Some(bound) = &full.minimum
            && !is(bound, &[Greater, Equal])
        {
            self.blame(blame, format!("expected a number greater than or equal to {bound}"), found);
        }
        if let Some(bound) = &full.exclusive_minimum
            && !is(bound, &[Greater])
        {
            self.blame(blame, format!("expected a number greater than {bound}"), found);
        }
        if let Some(bound) = &full.maximum
            && !is(bound, &[Less, Equal])
        {
            // The missing space is the reference's.
            self.blame(blame, format!("expected a number less than or equal to{bound}"), found);
        }
        if let Some(bound) = &full.exclusive_maximum
            && !is(bound, &[Less])
        {
            self.blame(blame, format!("expected a number less than {bound}"), found);
        }
        found.len() == before
    }

    fn accepts_string(&mut self, id: ValueId, schema: &Schema, blame: &Blame, found: &mut Vec<Diagnostic>) -> bool {
        let (Some(full), Repr::String(text)) = (schema.as_full(), self.value(id).repr.clone()) else { return true };
        let text = text.as_bytes();
        let before = found.len();
        if let Some(least) = &full.min_length
            && !at_least(text.len(), least)
        {
            self.blame(blame, format!("expected a string of at least length {least}"), found);
        }
        if let Some(most) = &full.max_length
            && !at_most(text.len(), most)
        {
            self.blame(blame, format!("expected a string of at most length {most}"), found);
        }
        if let Some(pattern) = &full.pattern {
            let compiled = full.compiled.get().and_then(|compiled| compiled.pattern.as_ref());
            if !compiled.is_some_and(|regex| regex.is_match(text)) {
                let pattern = gofmt::quoted(pattern);
                self.blame(blame, format!("string must match the pattern {pattern}"), found);
            }
        }
        found.len() == before
    }

    fn accepts_array(&mut self, id: ValueId, schema: &Schema, blame: &Blame, found: &mut Vec<Diagnostic>) -> bool {
        let Repr::List(items) = self.value(id).repr.clone() else { return true };
        let before = found.len();
        if let Some(full) = schema.as_full() {
            if let Some(least) = &full.min_items
                && !at_least(items.len(), least)
            {
                self.blame(blame, format!("expected an array with at least {least} items"), found);
            }
            if let Some(most) = &full.max_items
                && !at_most(items.len(), most)
            {
                self.blame(blame, format!("expected an array with at most {most} items"), found);
            }
        }
        let mut is_accepted = found.len() == before;
        for (index, item) in items.into_iter().enumerate() {
            if let Some(accepted) = schema.prefix_items().get(index).or(schema.items()) {
                is_accepted &= self.accepts(item, accepted, found);
            }
        }
        is_accepted
    }

    fn accepts_object(&mut self, id: ValueId, schema: &Schema, blame: &Blame, found: &mut Vec<Diagnostic>) -> bool {
        let keys = self.keys(id);
        let before = found.len();
        if let Some(full) = schema.as_full() {
            if let Some(least) = &full.min_properties
                && !at_least(keys.len(), least)
            {
                self.blame(blame, format!("expected an object with at least {least} properties"), found);
            }
            if let Some(most) = &full.max_properties
                && !at_most(keys.len(), most)
            {
                self.blame(blame, format!("expected an object with at most {most} properties"), found);
            }
        }
        let mut is_accepted = found.len() == before;
        for key in &keys {
            let accepted = lookup(schema.properties(), key).or(schema.additional());
            if let (Some(accepted), Some(property)) = (accepted, self.find(id, key)) {
                is_accepted &= self.accepts(property, accepted, found);
            }
        }
        let has = |name: &Key| keys.binary_search(name).is_ok();
        let mut missing: Vec<&str> =
            schema.required().into_iter().filter(|name| !has(name)).map(|name| &**name).collect();
        for (key, names) in schema.as_full().map_or(&[][..], |full: &Full| &full.dependent_required) {
            if has(key) {
                missing.extend(names.iter().filter(|name| !has(name)).map(|name| &**name));
            }
        }
        if !missing.is_empty() {
            self.blame(blame, format!("missing required properties: {}", missing.join(", ")), found);
            is_accepted = false;
        }
        is_accepted
    }

    /// Structural equality; of objects, own keys only.
    fn equals(&self, id: ValueId, data: &Json) -> bool {
        match (&self.value(id).repr, data) {
            (Repr::Null, Json::Null) => true,
            (Repr::Bool(left), Json::Bool(right)) => left == right,
            (Repr::Number(left), Json::Number(right)) => left == right,
            (Repr::String(left), Json::String(right)) => left == right,
            (Repr::List(left), Json::List(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| self.equals(*left, right))
            }
            (Repr::Map(left), Json::Map(right)) => {
                left.len() == right.len()
                    && left.iter().zip(right).all(|(left, right)| left.0 == right.0 && self.equals(left.1, &right.1))
            }
            _ => false,
        }
    }

    /// Whether everything that one schema allows is what another accepts.
    fn promises(&mut self, offered: &Schema, accepted: &Schema, blame: &Blame, found: &mut Vec<Diagnostic>) -> bool {
        self.charge(1);
        if accepted.is_always() {
            return true;
        }
        if accepted.is_never() {
            return false;
        }
        if offered.is_always() {
            return true;
        }
        if offered.is_never() {
            return false;
        }
        if !self.enter() {
            self.leave();
            return false;
        }
        let mut holds = true;
        if let Some(target) = accepted.target() {
            holds &= self.promises(offered, &target, blame, found);
        }
        if let Some(target) = offered.target() {
            holds &= self.promises(&target, accepted, blame, found);
        }
        for alternatives in [offered.any_of(), offered.alternatives()] {
            holds &= self.promises_any(alternatives.iter().map(|one| (one, accepted)), blame, found);
        }
        let (has, wants) = (offered.type_name(), accepted.type_name());
        if !has.is_empty() && !wants.is_empty() && has != wants {
            self.blame(blame, format!("expected {wants}, got {has}"), found);
            holds = false;
        }
        for alternatives in [accepted.any_of(), accepted.alternatives()] {
            holds &= self.promises_any(alternatives.iter().map(|one| (offered, one)), blame, found);
        }
        holds &= match has {
            "array" => self.promises_array(offered, accepted, blame, found),
            "object" => self.promises_object(offered, accepted, blame, found),
            _ => true,
        };
        self.leave();
        holds
    }

    /// Whether some pair holds; true if there is none to choose from.
    fn promises_any<'s>(
        &mut self,
        pairs: impl ExactSizeIterator<Item = (&'s Schema, &'s Schema)>,
        blame: &Blame,
        found: &mut Vec<Diagnostic>,
    ) -> bool {
        if pairs.len() == 0 {
            return true;
        }
        let mut scratch = Vec::new();
        for (offered, accepted) in pairs {
            if self.promises(offered, accepted, blame, &mut scratch) {
                return true;
            }
        }
        found.append(&mut scratch);
        self.blame(blame, NO_ALTERNATIVE, found);
        false
    }

    fn promises_array(
        &mut self,
        offered: &Schema,
        accepted: &Schema,
        blame: &Blame,
        found: &mut Vec<Diagnostic>,
    ) -> bool {
        let mut holds = true;
        let length = offered.prefix_items().len().max(accepted.prefix_items().len());
        for index in 0..length {
            let has = offered.prefix_items().get(index).or(offered.items());
            let wants = accepted.prefix_items().get(index).or(accepted.items());
            if let Some(wants) = wants {
                let below = self.blame_index(blame, index);
                holds &= self.promises(has.unwrap_or(&Schema::ALWAYS), wants, &below, found);
            }
        }
        if let Some(has) = offered.items()
            && !has.is_never()
            && let Some(wants) = accepted.items()
        {
            holds &= self.promises(has, wants, blame, found);
        }
        holds
    }

    fn promises_object(
        &mut self,
        offered: &Schema,
        accepted: &Schema,
        blame: &Blame,
        found: &mut Vec<Diagnostic>,
    ) -> bool {
        let mut holds = true;
        for (key, has) in offered.properties() {
            if let Some(wants) = lookup(accepted.properties(), key).or(accepted.additional()) {
                let below = self.blame_property(blame, key);
                holds &= self.promises(has, wants, &below, found);
            }
        }
        match offered.additional() {
            None => {
                let required = offered.required();
                let mut missing: Vec<&Key> =
                    accepted.required().into_iter().filter(|name| !required.contains(name)).collect();
                for (key, names) in accepted.as_full().map_or(&[][..], |full| &full.dependent_required) {
                    if required.contains(&key) {
                        missing.extend(names.iter().filter(|name| !required.contains(name)));
                    }
                }
                for name in missing {
                    let below = self.blame_property(blame, name);
                    self.blame(&below, "missing required property", found);
                    holds = false;
                }
            }
            Some(additional) if !additional.is_never() => {
                if let Some(wants) = accepted.additional() {
                    holds &= self.promises(additional, wants, blame, found);
                }
            }
            Some(_) => {}
        }
        holds
    }

    fn blame_index(&self, blame: &Blame, index: usize) -> Blame {
        if blame.below.is_none()
            && let ThunkKind::Array(items) = &self.thunk(blame.thunk).kind
            && let Some(item) = items.get(index)
        {
            return Blame { thunk: *item, below: None };
        }
        let mut below = blame.below.clone().unwrap_or_default();
        join_index(&mut below, i64::try_from(index).unwrap_or(i64::MAX));
        Blame { thunk: blame.thunk, below: Some(below) }
    }

    fn blame_property(&self, blame: &Blame, key: &Key) -> Blame {
        if blame.below.is_none()
            && let ThunkKind::Object(object) = &self.thunk(blame.thunk).kind
            && let Ok(index) = object.children.binary_search_by(|(name, _)| (*name).cmp(key))
        {
            return Blame { thunk: object.children[index].1, below: None };
        }
        let mut below = blame.below.clone().unwrap_or_default();
        join_key(&mut below, key);
        Blame { thunk: blame.thunk, below: Some(below) }
    }

    fn blame(&mut self, blame: &Blame, problem: impl Into<String>, found: &mut Vec<Diagnostic>) {
        let problem = problem.into();
        let problem = match &blame.below {
            _ if self.is_veiled => "the value does not match the secret schema".to_owned(),
            Some(below) => format!("{below}: {problem}"),
            None => problem,
        };
        let place = self.thunk(blame.thunk).place;
        found.push(self.diagnostic(place, None, problem));
    }
}

/// Whether a length reaches a bound; bounds were checked to be numbers.
fn at_least(length: usize, bound: &str) -> bool {
    bound.parse::<u64>().is_ok_and(|bound| length as u64 >= bound)
}

fn at_most(length: usize, bound: &str) -> bool {
    bound.parse::<u64>().is_ok_and(|bound| length as u64 <= bound)
}
