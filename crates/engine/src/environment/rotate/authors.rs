//! Who answers for what a schedule draws in.
//!
//! Whoever opens an environment lends its definition their access: it draws in what they may open, and may send it
//! somewhere. They see that they do so. A schedule lends its editor's access to whatever definition there is when its time
//! comes, and nobody is there. So whoever wrote that definition must have the access too, and so must, of each that is
//! imported, whoever wrote it for what it imports in turn: nobody gets out of a schedule what they could not open.
//!
//! For the environment's own definition, the editor of the schedule answers in the place of its author, if it was there
//! when the schedule was edited.

use std::collections::{BTreeSet, HashMap, HashSet};

use lang::Program;
use ledger::{AccountId, Authorization, EnvironmentId, GrantSource};
use store::Read;
use store::environment::{self, Environment};
use store::organization::Organization;

use super::RotationSchedule;
use crate::access::{Level, held_by};
use crate::audit::Attempt;
use crate::environment::find::{Gather, Gathered};
use crate::error::{Error, What};
use crate::resolve::{Finder, Import, Rest};

/// Beyond this many environments no more are looked up, and the evaluator's own limit says so.
const MOST: usize = 1_000;
/// What an operator reads; the log has it as a missing permission.
const LACKING: &str = "whoever wrote what this schedule draws in may not open all of it";

/// Checks that everybody on whose word a scheduled rotation opens something may open it, and has nothing else opened.
pub(super) async fn check<R: Read>(
    read: &mut R,
    gather: &Gather,
    gathered: &mut Gathered,
    schedule: &RotationSchedule,
) -> Result<(), Error> {
    complete(read, gather, gathered).await?;
    if gather.attempt.is_import_denied() {
        return Err(Error::Forbidden("the editor of this schedule may not open all that it draws in"));
    }
    let Gathered { entered, environment, revision, root } = &*gathered;
    let found = root.imports.iter().filter_map(|(text, found)| Some((text.as_str(), found.as_ref().ok()?)));
    let drawn = Drawn { attempt: &gather.attempt, organization: &entered.organization, imports: found.collect() };
    let (number, author) = written(read, &environment.id, *revision).await?;
    if author != schedule.editor && number > schedule.seen_revision {
        drawn.require(read, &author, environment, Level::Write).await?;
        drawn.answers(read, &author, &root.program).await?;
    }
    for import in drawn.imports.values() {
        let Some(program) = import.program() else { continue };
        let (_, author) = written(read, &import.id, import.revision).await?;
        if author != schedule.editor {
            drawn.answers(read, &author, program).await?;
        }
    }
    Ok(())
}

/// Looks up what expressions reach, which is else looked up when the evaluator comes there, and leaves nothing for then.
async fn complete<R: Read>(read: &mut R, gather: &Gather, gathered: &mut Gathered) -> Result<(), Error> {
    let Gathered { entered, root, .. } = gathered;
    let (engine, attempt, entered) = (gather.engine.clone(), gather.attempt.clone(), entered.clone());
    let finder = Finder { engine, attempt, entered, level: Level::Open };
    root.rest = Rest::Refused;
    loop {
        let programs = root.imports.iter().filter_map(|(_, found)| found.as_ref().ok()?.program());
        let reached: BTreeSet<String> = programs.chain([&*root.program]).flat_map(draws_in).collect();
        let is_new = |text: &String| root.imports.iter().all(|(known, _)| known != text);
        let new: Vec<String> = reached.into_iter().filter(is_new).collect();
        if new.is_empty() || root.imports.len() > MOST {
            return Ok(());
        }
        for found in finder.imports(read, new).await? {
            if root.imports.iter().all(|(known, _)| *known != found.0) {
                root.imports.push(found);
            }
        }
    }
}

/// Everything that a definition draws in by itself.
fn draws_in(program: &Program) -> impl Iterator<Item = String> {
    program.imports().map(str::to_owned).chain(program.references())
}

async fn written<R: Read>(read: &mut R, id: &EnvironmentId, revision: u64) -> Result<(u64, AccountId), Error> {
    environment::written(read, id, revision).await?.ok_or(Error::Absent(What::Revision))
}

/// What a definition draws in.
struct Drawn<'a> {
    attempt: &'a Attempt,
    organization: &'a Organization,
    imports: HashMap<&'a str, &'a Import>,
}

impl Drawn<'_> {
    /// Checks that an author may open everything that a definition of theirs draws in, however deep.
    async fn answers<R: Read>(&self, read: &mut R, author: &AccountId, program: &Program) -> Result<(), Error> {
        let mut waiting: Vec<String> = draws_in(program).collect();
        let mut reached = HashSet::new();
        while let Some(text) = waiting.pop() {
            // What was not found is not drawn in either: without it nothing is evaluated.
            let Some(import) = self.imports.get(text.as_str()) else { continue };
            if !reached.insert(text) {
                continue;
            }
            let environment = environment::by_id(read, &import.id).await?.ok_or(Error::Absent(What::Environment))?;
            self.require(read, author, &environment, Level::Open).await?;
            waiting.extend(import.program().into_iter().flat_map(draws_in));
        }
        Ok(())
    }

    async fn require<R: Read>(
        &self,
        read: &mut R,
        author: &AccountId,
        environment: &Environment,
        need: Level,
    ) -> Result<(), Error> {
        let Self { attempt, organization, .. } = self;
        let held = held_by(read, organization, author, environment, attempt.context().now).await?;
        if held >= need {
            return Ok(());
        }
        tracing::warn!(%author, environment = %environment.id, "{LACKING}");
        attempt.authorization(Authorization {
            by: GrantSource::None,
            id: None,
            need: need.need(),
            held: Some(held.held()),
            policy: organization.access_version,
        });
        Err(Error::Forbidden(LACKING))
    }
}
