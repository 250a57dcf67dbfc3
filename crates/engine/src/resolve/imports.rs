//! Looking up a definition and what it imports, with the caller's permission for each, in one
//! question.

use std::collections::VecDeque;
use std::sync::Arc;

use lang::{Diagnostic, Program};
use ledger::EnvironmentId;
use store::{Question, Read, StoreError};

use crate::Engine;
use crate::access::{Entered, Level, permit};
use crate::audit::Attempt;
use crate::environment::revision_number;
use crate::error::{Error, What};
use crate::name::EnvironmentName;

/// How many environments one definition may draw in, and how deep: beyond it the evaluator's own
/// limits say so.
const MOST: usize = 1_000;

/// An environment that was imported.
#[derive(Clone)]
pub(crate) struct Import {
    /// Which.
    pub(crate) id: EnvironmentId,
    /// `project/environment`, with the version if the import names one.
    pub(crate) name: String,
    /// At which revision.
    pub(crate) revision: u64,
    /// Its program, or why it has none.
    pub(super) program: Result<Arc<Program>, Vec<Diagnostic>>,
}

impl Import {
    /// Its program, if it has one.
    pub(crate) fn program(&self) -> Option<&Program> {
        self.program.as_deref().ok()
    }
}

/// What an import led to, or the text that the author of the definition sees.
pub(crate) type Found = (String, Result<Import, String>);

/// Looks up imports, and theirs.
struct FindImports {
    finder: Finder,
    texts: Vec<String>,
}

/// Looks things up for one caller.
pub(crate) struct Finder {
    pub(crate) engine: Engine,
    pub(crate) attempt: Attempt,
    pub(crate) entered: Entered,
    pub(crate) level: Level,
}

impl Question for FindImports {
    type Answer = Result<Vec<Found>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.finder.imports(read, self.texts.clone()).await)
    }
}

impl Finder {
    /// Finds imports, and theirs: what the evaluator would ask for next.
    pub(crate) async fn imports<R: Read>(&self, read: &mut R, texts: Vec<String>) -> Result<Vec<Found>, Error> {
        let mut all: Vec<Found> = Vec::with_capacity(texts.len());
        let mut waiting = VecDeque::from(texts);
        while let Some(text) = waiting.pop_front() {
            if all.len() >= MOST || all.iter().any(|(known, _)| *known == text) {
                continue;
            }
            match self.import(read, &text).await {
                Ok(import) => {
                    if let Ok(program) = &import.program {
                        waiting.extend(program.imports().map(str::to_owned));
                    }
                    all.push((text, Ok(import)));
                }
                Err(error @ Error::Store(_)) => return Err(error),
                // Whoever gets this far may see the environment.
                Err(error @ Error::Retracted { .. }) => all.push((text.clone(), Err(format!("{text:?}: {error}")))),
                Err(error) => {
                    if error.is_denial() {
                        self.attempt.import_denied();
                    }
                    // The same words whether it is not there or must not be seen.
                    let message = format!("environment {text:?} not found");
                    all.push((text, Err(message)));
                }
            }
        }
        Ok(all)
    }

    async fn import<R: Read>(&self, read: &mut R, text: &str) -> Result<Import, Error> {
        let organization = &self.entered.organization;
        let (name, version) = EnvironmentName::import(&organization.name, text)?;
        let found = store::environment::find(read, &organization.id, name.project(), name.environment()).await?;
        let environment = found.ok_or(Error::Absent(What::Environment))?;
        permit(read, &self.attempt, &self.entered, &environment, self.level).await?;
        let revision = revision_number(read, &environment, &version).await?;
        // An import that names its revision has another name in ranges than one that does not.
        let name = match text.split_once('@') {
            Some((_, version)) => format!("{}@{version}", name.qualified()),
            None => name.qualified(),
        };
        let program = self.engine.program(read, &environment, revision, &name).await?;
        Ok(Import { id: environment.id, name, revision, program })
    }

    /// Finds what a program imports, all the way down.
    pub(crate) async fn imports_of<R: Read>(&self, read: &mut R, program: &Program) -> Result<Vec<Found>, Error> {
        self.imports(read, program.imports().map(str::to_owned).collect()).await
    }
}

/// Whether the caller may open an environment: asked where a ciphertext of it stands in an
/// anonymous definition.
struct MayOpen {
    attempt: Attempt,
    entered: Entered,
    environment: EnvironmentId,
}

impl Question for MayOpen {
    type Answer = Result<bool, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.holds(read).await)
    }
}

impl MayOpen {
    async fn holds<R: Read>(&self, read: &mut R) -> Result<bool, Error> {
        let environment = store::environment::by_id(read, &self.environment).await?;
        let Some(environment) = environment.filter(|environment| environment.deleted_at.is_none()) else {
            return Ok(false);
        };
        match permit(read, &self.attempt, &self.entered, &environment, Level::Open).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_denial() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Engine {
    pub(super) async fn find_imports(
        &self,
        attempt: &Attempt,
        entered: &Entered,
        texts: Vec<String>,
        level: Level,
    ) -> Result<Vec<Found>, Error> {
        let finder = Finder { engine: self.clone(), attempt: attempt.clone(), entered: entered.clone(), level };
        self.store().ask(FindImports { finder, texts }).await?
    }

    pub(super) async fn may_open(
        &self,
        attempt: &Attempt,
        entered: &Entered,
        environment: EnvironmentId,
    ) -> Result<bool, Error> {
        let question = MayOpen { attempt: attempt.clone(), entered: entered.clone(), environment };
        self.store().ask(question).await?
    }
}
