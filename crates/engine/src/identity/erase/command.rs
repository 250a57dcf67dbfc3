//! The one commit that erases somebody: texts, account, memberships, and the records of all that.

use std::collections::BTreeMap;

use ledger::{ActorId, AnyId, Detail, Event, MAX_DESTROYED, Outcome, Statement, Target, TargetKind};
use store::account::{self, Account};
use store::opening::Destroying;
use store::organization::{self, Organization};
use store::tree;
use store::{Command, Done, LogKey, Question, Read, Records, StoreError, Tx, credential, identity, invite, opening};

use super::{Erased, ErasedLog};
use crate::Engine;
use crate::access::Role;
use crate::audit::{Attempt, Place};
use crate::error::{Error, What};
use crate::log::LogName;

/// What stands where a login stood.
const ERASED: &str = "[erased]";

/// The texts that name somebody by login, by log.
pub(super) type Found = BTreeMap<LogKey, Vec<[u8; 32]>>;

/// Looks for texts that name somebody by login.
pub(super) struct Naming {
    login: String,
    organization: Option<String>,
}

impl Naming {
    pub(super) fn new(login: &str, organization: Option<&str>) -> Self {
        Self { login: login.to_owned(), organization: organization.map(str::to_owned) }
    }
}

impl Question for Naming {
    type Answer = Found;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Found, StoreError> {
        let meant = meant(read, self.organization.as_deref()).await?;
        let mut found = Found::new();
        for (log, commitment) in opening::naming(read, &self.login).await? {
            if meant.iter().any(|meant| meant.log == log) {
                found.entry(log).or_default().push(commitment);
            }
        }
        Ok(found)
    }
}

/// A log that is meant, and the one that what is destroyed there is recorded in: a log that another one continues takes
/// no entries any more.
struct Meant {
    name: LogName,
    log: LogKey,
    record_in: LogKey,
}

/// The logs that are meant: all, or those of one organisation, the ones before a loss included.
async fn meant<R: Read>(read: &mut R, organization: Option<&str>) -> Result<Vec<Meant>, StoreError> {
    let organizations = organization::all(read).await?;
    let states = tree::states(read).await?;
    let meant = states.iter().filter_map(|state| {
        let record_in = tree::last(&states, state.log);
        let of = organizations.iter().find(|found| found.log == record_in).map(|found| found.name.clone());
        let is_meant = organization.is_none() || of.as_deref() == organization;
        let name = LogName { organization: of, origin: state.origin.clone() };
        is_meant.then_some(Meant { name, log: state.log, record_in })
    });
    Ok(meant.collect())
}

/// Erases somebody.
pub(super) struct Erase {
    pub(super) attempt: Attempt,
    pub(super) engine: Engine,
    pub(super) login: String,
    pub(super) organization: Option<String>,
    pub(super) found: Found,
    pub(super) admins: Admins,
}

/// What becomes of an organisation that would have no administrator any more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Admins {
    /// Then nobody is erased.
    Kept,
    /// It has none: they were erased once, and the organisation must not have them again.
    Forgone,
}

