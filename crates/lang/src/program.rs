//! A parsed definition, ready to be evaluated any number of times.

use std::sync::Arc;

use crate::ast::{Access, Ast, ExprKind};
use crate::diagnostics::Diagnostic;
use crate::eval::Limits;
use crate::path::Step;

/// A parsed definition: immutable, and cheap to share in an [`Arc`].
pub struct Program {
    pub(crate) name: Arc<str>,
    pub(crate) ast: Ast,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// What parsing gave. A broken definition often still has a program, so that it can be checked further.
#[derive(Debug)]
pub struct Parsed {
    /// The program, unless the text is no YAML at all.
    pub program: Option<Program>,
    /// What parsing found; also kept in the program.
    pub diagnostics: Vec<Diagnostic>,
}

impl Program {
    /// Parses a definition. `name` becomes the `environment` of every range: `project/env`, or `<yaml>`.
    pub fn parse(name: &str, source: &str) -> Parsed {
        Self::parse_within(name, source, &Limits::default())
    }

    /// Parses a definition that may have other limits than the default ones.
    pub fn parse_within(name: &str, source: &str, limits: &Limits) -> Parsed {
        let name: Arc<str> = name.into();
        let (ast, diagnostics) = crate::ast::parse(&name, source, limits);
        let program = ast.map(|ast| Self { name, ast, diagnostics: diagnostics.clone() });
        Parsed { program, diagnostics }
    }

    /// The name it was parsed under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What parsing found.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Whether parsing found an error. Such a program can be evaluated, but not imported.
    pub fn is_broken(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The texts of the imports, in order, as written.
    pub fn imports(&self) -> impl Iterator<Item = &str> {
        self.ast.imports.iter().filter_map(|import| import.name.as_deref())
    }

    /// The environments that expressions reach through `environments.PROJECT.ENV`, as an import would name them.
    pub fn references(&self) -> impl Iterator<Item = String> {
        let accesses = self.ast.exprs.iter().flat_map(|expr| -> Vec<&Access> {
            match &expr.kind {
                ExprKind::Symbol(access) => vec![access],
                ExprKind::Interpolation(parts) => parts.iter().filter_map(|part| part.access.as_ref()).collect(),
                _ => Vec::new(),
            }
        });
        accesses.filter_map(|access| {
            let mut keys = access.accessors.iter().map(|accessor| match &accessor.step {
                Step::Key(key) => Some(&**key),
                Step::Index(_) => None,
            });
            keys.next().flatten().filter(|first| *first == "environments")?;
            Some(format!("{}/{}", keys.next().flatten()?, keys.next().flatten()?))
        })
    }

    /// The expression tree as JSON, for tests and tools. Holds plaintext secrets where the text does.
    pub fn dump(&self) -> serde_json::Value {
        self.ast.dump(&self.name)
    }

    /// Whether there is nothing to evaluate: no values and no imports.
    pub fn is_empty(&self) -> bool {
        self.ast.values.is_empty() && self.ast.imports.is_empty()
    }
}

/// Prints the name only: the text may hold secrets.
impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("name", &self.name).finish_non_exhaustive()
    }
}
