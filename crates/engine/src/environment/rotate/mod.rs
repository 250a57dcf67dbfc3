//! Rotating the secrets of an environment: ask each rotator for a new state, and store them as a revision.
//!
//! A target's password cannot be set in the commit that records it. So before a target is asked, an intent is
//! committed together with what will be set there, sealed; after all were asked, what came of each is committed together
//! with the definition that has it. Wherever a process ends in between, the next rotation of the path finds what was
//! about to be set, and sets it again: nothing that a target knows is lost.
//!
//! An environment has one rotation that runs. Its process says so again and again ([`watch`]); one that no longer does
//! is taken over.

mod announce;
mod authors;
mod finish;
mod history;
mod placing;
mod steps;
mod watch;

use lang::{Mode, PropertyPath, RotationStatus};
use ledger::{AccountId, Detail, EnvironmentId, Event};
use store::rotation::{self, Attempt as Pending};
use store::{Failure, Question, Read, StoreError};

use super::find::{Gather, Gathered};
use super::typed;
use crate::access::Level;
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::name::{EnvironmentName, Version};
use crate::resolve::{Evaluated, Root};
use crate::{Answer, Engine};

use finish::{Finish, Step};
pub use history::RotationEvent;
use steps::Steps;

/// What is to be rotated.
#[derive(Clone, Debug)]
pub struct RotationOrder {
    /// Of which environment.
    pub name: EnvironmentName,
    /// The rotators at these paths below `values`; all, if there are none.
    pub paths: Vec<PropertyPath>,
    /// The schedule that asks for it, if one does.
    pub schedule: Option<RotationSchedule>,
}

/// A schedule that asks for a rotation.
#[derive(Clone, Debug)]
pub struct RotationSchedule {
    /// Its identifier.
    pub id: String,
    /// The account that it asks for: the author of the new revision. Without a schedule it is the account of the context.
    pub editor: AccountId,
    /// The newest revision that its editor answers for.
    pub seen_revision: u64,
}

/// Finds out what is to be rotated, and what rotations before it left behind.
struct Look {
    gather: Gather,
    /// The schedule, if nobody asks who sees what comes of it.
    schedule: Option<RotationSchedule>,
}

impl Question for Look {
    type Answer = Result<(Gathered, Vec<Pending>), Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let mut gathered = match self.gather.ask(read).await? {
            Ok(gathered) => gathered,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(schedule) = &self.schedule
            && let Err(error) = authors::check(read, &self.gather, &mut gathered, schedule).await
        {
            return Ok(Err(error));
        }
        let pending = rotation::attempts(read, &gathered.environment.id).await?;
        Ok(Ok((gathered, pending)))
    }
}

impl Engine {
    /// Rotates secrets of an environment, and says what came of each. It is done to the end, whoever waits.
    pub async fn rotate_environment(&self, cx: &Context, order: RotationOrder) -> Answer<RotationEvent> {
        let attempt = self.attempt(cx, Event::EnvironmentRotated);
        attempt.target_names(typed(&order.name));
        let engine = self.clone();
        self.detached(async move {
            match engine.rotate(&attempt, order).await {
                Ok(finish) => match finish.steps.iter().find_map(|step| step.intent) {
                    // What was announced is owed its outcome, and what was set its place in the definition.
                    Some(intended) => engine.conclude(intended, finish).await,
                    None => engine.commit(finish).await,
                },
                Err(Ended::Refused(error)) => Err(engine.refuse(&attempt, error).await),
                Err(Ended::Recorded(failure)) => Err(failure),
            }
        })
        .await
    }

    /// Everything of a rotation but its last commit.
    async fn rotate(&self, attempt: &Attempt, order: RotationOrder) -> Result<Finish, Ended> {
        let RotationOrder { name, paths, schedule } = order;
        let account = match &schedule {
            Some(schedule) => Some(schedule.editor),
            None => attempt.context().account().copied(),
        };
        let account = account.ok_or(Error::Forbidden("secrets are rotated for somebody with an account"))?;
        let gather = Gather {
            engine: self.clone(),
            attempt: attempt.clone(),
            name: name.clone(),
            version: Version::Newest,
            level: Level::Write,
        };
        let look = Look { gather, schedule: schedule.clone() };
        let (gathered, pending) = self.store().ask(look).await.map_err(Error::from)??;
        let Gathered { entered, environment, revision, root } = gathered;
        self.check_before_rotation(attempt, &entered, &root).await?;
        let key = self.key_for(entered.organization.id, Some(environment.id)).await?;
        let schedule = schedule.map(|schedule| schedule.id);
        let mut steps = Steps::new(self, attempt, name, &environment, account, schedule, pending, key);
        let mode = Mode::Rotate { paths: &paths };
        let evaluated = self.evaluate(attempt, &entered, root, mode, Level::Open, &mut steps).await;
        if let Some(failure) = steps.failure() {
            return Err(Ended::Recorded(failure));
        }
        if steps.is_empty() {
            let Evaluated { evaluation, found, .. } = evaluated?;
            if found.iter().any(lang::Diagnostic::is_error) {
                return Err(Error::Diagnostics(found).into());
            }
            if !paths.is_empty() && evaluation.rotations.is_empty() {
                return Err(Error::Invalid("no rotator stands at these paths; `esc env get` shows them".into()).into());
            }
            attempt.detail(Detail::new().integer("rotators", 0));
        } else if let Ok(Evaluated { evaluation, .. }) = &evaluated {
            // Some were asked, and what came of them is to be kept, so the others are told of beside them.
            for rotation in &evaluation.rotations {
                if rotation.status == RotationStatus::NotEvaluated {
                    steps.not_asked(&rotation.path);
                }
            }
        }
        Ok(steps.finish(revision))
    }

    /// Looks for mistakes before anything is asked of a target: after it, they would come too late.
    async fn check_before_rotation(
        &self,
        attempt: &Attempt,
        entered: &crate::access::Entered,
        root: &Root,
    ) -> Result<(), Error> {
        let root = Root {
            program: std::sync::Arc::clone(&root.program),
            environment: root.environment,
            imports: root.imports.clone(),
            rest: root.rest,
        };
        self.resolve(attempt, entered, root, Mode::Check { show_secrets: false }, Level::Open).await.map(drop)
    }
}

/// Why there is no last commit.
enum Ended {
    /// It was refused, which is still to be recorded.
    Refused(Error),
    /// It is recorded already, or could not be.
    Recorded(Failure<Error>),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// What history says of a rotation whose process ended before it did.
const INTERRUPTED: &str =
    "the server stopped before the rotation had ended; rotate again, which sets what was about to be set";

/// Whether the process that runs a rotation is gone. Of SQLite there is only one process.
fn is_gone(rotation: &rotation::Rotation, engine: &Engine, now: i64) -> bool {
    let is_alone = !engine.store().has_outbox();
    rotation.alive_until < now || (is_alone && rotation.node != engine.node())
}

/// An environment that is rotated.
#[derive(Clone, Copy)]
struct Rotated {
    id: EnvironmentId,
    revision: u64,
}
