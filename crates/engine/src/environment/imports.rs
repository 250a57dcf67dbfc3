//! The index of imports: what of a definition goes into it, and what was written before there was one.

use lang::Program;
use store::import::{self, Import, Unindexed};
use store::{Chore, Question, Read, StoreError};

use crate::Engine;
use crate::name::{EnvironmentName, Version};
use crate::tag::LATEST;

/// How many revisions are read at once for the index.
const STRIDE: i64 = 256;

/// What a definition in an organisation imports. A text that no environment can have is no import.
pub(super) fn imports(organization: &str, definition: &str) -> Vec<Import> {
    let Some(program) = Program::parse("", definition).program else { return Vec::new() };
    let texts = program.imports().map(str::to_owned).chain(program.references());
    let mut imports: Vec<Import> = texts.filter_map(|text| import(organization, &text)).collect();
    imports.sort();
    imports.dedup();
    imports
}

fn import(organization: &str, text: &str) -> Option<Import> {
    let (name, version) = EnvironmentName::import(organization, text).ok()?;
    Some(Import {
        project: name.project().to_owned(),
        name: name.environment().to_owned(),
        version: match version {
            Version::Newest => LATEST.to_owned(),
            Version::Number(number) => number.to_string(),
            Version::Tag(tag) => tag,
        },
    })
}

struct NextUnindexed;

impl Question for NextUnindexed {
    type Answer = Vec<Unindexed>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        import::unindexed(read, STRIDE).await
    }
}

impl Engine {
    /// Indexes the imports of revisions that were stored without: by a version of this program that
    /// knew no index. Gives how many there were.
    pub async fn index_imports(&self) -> Result<u64, StoreError> {
        let mut indexed = 0;
        loop {
            let revisions = self.store().ask(NextUnindexed).await?;
            if revisions.is_empty() {
                return Ok(indexed);
            }
            let read = |Unindexed { environment, organization, revision }: Unindexed| {
                // Imports lead within an organisation, so that its name is in none of them.
                (environment, revision.number, imports(organization.as_str(), &revision.definition))
            };
            indexed += self.store().chore(Chore::Imports(revisions.into_iter().map(read).collect())).await?;
        }
    }
}
