//! Serving a log to whoever mirrors or checks it: checkpoints, tiles, and entries (C2SP tlog-tiles).
//!
//! Hashes and checkpoints tell nothing but how long a log is. Whoever may read an organisation's log may read them,
//! and anybody where the organisation says so. Leaves are for those who may read the log, and reading them is recorded.

use std::sync::Arc;

use ledger::tile::TileId;
use ledger::{Detail, Event, Hash, LogId, Reason, Statement, Target, TargetKind};
use store::organization::{self, Organization};
use store::{Command, Done, LogKey, Question, Read, Records, StoreError, Tx, checkpoint, entry, tree};

use super::reach::keeps_server;
use crate::access::{Holder, Principal, Role, Scope, enter, holds, permit_scope};
use crate::audit::Attempt;
use crate::context::{Context, Who};
use crate::error::{Error, Unauthenticated, What};
use crate::{Answer, Engine, Sight};

/// How many leaves a bundle has.
const BUNDLE: u64 = 256;

/// What of a log somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Checkpoint,
    Hashes,
    Leaves,
}

impl Part {
    /// Whether an organisation may say that anybody may read it.
    fn may_be_public(self) -> bool {
        self != Self::Leaves
    }

    /// The activity, as the log names it where a caller was not even recognised.
    fn attempted(self) -> &'static str {
        match self {
            Self::Checkpoint => "read-checkpoint",
            Self::Hashes | Self::Leaves => "read-tile",
        }
    }
}

/// Finds a log for somebody who may see this layer of it. To everybody else it is not there.
async fn enter_log<R: Read>(read: &mut R, attempt: &Attempt, log: LogId, part: Part) -> Result<LogKey, Error> {
    if matches!(attempt.context().who, Who::Anonymous) {
        return enter_anonymously(read, attempt, log, part).await;
    }
    attempt.target(Target::unresolved(TargetKind::Log));
    let (log, owner) = find(read, log).await?.ok_or(Error::Absent(What::Log))?;
    match owner {
        Some((_, true)) if part.may_be_public() => {}
        Some((owner, _)) => {
            attempt.target_names(Statement::organization(&owner.name));
            let entered = enter(read, attempt, &owner.name).await.map_err(hide)?;
            permit_scope(read, attempt, &entered, Scope::AuditLogsRead).await?;
        }
        None => enter_server_log(read, attempt, part).await?,
    }
    Ok(log)
}

/// Somebody without a credential sees what is public, and is asked for one everywhere else, whatever is there.
async fn enter_anonymously<R: Read>(read: &mut R, attempt: &Attempt, log: LogId, part: Part) -> Result<LogKey, Error> {
    match find(read, log).await? {
        Some((log, Some((_, true)))) if part.may_be_public() => Ok(log),
        _ => {
            attempt.event(Event::AuthenticationFailed).detail(Detail::new().word("attempted", part.attempted()));
            Err(Error::Unauthenticated(Unauthenticated::Missing))
        }
    }
}

/// A log, its organisation, and whether its tree is public. A log that another one continues is still its
/// organisation's.
async fn find<R: Read>(read: &mut R, log: LogId) -> Result<Option<(LogKey, Option<(Organization, bool)>)>, Error> {
    let Some(log) = store::log::find(read, log).await? else { return Ok(None) };
    let current = store::log::current(read, log).await?;
    Ok(Some((log, organization::of_log(read, current).await?)))
}

fn hide(error: Error) -> Error {
    match error {
        Error::Hidden(_, reason) => Error::Hidden(What::Log, reason),
        Error::Absent(_) => Error::Absent(What::Log),
        error => error,
    }
}

/// The tree of the server's log holds the proof that all others stand still or grow, so whoever may read one of those
/// may read it. Its leaves are for whoever keeps the server.
async fn enter_server_log<R: Read>(read: &mut R, attempt: &Attempt, part: Part) -> Result<(), Error> {
    let hidden = Error::Hidden(What::Log, Reason::PermissionMissing);
    let Who::Account { .. } = &attempt.context().who else {
        return if keeps_server(read, attempt).await? { Ok(()) } else { Err(hidden) };
    };
    let account = crate::identity::account_of(read, attempt).await?;
    if keeps_server(read, attempt).await? {
        return Ok(());
    }
    if part.may_be_public() {
        for (organization, role, _) in crate::identity::memberships(read, attempt, &account).await? {
            let Some(role) = Role::parse(&role) else { continue };
            let holder = Holder { role, who: Principal::Member(account) };
            if holds(read, &organization, holder, Scope::AuditLogsRead).await? {
                return Ok(());
            }
        }
    }
    Err(hidden)
}

