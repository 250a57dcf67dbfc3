//! Creating, changing, pausing, resuming and deleting a schedule.

use ledger::{Detail, Event, ScheduleId, TextKey};
use store::schedule::{self, Schedule};
use store::{Command, Done, Records, Tx};

use super::read::Scheduled;
use super::when::{RotationPath, When};
use crate::access::{Level, permit_lasting};
use crate::audit::Attempt;
use crate::context::{Context, Who};
use crate::environment::{find, typed};
use crate::error::{Error, What};
use crate::name::EnvironmentName;
use crate::{Answer, Engine};

/// A change of a schedule. What is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct ScheduleUpdate {
    /// When it runs.
    pub when: Option<When>,
    /// What it rotates.
    pub path: Option<RotationPath>,
}

/// What becomes of a schedule.
enum Change {
    Create(When, RotationPath),
    Update(ScheduleUpdate),
    Pause,
    Resume,
    Delete,
}

struct SetSchedule {
    attempt: Attempt,
    name: EnvironmentName,
    id: ScheduleId,
    change: Change,
    now: i64,
}

impl Command for SetSchedule {
    /// The schedule as it was after a change, or before it was deleted.
    type Output = Scheduled;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Scheduled>, Error> {
        let Self { attempt, name, id, now, .. } = self;
        let (entered, environment, _) = find(tx, attempt, name, Level::Write).await?;
        let Who::Account { id: editor, .. } = attempt.context().who else {
            return Err(Error::Forbidden("a schedule runs by the permission of a person, and only one may change it"));
        };
        permit_lasting(attempt)?;
        let known = match &self.change {
            Change::Create(..) => None,
            _ => Some(schedule::find(tx, &environment.id, id).await?.ok_or(Error::Absent(What::Schedule))?),
        };
        let schedule = match (&self.change, known) {
            (Change::Create(when, path), _) => {
                if !schedule::list(tx, &environment.id).await?.is_empty() {
                    return Err(Error::Invalid("the environment has a schedule already; change that one".into()));
                }
                let mut schedule = Schedule {
                    id: *id,
                    environment: environment.id,
                    cron: None,
                    once_at: None,
                    path: path.as_str().to_owned(),
                    paused: false,
                    editor,
                    version: 1,
                    created_at: *now,
                    modified_at: *now,
                    next_at: None,
                    last_at: None,
                    seen_revision: environment.revision,
                };
                set_when(&mut schedule, when, *now)?;
                schedule::insert(tx, &schedule).await?;
                schedule
            }
            (Change::Delete, Some(schedule)) => {
                schedule::delete(tx, id).await?;
                schedule
            }
            (change, Some(mut schedule)) => {
                edit(&mut schedule, change, *now)?;
                schedule.editor = editor;
                schedule.seen_revision = environment.revision;
                schedule.version += 1;
                schedule.modified_at = *now;
                schedule::set(tx, &schedule).await?;
                schedule
            }
            (_, None) => return Err(Error::Absent(What::Schedule)),
        };
        tell(attempt, &schedule);
        if !matches!(self.change, Change::Delete) {
            let told = told(&schedule);
            attempt.detail(match self.change.word() {
                Some(change) => told.word("change", change),
                None => told,
            });
        }
        Ok(attempt.done(Scheduled { organization: entered.organization.id, schedule }))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Change {
    const fn event(&self) -> Event {
        match self {
            Self::Create(..) => Event::EnvironmentScheduleCreated,
            Self::Update(_) | Self::Pause | Self::Resume => Event::EnvironmentScheduleUpdated,
            Self::Delete => Event::EnvironmentScheduleDeleted,
        }
    }

    /// What the log calls a change.
    const fn word(&self) -> Option<&'static str> {
        match self {
            Self::Create(..) | Self::Delete => None,
            Self::Update(ScheduleUpdate { when: Some(_), path: Some(_) }) => Some("time-and-path"),
            Self::Update(ScheduleUpdate { when: Some(_), path: None }) => Some("time"),
            Self::Update(ScheduleUpdate { when: None, path: Some(_) }) => Some("path"),
            Self::Update(ScheduleUpdate { when: None, path: None }) => Some("nothing"),
            Self::Pause => Some("paused"),
            Self::Resume => Some("resumed"),
        }
    }
}

fn edit(schedule: &mut Schedule, change: &Change, now: i64) -> Result<(), Error> {
    match change {
        Change::Update(update) => {
            // Clients send all they know: a time that stays may lie in the past.
            if let Some(when) = update.when.as_ref().filter(|when| When::of(schedule).as_ref() != Some(*when)) {
                set_when(schedule, when, now)?;
            }
            if let Some(path) = &update.path {
                path.as_str().clone_into(&mut schedule.path);
            }
        }
        Change::Pause => schedule.paused = true,
        Change::Resume => {
            // What came while it was paused was not wanted, but for the one time that it was made for.
            if schedule.paused && schedule.cron.is_some() {
                schedule.next_at = When::of(schedule).and_then(|when| when.next_after(now));
            }
            schedule.paused = false;
        }
        Change::Create(..) | Change::Delete => {}
    }
    Ok(())
}

fn set_when(schedule: &mut Schedule, when: &When, now: i64) -> Result<(), Error> {
    (schedule.cron, schedule.once_at) = match when {
        When::Repeatedly(cron) => (Some(cron.as_str().to_owned()), None),
        When::Once(at) => (None, Some(*at)),
    };
    schedule.next_at = when.next_after(now);
    match schedule.next_at {
        Some(_) => Ok(()),
        None => Err(Error::Invalid("the time of the schedule is in the past".into())),
    }
}

/// Puts the texts of a schedule into a record.
pub(super) fn tell(attempt: &Attempt, schedule: &Schedule) {
    if let Some(cron) = &schedule.cron {
        attempt.text(TextKey::Schedule, cron);
    } else if let Some(at) = schedule.once_at.and_then(|at| jiff::Timestamp::from_microsecond(at).ok()) {
        attempt.text(TextKey::Schedule, at.to_string());
    }
    if !schedule.path.is_empty() {
        attempt.text(TextKey::Path, &schedule.path);
    }
}

/// What a record says of a schedule that is there.
pub(super) fn told(schedule: &Schedule) -> Detail {
    let kind = if schedule.cron.is_some() { "cron" } else { "once" };
    let detail = Detail::new().id("schedule", schedule.id).word("kind", kind);
    let next = schedule.next_at.filter(|_| !schedule.paused).and_then(|at| u64::try_from(at).ok());
    match next {
        Some(next) => detail.integer("next", next),
        None => detail,
    }
}

impl Engine {
    /// Gives an environment its schedule.
    pub async fn create_schedule(
        &self,
        cx: &Context,
        name: EnvironmentName,
        when: When,
        path: RotationPath,
    ) -> Answer<Scheduled> {
        let id = ScheduleId::from_random(self.ambient().random());
        self.set_schedule(cx, name, id, Change::Create(when, path)).await
    }

