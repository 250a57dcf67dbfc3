//! After a restoration: whoever was erased since the backup is erased again, before anything is served.

use std::collections::BTreeMap;

use ledger::{AccountId, ActorId, AnyId, Detail, Event, MAX_DESTROYED, OwnedLeaf, Statement, StatementName, Target};
use ledger::{Outcome, TargetKind};
use store::{Command, Done, Failure, LogKey, Question, Read, Records, StoreError, Tx};
use store::{account, entry, opening, organization, tree};
use thiserror::Error as ThisError;

use super::command::{Admins, Erase, Naming};
use super::{Erased, ErasuresError};
use crate::Engine;
use crate::audit::{Attempt, Place};
use crate::context::Context;
use crate::error::Error;

/// How many entries are read at once.
const STRIDE: u64 = 1_024;

/// Why somebody who was erased may be in the database again.
#[derive(Debug, ThisError)]
pub enum EraseAgainError {
    /// Nobody knows who was erased.
    #[error("it is not known who was erased, and a restored backup may have brought them back")]
    List(#[from] ErasuresError),
    /// The database failed.
    #[error("the database failed while whoever was erased was looked for")]
    Store(#[from] StoreError),
    /// They could not be erased.
    #[error("somebody who was erased is in the database again, from a backup, and could not be erased again")]
    Refused(#[source] Error),
}

impl From<Failure<Error>> for EraseAgainError {
    fn from(failure: Failure<Error>) -> Self {
        match failure {
            Failure::Refused(recorded) => Self::Refused(recorded.into_parts().0),
            Failure::Unrecorded(error) => Self::Store(error),
        }
    }
}

/// Somebody who was erased and is there again: by which login, and where alone.
type Back = (String, Option<String>);

/// Who is there of those who were erased, and who was erased here.
struct Compare(Vec<AnyId>);

impl Question for Compare {
    type Answer = (Vec<Back>, Vec<AccountId>);

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let mut back = Vec::new();
        for id in &self.0 {
            if let Some(id) = id.narrow::<ledger::id::kinds::Account>() {
                let found = account::find(read, &id).await?.filter(|found| !found.is_erased());
                back.extend(found.map(|found| (found.login, None)));
            } else if let Some(actor) = id.narrow::<ledger::id::kinds::Actor>() {
                back.extend(member_again(read, &actor).await?);
            }
        }
        Ok((back, account::erased(read).await?))
    }
}

/// Somebody who was erased from one organisation, if it knows them again. Who came back later by themselves has another
/// identifier there.
async fn member_again<R: Read>(read: &mut R, actor: &ActorId) -> Result<Option<Back>, StoreError> {
    let Some((log, account)) = opening::whose(read, actor).await? else { return Ok(None) };
    let Some(account) = account::find(read, &account).await?.filter(|found| !found.is_erased()) else {
        return Ok(None);
    };
    let log = tree::last(&tree::states(read).await?, log);
    let organizations = organization::all(read).await?;
    let of = organizations.into_iter().find(|organization| organization.log == log);
    Ok(of.map(|organization| (account.login, Some(organization.name))))
}

/// The commitments that some entries of a log say were destroyed, and where to go on.
struct Said {
    log: LogKey,
    from: u64,
}

impl Question for Said {
    type Answer = (Vec<[u8; 32]>, u64);

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let (mut lists, mut next) = (Vec::new(), self.from);
        for stored in entry::range(read, self.log, self.from..self.from + STRIDE).await? {
            next = stored.index + 1;
            let Ok(leaf) = OwnedLeaf::parse(stored.leaf) else { continue };
            let leaf = leaf.as_leaf();
            if leaf.event() == Some(Event::OpeningsDestroyed) {
                lists.extend(leaf.commitment(StatementName::Destroyed.as_str()));
            }
        }
        let openings = entry::openings(read, self.log, &lists).await?;
        Ok((openings.values().filter_map(ledger::Opening::destroyed).flatten().collect(), next))
    }
}

struct Logs;

impl Question for Logs {
    type Answer = Vec<tree::LogState>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        tree::states(read).await
    }
}

