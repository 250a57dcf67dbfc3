//! The two ways out of distrust: believing what is there for want of an anchor, and going on after a loss.

use std::sync::atomic::Ordering;

use ledger::tile::Edge;
use ledger::{Detail, Event, LogId, LogKind, Origin, Outcome, Statement, Target, TargetKind};
use store::tree::{self, LogState};
use store::{Command, Done, LogKey, Question, Read, Records, StoreError, Tx, instance, log};
use thiserror::Error as ThisError;

use super::anchor::{Step, TreeHead};
use super::fault::Fault;
use super::note::Notes;
use super::recompute::{Grow, edge_at, grow};
use super::trust::{Distrust, Findings, Name, Rolled};
use crate::audit::{Attempt, Place};
use crate::context::Context;
use crate::error::Error;
use crate::identity::open_log;
use crate::setup::ServerLog;
use crate::{Engine, Failure};

/// A log that was adopted, and the head that is believed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// Which.
    pub name: Name,
    /// The head.
    pub head: TreeHead,
}

/// What became of a log that lost entries, or was frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// Which.
    pub name: Name,
    /// What was anchored of it.
    pub anchored: TreeHead,
    /// What was found of it.
    pub found: TreeHead,
    /// How it goes on.
    pub becomes: Becomes,
}

/// How a log goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// As itself: it was frozen, and is found to be sound.
    Itself,
    /// As a new log.
    New(Origin),
    /// Not at all: the database knows nothing of it any more.
    Nothing,
}

/// Why logs were not adopted or resumed.
#[derive(Debug, ThisError)]
pub enum EpochError {
    /// There is something else to be settled first.
    #[error(transparent)]
    Distrust(#[from] Distrust),
    /// What was done could not be recorded, so it was not done.
    #[error("it could not be recorded, so it was not done")]
    Unrecorded(#[source] StoreError),
    /// It was refused.
    #[error(transparent)]
    Refused(Error),
}

impl From<StoreError> for EpochError {
    fn from(error: StoreError) -> Self {
        Self::Distrust(error.into())
    }
}

impl From<Failure<Error>> for EpochError {
    fn from(failure: Failure<Error>) -> Self {
        match failure {
            Failure::Refused(recorded) => Self::Refused(recorded.into_parts().0),
            Failure::Unrecorded(error) => Self::Unrecorded(error),
        }
    }
}

/// Whether the database has all of what a checkpoint was signed of.
struct Extends(LogKey, TreeHead);

impl Question for Extends {
    type Answer = Result<(), Fault>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let state = tree::state(read, self.0).await?;
        if state.size < self.1.size {
            return Ok(Err(Fault::Shorter { signed: self.1, found: state.size }));
        }
        Ok(edge_at(read, self.0, self.1).await?.map(drop))
    }
}

impl Engine {
    /// Believes the newest signed checkpoint of each log that the anchor does not know, and says so in the server's log.
    pub async fn adopt_logs(&self, cx: &Context) -> Result<Vec<Adopted>, EpochError> {
        let mut verified = self.0.publisher.verified().await;
        verified.forget();
        let adopted = self.find_adoptable().await?;
        self.record_adopted(cx, &adopted).await?;
        self.anchor_adopted(&adopted).await?;
        Ok(adopted)
    }

    /// Believes the newest signed checkpoints because other replicas do. The record names the server's log alone: its
    /// entries say of the others what they were, and a replica that comes and goes does not fill the log.
    pub(super) async fn join_replicas(&self) -> Result<(), EpochError> {
        let adopted = self.find_adoptable().await?;
        let server: Vec<Adopted> =
            adopted.iter().filter(|adopted| adopted.name.origin.kind() == LogKind::Server).cloned().collect();
        self.record_adopted(&self.system_context(), &server).await?;
        self.anchor_adopted(&adopted).await
    }

    async fn find_adoptable(&self) -> Result<Vec<Adopted>, EpochError> {
        let (_, findings) = self.look_at_logs().await?;
        let Findings { unknown, rolled, unsigned, .. } = findings;
        if !unsigned.is_empty() {
            return Err(Distrust::OtherKey { logs: unsigned }.into());
        }
        let mut broken = rolled;
        let mut adopted = Vec::with_capacity(unknown.len());
        for (name, newest) in unknown {
            let head = TreeHead { size: newest.size, root: newest.root };
            match self.store().ask(Extends(newest.log, head)).await? {
                Ok(()) => adopted.push(Adopted { name, head }),
                Err(fault) => {
                    let found = match fault {
                        Fault::Forked { found: root, .. } => TreeHead { root, ..head },
                        Fault::Shorter { found: size, .. } => TreeHead { size, root: ledger::empty_root() },
                        _ => TreeHead { size: 0, root: ledger::empty_root() },
                    };
                    broken.push(Rolled { name, log: Some(newest.log), anchored: head, found, fault });
                }
            }
        }
        if !broken.is_empty() {
            return Err(Distrust::RolledBack { rolled: broken }.into());
        }
        Ok(adopted)
    }

