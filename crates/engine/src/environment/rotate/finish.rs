//! The commit after all targets were asked: what came of each, and the definition that has it.

use std::sync::Arc;

use lang::Patch;
use ledger::{AccountId, Detail, EventId, Outcome, Reason, Statement, Target};
use store::environment::{self, Environment, Revision};
use store::rotation::{self, RotatedPath, Rotation, State};
use store::{Command, Done, Records, Tx};

use super::placing::place;
use super::watch::Watch;
use super::{Rotated, RotationEvent};
use crate::Engine;
use crate::audit::Attempt;
use crate::environment::imports::imports;
use crate::environment::target;
use crate::error::{Error, What};
use crate::keys::OwnedKey;
use crate::log::intent;

/// What came of one rotator.
pub(super) struct Step {
    /// Where it stands, below `values`.
    pub(super) path: String,
    /// The event that announced it, unless it was not asked.
    pub(super) intent: Option<EventId>,
    /// What the log says of it.
    pub(super) outcome: Attempt,
    /// Its new state and where that is written, or what is wrong.
    pub(super) state: Result<Patch, String>,
}

/// Commits what came of a rotation. No permission is needed for that: what was set at a target was set.
pub(super) struct Finish {
    pub(super) engine: Engine,
    /// What the log says where nothing was to be rotated.
    pub(super) whole: Attempt,
    /// What it says of the new revision.
    pub(super) updated: Attempt,
    /// What it says of a revision that keeps states which have no place in the newest definition.
    pub(super) kept: Attempt,
    /// The name of the organisation.
    pub(super) organization: String,
    pub(super) environment: Rotated,
    pub(super) account: AccountId,
    pub(super) schedule: Option<String>,
    pub(super) key: Arc<OwnedKey>,
    /// The rotation, if it has begun.
    pub(super) rotation: Option<EventId>,
    /// Says that it goes on until it is over.
    pub(super) _running: Option<(EventId, Watch)>,
    pub(super) steps: Vec<Step>,
    pub(super) now: i64,
}

/// What is to be said of a step.
type Problem = Option<String>;

/// Why a new state has no place in the definition. What is about to be set stays, and the next rotation takes it.
const MOVED: &str = "the definition was changed meanwhile, and the new state has no place in it; rotate again";

/// What is to be stored: the definition that was rotated, if a new state has no place in the newest, and that one.
struct Written {
    kept: Option<String>,
    newest: Option<String>,
    problems: Vec<Problem>,
}

impl Finish {
    /// Puts the new states where they belong, and says what is to be said of each step. `rotated` is the definition that
    /// was rotated.
    fn write(&self, newest: &Revision, rotated: &str) -> Written {
        let patches: Vec<&Patch> = self.steps.iter().filter_map(|step| step.state.as_ref().ok()).collect();
        let seal = |text: &String| self.engine.encrypt_with(&self.key, text).ok();
        let sealed = place(&newest.definition, rotated, &patches).and_then(|placed| {
            let kept = placed.rotated.as_ref().map(seal);
            Some((placed.fits, seal(&placed.newest)?, kept.map_or(Some(None), |kept| kept.map(Some))?))
        });
        let (fits, text, kept) = sealed.unwrap_or_else(|| (vec![false; patches.len()], String::new(), None));
        let moved = match &kept {
            Some(_) => format!(
                "the definition was changed meanwhile, and the new state has no place in it; revision {} has it",
                newest.number + 1
            ),
            None => MOVED.to_owned(),
        };
        let newest = (kept.is_some() || fits.contains(&true)).then_some(text);
        let mut fits = fits.into_iter();
        let problems = self.steps.iter().map(|step| match &step.state {
            Err(problem) => Some(problem.clone()),
            Ok(_) => (fits.next() != Some(true)).then(|| moved.clone()),
        });
        Written { problems: problems.collect(), kept, newest }
    }

    /// Stores a definition as the revision after one, and says so.
    async fn store<T: Tx>(
        &self,
        tx: &mut T,
        environment: &Environment,
        before: u64,
        definition: String,
        updated: &Attempt,
    ) -> Result<Records, Error> {
        let number = before + 1;
        let statement = Statement::definition(seal::sha256(definition.as_bytes()));
        let detail = Detail::new().integer("bytes", definition.len() as u64).boolean("unchanged", false);
        let imports = imports(&self.organization, &definition);
        let revision = Revision { number, definition };
        environment::insert_revision(tx, &environment.id, &revision, &imports, &self.account, self.now).await?;
        environment::set_rotated(tx, &environment.id, number).await?;
        environment::set_revision(tx, &environment.id, number, self.now).await?;
        let causes = self.steps.iter().filter_map(|step| step.intent).collect();
        let target = Target { before: Some(before), ..target(environment, number) };
        updated.place(self.whole.placed()).target(target).detail(detail).definition(statement).causes(causes);
        Ok(updated.records(Outcome::Succeeded))
    }