struct NewestCheckpoint {
    attempt: Attempt,
    log: LogId,
}

impl NewestCheckpoint {
    async fn find<R: Read>(&self, read: &mut R) -> Result<String, Error> {
        let log = enter_log(read, &self.attempt, self.log, Part::Checkpoint).await?;
        let newest = checkpoint::newest(read, log).await?;
        newest.map(|newest| newest.note).ok_or(Error::Absent(What::Checkpoint))
    }
}

impl Question for NewestCheckpoint {
    type Answer = Result<String, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.find(read).await)
    }
}

struct FindTile {
    attempt: Attempt,
    log: LogId,
    id: TileId,
    width: usize,
}

impl FindTile {
    async fn find<R: Read>(&self, read: &mut R) -> Result<Vec<Hash>, Error> {
        let log = enter_log(read, &self.attempt, self.log, Part::Hashes).await?;
        tree::tile(read, log, self.id, self.width).await?.ok_or(Error::Absent(What::Tile))
    }
}

impl Question for FindTile {
    type Answer = Result<Vec<Hash>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.find(read).await)
    }
}

struct FindLeaves {
    attempt: Attempt,
    log: LogId,
    number: u64,
    width: u64,
}

impl FindLeaves {
    async fn find<R: Read>(&self, read: &mut R) -> Result<Vec<u8>, Error> {
        let log = enter_log(read, &self.attempt, self.log, Part::Leaves).await?;
        let first = self.number.checked_mul(BUNDLE).ok_or(Error::Absent(What::Tile))?;
        let end = first.checked_add(self.width).ok_or(Error::Absent(What::Tile))?;
        if entry::size(read, log).await? < end {
            return Err(Error::Absent(What::Tile));
        }
        let mut bundle = Vec::new();
        for stored in entry::range(read, log, first..end).await? {
            // A leaf has at most 4,096 bytes; one that does not fit is none of ours.
            ledger::tile::write_entry(&mut bundle, &stored.leaf)
                .map_err(|_| StoreError::BadLeaf { log: log.0, index: stored.index })?;
        }
        Ok(bundle)
    }
}

impl Question for FindLeaves {
    type Answer = Result<Vec<u8>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(self.find(read).await)
    }
}

/// Records that leaves were read.
struct DiscloseLeaves {
    attempt: Attempt,
    log: LogId,
    bundle: Arc<Vec<u8>>,
}

impl Command for DiscloseLeaves {
    type Output = Arc<Vec<u8>>;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Self::Output>, Error> {
        enter_log(tx, &self.attempt, self.log, Part::Leaves).await?;
        Ok(self.attempt.done(Arc::clone(&self.bundle)))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

impl Engine {
    /// The newest checkpoint of a log, a signed note.
    pub async fn log_checkpoint(&self, cx: &Context, log: LogId) -> Sight<String> {
        let attempt = self.mirror_attempt(cx, Part::Checkpoint);
        let question = NewestCheckpoint { attempt: attempt.clone(), log };
        let engine = self.clone();
        self.detached(async move {
            let found = engine.store().ask(question).await.map_err(Into::into).flatten();
            engine.seen(&attempt, found).await
        })
        .await
    }

    /// The first `width` hashes of a tile of a log.
    pub async fn log_tile(&self, cx: &Context, log: LogId, id: TileId, width: usize) -> Sight<Vec<Hash>> {
        let attempt = self.mirror_attempt(cx, Part::Hashes);
        let question = FindTile { attempt: attempt.clone(), log, id, width };
        let engine = self.clone();
        self.detached(async move {
            let found = engine.store().ask(question).await.map_err(Into::into).flatten();
            engine.seen(&attempt, found).await
        })
        .await
    }

    /// The first `width` leaves below a tile of level 0, as an entry bundle.
    pub async fn log_leaves(&self, cx: &Context, log: LogId, number: u64, width: u64) -> Answer<Arc<Vec<u8>>> {
        let attempt = self.attempt(cx, Event::AuditLogRead);
        attempt.detail(Detail::new().integer("rows", width).word("view", "leaves"));
        let question = FindLeaves { attempt: attempt.clone(), log, number, width };
        let engine = self.clone();
        self.detached(async move {
            let found = engine.store().ask(question).await.map_err(Into::into).flatten();
            let bundle = Arc::new(engine.seen(&attempt, found).await?);
            engine.commit(DiscloseLeaves { attempt, log, bundle }).await
        })
        .await
    }

    fn mirror_attempt(&self, cx: &Context, part: Part) -> Attempt {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt.detail(Detail::new().word("attempted", part.attempted()));
        attempt
    }
}
