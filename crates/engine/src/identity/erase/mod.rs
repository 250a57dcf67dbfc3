//! Erasing somebody: what speaks of them is destroyed; what they did stays, under an identifier without a name.
//!
//! An entry holds no word that a person supplied, only commitments. Once the texts are gone nobody can read what was
//! committed to, and every proof still holds. The account stays as a row without a person, for environments and
//! revisions refer to it.

mod again;
mod command;
mod exports;
mod list;

use ledger::{ActorId, Event, Target, TargetKind};
use store::{Failure, LogKey, Recorded};

use crate::Engine;
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::log::LogName;
use command::{Admins, Erase, Naming};

pub use again::EraseAgainError;
pub use exports::Exports;
pub use list::{Erasures, ErasuresError};

/// How often is looked for texts that came while others were destroyed.
const ROUNDS: usize = 3;

/// What was done about somebody.
#[derive(Clone, Debug, Default)]
pub struct Erased {
    /// What was destroyed, by log.
    pub logs: Vec<ErasedLog>,
    /// The account that has no person any more, if it had one until now.
    pub account: Option<ledger::AccountId>,
    /// The organisations that they belonged to until now.
    pub left: Vec<String>,
    /// How many access tokens ended.
    pub tokens: u64,
    /// How many console sessions ended.
    pub sessions: u64,
}

/// What was destroyed of a log.
#[derive(Clone, Debug)]
pub struct ErasedLog {
    /// Which.
    pub name: LogName,
    /// What the destroyed texts were committed to by.
    pub commitments: Vec<[u8; 32]>,
    /// Under which identifier what they did stays there, if they acted.
    pub actor: Option<ActorId>,
    log: LogKey,
}

/// What erasing somebody cannot reach, and what it did not.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// The exports of the logs since the first entry with a text that was destroyed.
    pub exports: Vec<Exports>,
    /// What is still to be done. The same command does it.
    pub unfinished: Vec<&'static str>,
}

impl Engine {
    /// Erases whoever has a login: in all logs, and the account; or in one organisation alone. Doing it again is harmless,
    /// and reaches what has come since.
    pub async fn erase_user(
        &self,
        cx: &Context,
        login: String,
        organization: Option<String>,
    ) -> Result<(Recorded<Erased>, Reach), Failure<Error>> {
        if let Err(error) = crate::name::check_login(&login) {
            return Err(self.refuse(&self.erasure(cx), error).await);
        }
        let (engine, cx) = (self.clone(), cx.clone());
        self.detached(async move {
            let erased = engine.erase_once(&cx, &login, organization.as_deref()).await?;
            let reach = engine.finish_erasure(&cx, &login, organization.as_deref(), erased.get()).await;
            Ok((erased, reach))
        })
        .await
    }

    /// An attempt to erase somebody. It does not say whom: that would be a text of them.
    fn erasure(&self, cx: &Context) -> Attempt {
        let attempt = self.attempt(cx, Event::OpeningsDestroyed);
        attempt.target(Target::unresolved(TargetKind::User));
        attempt
    }

    async fn erase_once(
        &self,
        cx: &Context,
        login: &str,
        organization: Option<&str>,
    ) -> Result<Recorded<Erased>, Failure<Error>> {
        let attempt = self.erasure(cx);
        // Found before the transaction, which would otherwise read every text there is.
        let found = match self.store().ask(Naming::new(login, organization)).await {
            Ok(found) => found,
            Err(error) => return Err(self.refuse(&attempt, error.into()).await),
        };
        let organization = organization.map(str::to_owned);
        let erase =
            Erase { attempt, engine: self.clone(), login: login.to_owned(), organization, found, admins: Admins::Kept };
        let erased = self.commit(erase).await?;
        self.forget_credentials();
        Ok(erased)
    }

    /// All that follows the commit. Whatever fails here, they are erased; what is left is said.
    async fn finish_erasure(&self, cx: &Context, login: &str, organization: Option<&str>, erased: &Erased) -> Reach {
        let mut reach = Reach::default();
        if let Err(failure) = self.sweep(cx, login, organization).await {
            let error: Option<&dyn std::error::Error> = match &failure {
                Failure::Refused(error) => Some(error.get()),
                Failure::Unrecorded(error) => Some(error),
            };
            tracing::error!(error, "texts that came during an erasure were not looked for");
            reach.unfinished.push("texts that came meanwhile were not looked for");
        }
        if let Err(error) = self.note_erased(erased).await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "who was erased could not be put down outside of the database");
            reach.unfinished.push("that a restored backup must not bring them back was not put down");
        }
        if let Err(error) = self.store().purge().await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "what is left of destroyed texts in the database's files was not wiped");
            reach.unfinished.push("what is left of the texts in the files of the database was not wiped");
        }
        match self.exports_since(&erased.logs).await {
            Ok(exports) => reach.exports = exports,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "exports that hold destroyed texts were not looked for");
                reach.unfinished.push("exports of the log were not looked for");
            }
        }
        reach
    }

    /// Destroys what named them once more while they were erased: a request under way, somebody's search.
    async fn sweep(&self, cx: &Context, login: &str, organization: Option<&str>) -> Result<(), Failure<Error>> {
        for _ in 0..ROUNDS {
            let found = self.store().ask(Naming::new(login, organization)).await.map_err(Failure::Unrecorded)?;
            if found.is_empty() {
                break;
            }
            self.erase_once(cx, login, organization).await?;
        }
        Ok(())
    }
}