/// Which texts of a log are there.
struct Present(LogKey, Vec<[u8; 32]>);

impl Question for Present {
    type Answer = Vec<[u8; 32]>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(entry::openings(read, self.0, &self.1).await?.into_keys().collect())
    }
}

/// Destroys texts that a record says were destroyed.
struct DestroyAgain {
    attempt: Attempt,
    engine: Engine,
    back: BTreeMap<LogKey, Vec<[u8; 32]>>,
}

impl Command for DestroyAgain {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let destroying = opening::destroying(tx).await?;
        let states = tree::states(tx).await?;
        let mut records = Vec::new();
        for (log, commitments) in &self.back {
            let destroyed = opening::destroy_these(tx, &destroying, *log, commitments).await?;
            for some in destroyed.chunks(MAX_DESTROYED) {
                let attempt = self.engine.attempt(self.attempt.context(), Event::OpeningsDestroyed);
                let detail = Detail::new().word("chosen", "commitment").integer("openings", some.len() as u64);
                attempt
                    .place(Place { log: tree::last(&states, *log), actor: None, outsider: false })
                    .target(Target::unresolved(TargetKind::Log))
                    .detail(detail.word("reason", "restored"))
                    .destroyed(Statement::destroyed(some));
                records.push(attempt.records(Outcome::Succeeded));
            }
        }
        let mut records = records.into_iter();
        let first = records.next().unwrap_or_else(|| self.attempt.records(Outcome::Succeeded));
        Ok(Done { output: (), records: records.fold(first, Records::and_all) })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Erases again whoever was erased and is there once more, as after a restoration. Nothing is to be served before.
    /// Gives how many they were.
    pub async fn keep_erased(&self) -> Result<usize, EraseAgainError> {
        let listed = self.0.outside.erasures.load().await?;
        let (back, here) = self.store().ask(Compare(listed.iter().copied().collect())).await?;
        let cx = self.system_context();
        for (login, organization) in &back {
            let found = self.store().ask(Naming::new(login, organization.as_deref())).await?;
            let erase = Erase {
                attempt: self.erasure(&cx),
                engine: self.clone(),
                login: login.clone(),
                organization: organization.clone(),
                found,
                admins: Admins::Forgone,
            };
            self.commit(erase).await?;
        }
        if !back.is_empty() {
            self.forget_credentials();
            self.store().purge().await?;
        }
        // Another replica erased them, or the list was lost.
        self.0.outside.erasures.add(here.into_iter().map(AnyId::from).collect()).await?;
        Ok(back.len())
    }

    /// Destroys again what records of the logs themselves say was destroyed, where it is there all the same. Gives how
    /// many texts that were. It reads every entry.
    pub async fn destroy_again(&self, cx: &Context) -> Result<usize, EraseAgainError> {
        let states = self.store().ask(Logs).await?;
        let mut said = Vec::new();
        for state in &states {
            let mut from = 0;
            loop {
                let (more, next) = self.store().ask(Said { log: state.log, from }).await?;
                said.extend(more);
                if next == from {
                    break;
                }
                from = next;
            }
        }
        let mut back = BTreeMap::new();
        for state in &states {
            let present = self.store().ask(Present(state.log, said.clone())).await?;
            if !present.is_empty() {
                back.insert(state.log, present);
            }
        }
        let count = back.values().map(Vec::len).sum();
        if count > 0 {
            let attempt = self.erasure(cx);
            self.commit(DestroyAgain { attempt, engine: self.clone(), back }).await?;
            self.store().purge().await?;
        }
        Ok(count)
    }

    /// Puts down outside of the database who was erased: an account, or whoever a member was in one organisation.
    pub(super) async fn note_erased(&self, erased: &Erased) -> Result<(), ErasuresError> {
        let ids = match erased.account {
            Some(account) => vec![account.into()],
            None => erased.logs.iter().filter_map(|log| log.actor).map(AnyId::from).collect(),
        };
        self.0.outside.erasures.add(ids).await
    }
}