    async fn anchor_adopted(&self, adopted: &[Adopted]) -> Result<(), EpochError> {
        let step = |adopted: &Adopted| Step { origin: adopted.name.origin.clone(), from: None, to: Some(adopted.head) };
        let steps: Vec<Step> = adopted.iter().map(step).collect();
        if !steps.is_empty() {
            self.0.outside.anchor.advance(&steps).await.map_err(Distrust::from)?;
        }
        Ok(())
    }

    async fn record_adopted(&self, cx: &Context, adopted: &[Adopted]) -> Result<(), Failure<Error>> {
        let mut attempts = adopted.iter().map(|Adopted { name, head }| {
            let attempt = self.attempt(cx, Event::LogAdopted);
            let detail = Detail::new().log("log", name.origin.log()).integer("size", head.size);
            attempt.target(Target::unresolved(TargetKind::Log)).detail(detail.digest("root", head.root));
            attempt
        });
        let Some(first) = attempts.next() else { return Ok(()) };
        self.commit(Notes { first, more: attempts.collect() }).await.map(drop)
    }

    /// Lets every log that does not extend its anchor go on as a new one, and every frozen log that is found to be sound
    /// as itself.
    pub async fn resume_logs(&self, cx: &Context) -> Result<Vec<Resumed>, EpochError> {
        let mut verified = self.0.publisher.verified().await;
        verified.forget();
        let (anchored, findings) = self.look_at_logs().await?;
        if !findings.unsigned.is_empty() {
            return Err(Distrust::OtherKey { logs: findings.unsigned }.into());
        }
        if !findings.unknown.is_empty() {
            let logs = findings.unknown.into_iter().map(|(name, _)| name).collect();
            let anchor = self.0.outside.anchor.describe();
            return Err(Distrust::Missing { anchor, is_empty: anchored.is_none(), logs }.into());
        }
        let anchored = anchored.unwrap_or_default();
        let (mut broken, mut sound) = (findings.rolled, Vec::new());
        for (name, state) in findings.frozen {
            if broken.iter().any(|rolled| rolled.log == Some(state.log)) {
                continue;
            }
            let known = anchored.get(&name.origin).copied();
            let known = known.unwrap_or(TreeHead { size: 0, root: ledger::empty_root() });
            let rolled =
                |found, fault| Rolled { name: name.clone(), log: Some(state.log), anchored: known, found, fault };
            match self.recompute(&state, known).await? {
                Ok(found) => sound.push(rolled(found, Fault::Damaged)),
                Err(fault) => {
                    let root = state.frontier().map_or([0; 32], ledger::Frontier::root);
                    broken.push(rolled(TreeHead { size: state.size, root }, fault));
                }
            }
        }
        let mut resumed = Vec::new();
        if !broken.is_empty() || !sound.is_empty() {
            let command = Resume { attempt: self.attempt(cx, Event::LogResumed), engine: self.clone(), broken, sound };
            resumed = self.commit(command).await?.into_parts().0;
            let server_log = self.store().ask(ServerLog).await?;
            self.0.server_log.store(server_log.0, Ordering::Relaxed);
            // The first words of the new logs are to be under what is anchored of them.
            self.store().sequence().await?;
            self.anchor_resumed(&resumed).await?;
        }
        Ok(resumed)
    }

    /// The head of a log, computed from all its stored bytes, if it extends what is known of it.
    async fn recompute(&self, state: &LogState, known: TreeHead) -> Result<Result<TreeHead, Fault>, StoreError> {
        let mut edge = Edge::new();
        for stop in [known.size.min(state.size), state.size] {
            while edge.size() < stop {
                match self.store().ask(Grow { log: state.log, edge, to: stop }).await? {
                    Ok(grown) => edge = grown,
                    Err(fault) => return Ok(Err(fault)),
                }
            }
            if stop == known.size && edge.root() != known.root {
                return Ok(Err(Fault::Forked { signed: known, found: edge.root() }));
            }
        }
        if state.frontier().is_ok_and(|stored| *stored == edge.frontier()) {
            Ok(Ok(TreeHead { size: edge.size(), root: edge.root() }))
        } else {
            Ok(Err(Fault::Frontier { size: state.size }))
        }
    }

