//! Environments and their imports.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::node::{Env, EnvId, ObjectThunk, Place, Repr, ThunkKind, ValueId};
use super::{Evaluator, Facts, ImportFact, Limits, Need};
use crate::Key;
use crate::gofmt;
use crate::json::{Json, Text};
use crate::program::Program;
use crate::schema::Schema;
use crate::source::to_u32;

/// The name of a root that has none.
const ANONYMOUS: &str = "<yaml>";

/// The imports that can be reached and are not answered yet, found without evaluating anything.
pub(super) fn unanswered(program: &Program, facts: &Facts, limits: &Limits) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut seen: HashSet<&str> = HashSet::from([program.name()]);
    let mut reached: Vec<(&Program, Option<usize>)> = vec![(program, None)];
    let mut at = 0;
    while let Some(&(importer, _)) = reached.get(at) {
        for text in importer.imports() {
            if seen.len() > limits.imports || !seen.insert(text) {
                continue;
            }
            match facts.imports.get(text) {
                Some(ImportFact::Program(imported)) if !imported.is_broken() => reached.push((imported, Some(at))),
                Some(_) => {}
                None => {
                    let mut chain = Vec::new();
                    let mut walk = Some(at);
                    while let Some(index) = walk {
                        chain.push(reached[index].0.name().to_owned());
                        walk = reached[index].1;
                    }
                    chain.reverse();
                    needs.push(Need::Import { text: text.to_owned(), chain });
                }
            }
        }
        at += 1;
    }
    needs
}

impl<'a> Evaluator<'a> {
    /// Evaluates an environment in the context of its importer.
    pub(super) fn environment(&mut self, program: &'a Program, importer: Option<EnvId>) -> EnvId {
        let id = EnvId(to_u32(self.envs.len()));
        let place = Place { env: id, node: None };
        let root = self.push_marker(place);
        let root_name = match importer.map(|importer| &self.env(importer).root_name) {
            Some(name) if !name.is_empty() && **name != *ANONYMOUS => Arc::clone(name),
            _ => Arc::clone(&program.name),
        };
        self.envs.push(Env { program, importer, root_name, root, imports: None, context: None });
        if importer.is_none() {
            self.imported.insert(Arc::clone(&program.name), None);
        }
        if self.envs.len() > self.limits.imports {
            let limit = self.limits.imports;
            self.exceed(|| format!("more than {limit} environments take part"));
            return id;
        }
        if !self.enter() {
            self.leave();
            return id;
        }
        let base = self.imports(id);
        let root = self.thunk_mut(root);
        root.base = base;
        root.kind = ThunkKind::Object(ObjectThunk { children: Vec::new(), properties: &program.ast.values });
        root.schema = Schema::any_object();
        self.declare_root(id);
        let root = self.env(id).root;
        self.evaluate(root, &super::thunk::Accept::ANY);
        self.leave();
        id
    }

    /// Evaluates the imports of an environment, and merges those that are to be merged.
    fn imports(&mut self, env: EnvId) -> Option<ValueId> {
        let program = self.env(env).program;
        let mut base = None;
        let mut all: HashMap<&Key, ValueId> = HashMap::new();
        for import in &program.ast.imports {
            let Some(name) = &import.name else { continue };
            let Some(value) = self.import(Place { env, node: import.node }, name) else { continue };
            all.insert(name, value);
            if import.is_merged() {
                let copy = self.copy(value);
                if let Some(base) = base {
                    self.merge(copy, base);
                }
                base = Some(copy);
            }
        }
        let mut entries: Vec<(Key, ValueId)> = all.into_iter().map(|(name, value)| (name.clone(), value)).collect();
        entries.sort_by(|left, right| left.0.cmp(&right.0));
        let value = self.synthetic_map(env, entries);
        self.envs[env.0 as usize].imports = Some(value);
        base
    }

