//! Parsed definitions, kept by revision: a revision never changes, so neither does its program.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use lang::{Diagnostic, Program};
use ledger::EnvironmentId;
use store::Read;
use store::environment::{self, Environment};

use crate::Engine;
use crate::error::{Error, What};

/// How many bytes of definitions are kept parsed. Beyond it the memory is emptied, and fills again.
const KEPT: usize = 32 << 20;

/// The parsed definitions. None holds a plaintext: stored definitions have only ciphertexts.
#[derive(Default)]
pub(crate) struct Programs(RwLock<Kept>);

/// Which environment, which revision, and the version that its name in ranges has: one revision has
/// several names if it is imported by its number and by tags.
type Key = (EnvironmentId, u64, Option<Box<str>>);

/// What a program takes at least, however short its definition is.
const LEAST: usize = 1 << 10;

#[derive(Default)]
struct Kept {
    programs: HashMap<Key, Arc<Program>>,
    bytes: usize,
}

impl Engine {
    /// The program of a stored definition, from memory or else from the database.
    pub(crate) async fn program<R: Read>(
        &self,
        read: &mut R,
        environment: &Environment,
        revision: u64,
        name: &str,
    ) -> Result<Result<Arc<Program>, Vec<Diagnostic>>, Error> {
        let key = (environment.id, revision, name.split_once('@').map(|(_, version)| version.into()));
        let known = self.0.programs.0.read().expect("no one panics while looking up").programs.get(&key).cloned();
        if let Some(program) = known {
            return Ok(Ok(program));
        }
        let stored = environment::revision(read, &environment.id, revision).await?;
        let definition = stored.ok_or(Error::Absent(What::Revision))?.definition;
        let parsed = Program::parse(name, &definition);
        let Some(program) = parsed.program else { return Ok(Err(parsed.diagnostics)) };
        let program = Arc::new(program);
        self.keep(key, &program, definition.len());
        Ok(Ok(program))
    }

    fn keep(&self, key: Key, program: &Arc<Program>, bytes: usize) {
        let mut kept = self.0.programs.0.write().expect("no one panics while keeping");
        let bytes = bytes.max(LEAST);
        if kept.bytes + bytes > KEPT {
            *kept = Kept::default();
        }
        kept.bytes += bytes;
        kept.programs.insert(key, Arc::clone(program));
    }
}
