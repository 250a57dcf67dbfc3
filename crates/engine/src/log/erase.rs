//! Erasing a person from the logs: the texts that speak of them go, the entries stay.
//!
//! An entry holds no word that a person or a client supplied, only commitments. Once their texts are destroyed nobody can
//! read what they were of, and every proof still holds. Which ones were destroyed is recorded in the same commit.

use ledger::{Detail, Event, MAX_DESTROYED, Outcome, Statement, Target, TargetKind};
use store::tree::{self, LogState};
use store::{Command, Done, LogKey, Read, Records, Tx, account, opening, organization};

use super::trust::Name;
use crate::audit::{Attempt, Place};
use crate::context::Context;
use crate::error::{Error, What};
use crate::{Answer, Engine};

/// What was destroyed of a person.
#[derive(Clone, Debug, Default)]
pub struct Erased {
    /// How many texts, by log.
    pub logs: Vec<(Name, u64)>,
    /// Logs that speak of the person and take no entries: their texts stay, for nothing could be recorded there.
    pub frozen: Vec<Name>,
    /// Organisations that the person still belongs to: what they do from now on is written down again.
    pub member_of: Vec<String>,
}

/// Destroys what speaks of a person.
struct Erase {
    attempt: Attempt,
    engine: Engine,
    login: String,
    organization: Option<String>,
}

/// A log that speaks of the person, and the one that what is destroyed there is recorded in.
struct Spoken {
    name: Name,
    log: LogKey,
    record_in: LogState,
}

impl Command for Erase {
    type Output = Erased;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Erased>, Error> {
        let account = account::by_login(tx, &self.login).await?.ok_or(Error::Absent(What::User))?;
        let subjects = opening::subjects(tx, &account.id).await?;
        let mut erased = Erased::default();
        let mut records = Vec::new();
        for Spoken { name, log, record_in } in self.spoken(tx).await? {
            if record_in.frozen.is_some() {
                erased.frozen.push(name);
                continue;
            }
            let mut destroyed = opening::destroy_naming(tx, log, &self.login).await?;
            for (_, actor) in subjects.iter().filter(|(of, _)| *of == log) {
                destroyed.extend(opening::destroy(tx, log, actor).await?);
            }
            opening::forget(tx, log, &account.id).await?;
            for some in destroyed.chunks(MAX_DESTROYED) {
                records.push(self.record(&record_in, &name, some));
            }
            if !destroyed.is_empty() {
                erased.logs.push((name, destroyed.len() as u64));
            }
        }
        let memberships = organization::of_account(tx, &account.id).await?.into_iter();
        erased.member_of = memberships.map(|(organization, ..)| organization.name).collect();
        let mut records = records.into_iter();
        // That there was nothing to destroy is recorded too.
        let first = records.next().unwrap_or_else(|| self.attempt.records(Outcome::Succeeded));
        Ok(Done { output: erased, records: records.fold(first, Records::and_all) })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Erase {
    /// The logs that are meant: all, or those of one organisation, the ones before a loss included.
    async fn spoken<R: Read>(&self, read: &mut R) -> Result<Vec<Spoken>, Error> {
        let organizations = organization::all(read).await?;
        if let Some(wanted) = &self.organization
            && organizations.iter().all(|found| found.name != *wanted)
        {
            return Err(Error::Absent(What::Organization));
        }
        let states = tree::states(read).await?;
        let mut spoken = Vec::new();
        for state in &states {
            let mut last = state;
            while let Some(next) = states.iter().find(|next| next.predecessor == Some(last.log)) {
                last = next;
            }
            let organization = organizations.iter().find(|found| found.log == last.log).map(|found| found.name.clone());
            if self.organization.is_some() && organization != self.organization {
                continue;
            }
            let name = Name { organization, origin: state.origin.clone() };
            spoken.push(Spoken { name, log: state.log, record_in: last.clone() });
        }
        Ok(spoken)
    }

    fn record(&self, log: &LogState, name: &Name, destroyed: &[[u8; 32]]) -> Records {
        let attempt = self.engine.attempt(self.attempt.context(), Event::OpeningsDestroyed);
        let detail = Detail::new().word("chosen", "subject").integer("openings", destroyed.len() as u64);
        attempt
            .place(Place { log: log.log, actor: None, outsider: false })
            .target(Target::unresolved(TargetKind::Log))
            .detail(detail)
            .destroyed(Statement::destroyed(destroyed));
        if let Some(organization) = &name.organization {
            attempt.target_names(Statement::organization(organization));
        }
        attempt.records(Outcome::Succeeded)
    }
}

impl Engine {
    /// Destroys the texts that speak of somebody, in all logs or in those of one organisation.
    pub async fn erase_user(&self, cx: &Context, login: String, organization: Option<String>) -> Answer<Erased> {
        let attempt = self.attempt(cx, Event::OpeningsDestroyed);
        attempt
            .target(Target::unresolved(TargetKind::Log))
            .detail(Detail::new().word("chosen", "subject").integer("openings", 0));
        let erase = Erase { attempt, engine: self.clone(), login, organization };
        let engine = self.clone();
        self.detached(async move {
            let erased = engine.commit(erase).await?;
            engine.forget_credentials();
            // Destroyed they are; this wipes the places where they lay.
            if let Err(error) = engine.store().purge().await {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "what is left of destroyed texts in the database's files could not be wiped");
            }
            Ok(erased)
        })
        .await
    }
}
