//! Evaluation: a pure function of a program and of the facts known so far.
//!
//! Expressions are evaluated on demand and once ([`node::Thunk`]); values are nodes in an arena that refer to the
//! values they are merged over ([`node::ValueNode`]). All recursion is counted and bounded.

mod access;
mod builtins;
mod declare;
mod export;
mod facts;
mod import;
mod node;
mod thunk;
mod validate;
mod value;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use facts::{
    CallKey, CallKind, DecryptionKey, Evaluation, Facts, ImportFact, Limits, Mode, Need, Plaintext, ProviderSchema,
    Rotation, RotationStatus,
};

use self::node::{Env, EnvId, Place, Repr, Sources, Taint, Thunk, ThunkId, ThunkKind, ValueId, ValueNode};
use crate::diagnostics::Diagnostic;
use crate::program::Program;
use crate::schema::Schema;
use crate::value::SecretSource;

/// Evaluates a program as far as the facts allow.
///
/// While an import is unanswered, only imports are asked for, because an import may override what would have been
/// called. A pass with needs yields neither diagnostics nor an environment. An empty program yields nothing at all.
pub fn evaluate(program: &Program, facts: &Facts, mode: Mode<'_>, limits: &Limits) -> Evaluation {
    if program.is_empty() {
        return Evaluation::default();
    }
    let needs = import::unanswered(program, facts, limits);
    if !needs.is_empty() {
        return Evaluation { needs, ..Evaluation::default() };
    }
    let mut evaluator = Evaluator::new(program, facts, mode, limits);
    let root = evaluator.environment(program, None);
    let environment = (evaluator.exceeded.is_none() && evaluator.needs.is_empty())
        .then(|| evaluator.export_environment(root))
        .filter(|_| evaluator.exceeded.is_none());
    if let Some(problem) = evaluator.exceeded {
        let diagnostics = vec![Diagnostic::error(problem, None, String::new())];
        evaluator.rotations.retain(|rotation| rotation.status != RotationStatus::NotEvaluated);
        return Evaluation { diagnostics, rotations: evaluator.rotations, ..Evaluation::default() };
    }
    if !evaluator.needs.is_empty() {
        let mut needs = evaluator.needs;
        if needs.iter().any(|need| matches!(need, Need::Import { .. })) {
            needs.retain(|need| matches!(need, Need::Import { .. }));
        }
        return Evaluation { needs, ..Evaluation::default() };
    }
    Evaluation { environment, diagnostics: evaluator.diagnostics, needs: Vec::new(), rotations: evaluator.rotations }
}

struct Evaluator<'a> {
    facts: &'a Facts,
    mode: Mode<'a>,
    limits: &'a Limits,
    envs: Vec<Env<'a>>,
    thunks: Vec<Thunk<'a>>,
    values: Vec<ValueNode>,
    /// For each accessor of each access: the expression that its value comes from, once it is reached.
    slots: Vec<Option<ThunkId>>,
    /// The imports by text: none while one is being evaluated.
    imported: HashMap<Arc<str>, Option<ValueId>>,
    sources: Vec<SecretSource>,
    /// Schemas whose parts are in use: see [`crate::schema`].
    schemas: Vec<Schema>,
    diagnostics: Vec<Diagnostic>,
    needs: Vec<Need>,
    rotations: Vec<Rotation>,
    asked: (HashSet<DecryptionKey>, HashSet<CallKey>),
    depth: usize,
    made: usize,
    suggested: usize,
    steps: usize,
    bytes: usize,
    /// Whether what is wrong must not be said in full, because the schema at hand is a secret.
    is_veiled: bool,
    /// Which limit was exceeded.
    exceeded: Option<String>,
}

impl<'a> Evaluator<'a> {
    fn new(program: &'a Program, facts: &'a Facts, mode: Mode<'a>, limits: &'a Limits) -> Self {
        let size = program.ast.exprs.len();
        Self {
            facts,
            mode,
            limits,
            envs: Vec::with_capacity(facts.imports.len() + 1),
            thunks: Vec::with_capacity(size + 16),
            values: Vec::with_capacity(size * 2 + 32),
            slots: Vec::with_capacity(size),
            imported: HashMap::new(),
            sources: Vec::new(),
            schemas: Vec::new(),
            diagnostics: Vec::new(),
            needs: Vec::new(),
            rotations: Vec::new(),
            asked: Default::default(),
            depth: 0,
            made: 0,
            suggested: 0,
            steps: 0,
            bytes: 0,
            is_veiled: false,
            exceeded: None,
        }
    }

    /// Whether providers are left alone, because only mistakes are looked for.
    fn is_validating(&self) -> bool {
        matches!(self.mode, Mode::Check { .. })
    }

    /// Whether the rotators of an environment may rotate.
    fn is_rotating(&self, env: EnvId) -> bool {
        matches!(self.mode, Mode::Rotate { .. }) && self.is_root(env)
    }

    fn is_root(&self, env: EnvId) -> bool {
        self.env(env).importer.is_none()
    }

    fn is_decrypting(&self) -> bool {
        !matches!(self.mode, Mode::Check { show_secrets: false })
    }

