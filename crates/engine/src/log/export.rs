//! Exporting the audit log: all that matches, read in pages, with a record at the start and one
//! at the end.

use std::ops::Range;

use ledger::{Detail, Event, EventId, Need, Outcome, Reason, Statement, Target, TargetKind};
use store::{Command, Done, LogKey, Question, Read, Recorded, Records, StoreError, Tx};

use super::filter::{Filter, Match};
use super::list::{Told, note_filter};
use super::scan;
use crate::access::{Role, enter, permit_organization};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::Error;
use crate::{Answer, Engine};

/// How many entries one page of an export has, and how many it may look at.
const PAGE: (usize, u64) = (1_000, 50_000);

/// An export that has begun: a reader of what the log held when it was asked for.
pub struct Export {
    engine: Engine,
    cx: Context,
    organization: String,
    organization_id: String,
    filter: Filter,
    format: &'static str,
    log: LogKey,
    matching: Match,
    left: Range<u64>,
    began: EventId,
    /// Whether everything that was committed before the question is in it.
    pub complete: bool,
}

struct Begin {
    attempt: Attempt,
    organization: String,
    filter: Filter,
}

struct Span {
    log: LogKey,
    matching: Match,
    range: Range<u64>,
    organization_id: String,
}

impl Begin {
    async fn read<R: Read>(&self, read: &mut R) -> Result<Span, Error> {
        let entered = enter(read, &self.attempt, &self.organization).await?;
        permit_organization(&self.attempt, &entered, Role::Admin, Need::AuditLogsExport)?;
        let log = entered.organization.log;
        let matching = Match::resolve(read, log, &self.filter).await?;
        let range = scan::span(read, log, &self.filter).await?;
        Ok(Span { log, matching, range, organization_id: entered.organization.id.to_string() })
    }
}

impl Question for Begin {
    type Answer = Result<Span, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.read(read).await)
    }
}

/// Records one end of an export, if the caller may export.
struct Note {
    attempt: Attempt,
    organization: String,
    outcome: Outcome,
}

impl Command for Note {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let entered = enter(tx, &self.attempt, &self.organization).await?;
        permit_organization(&self.attempt, &entered, Role::Admin, Need::AuditLogsExport)?;
        Ok(Done { output: (), records: self.attempt.records(self.outcome) })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

struct Next {
    log: LogKey,
    matching: Match,
    range: Range<u64>,
}

impl Question for Next {
    type Answer = (Vec<Told>, u64);

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let (limit, budget) = PAGE;
        let (leaves, next) = scan::below(read, self.log, self.matching, self.range.clone(), limit, budget).await?;
        Ok((scan::tell(read, self.log, leaves).await?, next))
    }
}

/// How an export ended.
pub struct Exported {
    /// Rows written.
    pub rows: u64,
    /// Bytes written, before compression.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// Whether the reader stayed to the end.
    pub whole: bool,
}

impl Engine {
    /// Begins an export of all that matches. The record of its beginning is durable before there
    /// is an [`Export`] to read from.
    pub async fn export_events(
        &self,
        cx: &Context,
        organization: String,
        filter: Filter,
        format: &'static str,
    ) -> Result<(Recorded<()>, Export), store::Failure<Error>> {
        let attempt = self.attempt(cx, Event::AuditLogExported);
        prepare(&attempt, &organization, &filter);
        attempt.detail(filter.noted(Detail::new().word("format", format).word("phase", "started")));
        let (engine, cx) = (self.clone(), cx.clone());
        self.detached(async move {
            let complete = match engine.store().caught_up().await {
                Ok(complete) => complete,
                Err(error) => return Err(engine.refuse(&attempt, error.into()).await),
            };
            let begin = Begin { attempt: attempt.clone(), organization: organization.clone(), filter: filter.clone() };
            let span = engine.store().ask(begin).await.map_err(Into::into).flatten();
            let Span { log, matching, range, organization_id } = engine.seen(&attempt, span).await?;
            let first = attempt.id();
            let note = Note { attempt, organization: organization.clone(), outcome: Outcome::Intended };
            let noted = engine.commit(note).await?;
            let export = Export {
                engine,
                cx,
                organization,
                organization_id,
                filter,
                format,
                log,
                matching,
                left: range,
                began: first,
                complete,
            };
            Ok((noted, export))
        })
        .await
    }
}

fn prepare(attempt: &Attempt, organization: &str, filter: &Filter) {
    attempt.target(Target::unresolved(TargetKind::Log)).target_names(Statement::organization(organization));
    note_filter(attempt, filter);
}

impl Export {
    /// The identifier of the organisation, as some formats name it.
    pub fn organization_id(&self) -> &str {
        &self.organization_id
    }

    /// The next entries, newest first; none at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<Told>>, StoreError> {
        while self.left.end > self.left.start {
            let question = Next { log: self.log, matching: self.matching, range: self.left.clone() };
            let (page, next) = self.engine.store().ask(question).await?;
            self.left.end = next;
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    /// Records how the export ended.
    pub async fn finish(self, exported: Exported) -> Answer<()> {
        let attempt = self.engine.attempt(&self.cx, Event::AuditLogExported);
        prepare(&attempt, &self.organization, &self.filter);
        let detail = Detail::new()
            .integer("bytes", exported.bytes)
            .word("format", self.format)
            .word("phase", "finished")
            .integer("rows", exported.rows)
            .digest("sha256", exported.sha256);
        attempt.detail(self.filter.noted(detail)).cause(self.began);
        let outcome = if exported.whole { Outcome::Succeeded } else { Outcome::Failed(Reason::Cancelled) };
        let note = Note { attempt, organization: self.organization, outcome };
        let engine = self.engine.clone();
        self.engine.detached(async move { engine.commit(note).await }).await
    }
}
