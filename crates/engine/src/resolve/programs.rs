//! Parsed definitions, kept by revision: a revision never changes, so neither does its program.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use lang::{Diagnostic, Program};
use ledger::EnvironmentId;

use crate::Engine;

/// How many bytes of definitions are kept parsed. Beyond it the memory is emptied, and fills again.
const KEPT: usize = 32 << 20;

/// A stored definition, and the name its ranges get.
pub(crate) struct Source<'a> {
    pub(crate) environment: EnvironmentId,
    pub(crate) revision: u64,
    pub(crate) name: &'a str,
    pub(crate) definition: &'a str,
}

/// The parsed definitions. None holds a plaintext: stored definitions have only ciphertexts.
#[derive(Default)]
pub(crate) struct Programs(RwLock<Kept>);

type Key = (EnvironmentId, u64, bool);

#[derive(Default)]
struct Kept {
    programs: HashMap<Key, Arc<Program>>,
    bytes: usize,
}

impl Engine {
    /// The program of a stored definition.
    pub(crate) fn program(&self, source: &Source<'_>) -> Result<Arc<Program>, Vec<Diagnostic>> {
        // An import that names its revision has another name in ranges than one that does not.
        let key = (source.environment, source.revision, source.name.contains('@'));
        let cache = &self.0.programs.0;
        if let Some(program) = cache.read().expect("no one panics while looking up").programs.get(&key) {
            return Ok(Arc::clone(program));
        }
        let parsed = Program::parse(source.name, source.definition);
        let program = Arc::new(parsed.program.ok_or(parsed.diagnostics)?);
        let mut kept = cache.write().expect("no one panics while keeping");
        if kept.bytes + source.definition.len() > KEPT {
            *kept = Kept::default();
        }
        kept.bytes += source.definition.len();
        kept.programs.insert(key, Arc::clone(&program));
        Ok(program)
    }
}
