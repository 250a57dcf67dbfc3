//! Writing a bundle: a part of the log that can be checked without the server.
//!
//! The log is gone through twice, for leaves and for their openings, and only then a checkpoint is taken. So whatever
//! was destroyed before it could be read has its record under that checkpoint, and nothing is missing without one,
//! although no snapshot is held for as long as somebody reads.

use std::io::Write;
use std::ops::Range;
use std::time::Duration;

use ledger::bundle::{About, BundleError, Events, Openings, Rows};
use ledger::proof::range::RangeProof;
use ledger::{EventId, Hash};
use store::checkpoint::{self, Checkpoint};
use store::{LogKey, Question, Read, StoreError, entry, tree};
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinError;

use super::Export;
use super::anchored::{Anchored, FindAnchor};
use super::span::Span;
use crate::Engine;
use crate::context::Context;
use crate::log::filter::{Filter, Match};
use crate::log::list::Told;
use crate::log::walk::{Order, Walk};

/// How often, and after which pause, it is looked whether another replica has signed.
const PATIENCE: (u32, Duration) = (50, Duration::from_millis(200));

/// Why a bundle was not finished.
#[derive(Debug, Error)]
pub enum BundleFailure {
    /// The database failed.
    #[error("the log could not be read")]
    Store(#[from] StoreError),
    /// The bundle could not be written.
    #[error("the bundle could not be written")]
    Write(#[from] BundleError),
    /// No checkpoint covers the entries.
    #[error("no checkpoint covers the entries yet")]
    Uncovered,
    /// The server ends meanwhile.
    #[error("the server is stopping")]
    Stopping,
    /// The tree has no proof of what the log holds.
    #[error("the tree of the log does not hold its entries")]
    Unproved,
}

impl Export {
    /// Writes a bundle into a sink that may block. Gives the sink back, and how many leaves the bundle has.
    pub async fn bundle<W: Write + Send + 'static>(&self, sink: W) -> Result<(W, u64), BundleFailure> {
        let bundling = Bundling {
            runtime: Handle::current(),
            engine: self.engine.clone(),
            cx: self.cx.clone(),
            filter: self.filter.clone(),
            span: self.span.clone(),
            began: self.intended,
        };
        joined(tokio::task::spawn_blocking(move || bundling.write(sink)).await)
    }
}

/// Writes a bundle, on a thread that may wait: for the database, and for whoever reads.
pub(super) struct Bundling {
    runtime: Handle,
    pub(super) engine: Engine,
    cx: Context,
    pub(super) filter: Filter,
    pub(super) span: Span,
    began: EventId,
}

impl Bundling {
    fn write<W: Write>(&self, sink: W) -> Result<(W, u64), BundleFailure> {
        let span = &self.span;
        let exporter = format!("{}, as event {} says", self.cx.login(), self.began);
        let about = About {
            origin: &span.origin,
            range: span.range.clone(),
            window: span.window.clone(),
            exporter: &exporter,
            made: self.cx.now,
            withheld: &[],
        };

        let (mut events, mut leaves) = (Events::begin(sink, &about)?, 0);
        self.walk(Walk::leaves, |told| {
            leaves += 1;
            events.leaf(&told.entry.leaf.as_leaf())
        })?;

        let (mut openings, mut is_missing) = (events.end()?, false);
        self.walk(Walk::entries, |told| {
            is_missing |= told.entry.leaf.as_leaf().commitments().count() > told.entry.openings.len();
            openings.openings(&told.entry.openings)
        })?;

        let checkpoint = self.checkpoint()?;
        let explanations = if self.filter.is_whole() {
            let question = Completeness { log: span.log, range: span.range.clone(), size: checkpoint.size };
            let proof = self.ask(question)?.ok_or(BundleFailure::Unproved)?;
            openings.complete(checkpoint.size, &proof)?
        } else {
            self.rows(openings, &checkpoint)?.end()?
        };
        let explanations = self.explain(explanations, is_missing, &checkpoint)?;
        let changes = self.key_changes(explanations.end()?, &checkpoint)?;
        let question = FindAnchor {
            server: self.engine.server_log(),
            log: span.log,
            origin: span.origin.clone(),
            size: checkpoint.size,
        };
        let anchored = self.ask(question)?;
        let anchor = anchored.as_ref().map(Anchored::as_anchor);
        Ok((changes.finish(&checkpoint.note, anchor.as_ref())?, leaves))
    }

