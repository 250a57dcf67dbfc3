//! What a process announced that did not live to say how it ended.
//!
//! What is owed an outcome stands in a table ([`super::intent`]), so it is found without looking through the logs,
//! however long ago it began.

use ledger::{Detail, Event, EventId, Outcome, Reason, ScheduleId, Statement, Target, TargetKind, TextKey};
use store::intent::{self, Intent};
use store::schedule_run::{self, RunState};
use store::{Chore, Command, Done, LogKey, Question, Read, Records, StoreError, Tx, entry, log};

use super::export::ExportFormat;
use super::list::Told;
use super::scan;
use crate::Engine;
use crate::audit::{Attempt, Place};
use crate::error::Error;
use crate::providers::providers;
use crate::rotators::Rotator;

/// How long a process is taken to be there after it last said so, in microseconds: half a minute.
pub(super) const ALIVE: i64 = 30_000_000;
/// How long a replica that closes orphans keeps others from doing so too: ten seconds.
const LEASE: i64 = 10_000_000;

struct Intents;

impl Question for Intents {
    type Answer = Vec<Intent>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        intent::all(read).await
    }
}

/// The entry of an intent.
struct Find(LogKey, EventId);

impl Question for Find {
    type Answer = Option<Told>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let Self(log, event) = *self;
        let Some(index) = entry::index_of(read, log, event).await? else { return Ok(None) };
        let Some(stored) = entry::at(read, log, index).await? else { return Ok(None) };
        Ok(scan::tell(read, log, vec![scan::leaf(log, stored)?]).await?.pop())
    }
}

/// Records that nobody knows how something ended.
struct Close {
    attempt: Attempt,
    orphan: Intent,
}

impl Command for Close {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let Intent { log, event, .. } = self.orphan;
        // Else its process was there after all, or somebody else was first: each intent has one outcome.
        if !intent::end_orphan(tx, &self.orphan).await? {
            return Err(Error::Precondition);
        }
        schedule_run::end(tx, event, RunState::Unknown).await?;
        self.attempt.cause(event);
        // A copy of the database holds the intent of its own making: once it is restored, that log has ended.
        let log = log::current(tx, log).await?;
        self.attempt.place(Place { log, actor: None, outsider: false });
        Ok(Done { output: (), records: self.attempt.records(Outcome::Unknown(Reason::Interrupted)) })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// Says that this process is there, and so still at what it announced; gives how much that is.
    pub async fn keep_intents(&self) -> Result<u64, StoreError> {
        let now = self.now();
        self.store().chore(Chore::Alive { node: self.node(), now, until: now + ALIVE }).await
    }

    /// Records of everything that was announced by a process which is gone that nobody knows how it ended, and says of
    /// how much.
    ///
    /// Of several replicas one does this, so that each orphan has one outcome. Only one process uses SQLite: whatever
    /// another one announced there has no one left.
    pub async fn close_orphans(&self) -> Result<u64, StoreError> {
        let (now, is_alone) = (self.now(), !self.store().has_outbox());
        let is_orphan = |intent: &Intent| intent.node != self.node() && (is_alone || intent.alive_until < now);
        let orphans: Vec<Intent> = self.store().ask(Intents).await?.into_iter().filter(is_orphan).collect();
        if orphans.is_empty() {
            return Ok(0);
        }
        let lease = Chore::Lease { name: "orphans", holder: self.node().to_string(), now, until: now + LEASE };
        if !is_alone && self.store().chore(lease).await? == 0 {
            return Ok(0);
        }
        self.store().caught_up().await?;
        let mut closed = 0;
        for orphan in orphans {
            let Some(told) = self.store().ask(Find(orphan.log, orphan.event)).await? else { continue };
            match self.commit(Close { attempt: self.unknown(&orphan, &told), orphan }).await {
                Ok(_) => closed += 1,
                Err(failure) => {
                    tracing::error!(?failure, "that nobody knows how something ended could not be recorded");
                }
            }
        }
        Ok(closed)
    }

