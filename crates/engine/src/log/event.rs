//! One event of an organisation's log: the entry itself, and the proof that the log holds it.

use std::sync::Arc;

use ledger::tlog_proof::TlogProof;
use ledger::{Detail, Event, EventId, Statement, Target, TargetKind, leaf_hash};
use store::{Command, Done, LogKey, Question, Read, Records, StoreError, Tx, checkpoint, entry, tree};

use super::list::Told;
use super::scan;
use crate::access::{Scope, enter, permit_scope};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::{Answer, Engine, Sight};

/// Finds an event in an organisation's log, or in one that it continues, for somebody who may read it.
async fn find<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    organization: &str,
    event: EventId,
) -> Result<(LogKey, u64), Error> {
    let entered = enter(read, attempt, organization).await?;
    permit_scope(read, attempt, &entered, Scope::AuditLogsRead).await?;
    let mut log = Some(entered.organization.log);
    while let Some(key) = log {
        if let Some(index) = entry::index_of(read, key, event).await? {
            return Ok((key, index));
        }
        log = tree::state(read, key).await?.predecessor;
    }
    Err(Error::Absent(What::Event))
}

struct FindEvent {
    attempt: Attempt,
    organization: String,
    event: EventId,
}

impl FindEvent {
    async fn tell<R: Read>(&self, read: &mut R) -> Result<Told, Error> {
        let (log, index) = find(read, &self.attempt, &self.organization, self.event).await?;
        let stored = entry::at(read, log, index).await?.ok_or(Error::Absent(What::Event))?;
        let leaf = scan::leaf(log, stored)?;
        let mut told = scan::tell(read, log, vec![leaf]).await?;
        told.pop().ok_or(Error::Absent(What::Event))
    }
}

impl Question for FindEvent {
    type Answer = Result<Told, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.tell(read).await)
    }
}

/// Records that the event was read.
struct DiscloseEvent {
    attempt: Attempt,
    organization: String,
    told: Arc<Told>,
}

impl Command for DiscloseEvent {
    type Output = Arc<Told>;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Arc<Told>>, Error> {
        let entered = enter(tx, &self.attempt, &self.organization).await?;
        permit_scope(tx, &self.attempt, &entered, Scope::AuditLogsRead).await?;
        Ok(self.attempt.done(Arc::clone(&self.told)))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

struct Prove {
    attempt: Attempt,
    organization: String,
    event: EventId,
}

impl Prove {
    /// The proof against the newest checkpoint; none while no checkpoint covers the event.
    async fn prove<R: Read>(&self, read: &mut R) -> Result<Option<String>, Error> {
        let (log, index) = find(read, &self.attempt, &self.organization, self.event).await?;
        let Some(newest) = checkpoint::newest(read, log).await?.filter(|newest| newest.size > index) else {
            return Ok(None);
        };
        let stored = entry::at(read, log, index).await?.ok_or(Error::Absent(What::Event))?;
        let hashes = tree::inclusion(read, log, index, newest.size).await?;
        let proof = hashes.map(|hashes| TlogProof { extra: None, index, hashes, checkpoint: newest.note });
        // Nobody is given a proof that does not hold.
        let holds = |proof: &TlogProof| proof.leads_to(leaf_hash(&stored.leaf), newest.size, &newest.root).is_ok();
        match proof.filter(holds) {
            Some(proof) => Ok(Some(proof.to_string())),
            None => {
                let origin = store::log::origin(read, log).await?;
                Err(StoreError::Damaged { origin, what: "an entry of it is not in its tree" }.into())
            }
        }
    }
}

impl Question for Prove {
    type Answer = Result<Option<String>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.prove(read).await)
    }
}

impl Engine {
    /// One event of an organisation's log.
    pub async fn read_event(&self, cx: &Context, organization: String, event: EventId) -> Answer<Arc<Told>> {
        let attempt = self.attempt(cx, Event::AuditLogRead);
        attempt
            .target(Target::unresolved(TargetKind::Log))
            .target_names(Statement::organization(&organization))
            .detail(Detail::new().integer("rows", 1).word("view", "event"));
        let engine = self.clone();
        self.detached(async move {
            if let Err(error) = engine.store().caught_up().await {
                return Err(engine.refuse(&attempt, error.into()).await);
            }
            let question = FindEvent { attempt: attempt.clone(), organization: organization.clone(), event };
            let told = engine.store().ask(question).await.map_err(Into::into).flatten();
            let told = Arc::new(engine.seen(&attempt, told).await?);
            engine.commit(DiscloseEvent { attempt, organization, told }).await
        })
        .await
    }

    /// The proof that an organisation's log holds an event (C2SP tlog-proof). It tells nothing of the event.
    pub async fn prove_event(&self, cx: &Context, organization: String, event: EventId) -> Sight<String> {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt
            .target(Target::unresolved(TargetKind::Log))
            .target_names(Statement::organization(&organization))
            .detail(Detail::new().word("attempted", "prove-event"));
        let engine = self.clone();
        self.detached(async move {
            let proof = engine.prove(&attempt, organization, event).await;
            engine.seen(&attempt, proof).await
        })
        .await
    }

    async fn prove(&self, attempt: &Attempt, organization: String, event: EventId) -> Result<String, Error> {
        self.store().caught_up().await?;
        let question = || Prove { attempt: attempt.clone(), organization: organization.clone(), event };
        if let Some(proof) = self.store().ask(question()).await.map_err(Into::into).flatten()? {
            return Ok(proof);
        }
        // Nobody waits for the publisher's next round to prove what has just happened.
        if let Err(error) = self.publish().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "no checkpoint could be published for a proof");
        }
        let proof = self.store().ask(question()).await.map_err(Into::into).flatten()?;
        proof.ok_or(Error::Uncovered)
    }
}
