//! The commit before a target is asked: the intent, and what is about to be set.

use ledger::{AccountId, EventId, Outcome, Reason};
use store::rotation::{self, Attempt as Pending, Rotation, State};
use store::{Command, Done, Records, Tx};

use super::watch::ALIVE;
use super::{INTERRUPTED, Rotated, is_gone};
use crate::Engine;
use crate::access::Level;
use crate::audit::Attempt;
use crate::environment::find::find;
use crate::error::{Error, What};
use crate::log::intent;
use crate::name::EnvironmentName;

/// Announces that a rotator is about to be asked, if the caller may rotate and nobody else does.
pub(super) struct Announce {
    pub(super) engine: Engine,
    /// What is announced.
    pub(super) attempt: Attempt,
    pub(super) name: EnvironmentName,
    pub(super) environment: Rotated,
    pub(super) account: AccountId,
    pub(super) schedule: Option<String>,
    /// The rotation that this belongs to; none if it begins with this.
    pub(super) rotation: Option<EventId>,
    /// Where the rotator stands.
    pub(super) path: String,
    /// What is about to be set, sealed.
    pub(super) sealed: Vec<u8>,
    /// The event of the rotation of this path that did not come to its end, if there is one.
    pub(super) before: Option<EventId>,
    /// What the log says of what the target is shown, if it is shown something.
    pub(super) shown: Option<Attempt>,
    /// What the log says of that one, if it does not yet.
    pub(super) interrupted: Attempt,
    /// When the rotation was asked for.
    pub(super) begun_at: i64,
    pub(super) now: i64,
}

impl Announce {
    /// Begins the rotation, or goes on with it.
    async fn hold<T: Tx>(&self, tx: &mut T, newest: u64) -> Result<(), Error> {
        let Self { engine, environment, now, .. } = self;
        match (rotation::running(tx, &environment.id).await?, self.rotation) {
            (Some(running), Some(ours)) if running.id == ours => return Ok(()),
            (Some(running), None) if is_gone(&running, engine, *now) => {
                rotation::complete(tx, running.id, *now, None, Some(INTERRUPTED)).await?;
            }
            (None, None) => {}
            _ => return Err(Error::Rotating),
        }
        if newest != environment.revision {
            return Err(Error::Precondition);
        }
        let begun = Rotation {
            id: self.attempt.id(),
            environment: environment.id,
            account: self.account,
            schedule: self.schedule.clone(),
            created_at: self.begun_at,
            completed_at: None,
            revision_before: environment.revision,
            revision_after: None,
            state: State::Running,
            problem: None,
            node: engine.node(),
            alive_until: now + ALIVE,
        };
        rotation::insert(tx, &begun).await?;
        Ok(())
    }
}

impl Command for Announce {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let Self { attempt, name, path, .. } = self;
        let (entered, environment, _) = find(tx, attempt, name, Level::Write).await?;
        if environment.id != self.environment.id {
            return Err(Error::Absent(What::Environment));
        }
        self.hold(tx, environment.revision).await?;
        let known = rotation::attempts(tx, &environment.id).await?;
        let before = known.iter().find(|known| known.path == *path);
        if before.map(|before| before.event) != self.before {
            return Err(Error::Rotating);
        }
        let (log, event) = (entered.organization.log, attempt.id());
        let mut records = intent::announce(tx, &self.engine, attempt).await?;
        if let Some(before) = before
            && store::intent::end(tx, before.log, before.event).await?
        {
            // Nobody knows how it ended, and from here on nobody could find out.
            self.interrupted.place(attempt.placed()).cause(before.event);
            records = records.and_all(self.interrupted.records(Outcome::Unknown(Reason::Interrupted)));
        }
        if let Some(shown) = &self.shown {
            // Said before it is done, and of one that is then not sent too: nobody is shown what the log does not have.
            shown.place(attempt.placed()).cause(attempt.id());
            records = records.and_all(shown.records(Outcome::Succeeded));
        }
        let pending = Pending { path: path.clone(), log, event, sealed: self.sealed.clone() };
        rotation::set_attempt(tx, &environment.id, &pending).await?;
        Ok(Done { output: (), records })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}
