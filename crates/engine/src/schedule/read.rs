//! Reading schedules and what became of them.

use ledger::{Detail, Event, OrganizationId, ScheduleId};
use store::schedule::{self, Schedule};
use store::schedule_run::{self, ScheduleRun};
use store::{Question, Read, StoreError};

use crate::access::Level;
use crate::audit::Attempt;
use crate::context::Context;
use crate::environment::{find, typed};
use crate::error::{Error, What};
use crate::name::EnvironmentName;
use crate::{Engine, Sight};

/// How many runs a history shows: of one a day, more than two years.
const RUNS: i64 = 1_000;

/// A schedule, and whose it is.
#[derive(Clone, Debug)]
pub struct Scheduled {
    /// The organisation.
    pub organization: OrganizationId,
    /// The schedule.
    pub schedule: Schedule,
}

/// Looks at the schedules of an environment: all, or one with its runs.
struct Look {
    attempt: Attempt,
    name: EnvironmentName,
    id: Option<ScheduleId>,
}

impl Look {
    async fn look<R: Read>(&self, read: &mut R) -> Result<(Vec<Scheduled>, Vec<ScheduleRun>), Error> {
        let (entered, environment, _) = find(read, &self.attempt, &self.name, Level::Read).await?;
        let organization = entered.organization.id;
        let Some(id) = &self.id else {
            let found = schedule::list(read, &environment.id).await?;
            let all = found.into_iter().map(|schedule| Scheduled { organization, schedule });
            return Ok((all.collect(), Vec::new()));
        };
        let schedule = schedule::find(read, &environment.id, id).await?.ok_or(Error::Absent(What::Schedule))?;
        let runs = schedule_run::list(read, id, RUNS).await?;
        Ok((vec![Scheduled { organization, schedule }], runs))
    }
}

impl Question for Look {
    type Answer = Result<(Vec<Scheduled>, Vec<ScheduleRun>), Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.look(read).await)
    }
}

impl Engine {
    /// The schedules of an environment.
    pub async fn list_schedules(&self, cx: &Context, name: EnvironmentName) -> Sight<Vec<Scheduled>> {
        Ok(self.look_at_schedules(cx, name, None, "list-schedules").await?.0)
    }

    /// A schedule.
    pub async fn read_schedule(&self, cx: &Context, name: EnvironmentName, id: ScheduleId) -> Sight<Scheduled> {
        let (mut found, _) = self.look_at_schedules(cx, name, Some(id), "read-schedule").await?;
        Ok(found.pop().expect("one that is not there is an error"))
    }

    /// The newest runs of a schedule, the newest first.
    pub async fn schedule_history(
        &self,
        cx: &Context,
        name: EnvironmentName,
        id: ScheduleId,
    ) -> Sight<Vec<ScheduleRun>> {
        Ok(self.look_at_schedules(cx, name, Some(id), "read-schedule-history").await?.1)
    }

    async fn look_at_schedules(
        &self,
        cx: &Context,
        name: EnvironmentName,
        id: Option<ScheduleId>,
        attempted: &'static str,
    ) -> Sight<(Vec<Scheduled>, Vec<ScheduleRun>)> {
        let attempt = self.attempt(cx, Event::AuthFailureEnvironment);
        attempt.target_names(typed(&name)).detail(Detail::new().word("attempted", attempted));
        let engine = self.clone();
        self.detached(async move {
            let look = Look { attempt: attempt.clone(), name, id };
            let found = engine.store().ask(look).await.map_err(Into::into).flatten();
            engine.seen(&attempt, found).await
        })
        .await
    }
}