    pub(super) fn ask<Q: Question>(&self, question: Q) -> Result<Q::Answer, StoreError> {
        self.runtime.block_on(self.engine.store().ask(question))
    }

    /// Takes each entry that belongs into the bundle. The next page is read while one is written.
    fn walk(
        &self,
        way: fn(LogKey, Match, Order, Range<u64>) -> Walk,
        mut take: impl FnMut(&Told) -> Result<(), BundleError>,
    ) -> Result<(), BundleFailure> {
        let Span { log, matching, range, .. } = &self.span;
        let mut walk = way(*log, matching.clone(), Order::Oldest, range.clone());
        let (pages, mut received) = mpsc::channel(1);
        let engine = self.engine.clone();
        let reading = self.runtime.spawn(async move {
            while let Some(page) = walk.next(engine.store()).await? {
                if pages.send(page).await.is_err() {
                    break;
                }
            }
            Ok::<_, StoreError>(())
        });
        while let Some(page) = received.blocking_recv() {
            page.iter().try_for_each(&mut take)?;
        }
        joined(self.runtime.block_on(reading))
    }

    /// The newest checkpoint, once it covers all that the log holds now.
    fn checkpoint(&self) -> Result<Checkpoint, BundleFailure> {
        let log = self.span.log;
        self.runtime.block_on(self.engine.store().caught_up())?;
        let (size, _) = self.ask(Newest(log))?;
        let (rounds, pause) = PATIENCE;
        for _ in 0..rounds {
            if let Err(error) = self.runtime.block_on(self.engine.publish()) {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "no checkpoint could be published for a bundle"
                );
            }
            let (_, newest) = self.ask(Newest(log))?;
            if let Some(newest) = newest.filter(|newest| newest.size >= size) {
                return Ok(newest);
            }
            self.runtime.block_on(async { tokio::time::sleep(pause).await });
        }
        Err(BundleFailure::Uncovered)
    }

    /// A proof for each entry of a filtered bundle.
    fn rows<W: Write>(&self, openings: Openings<W>, checkpoint: &Checkpoint) -> Result<Rows<W>, BundleFailure> {
        let span = &self.span;
        let Filter { user, event, query, .. } = &self.filter;
        let query = (!query.is_empty()).then(|| query.to_string());
        let filter = [("user", user), ("event", event), ("query", &query)];
        let filter = filter.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)));
        let mut rows = openings.filtered(&filter.collect::<Vec<_>>().join(", "))?;
        let mut walk = Walk::leaves(span.log, span.matching.clone(), Order::Oldest, span.range.clone());
        while let Some(page) = self.runtime.block_on(walk.next(self.engine.store()))? {
            let indexes: Vec<u64> = page.iter().map(|told| told.entry.index).collect();
            let question = Inclusions { log: span.log, indexes, size: checkpoint.size };
            for (index, proof) in self.ask(question)?.ok_or(BundleFailure::Unproved)? {
                rows.row(index, &proof)?;
            }
        }
        Ok(rows)
    }
}

/// What a task gave. One that panicked takes whoever waits for it along.
fn joined<T, E: Into<BundleFailure>>(joined: Result<Result<T, E>, JoinError>) -> Result<T, BundleFailure> {
    match joined {
        Ok(given) => given.map_err(Into::into),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down, and this with it.
            Err(_) => Err(BundleFailure::Stopping),
        },
    }
}

/// The size of a log, and its newest checkpoint.
struct Newest(LogKey);

impl Question for Newest {
    type Answer = (u64, Option<Checkpoint>);

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok((entry::size(read, self.0).await?, checkpoint::newest(read, self.0).await?))
    }
}

struct Completeness {
    log: LogKey,
    range: Range<u64>,
    size: u64,
}

impl Question for Completeness {
    type Answer = Option<RangeProof>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        tree::completeness(read, self.log, self.range.clone(), self.size).await
    }
}

struct Inclusions {
    log: LogKey,
    indexes: Vec<u64>,
    size: u64,
}

impl Question for Inclusions {
    type Answer = Option<Vec<(u64, Vec<Hash>)>>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let proofs = tree::inclusions(read, self.log, &self.indexes, self.size).await?;
        Ok(proofs.map(|proofs| self.indexes.iter().copied().zip(proofs).collect()))
    }
}