impl Command for Erase {
    type Output = Erased;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Erased>, Error> {
        let destroying = opening::destroying(tx).await?;
        let organization = match &self.organization {
            Some(name) => Some(organization::find(tx, name).await?.ok_or(Error::Absent(What::Organization))?),
            None => None,
        };
        let account = account::by_login(tx, &self.login).await?;
        let mut subjects: Vec<(LogKey, AnyId)> = Vec::new();
        if let Some(account) = &account {
            let actors = opening::subjects(tx, &account.id).await?;
            subjects.extend(actors.into_iter().map(|(log, actor)| (log, actor.into())));
            let id: AnyId = account.id.into();
            subjects.extend(opening::logs_about(tx, &id).await?.into_iter().map(|log| (log, id)));
        }
        let mut erased = Erased::default();
        let mut records = Vec::new();
        let meant = meant(tx, self.organization.as_deref()).await?;
        for meant in &meant {
            if let Some(log) = self.destroy(tx, &destroying, meant, &subjects, &mut records).await? {
                erased.logs.push(log);
            }
        }
        if let Some(account) = &account {
            let left = self.leave(tx, account, organization.as_ref(), &mut records).await?;
            for meant in &meant {
                opening::forget(tx, meant.log, &account.id).await?;
            }
            if organization.is_none() {
                self.empty(tx, &destroying, account, &left, &mut erased, &mut records).await?;
            }
            erased.left = left.into_iter().map(|organization| organization.name).collect();
        }
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
    /// Destroys what a log has of them.
    async fn destroy<T: Tx>(
        &self,
        tx: &mut T,
        destroying: &Destroying,
        Meant { name, log, record_in }: &Meant,
        subjects: &[(LogKey, AnyId)],
        records: &mut Vec<Records>,
    ) -> Result<Option<ErasedLog>, Error> {
        let found = self.found.get(log).map_or(&[][..], Vec::as_slice);
        let mut commitments = opening::destroy_these(tx, destroying, *log, found).await?;
        let mut actor: Option<ActorId> = None;
        for (_, subject) in subjects.iter().filter(|(of, _)| of == log) {
            commitments.extend(opening::destroy(tx, destroying, *log, subject).await?);
            actor = actor.or_else(|| subject.narrow());
        }
        if commitments.is_empty() {
            return Ok(None);
        }
        for some in commitments.chunks(MAX_DESTROYED) {
            let attempt = self.engine.attempt(self.attempt.context(), Event::OpeningsDestroyed);
            let detail = Detail::new().word("chosen", "subject").integer("openings", some.len() as u64);
            let target = actor.map_or(Target::unresolved(TargetKind::User), |id| Target::new(TargetKind::User, id));
            attempt
                .place(Place { log: *record_in, actor: None, outsider: false })
                .target(target)
                .detail(detail.word("reason", "erasure"))
                .destroyed(Statement::destroyed(some));
            records.push(attempt.records(Outcome::Succeeded));
        }
        Ok(Some(ErasedLog { name: name.clone(), commitments, actor, log: *log }))
    }

    /// Takes them out of the organisations that are meant.
    async fn leave<T: Tx>(
        &self,
        tx: &mut T,
        account: &Account,
        only: Option<&Organization>,
        records: &mut Vec<Records>,
    ) -> Result<Vec<Organization>, Error> {
        let mut left = Vec::new();
        for (organization, role, actor) in organization::of_account(tx, &account.id).await? {
            if only.is_some_and(|only| only.id != organization.id) {
                continue;
            }
            let role = Role::parse(&role).unwrap_or(Role::Member);
            let is_last = role == Role::Admin && organization::count_admins(tx, &organization.id).await? <= 1;
            if is_last && self.admins == Admins::Kept {
                return Err(Error::LastAdmin);
            }
            organization::delete_member(tx, &organization.id, &account.id).await?;
            let attempt = self.engine.attempt(self.attempt.context(), Event::MemberRemoved);
            attempt
                .place(Place { log: organization.log, actor: None, outsider: false })
                .target(Target::new(TargetKind::Member, actor))
                .target_names(Statement::member(None, &organization.name, ERASED))
                .detail(Detail::new().id("account", account.id).word("role", role.as_str()));
            records.push(attempt.records(Outcome::Succeeded));
            left.push(organization);
        }
        Ok(left)
    }

    /// Leaves an account without a person and without a credential.
    async fn empty<T: Tx>(
        &self,
        tx: &mut T,
        destroying: &Destroying,
        account: &Account,
        left: &[Organization],
        erased: &mut Erased,
        records: &mut Vec<Records>,
    ) -> Result<(), Error> {
        let [tokens, sessions, _] =
            credential::erase(tx, destroying, &account.id, &self.login, self.attempt.context().now).await?;
        invite::erase(tx, destroying, &account.id, &self.login).await?;
        identity::erase(tx, destroying, &account.id).await?;
        account::erase(tx, destroying, &account.id).await?;
        let attempt = self.engine.attempt(self.attempt.context(), Event::UserUpdated);
        attempt.target(Target::new(TargetKind::User, account.id)).target_names(Statement::user(None, ERASED)).detail(
            Detail::new()
                .id("account", account.id)
                .words("fields", ["email", "login", "name", "password"])
                .integer("sessions", sessions)
                .integer("tokens", tokens),
        );
        let place = |organization: &Organization| Place { log: organization.log, actor: None, outsider: false };
        let places: Vec<Place> = left.iter().map(place).collect();
        records.push(attempt.records_in(&places, Outcome::Succeeded));
        erased.account = Some(account.id);
        erased.tokens = tokens;
        erased.sessions = sessions;
        Ok(())
    }
}