    /// Notes how one rotator's rotation ended.
    async fn end<T: Tx>(
        &self,
        tx: &mut T,
        step: &Step,
        problem: &Problem,
        is_kept: bool,
        target: Target,
    ) -> Result<(RotatedPath, Records), Error> {
        step.outcome.target(target);
        if let Some(event) = step.intent {
            intent::conclude(tx, event, &step.outcome).await?;
        }
        if problem.is_none() || (is_kept && step.state.is_ok()) {
            rotation::delete_attempt(tx, &self.environment.id, &step.path).await?;
        }
        let outcome = match problem {
            None => Outcome::Succeeded,
            Some(_) if step.intent.is_none() => Outcome::Failed(Reason::EvaluationFailed),
            Some(_) if step.state.is_ok() => Outcome::Failed(Reason::Precondition),
            Some(_) => Outcome::Failed(Reason::ProviderFailed),
        };
        let id = step.intent.unwrap_or(step.outcome.id());
        let path = RotatedPath { id, path: step.path.clone(), problem: problem.clone() };
        Ok((path, step.outcome.records(outcome)))
    }
}

/// What is said of a rotation as a whole.
fn summary(problems: &[Problem]) -> Problem {
    let failed = problems.iter().flatten().count();
    let first = problems.iter().flatten().next()?;
    Some(if problems.len() == 1 { first.clone() } else { format!("{failed} of {} failed: {first}", problems.len()) })
}

impl Command for Finish {
    type Output = RotationEvent;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<RotationEvent>, Error> {
        let Self { environment: rotated, now, .. } = self;
        let found = environment::by_id(tx, &rotated.id).await?;
        let environment = found.ok_or(Error::Absent(What::Environment))?;
        let newest = environment::revision(tx, &environment.id, environment.revision).await?;
        let newest = newest.ok_or(Error::Absent(What::Revision))?;
        let rotated_revision = environment::revision(tx, &environment.id, rotated.revision).await?;
        let rotated_revision = rotated_revision.ok_or(Error::Absent(What::Revision))?;
        let Written { kept, newest: definition, problems } = self.write(&newest, &rotated_revision.definition);
        let problem = summary(&problems);
        let last = newest.number + u64::from(kept.is_some());
        let after = problems.iter().any(Option::is_none).then_some(last + 1);
        let rotation = Rotation {
            id: self.rotation.unwrap_or(self.whole.id()),
            environment: environment.id,
            account: self.account,
            schedule: self.schedule.clone(),
            created_at: self.whole.context().now,
            completed_at: Some(*now),
            revision_before: rotated.revision,
            revision_after: after,
            state: if problem.is_some() { State::Failed } else { State::Succeeded },
            problem: problem.clone(),
            node: self.engine.node(),
            alive_until: *now,
        };
        match self.rotation {
            None => rotation::insert(tx, &rotation).await?,
            Some(id) => {
                if !rotation::complete(tx, id, *now, after, problem.as_deref()).await? {
                    // Somebody else took over, and knows what was about to be set.
                    return Err(Error::Rotating);
                }
            }
        }
        let changed = Target { before: Some(last), ..target(&environment, last + 1) };
        let mut records: Option<Records> = None;
        let mut paths = Vec::with_capacity(self.steps.len());
        for (step, problem) in self.steps.iter().zip(&problems) {
            let target = if problem.is_none() { changed } else { target(&environment, last) };
            let (path, record) = self.end(tx, step, problem, kept.is_some(), target).await?;
            rotation::insert_path(tx, rotation.id, &path).await?;
            paths.push(path);
            records = Some(match records {
                Some(records) => records.and_all(record),
                None => record,
            });
        }
        let mut records = records.unwrap_or_else(|| self.whole.records(Outcome::Succeeded));
        if let Some(kept) = kept {
            records = records.and_all(self.store(tx, &environment, newest.number, kept, &self.kept).await?);
        }
        if let Some(definition) = definition {
            records = records.and_all(self.store(tx, &environment, last, definition, &self.updated).await?);
        }
        Ok(Done { output: RotationEvent { rotation, paths }, records })
    }

    fn refused(&self, error: &Error) -> Records {
        self.whole.records(error.outcome())
    }
}
