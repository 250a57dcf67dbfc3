//! Exporting the audit log: all that matches, read in pages, with a record at the start and one
//! at the end.

mod anchored;
mod bundle;
mod explain;
mod format;
mod span;

use ledger::{Detail, Event, EventId, LogId, Outcome, Reason, Statement, Target, TargetKind};
use store::{Command, Done, Question, Read, Recorded, Records, StoreError, Tx};

use super::filter::{Filter, WhichLog};
use super::intent::{self, End};
use super::list::{Told, note_filter};
use super::reach::reach;
use super::walk::{Order, Walk};
use crate::access::Scope;
use crate::audit::{Attempt, Place};
use crate::context::Context;
use crate::error::Error;
use crate::{Answer, Engine};

pub use bundle::BundleFailure;
pub use format::ExportFormat;
use span::Span;

/// An export that has begun: a reader of what the log held when it was asked for.
pub struct Export {
    engine: Engine,
    cx: Context,
    organization: String,
    filter: Filter,
    format: ExportFormat,
    span: Span,
    walk: Walk,
    /// Where its records go.
    place: Place,
    intended: EventId,
    /// Whether everything that was committed before the question is in it.
    pub complete: bool,
}

/// What was destroyed of an ended log is recorded in the log after it, and the server's log anchors all the others: a
/// bundle of one log shows neither.
const NO_BUNDLE: &str = "there are bundles of an organization's log of today only; entries and proofs of the others are \
                         served below `/log/`, where `escriba audit verify` checks them all";

struct Begin {
    attempt: Attempt,
    organization: String,
    filter: Filter,
    format: ExportFormat,
}

impl Begin {
    async fn read<R: Read>(&self, read: &mut R) -> Result<Span, Error> {
        let Self { attempt, organization, filter, format } = self;
        let reached = reach(read, attempt, organization, filter.log, Scope::AuditLogsExport).await?;
        if *format == ExportFormat::Bundle && !reached.current {
            return Err(Error::Invalid(NO_BUNDLE.to_owned()));
        }
        Span::find(read, reached, filter, *format).await
    }
}

impl Question for Begin {
    type Answer = Result<Span, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.read(read).await)
    }
}

/// Records that an export begins, if the caller may export. From then on it is owed that its end is recorded too.
struct Announce {
    engine: Engine,
    attempt: Attempt,
    organization: String,
    wanted: Option<WhichLog>,
}

impl Command for Announce {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        reach(tx, &self.attempt, &self.organization, self.wanted, Scope::AuditLogsExport).await?;
        let records = intent::announce(tx, &self.engine, &self.attempt).await?;
        Ok(Done { output: (), records })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

/// How an export ended.
pub struct Exported {
    /// Rows written, or the leaves of a bundle.
    pub rows: u64,
    /// Bytes written, before they are compressed on their way.
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
        format: ExportFormat,
    ) -> Result<(Recorded<()>, Export), store::Failure<Error>> {
        let attempt = self.attempt(cx, Event::AuditLogExported);
        prepare(&attempt, &organization, &filter);
        attempt.detail(filter.noted(Detail::new().word("format", format.as_str()).word("phase", "started")));
        let (engine, cx) = (self.clone(), cx.clone());
        self.detached(async move {
            let complete = match engine.store().caught_up().await {
                Ok(complete) => complete,
                Err(error) => return Err(engine.refuse(&attempt, error.into()).await),
            };
            let begin =
                Begin { attempt: attempt.clone(), organization: organization.clone(), filter: filter.clone(), format };
            let span = engine.store().ask(begin).await.map_err(Into::into).flatten();
            let span = engine.seen(&attempt, span).await?;
            let announce = Announce {
                engine: engine.clone(),
                attempt: attempt.clone(),
                organization: organization.clone(),
                wanted: filter.log,
            };
            let undone = || {
                let undone = engine.attempt(&cx, Event::AuditLogExported);
                prepare(&undone, &organization, &filter);
                let detail = Detail::new().word("format", format.as_str()).word("phase", "finished");
                undone.place(attempt.placed()).detail(filter.noted(detail));
                undone
            };
            let announced = engine.announce(announce, attempt.id(), undone).await?;
            let walk = Walk::entries(span.log, span.matching.clone(), Order::Newest, span.range.clone());
            let (place, intended) = (attempt.placed(), attempt.id());
            let export = Export { engine, cx, organization, filter, format, span, walk, place, intended, complete };
            Ok((announced, export))
        })
        .await
    }
}

fn prepare(attempt: &Attempt, organization: &str, filter: &Filter) {
    attempt.target(Target::unresolved(TargetKind::Log)).target_names(Statement::organization(organization));
    note_filter(attempt, filter);
}

impl Export {
    /// What it is written as.
    pub fn format(&self) -> ExportFormat {
        self.format
    }

    /// The identifier of the organisation, as some formats name it.
    pub fn organization_id(&self) -> &str {
        self.span.organization.as_str()
    }

    /// The log that this one continues: what happened before stands there.
    pub fn predecessor(&self) -> Option<LogId> {
        self.span.predecessor
    }

    /// The next entries, newest first; none at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<Told>>, StoreError> {
        self.walk.next(self.engine.store()).await
    }

    /// Records how the export ended.
    pub async fn finish(self, exported: Exported) -> Answer<()> {
        let attempt = self.engine.attempt(&self.cx, Event::AuditLogExported);
        prepare(&attempt, &self.organization, &self.filter);
        let detail = Detail::new()
            .integer("bytes", exported.bytes)
            .word("format", self.format.as_str())
            .word("phase", "finished")
            .integer("rows", exported.rows)
            .digest("sha256", exported.sha256);
        attempt.place(self.place).detail(self.filter.noted(detail));
        let outcome = if exported.whole { Outcome::Succeeded } else { Outcome::Failed(Reason::Cancelled) };
        let (engine, intended) = (self.engine.clone(), self.intended);
        let end = End { attempt, intended, outcome, output: () };
        self.engine.detached(async move { engine.conclude(intended, end).await }).await
    }
}