    /// What the log says of an orphan, from what it said when that began.
    fn unknown(&self, orphan: &Intent, told: &Told) -> Attempt {
        let leaf = told.entry.leaf.as_leaf();
        let attempt = self.attempt(&self.system_context(), leaf.event().unwrap_or(Event::AuditLogExported));
        attempt.place(Place { log: orphan.log, actor: None, outsider: false });
        if leaf.event() == Some(Event::BackupMade) {
            let detail = Detail::new().word("database", self.database());
            attempt.target(Target::unresolved(TargetKind::Server)).detail(detail);
            return attempt;
        }
        if leaf.event() == Some(Event::EnvironmentRotated) {
            note_rotation(&attempt, told);
            return attempt;
        }
        if leaf.event() == Some(Event::ScheduleRun) {
            note_run(&attempt, told);
            return attempt;
        }
        if matches!(leaf.event(), Some(Event::EnvironmentOidcTokenIssued | Event::CredentialMinted)) {
            Self::unknown_call(&attempt, told);
            return attempt;
        }
        let organization = told.entry.target().text().and_then(|names| names.organization);
        if let Some(organization) = organization {
            attempt.target(Target::unresolved(TargetKind::Log)).target_names(Statement::organization(&organization));
        }
        let format = leaf.detail("format").and_then(|word| ExportFormat::from_word(&word.to_string()));
        if let Some(format) = format {
            attempt.detail(Detail::new().word("format", format.as_str()).word("phase", "finished"));
        }
        attempt
    }

    /// What the log says of a provider's call, of which nobody knows what it did.
    fn unknown_call(attempt: &Attempt, told: &Told) {
        let leaf = told.entry.leaf.as_leaf();
        if let Some(kind) = leaf.target_kind() {
            attempt.target(leaf.target_id().map_or(Target::unresolved(kind), |id| Target::new(kind, id)));
        }
        if let Some(names) = told.entry.target().text() {
            match (names.organization, names.project, names.environment) {
                (Some(organization), Some(project), Some(environment)) => {
                    attempt.target_names(Statement::environment(&organization, &project, &environment));
                }
                (Some(organization), ..) => {
                    attempt.target_names(Statement::organization(&organization));
                }
                _ => {}
            }
        }
        let provider = leaf.detail("provider").map(|word| word.to_string());
        let known = providers().iter().find(|listed| Some(listed.name) == provider.as_deref());
        if let Some(listed) = known {
            attempt.detail(Detail::new().word("provider", listed.name));
        }
    }
}

/// What a schedule was about to run, for the record that nobody knows how it ended.
fn note_run(attempt: &Attempt, told: &Told) {
    let schedule =
        told.entry.leaf.as_leaf().detail("schedule").and_then(|id| id.to_string().parse::<ScheduleId>().ok());
    let detail = Detail::new().word("phase", "finished");
    note_environment(attempt, told);
    attempt.detail(match schedule {
        Some(schedule) => detail.id("schedule", schedule),
        None => detail,
    });
    if let Some(schedule) = told.entry.parameter("schedule").text() {
        attempt.text(TextKey::Schedule, schedule);
    }
}

/// What a rotation was about to rotate, for the record that nobody knows how it ended.
fn note_rotation(attempt: &Attempt, told: &Told) {
    let leaf = told.entry.leaf.as_leaf();
    note_environment(attempt, told);
    let rotator = leaf.detail("rotator").and_then(|word| Rotator::named(&word.to_string()));
    attempt.detail(rotator.map_or_else(Detail::new, |known| Detail::new().word("rotator", known.name())));
    if let Some(path) = told.entry.parameter("path").text() {
        attempt.text(TextKey::Path, path);
    }
}

/// On which environment that was.
fn note_environment(attempt: &Attempt, told: &Told) {
    let leaf = told.entry.leaf.as_leaf();
    attempt.target(Target {
        id: leaf.target_id(),
        project: leaf.target_project(),
        rev: leaf.target_rev(),
        ..Target::unresolved(TargetKind::Environment)
    });
    if let Some(names) = told.entry.target().text()
        && let (Some(organization), Some(project), Some(name)) = (names.organization, names.project, names.environment)
    {
        attempt.target_names(Statement::environment(&organization, &project, &name));
    }
}
