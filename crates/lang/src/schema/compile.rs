//! Compiling schemas: finding the targets of references, and checking numbers and patterns.

use std::collections::HashSet;
use std::sync::{Arc, Weak};

use regex::bytes::Regex;

use super::{Form, Full, Schema, SchemaError};
use crate::gofmt;

/// What the texts in a schema stand for.
pub(crate) struct Compiled {
    target: Option<Target>,
    pub(crate) pattern: Option<Regex>,
}

/// A target is part of the root, which may be recursive, so it is held weakly: keep the root while its parts are used.
enum Target {
    Full(Weak<Full>),
    Simple(Schema),
}

impl Compiled {
    pub(crate) fn target(&self) -> Option<Schema> {
        match self.target.as_ref()? {
            Target::Full(full) => full.upgrade().map(|full| Schema(Form::Full(full))),
            Target::Simple(schema) => Some(schema.clone()),
        }
    }
}

impl Schema {
    /// Resolves references against this schema's `$defs`. Doing it again changes nothing.
    pub(crate) fn compile(&self) -> Result<(), SchemaError> {
        // A list instead of recursion: a chain of references may be as long as the text.
        let mut walk = Walk { root: self, seen: HashSet::new(), open: vec![self.clone()] };
        while let Some(schema) = walk.open.pop() {
            walk.schema(&schema)?;
        }
        Ok(())
    }

    /// What the reference of this schema points at.
    pub(crate) fn target(&self) -> Option<Schema> {
        self.as_full()?.compiled.get()?.target()
    }
}

struct Walk<'r> {
    root: &'r Schema,
    seen: HashSet<*const Full>,
    open: Vec<Schema>,
}

impl Walk<'_> {
    fn schema(&mut self, schema: &Schema) -> Result<(), SchemaError> {
        match &schema.0 {
            Form::Tuple(items) => self.open.extend(items.iter().cloned()),
            Form::Record(record) => {
                self.open.extend(record.properties.iter().map(|(_, property)| property.clone()));
                self.open.extend(record.additional.clone());
            }
            Form::Full(full) => self.full(full)?,
            _ => {}
        }
        Ok(())
    }

    fn full(&mut self, full: &Arc<Full>) -> Result<(), SchemaError> {
        if !self.seen.insert(Arc::as_ptr(full)) {
            return Ok(());
        }
        let target = full.reference.as_ref().map(|reference| self.find(reference)).transpose()?;
        self.open.extend(target.clone());
        let target = target.map(|target| match &target.0 {
            Form::Full(full) => Target::Full(Arc::downgrade(full)),
            _ => Target::Simple(target),
        });
        let parts = full.any_of.iter().chain(&full.one_of).chain(&full.prefix_items).chain(&full.items);
        let parts = parts.chain(&full.additional).chain(full.properties.iter().map(|(_, property)| property));
        self.open.extend(parts.cloned());
        let bounds =
            [&full.multiple_of, &full.maximum, &full.exclusive_maximum, &full.minimum, &full.exclusive_minimum];
        for digits in bounds.into_iter().flatten() {
            if digits.parse::<f64>().is_err() {
                return Err(SchemaError(format!("invalid number {}", gofmt::quoted(digits))));
            }
        }
        let counts = [
            &full.max_length,
            &full.min_length,
            &full.max_items,
            &full.min_items,
            &full.max_properties,
            &full.min_properties,
        ];
        for digits in counts.into_iter().flatten() {
            if digits.parse::<u64>().is_err() {
                let digits = gofmt::quoted(digits);
                return Err(SchemaError(format!("strconv.ParseUint: parsing {digits}: invalid syntax")));
            }
        }
        let pattern = full.pattern.as_deref().map(pattern).transpose()?;
        // Someone else may have compiled it meanwhile, to the same.
        let _ = full.compiled.set(Compiled { target, pattern });
        Ok(())
    }

    fn find(&self, reference: &str) -> Result<Schema, SchemaError> {
        let name = reference.strip_prefix("#/$defs/").filter(|name| !name.contains('/'));
        let Some(name) = name else {
            let problem = "only fragment references of the form #/$defs/ref are supported";
            return Err(SchemaError(problem.to_owned()));
        };
        let name = percent_decoded(name);
        let defs = self.root.as_full().map_or(&[][..], |full| &full.defs);
        crate::value::lookup(defs, &name)
            .cloned()
            .ok_or_else(|| SchemaError(format!("unknown subschema #/$defs/{name}")))
    }
}

fn pattern(text: &str) -> Result<Regex, SchemaError> {
    regex::bytes::RegexBuilder::new(text).size_limit(1 << 20).build().map_err(|error| {
        let drawn = error.to_string();
        let reason = match error {
            regex::Error::CompiledTooBig(_) => "expression too large",
            // The last line of a syntax error says what is wrong; the others draw it.
            _ => match drawn.lines().last().unwrap_or_default().trim_start_matches("error: ") {
                "unclosed group" => "missing closing )",
                "unopened group" => "unexpected )",
                reason => reason,
            },
        };
        SchemaError(format!("error parsing regexp: {reason}: `{text}`"))
    })
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
