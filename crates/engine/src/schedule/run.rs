//! Running schedules: every process looks for what is due, and each time runs in one of them, once.
//!
//! A time is taken by a process. The process then announces the run and puts the schedule forward in one commit, if it
//! holds that time still; does what is to be done; and records how that ended. If it dies before the announcement,
//! another one takes the time; if it dies after, the announcement is closed as `unknown`, and nothing is done again.
//! However many times passed while no process was there, the schedule is put forward beyond all of them.

use std::time::Duration;

use lang::PropertyPath;
use ledger::{Credential, Detail, Event, EventId, NodeId, Outcome, Reason, ScheduleId};
use store::intent::{self, Intent};
use store::rotation::State;
use store::schedule::{self, Due, Schedule};
use store::schedule_run::{self, RunState, ScheduleRun};
use store::{Chore, Command, Done, Failure, LogKey, Question, Read, Records, StoreError, Tx};
use tokio::task::JoinSet;

use super::set::{tell, told};
use super::when::When;
use crate::Engine;
use crate::access::Level;
use crate::audit::Attempt;
use crate::context::{Client, Context, Facts, Who};
use crate::environment::{RotationOrder, find, typed};
use crate::error::Error;
use crate::log::INTENT_ALIVE as ALIVE;
use crate::name::EnvironmentName;

/// How many due schedules are looked at together.
const BATCH: i64 = 64;
/// How many run together.
const TOGETHER: usize = 8;
/// How long it is waited before the database is tried again, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_mins(1));

struct AllDue(i64);

impl Question for AllDue {
    type Answer = Vec<Due>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        schedule::due(read, self.0, BATCH).await
    }
}

/// The log in which something was announced that has not ended.
struct Announced(EventId);

impl Question for Announced {
    type Answer = Option<LogKey>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        intent::log_of(read, self.0).await
    }
}

/// Announces a run, if the editor of the schedule may still have it run; else pauses the schedule.
struct Begin {
    attempt: Attempt,
    /// Says that the schedule was paused.
    pausing: Attempt,
    due: Due,
    name: EnvironmentName,
    due_at: i64,
    node: NodeId,
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
            Ok((entered, environment, _)) if environment.id == due.schedule.environment => Ok(entered.organization.log),
            Ok(_) => return Err(Error::Precondition),
            Err(error) if error.is_denial() => Err(error),
            Err(error) => return Err(error),
        };
        let state = if found.is_ok() { RunState::Running } else { RunState::Denied };
        let run =
            ScheduleRun { event: attempt.id(), due_at: *due_at, began_at: *now, version: due.schedule.version, state };
        let next_at = When::of(&due.schedule).filter(|when| !matches!(when, When::Once(_)));
        let next_at = next_at.and_then(|when| when.next_after(*now));
        let is_ours = schedule_run::begin(tx, &due.schedule.id, &self.node, &run).await?;
        if !is_ours || !schedule::advance(tx, &due.schedule.id, *due_at, next_at, *now).await? {
            return Err(Error::Precondition);
        }
        match found {
            Ok(log) => {
                let (event, alive_until) = (attempt.id(), now + ALIVE);
                intent::announce(tx, &Intent { log, event, node: self.node, alive_until }).await?;
                Ok(Done { output: Begun::Running, records: attempt.records(Outcome::Intended) })
            }
            Err(error) => {
                let denied = attempt.records(error.outcome());
                let paused = self.pause(tx, next_at).await?;
                Ok(Done { output: Begun::Paused, records: denied.and_all(paused) })
            }
        }
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Begin {
    async fn pause<T: Tx>(&self, tx: &mut T, next_at: Option<i64>) -> Result<Records, Error> {
        let Self { attempt, pausing, due, now, .. } = self;
        let known = &due.schedule;
        let paused = Schedule { paused: true, version: known.version + 1, modified_at: *now, next_at, ..known.clone() };
        schedule::set(tx, &paused).await?;
        tell(pausing, &paused);
        pausing.detail(told(&paused).word("change", "paused"));
        let (place, target) = attempt.learnt();
        pausing.place(place).cause(attempt.id());
        if let Some(target) = target {
            pausing.target(target);
        }
        Ok(pausing.records(Outcome::Succeeded))
    }
}

