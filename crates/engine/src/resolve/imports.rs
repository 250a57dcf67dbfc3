//! Looking up imports, with the caller's permission for each.

use ledger::EnvironmentId;
use store::{Question, Read, StoreError};

use super::programs::Source;
use crate::Engine;
use crate::access::{Entered, Level, permit};
use crate::audit::Attempt;
use crate::environment::revision_of;
use crate::error::Error;
use crate::name::EnvironmentName;

/// An environment that was imported.
#[derive(Clone)]
pub(crate) struct Import {
    /// Which.
    pub(crate) id: EnvironmentId,
    /// `project/environment`, with the version if the import names one.
    pub(crate) name: String,
    /// At which revision.
    pub(crate) revision: u64,
    definition: String,
}

impl Import {
    pub(crate) fn as_source(&self) -> Source<'_> {
        Source { environment: self.id, revision: self.revision, name: &self.name, definition: &self.definition }
    }
}

/// What an import led to, or the text that the author of the definition sees.
type Found = (String, Result<Import, String>);

struct FindImports {
    attempt: Attempt,
    entered: Entered,
    texts: Vec<String>,
    level: Level,
}

impl Question for FindImports {
    type Answer = Result<Vec<Found>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let mut all = Vec::with_capacity(self.texts.len());
        for text in &self.texts {
            match self.find(read, text).await {
                Ok(import) => all.push((text.clone(), Ok(import))),
                Err(error @ Error::Store(_)) => return Ok(Err(error)),
                Err(error) => {
                    if error.is_denial() {
                        self.attempt.import_denied();
                    }
                    // The same words whether it is not there or must not be seen.
                    all.push((text.clone(), Err(format!("environment {text:?} not found"))));
                }
            }
        }
        Ok(Ok(all))
    }
}

impl FindImports {
    async fn find<R: Read>(&self, read: &mut R, text: &str) -> Result<Import, Error> {
        let organization = &self.entered.organization;
        let (name, version) = EnvironmentName::import(&organization.name, text)?;
        let found = store::environment::find(read, &organization.id, name.project(), name.environment()).await?;
        let environment = found.ok_or(Error::Absent(crate::What::Environment))?;
        permit(&self.attempt, &self.entered, &environment, self.level)?;
        let revision = revision_of(read, &environment, &version).await?;
        let name = match text.split_once('@') {
            Some((_, version)) => format!("{}@{version}", name.qualified()),
            None => name.qualified(),
        };
        Ok(Import { id: environment.id, name, revision: revision.number, definition: revision.definition })
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
    type Answer = bool;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<bool, StoreError> {
        let environment = store::environment::by_id(read, &self.environment).await?;
        Ok(environment.is_some_and(|environment| {
            environment.deleted_at.is_none() && permit(&self.attempt, &self.entered, &environment, Level::Open).is_ok()
        }))
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
        let question = FindImports { attempt: attempt.clone(), entered: entered.clone(), texts, level };
        self.store().ask(question).await?
    }

    pub(super) async fn may_open(
        &self,
        attempt: &Attempt,
        entered: &Entered,
        environment: EnvironmentId,
    ) -> Result<bool, Error> {
        let question = MayOpen { attempt: attempt.clone(), entered: entered.clone(), environment };
        Ok(self.store().ask(question).await?)
    }
}