    /// Puts the heads of the new logs into the anchor, and takes out those of the logs that they follow: in one step.
    async fn anchor_resumed(&self, resumed: &[Resumed]) -> Result<(), EpochError> {
        let mut steps = Vec::new();
        for Resumed { name, anchored, becomes, .. } in resumed {
            // A log that was frozen before anything was signed of it is in no anchor.
            if *becomes != Becomes::Itself && anchored.size > 0 {
                steps.push(Step { origin: name.origin.clone(), from: Some(*anchored), to: None });
            }
            if let Becomes::New(origin) = becomes {
                let head = self.store().ask(WholeOf(origin.clone())).await?;
                let head = head.map_err(|_| StoreError::BadValue { expected: "a new log", column: 0 })?;
                steps.push(Step { origin: origin.clone(), from: None, to: Some(head) });
            }
        }
        if !steps.is_empty() {
            self.0.outside.anchor.advance(&steps).await.map_err(Distrust::from)?;
        }
        Ok(())
    }
}

/// The head of a short log, computed from its stored bytes.
struct WholeOf(Origin);

impl Question for WholeOf {
    type Answer = Result<TreeHead, Fault>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let states = tree::states(read).await?;
        let state = states.into_iter().find(|state| state.origin == self.0);
        let state = state.ok_or(StoreError::BadValue { expected: "a log", column: 0 })?;
        let mut edge = Edge::new();
        Ok(grow(read, state.log, &mut edge, state.size)
            .await?
            .map(|()| TreeHead { size: edge.size(), root: edge.root() }))
    }
}

/// Lets logs go on.
struct Resume {
    attempt: Attempt,
    engine: Engine,
    broken: Vec<Rolled>,
    sound: Vec<Rolled>,
}

impl Command for Resume {
    type Output = Vec<Resumed>;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Self::Output>, Error> {
        let server = log::server(tx).await?;
        let mut resumed = Vec::new();
        let mut opened: Vec<Records> = Vec::new();
        // Where the server's log itself goes on as another one, what is said of logs that are gone is said there.
        let mut server_place = Place { log: server, actor: None, outsider: false };
        let mut said = Vec::new();
        for rolled in &self.broken {
            let becomes = match rolled.log {
                None => Becomes::Nothing,
                Some(old) => {
                    let (place, origin, records) = self.succeed(tx, old, rolled).await?;
                    opened.extend(records);
                    if old == server {
                        server_place = place;
                    }
                    said.push((rolled, Some(place)));
                    Becomes::New(origin)
                }
            };
            if becomes == Becomes::Nothing {
                said.push((rolled, None));
            }
            resumed.push(outcome(rolled, becomes));
        }
        for rolled in &self.sound {
            let log = rolled.log.expect("a frozen log is in the database");
            log::unfreeze(tx, log).await?;
            said.push((rolled, Some(Place { log, actor: None, outsider: false })));
            resumed.push(outcome(rolled, Becomes::Itself));
        }
        for (rolled, place) in said {
            let attempt = self.engine.attempt(self.attempt.context(), Event::LogResumed);
            attempt
                .place(place.unwrap_or(server_place))
                .target(Target::unresolved(TargetKind::Log))
                .detail(gap(rolled));
            if let Some(organization) = &rolled.name.organization {
                attempt.target_names(Statement::organization(organization));
            }
            opened.push(attempt.records(Outcome::Succeeded));
        }
        let mut records = opened.into_iter();
        let first = records.next().ok_or_else(|| Error::Invalid("there is no log to resume".to_owned()))?;
        Ok(Done { output: resumed, records: records.fold(first, Records::and_all) })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Resume {
    /// The log that continues another one. It is there already if resuming was interrupted.
    async fn succeed<T: Tx>(
        &self,
        tx: &mut T,
        old: LogKey,
        rolled: &Rolled,
    ) -> Result<(Place, Origin, Option<Records>), Error> {
        let place = |log| Place { log, actor: None, outsider: false };
        if let Some(successor) = log::successor(tx, old).await? {
            return Ok((place(successor), log::origin(tx, successor).await?, None));
        }
        let ambient = self.engine.ambient();
        let instance = instance::find(tx).await?.ok_or(Error::Invalid("there is no installation".to_owned()))?;
        let identifier = LogId::from_random(ambient.random());
        let origin = Origin::new(instance.name, rolled.name.origin.kind(), identifier);
        let new = log::next_key(tx).await?;
        log::succeed(tx, old, new, identifier, &origin).await?;
        let opened = open_log(&self.engine, &self.attempt, new, &origin, rolled.name.organization.as_deref());
        Ok((place(new), origin, Some(opened)))
    }
}

fn outcome(rolled: &Rolled, becomes: Becomes) -> Resumed {
    Resumed { name: rolled.name.clone(), anchored: rolled.anchored, found: rolled.found, becomes }
}

/// What the log says of a loss.
fn gap(rolled: &Rolled) -> Detail {
    Detail::new()
        .digest("foundroot", rolled.found.root)
        .integer("foundsize", rolled.found.size)
        .log("log", rolled.name.origin.log())
        .digest("root", rolled.anchored.root)
        .integer("size", rolled.anchored.size)
}
