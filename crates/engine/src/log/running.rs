//! Keeping the log going: the server's start and stop, the outbox, the looks at its shape.

use ledger::{Detail, Event, Target, TargetKind};
use store::entry::{self, Shape};
use store::{Chore, Failure, Question, Read, StoreError, organization};

use super::keys::Named;
use super::note::Note;
use crate::context::Context;
use crate::error::Error;
use crate::{Answer, Engine};

/// How long a replica holds the lease of the sequencer, in microseconds: five seconds.
const LEASE: i64 = 5_000_000;

/// The shape of one log.
#[derive(Debug)]
pub struct LogShape {
    /// The organisation; none for the server's log.
    pub organization: Option<String>,
    /// The log's permanent name.
    pub origin: String,
    /// Its shape.
    pub shape: Shape,
}

struct Shapes;

impl Question for Shapes {
    type Answer = Vec<LogShape>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let mut logs = vec![(None, store::log::server(read).await?)];
        logs.extend(organization::all(read).await?.into_iter().map(|found| (Some(found.name), found.log)));
        let mut shapes = Vec::with_capacity(logs.len());
        for (organization, log) in logs {
            let origin = store::log::origin(read, log).await?.to_string();
            shapes.push(LogShape { organization, origin, shape: entry::shape(read, log).await? });
        }
        Ok(shapes)
    }
}

impl Engine {
    /// Records that this process started, with a digest of its configuration.
    pub async fn started(&self, configuration: [u8; 32]) -> Answer<()> {
        let attempt = self.attempt(&self.system_context(), Event::ServerStarted);
        attempt.target(Target::unresolved(TargetKind::Server)).detail(
            Detail::new()
                .digest("config", configuration)
                .word("database", self.database())
                .word("version", env!("CARGO_PKG_VERSION")),
        );
        self.commit(Note(attempt)).await
    }

    /// Records that this process stops, in an orderly way.
    pub async fn stopped(&self) -> Answer<()> {
        let uptime = (self.ambient().clock.steady() - self.0.started).max(0).unsigned_abs() / 1_000_000;
        let attempt = self.attempt(&self.system_context(), Event::ServerStopped);
        attempt.target(Target::unresolved(TargetKind::Server)).detail(Detail::new().integer("uptime", uptime));
        self.commit(Note(attempt)).await
    }

    /// Records that a clock which had been doubted is believed again.
    pub async fn clock_adopted(&self) -> Answer<()> {
        let attempt = self.attempt(&self.system_context(), Event::ClockAdopted);
        attempt.target(Target::unresolved(TargetKind::Log));
        self.commit(Note(attempt)).await
    }

    /// Refuses what an operator asked for, because it makes no sense.
    pub async fn refuse_administration(&self, cx: &Context, error: Error) -> Failure<Error> {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt.detail(Detail::new().word("attempted", "administer"));
        self.refuse(&attempt, error).await
    }

    /// Looks at every log as a whole.
    pub async fn log_shapes(&self) -> Result<Vec<LogShape>, StoreError> {
        self.store().caught_up().await?;
        self.store().ask(Shapes).await
    }

    /// Why nothing is appended to those logs of which that is so, each with its name.
    pub async fn frozen_logs(&self) -> Result<Vec<String>, StoreError> {
        let frozen = self.store().ask(Named).await?.into_iter().filter_map(|(name, state)| {
            let reason = state.frozen?;
            Some(format!("{name}: {reason}"))
        });
        Ok(frozen.collect())
    }

    /// Gives records their place in the logs as they are committed, for as long as this replica
    /// has the lease. Only one that fails ends.
    pub async fn sequence(&self) -> Result<(), StoreError> {
        if !self.store().has_outbox() {
            return Ok(());
        }
        let now = self.now();
        let holder = self.node().to_string();
        let lease = Chore::Lease { name: "sequencer", holder, now, until: now + LEASE };
        if self.store().chore(lease).await? == 1 {
            self.store().sequence().await?;
        }
        Ok(())
    }

    /// Empties the outbox, whoever has the lease: at the end of a process nothing of it waits.
    pub async fn sequence_all(&self) -> Result<u64, StoreError> {
        self.store().sequence().await
    }

    /// Waits until this process has committed something that wants a place.
    pub async fn outbox_filled(&self) {
        self.store().outbox_filled().await;
    }

    /// Moves entries that are complete into bundles, and says how many bundles that made.
    pub async fn bundle(&self) -> Result<u64, StoreError> {
        self.store().bundle().await
    }

    /// Drops the sessions that have ended.
    pub async fn drop_expired_sessions(&self) -> Result<u64, StoreError> {
        self.store().chore(Chore::DropExpiredSessions(self.now())).await
    }
}
