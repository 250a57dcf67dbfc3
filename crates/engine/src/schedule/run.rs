//! Running schedules: every process looks for what is due, and each time runs in one of them, once.
//!
//! A time is taken by a process. The process then announces the run and puts the schedule forward in one commit, if it
//! holds that time still; does what is to be done; and records how that ended. If it dies before the announcement,
//! another one takes the time; if it dies after, the announcement is closed as `unknown`, and nothing is done again.
//! However many times passed while no process was there, the schedule is put forward beyond all of them.

use std::collections::HashMap;

use lang::PropertyPath;
use ledger::{Credential, Detail, Event, EventId, Outcome, Reason, ScheduleId};
use store::rotation::State;
use store::schedule::{self, Due, Schedule};
use store::schedule_run::{self, RunState, ScheduleRun};
use store::{Chore, Command, Done, Failure, Question, Read, Records, StoreError, Tx};
use tokio::task::{Id, JoinError, JoinSet};

use super::set::{tell, told};
use super::when::When;
use crate::Engine;
use crate::access::Level;
use crate::audit::Attempt;
use crate::context::{Client, Context, Facts, Who};
use crate::environment::{RotationOrder, RotationSchedule, find, typed};
use crate::error::Error;
use crate::log::intent;
use crate::name::EnvironmentName;

/// How many due schedules are looked at together.
const BATCH: i64 = 64;
/// How many run together in one process.
const TOGETHER: usize = 8;

/// The runs of this process that go on. Dropping it gives them up.
#[derive(Default)]
pub struct ScheduleRuns {
    tasks: JoinSet<()>,
    /// Which schedule each is of: none runs beside itself.
    of: HashMap<Id, ScheduleId>,
}

impl ScheduleRuns {
    /// Waits until one has ended; not at all if none goes on.
    pub async fn one_ended(&mut self) {
        if let Some(ended) = self.tasks.join_next_with_id().await {
            self.forget(ended);
        }
    }

    /// Waits until all have ended.
    pub async fn all_ended(&mut self) {
        while !self.tasks.is_empty() {
            self.one_ended().await;
        }
    }

    /// Whether one more may begin.
    fn has_room(&mut self) -> bool {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.forget(ended);
        }
        self.tasks.len() < TOGETHER
    }

    fn is_at(&self, schedule: &ScheduleId) -> bool {
        self.of.values().any(|known| known == schedule)
    }

    fn begin(&mut self, schedule: ScheduleId, run: impl Future<Output = ()> + Send + 'static) {
        self.of.insert(self.tasks.spawn(run).id(), schedule);
    }

    fn forget(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
        self.of.remove(&id);
    }
}

struct AllDue(i64);

impl Question for AllDue {
    type Answer = Vec<Due>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        schedule::due(read, self.0, BATCH).await
    }
}

/// Announces a run, if the editor of the schedule may still have it run; else pauses the schedule.
struct Begin {
    engine: Engine,
    attempt: Attempt,
    /// Says that the schedule was paused.
    pausing: Attempt,
    due: Due,
    name: EnvironmentName,
    due_at: i64,
    now: i64,
}

/// What became of a time that came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    Running,
    Paused,
}