/// Records how a run ended. That needs no permission: what was done was done.
struct End {
    attempt: Attempt,
    log: LogKey,
    began: EventId,
    outcome: Outcome,
    state: RunState,
}

impl Command for End {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        if !intent::end(tx, self.log, self.began).await? {
            return Err(Error::Precondition);
        }
        schedule_run::end(tx, self.began, self.state).await?;
        self.attempt.cause(self.began);
        Ok(Done { output: (), records: self.attempt.records(self.outcome) })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Runs what is due and not taken by another process, waits until it has ended, and says how much that was.
    pub async fn run_due_schedules(&self) -> Result<u64, StoreError> {
        let now = self.now();
        let mut runs = JoinSet::new();
        let mut begun = 0;
        for due in self.store().ask(AllDue(now)).await? {
            let Some(due_at) = due.schedule.next_at else { continue };
            let take = Chore::TakeRun { schedule: due.schedule.id, due_at, node: self.node(), now };
            if self.store().chore(take).await? == 0 {
                continue;
            }
            if runs.len() >= TOGETHER {
                runs.join_next().await;
            }
            begun += 1;
            let engine = self.clone();
            runs.spawn(async move { engine.run_schedule(due, due_at).await });
        }
        while runs.join_next().await.is_some() {}
        Ok(begun)
    }

    async fn run_schedule(&self, due: Due, due_at: i64) {
        let Ok(name) = EnvironmentName::new(&due.organization, &due.project, &due.environment) else { return };
        let cx = self.context_on_behalf(&due);
        let attempt = self.run_attempt(&cx, &name, &due.schedule);
        attempt.detail(Detail::new().id("schedule", due.schedule.id).word("phase", "started"));
        let pausing = self.attempt(&cx, Event::EnvironmentScheduleUpdated);
        pausing.target_names(typed(&name));
        let schedule = due.schedule.clone();
        let begin = Begin {
            attempt: attempt.clone(),
            pausing,
            due,
            name: name.clone(),
            due_at,
            node: self.node(),
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
        self.end_run(ending, attempt.id(), schedule.id, ended).await;
    }

    /// Rotates what a schedule is for; what becomes of each secret has records of its own.
    async fn run_rotation(&self, cx: &Context, name: EnvironmentName, schedule: &Schedule) -> Result<(), Outcome> {
        let path = Some(&*schedule.path).filter(|path| !path.is_empty()).map(PropertyPath::parse).transpose();
        let paths = path.map_err(|_| Outcome::Failed(Reason::Invalid))?.into_iter().collect();
        let order = RotationOrder { name, paths, schedule: Some((schedule.id.to_string(), schedule.editor)) };
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
                let announced = insist(|| self.store().ask(Announced(attempt.id()))).await;
                announced.is_ok_and(|log| log.is_some())
            }
        }
    }

    /// Records how a run ended, however long the database is away. If it stays away, or this process ends, another one
    /// records that nobody knows.
    async fn end_run(&self, attempt: Attempt, began: EventId, id: ScheduleId, ended: Result<(), Outcome>) {
        let (outcome, state) = match ended {
            Ok(()) => (Outcome::Succeeded, RunState::Succeeded),
            Err(outcome @ Outcome::Denied(_)) => (outcome, RunState::Denied),
            Err(outcome @ Outcome::Unknown(_)) => (outcome, RunState::Unknown),
            Err(outcome) => (outcome, RunState::Failed),
        };
        let ended = insist(async || {
            let Some(log) = self.store().ask(Announced(began)).await? else {
                tracing::warn!(schedule = %id, "a run took so long that it was closed as unknown meanwhile");
                return Ok(());
            };
            match self.commit(End { attempt: attempt.clone(), log, began, outcome, state }).await {
                Ok(_) | Err(Failure::Refused(_)) => Ok(()),
                Err(Failure::Unrecorded(error)) => Err(error),
            }
        });
        if let Err(error) = ended.await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(schedule = %id, error, "how the run of a schedule ended could not be recorded");
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

/// Tries something again until the database does it, with pauses that grow; gives up after some minutes.
async fn insist<T, F: Future<Output = Result<T, StoreError>>>(mut attempt: impl FnMut() -> F) -> Result<T, StoreError> {
    let (mut pause, longest) = PAUSES;
    loop {
        match attempt().await {
            Err(error) if pause < longest => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the database is tried again");
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            done => return done,
        }
    }
}