    fn thunk(&self, id: ThunkId) -> &Thunk<'a> {
        &self.thunks[id.0 as usize]
    }

    fn thunk_mut(&mut self, id: ThunkId) -> &mut Thunk<'a> {
        &mut self.thunks[id.0 as usize]
    }

    fn value(&self, id: ValueId) -> &ValueNode {
        &self.values[id.0 as usize]
    }

    fn value_mut(&mut self, id: ValueId) -> &mut ValueNode {
        &mut self.values[id.0 as usize]
    }

    fn env(&self, id: EnvId) -> &Env<'a> {
        &self.envs[id.0 as usize]
    }

    fn push_value(&mut self, def: ThunkId, schema: Schema, repr: Repr) -> ValueId {
        self.charge_value();
        let id = ValueId(crate::source::to_u32(self.values.len()));
        self.values.push(ValueNode {
            def,
            base: None,
            schema,
            repr,
            unknown: false,
            pending: false,
            secret: false,
            rotate_only: false,
            is_final: false,
            sources: None,
            exported: None,
        });
        id
    }

    fn push_unknown(&mut self, def: ThunkId, schema: Schema) -> ValueId {
        let id = self.push_value(def, schema, Repr::Null);
        self.value_mut(id).unknown = true;
        id
    }

    /// Lets what parts are flow into what is made of them.
    fn taint(&mut self, id: ValueId, taint: &Taint) {
        let value = self.value_mut(id);
        value.unknown |= taint.unknown;
        value.pending |= taint.pending;
        value.secret |= taint.secret;
        value.sources = node::union(&value.sources, &taint.sources);
    }

    fn make_secret(&mut self, id: ValueId, sources: &Sources) {
        let value = self.value_mut(id);
        value.secret = true;
        value.sources = node::union(&value.sources, sources);
    }

    /// Reports an error at a place; at a part of it where that is known.
    fn error(&mut self, place: Place, span: Option<crate::source::Span>, summary: impl Into<String>) {
        let diagnostic = self.diagnostic(place, span, summary.into());
        self.diagnostics.push(diagnostic);
    }

    fn warning(&mut self, place: Place, summary: impl Into<String>) {
        let diagnostic = self.diagnostic(place, None, summary.into());
        self.diagnostics.push(Diagnostic { severity: crate::Severity::Warning, ..diagnostic });
    }

    fn diagnostic(&self, place: Place, span: Option<crate::source::Span>, summary: String) -> Diagnostic {
        let program = self.env(place.env).program;
        let (range, path) = match place.node {
            None => (None, String::new()),
            Some(node) => {
                let span = span.unwrap_or(program.ast.span(node));
                (Some(span.in_environment(&program.name)), program.ast.tree.path(node))
            }
        };
        Diagnostic::error(summary, range, path)
    }

    /// Goes one level down. False beyond the limit, and then nothing deeper may be done.
    fn enter(&mut self) -> bool {
        self.depth += 1;
        if self.depth > self.limits.depth {
            let limit = self.limits.depth;
            self.exceed(|| format!("values, references and imports nest deeper than {limit} levels"));
        }
        self.exceeded.is_none()
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn charge(&mut self, steps: usize) {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > self.limits.steps {
            let limit = self.limits.steps;
            self.exceed(|| format!("the evaluation takes more than {limit} steps"));
        }
    }

    /// Counts a value or an expression that was made or is given out.
    fn charge_value(&mut self) {
        self.made += 1;
        if self.made > self.limits.values {
            let limit = self.limits.values;
            self.exceed(|| format!("the evaluation makes more than {limit} values"));
        }
    }

    /// Whether to look for the name that someone may have meant. That is slow, so only the first mistakes get one.
    fn may_suggest(&mut self, name: &str, candidates: usize) -> bool {
        const MISTAKES: usize = 100;
        const CANDIDATES: usize = 256;
        const LENGTH: usize = 64;
        let may = self.suggested < MISTAKES && candidates <= CANDIDATES && name.len() <= LENGTH;
        self.suggested += usize::from(may);
        may
    }

    /// Counts bytes of text that were made. False beyond the limit.
    fn charge_bytes(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.limits.bytes {
            let limit = self.limits.bytes;
            self.exceed(|| format!("functions and references make more than {limit} bytes of text"));
        }
        self.exceeded.is_none()
    }

    fn exceed(&mut self, problem: impl FnOnce() -> String) {
        if self.exceeded.is_none() {
            self.exceeded = Some(problem());
        }
    }

    /// Asks for something. The same environment may take part under two names, and is still asked about once.
    fn need(&mut self, need: Need) {
        let is_new = match &need {
            Need::Import { .. } => true,
            Need::Decrypt(key) => self.asked.0.insert(key.clone()),
            Need::Call { key, .. } => self.asked.1.insert(key.clone()),
        };
        if is_new {
            self.needs.push(need);
        }
    }

    /// A new source of secrets: a call, by the object that holds it.
    fn add_source(&mut self, place: Place) -> Arc<[u32]> {
        let program = self.env(place.env).program;
        let path = place.node.map_or_else(String::new, |node| program.ast.tree.path_below_top(node));
        let via = self.chain(place.env).iter().skip(1).map(ToString::to_string).collect();
        self.sources.push(SecretSource { environment: program.name.to_string(), path, via });
        Arc::from([crate::source::to_u32(self.sources.len() - 1)])
    }

    /// The names of the environments from the root to one, both included.
    fn chain(&self, env: EnvId) -> Vec<Arc<str>> {
        let mut names = Vec::new();
        let mut at = Some(env);
        while let Some(env) = at {
            let env = self.env(env);
            names.push(Arc::clone(&env.program.name));
            at = env.importer;
        }
        names.reverse();
        names
    }

    /// A thunk for something that is only a place.
    fn push_marker(&mut self, place: Place) -> ThunkId {
        self.push_thunk(place, ThunkKind::Missing, Schema::ALWAYS)
    }

    fn push_thunk(&mut self, place: Place, kind: ThunkKind<'a>, schema: Schema) -> ThunkId {
        let id = ThunkId(crate::source::to_u32(self.thunks.len()));
        self.thunks.push(Thunk {
            place,
            kind,
            parent: None,
            step: node::PathStep::None,
            base: None,
            schema,
            state: node::State::Declared,
            value: None,
            secret: None,
        });
        id
    }
}