impl Command for Begin {
    type Output = Begun;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Begun>, Error> {
        let Self { attempt, due, name, due_at, now, .. } = self;
        let found = match find(tx, attempt, name, Level::Write).await {
            Ok((_, environment, _)) if environment.id == due.schedule.environment => Ok(()),
            Ok(_) => return Err(Error::Precondition),
            Err(error) if error.is_denial() => Err(error),
            Err(error) => return Err(error),
        };
        let state = if found.is_ok() { RunState::Running } else { RunState::Denied };
        let run =
            ScheduleRun { event: attempt.id(), due_at: *due_at, began_at: *now, version: due.schedule.version, state };
        let next_at = When::of(&due.schedule).filter(|when| !matches!(when, When::Once(_)));
        let next_at = next_at.and_then(|when| when.next_after(*now));
        let is_ours = schedule_run::begin(tx, &due.schedule.id, &self.engine.node(), &run).await?;
        if !is_ours || !schedule::advance(tx, &due.schedule.id, *due_at, next_at, *now).await? {
            return Err(Error::Precondition);
        }
        match found {
            Ok(()) => {
                let records = intent::announce(tx, &self.engine, attempt).await?;
                Ok(Done { output: Begun::Running, records })
            }
            Err(error) => {
                let denied = attempt.records(error.outcome());
                let known = Schedule { next_at, ..due.schedule.clone() };
                let paused = pause(tx, &self.pausing, &known, attempt, *now).await?;
                Ok(Done { output: Begun::Paused, records: denied.and_all(paused) })
            }
        }
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

/// Pauses a schedule in the commit that says why.
async fn pause<T: Tx>(
    tx: &mut T,
    pausing: &Attempt,
    known: &Schedule,
    why: &Attempt,
    now: i64,
) -> Result<Records, StoreError> {
    let paused = Schedule { paused: true, version: known.version + 1, modified_at: now, ..known.clone() };
    schedule::set(tx, &paused).await?;
    tell(pausing, &paused);
    pausing.detail(told(&paused).word("change", "paused"));
    let (place, target) = why.learnt();
    pausing.place(place).cause(why.id());
    if let Some(target) = target {
        pausing.target(target);
    }
    Ok(pausing.records(Outcome::Succeeded))
}

/// Records how a run ended, and pauses the schedule if a permission was missing. That needs no permission: what was done
/// was done.
struct End {
    attempt: Attempt,
    /// Says that the schedule was paused.
    pausing: Attempt,
    schedule: Schedule,
    intended: EventId,
    outcome: Outcome,
    state: RunState,
    now: i64,
}

impl Command for End {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let Self { attempt, schedule: ran, intended, .. } = self;
        intent::conclude(tx, *intended, attempt).await?;
        schedule_run::end(tx, *intended, self.state).await?;
        let mut records = attempt.records(self.outcome);
        if self.state == RunState::Denied {
            // Whoever changed it since answers for it now.
            let known = schedule::find(tx, &ran.environment, &ran.id).await?;
            if let Some(known) = known.filter(|known| known.version == ran.version && !known.paused) {
                records = records.and_all(pause(tx, &self.pausing, &known, attempt, self.now).await?);
            }
        }
        Ok(Done { output: (), records })
    }

    fn refused(&self, error: &Error) -> Records {
        intent::unconcluded(&self.attempt, error)
    }
}

impl Engine {
    /// Runs what is due and not taken by another process, as much as runs together, waits until it has ended, and says
    /// how much that was.
    pub async fn run_due_schedules(&self) -> Result<u64, StoreError> {
        let mut runs = ScheduleRuns::default();
        let begun = self.begin_due_schedules(&mut runs).await?;
        runs.all_ended().await;
        Ok(begun)
    }

    /// Begins what is due and not taken by another process, beside the runs that go on and as far as there is room, and
    /// says how much that was.
    pub async fn begin_due_schedules(&self, runs: &mut ScheduleRuns) -> Result<u64, StoreError> {
        let now = self.now();
        let mut begun = 0;
        if !runs.has_room() {
            return Ok(0);
        }
        for due in self.store().ask(AllDue(now)).await? {
            let Some(due_at) = due.schedule.next_at.filter(|_| !runs.is_at(&due.schedule.id)) else { continue };
            if !runs.has_room() {
                break;
            }
            let take = Chore::TakeRun { schedule: due.schedule.id, due_at, node: self.node(), now };
            if self.store().chore(take).await? == 0 {
                continue;
            }
            begun += 1;
            let engine = self.clone();
            runs.begin(due.schedule.id, async move { Box::pin(engine.run_schedule(due, due_at)).await });
        }
        Ok(begun)
    }