    /// The value of an import, evaluated once. None if there is none; why has been reported, or asked.
    pub(super) fn import(&mut self, place: Place, name: &Arc<str>) -> Option<ValueId> {
        match self.imported.get(name) {
            Some(Some(value)) => return Some(*value),
            Some(None) => {
                self.error(place, None, format!("cyclic import of {name}"));
                return None;
            }
            None => {}
        }
        let facts = self.facts;
        match facts.imports.get(&**name) {
            None => {
                let asked = self.needs.iter().any(|need| matches!(need, Need::Import { text, .. } if **text == **name));
                if !asked {
                    let chain = self.chain(place.env).iter().map(ToString::to_string).collect();
                    self.need(Need::Import { text: name.to_string(), chain });
                }
                None
            }
            Some(ImportFact::Failed(reason)) => {
                self.error(place, None, reason.as_str());
                None
            }
            Some(ImportFact::Broken(diagnostics)) => {
                self.diagnostics.extend(diagnostics.iter().cloned());
                None
            }
            Some(ImportFact::Program(program)) => {
                self.diagnostics.extend(program.diagnostics.iter().cloned());
                if program.is_broken() {
                    return None;
                }
                self.imported.insert(Arc::clone(name), None);
                let env = self.environment(program, Some(place.env));
                let root = self.env(env).root;
                let value = self.thunk(root).value;
                match value {
                    Some(value) => self.imported.insert(Arc::clone(name), Some(value)),
                    None => self.imported.remove(name),
                };
                value
            }
        }
    }

    /// Follows `environments.PROJECT.ENV…`: an import on demand that merges nothing.
    pub(super) fn environment_reference(&mut self, place: Place, project: &str, name: &str) -> ValueId {
        let import: Arc<str> = format!("{project}/{name}").into();
        let value = self.import(place, &import).unwrap_or_else(|| {
            let marker = self.push_marker(Place { env: place.env, node: None });
            self.push_unknown(marker, Schema::ALWAYS)
        });
        let environment = self.nested(place, name, value);
        let project = self.nested(place, project, environment);
        self.nested(place, "environments", project)
    }

    /// An object with one property.
    fn nested(&mut self, place: Place, key: &str, value: ValueId) -> ValueId {
        let marker = self.push_marker(place);
        let key = Key::from(key);
        let schema = Schema::record(vec![(key.clone(), self.value(value).schema.clone())]);
        self.push_value(marker, schema, Repr::Map(vec![(key, value)]))
    }

    /// A map that no text declares.
    fn synthetic_map(&mut self, env: EnvId, entries: Vec<(Key, ValueId)>) -> ValueId {
        let schemas = entries.iter().map(|(key, value)| (key.clone(), self.value(*value).schema.clone())).collect();
        let marker = self.push_marker(Place { env, node: None });
        self.push_value(marker, Schema::record(schemas), Repr::Map(entries))
    }

    /// What `context` is in an environment: the caller's, with the names of this environment and of the root.
    pub(super) fn context(&mut self, env: EnvId) -> ValueId {
        if let Some(context) = self.env(env).context {
            return context;
        }
        let named = |name: &Arc<str>| Json::Map(vec![("name".into(), Json::String(Text::Str(Arc::clone(name))))]);
        let current = named(&self.env(env).program.name);
        let root = named(&self.env(env).root_name);
        let facts = self.facts;
        let mut entries: Vec<(Key, Json)> = facts
            .context
            .iter()
            .filter(|(key, _)| *key != "currentEnvironment" && *key != "rootEnvironment")
            .map(|(key, value)| (Key::from(key.as_str()), Json::from_serde(value)))
            .collect();
        entries.push(("currentEnvironment".into(), current));
        entries.push(("rootEnvironment".into(), root));
        entries.sort_by(|left, right| left.0.cmp(&right.0));
        let marker = self.push_marker(Place { env, node: None });
        let context = self.data(marker, &Json::Map(entries));
        self.envs[env.0 as usize].context = Some(context);
        context
    }

    /// Reports a key of `values` that means something else.
    pub(super) fn reserved(&mut self, place: Place, key: &str) {
        self.error(place, None, format!("{} is a reserved key", gofmt::quoted(key)));
    }
}