    /// Changes a schedule. It runs by the permission of who changed it last, who answers for the definition as it is now.
    pub async fn update_schedule(
        &self,
        cx: &Context,
        name: EnvironmentName,
        id: ScheduleId,
        update: ScheduleUpdate,
    ) -> Answer<Scheduled> {
        self.set_schedule(cx, name, id, Change::Update(update)).await
    }

    /// Lets a schedule wait until it is resumed.
    pub async fn pause_schedule(&self, cx: &Context, name: EnvironmentName, id: ScheduleId) -> Answer<Scheduled> {
        self.set_schedule(cx, name, id, Change::Pause).await
    }

    /// Lets a schedule go on. Times that came while it was paused are left out; one that was to run once and did not,
    /// runs.
    pub async fn resume_schedule(&self, cx: &Context, name: EnvironmentName, id: ScheduleId) -> Answer<Scheduled> {
        self.set_schedule(cx, name, id, Change::Resume).await
    }

    /// Deletes a schedule with its history.
    pub async fn delete_schedule(&self, cx: &Context, name: EnvironmentName, id: ScheduleId) -> Answer<()> {
        Ok(self.set_schedule(cx, name, id, Change::Delete).await?.map(drop))
    }

    async fn set_schedule(
        &self,
        cx: &Context,
        name: EnvironmentName,
        id: ScheduleId,
        change: Change,
    ) -> Answer<Scheduled> {
        let attempt = self.attempt(cx, change.event());
        attempt.target_names(typed(&name)).detail(Detail::new().id("schedule", id));
        let (engine, now) = (self.clone(), cx.now);
        self.detached(async move { engine.commit(SetSchedule { attempt, name, id, change, now }).await }).await
    }
}