    async fn run_schedule(&self, due: Due, due_at: i64) {
        let Ok(name) = EnvironmentName::new(&due.organization, &due.project, &due.environment) else { return };
        let cx = self.context_on_behalf(&due);
        let attempt = self.run_attempt(&cx, &name, &due.schedule);
        attempt.detail(Detail::new().id("schedule", due.schedule.id).word("phase", "started"));
        let schedule = due.schedule.clone();
        let begin = Begin {
            engine: self.clone(),
            attempt: attempt.clone(),
            pausing: self.pausing_attempt(&cx, &name),
            due,
            name: name.clone(),
            due_at,
            now: cx.now,
        };
        if !self.begin_run(begin).await {
            return;
        }
        let ended = self.run_rotation(&cx, name.clone(), &schedule).await;
        let (place, target) = attempt.learnt();
        let ending = self.run_attempt(&cx, &name, &schedule);
        ending.place(place).detail(Detail::new().id("schedule", schedule.id).word("phase", "finished"));
        if let Some(target) = target {
            ending.target(target);
        }
        let (outcome, state) = match ended {
            Ok(()) => (Outcome::Succeeded, RunState::Succeeded),
            Err(outcome @ Outcome::Denied(_)) => (outcome, RunState::Denied),
            Err(outcome @ Outcome::Unknown(_)) => (outcome, RunState::Unknown),
            Err(outcome) => (outcome, RunState::Failed),
        };
        let (intended, pausing, id) = (attempt.id(), self.pausing_attempt(&cx, &name), schedule.id);
        let end = End { attempt: ending, pausing, schedule, intended, outcome, state, now: self.now() };
        if let Err(failure) = self.conclude(intended, end).await {
            tracing::error!(schedule = %id, ?failure, "how the run of a schedule ended is not recorded");
        }
    }

    /// Rotates what a schedule is for; what becomes of each secret has records of its own.
    async fn run_rotation(&self, cx: &Context, name: EnvironmentName, schedule: &Schedule) -> Result<(), Outcome> {
        let path = Some(&*schedule.path).filter(|path| !path.is_empty()).map(PropertyPath::parse).transpose();
        let paths = path.map_err(|_| Outcome::Failed(Reason::Invalid))?.into_iter().collect();
        let Schedule { id, editor, seen_revision, .. } = *schedule;
        let by = RotationSchedule { id: id.to_string(), editor, seen_revision };
        let order = RotationOrder { name, paths, schedule: Some(by) };
        match self.rotate_environment(cx, order).await {
            Ok(rotated) => match rotated.get().rotation.state {
                State::Succeeded => Ok(()),
                State::Running | State::Failed => Err(Outcome::Failed(Reason::ProviderFailed)),
            },
            Err(Failure::Refused(error)) => Err(error.get().outcome()),
            Err(Failure::Unrecorded(error)) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(schedule = %schedule.id, error, "what a schedule rotated could not be recorded");
                Err(Outcome::Unknown(Reason::StorageFailed))
            }
        }
    }

    fn run_attempt(&self, cx: &Context, name: &EnvironmentName, schedule: &Schedule) -> Attempt {
        let attempt = self.attempt(cx, Event::ScheduleRun);
        attempt.target_names(typed(name));
        tell(&attempt, schedule);
        attempt
    }

    fn pausing_attempt(&self, cx: &Context, name: &EnvironmentName) -> Attempt {
        let attempt = self.attempt(cx, Event::EnvironmentScheduleUpdated);
        attempt.target_names(typed(name));
        attempt
    }

    /// Whether the run was announced, and is to be done by this process.
    async fn begin_run(&self, begin: Begin) -> bool {
        let attempt = begin.attempt.clone();
        let schedule = begin.due.schedule.id;
        match self.commit(begin).await {
            Ok(recorded) => *recorded.get() == Begun::Running,
            Err(Failure::Refused(error)) => {
                tracing::warn!(%schedule, error = %error.get(), "a schedule that was due did not run");
                false
            }
            // The answer to the commit may have been lost, and what was announced is owed an end.
            Err(Failure::Unrecorded(error)) => {
                let unknown = "it is not known whether the run of a schedule was announced";
                tracing::error!(%schedule, error = &error as &dyn std::error::Error, "{unknown}");
                self.is_owed(attempt.id()).await
            }
        }
    }

    /// A context for what the server does by itself for the editor of a schedule.
    fn context_on_behalf(&self, due: &Due) -> Context {
        Context::new(Facts {
            who: Who::Behalf {
                id: due.schedule.editor,
                login: (&*due.editor_login).into(),
                name: (&*due.editor_name).into(),
            },
            credential: Credential::INTERNAL,
            client: Client::default(),
            request: self.request_id(),
            now: self.now(),
        })
    }
}
