//! Opening an environment: resolve it once, seal the result, record what it reaches.

use std::sync::Arc;

use lang::{Mode, Program};
use ledger::{Detail, EnvironmentId, Event, OrganizationId, SessionId, Statement, Target, TargetKind, TextKey};
use seal::SecretBytes;
use store::session::{self, Session};
use store::{Command, Done, Question, Read, Records, StoreError, Tx};

use super::disclose::{check_others, shorter};
use super::find::{Gather, Gathered, find};
use super::session::{all_reads, lay_out};
use super::{target, typed};
use crate::access::{Entered, Level, enter};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::name::{EnvironmentName, Version};
use crate::resolve::{ANONYMOUS, Resolved, Rest, Root};
use crate::{Answer, Engine};

/// An opened environment.
#[derive(Debug)]
pub struct Opened {
    /// The session that its values are read from.
    pub session: SessionId,
}

/// How long a session may live: a week.
const LONGEST: u64 = 7 * 24 * 3_600;

/// Checks how long a session is to live.
fn lifetime(seconds: u64) -> Result<u64, Error> {
    if (1..=LONGEST).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(Error::Invalid("the duration must be between one second and seven days".into()))
    }
}

struct Open {
    attempt: Attempt,
    name: EnvironmentName,
    environment: EnvironmentId,
    revision: u64,
    opening: Opening,
    others: Vec<(EnvironmentId, Level)>,
}

impl Command for Open {
    type Output = Opened;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Opened>, Error> {
        let Self { attempt, name, opening, .. } = self;
        let (entered, environment, permit) = find(tx, attempt, name, Level::Open).await?;
        if environment.id != self.environment {
            return Err(Error::Absent(What::Environment));
        }
        attempt.target(target(&environment, self.revision));
        let longest = check_others(tx, attempt, &entered, &self.others).await?;
        attempt.authorization(permit.authorization);
        let opened = opening.store(tx, attempt, shorter(permit.longest_open, longest)).await?;
        Ok(attempt.done(opened))
    }

    fn refused(&self, error: &Error) -> Records {
        refused(&self.attempt, error)
    }
}

/// A denied open is an event of its own.
fn refused(attempt: &Attempt, error: &Error) -> Records {
    note_denial(attempt, error);
    attempt.records(error.outcome())
}

fn note_denial(attempt: &Attempt, error: &Error) {
    if error.is_denial() {
        attempt.event(Event::EnvironmentUnauthorizedOpen).detail(Detail::new());
    }
}

struct OpenAnonymous {
    attempt: Attempt,
    organization: String,
    opening: Opening,
    others: Vec<(EnvironmentId, Level)>,
}

impl Command for OpenAnonymous {
    type Output = Opened;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Opened>, Error> {
        let entered = enter(tx, &self.attempt, &self.organization).await?;
        let longest = check_others(tx, &self.attempt, &entered, &self.others).await?;
        let opened = self.opening.store(tx, &self.attempt, longest).await?;
        Ok(self.attempt.done(opened))
    }

    fn refused(&self, error: &Error) -> Records {
        refused(&self.attempt, error)
    }
}

/// Enters an organisation.
pub(super) struct Enter {
    pub(super) attempt: Attempt,
    pub(super) organization: String,
}

impl Question for Enter {
    type Answer = Result<Entered, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        Ok(enter(read, &self.attempt, &self.organization).await)
    }
}

impl Engine {
    /// Opens an environment for a number of seconds.
    pub async fn open_environment(
        &self,
        cx: &Context,
        name: EnvironmentName,
        version: Version,
        seconds: u64,
    ) -> Answer<Opened> {
        let attempt = self.attempt(cx, Event::EnvironmentOpen);
        attempt.target_names(typed(&name));
        if let Version::Tag(tag) = &version {
            attempt.event(Event::EnvironmentRevisionTagOpen).text(TextKey::Tag, tag);
        }
        let engine = self.clone();
        self.detached(async move {
            match engine.prepare_open(&attempt, &name, version, seconds).await {
                Ok(open) => engine.commit(open).await,
                Err(error) => {
                    note_denial(&attempt, &error);
                    Err(engine.refuse(&attempt, error).await)
                }
            }
        })
        .await
    }

    /// Everything of an opening but its commit.
    async fn prepare_open(
        &self,
        attempt: &Attempt,
        name: &EnvironmentName,
        version: Version,
        seconds: u64,
    ) -> Result<Open, Error> {
        let seconds = lifetime(seconds)?;
        let by = version.by();
        let (attempt, name) = (attempt.clone(), name.clone());
        let gather =
            Gather { engine: self.clone(), attempt: attempt.clone(), name: name.clone(), version, level: Level::Open };
        let Gathered { entered, environment, revision, root } = self.store().ask(gather).await??;
        let resolved = self.resolve(&attempt, &entered, root, Mode::Open, Level::Open).await?;
        let environment = environment.id;
        let owner = Owner { organization: entered.organization.id, environment: Some(environment), revision };
        let opening = self.opening(&attempt, owner, &resolved, seconds, by).await?;
        let others = others(&resolved, Level::Open);
        Ok(Open { attempt, name, environment, revision, opening, others })
    }

    /// Opens a definition that came with the request, for a member of an organisation.
    pub async fn open_anonymous(
        &self,
        cx: &Context,
        organization: String,
        definition: String,
        seconds: u64,
    ) -> Answer<Opened> {
        let attempt = self.attempt(cx, Event::EnvironmentOpen);
        attempt.target_names(Statement::organization(&organization));
        let engine = self.clone();
        self.detached(async move {
            match engine.prepare_open_anonymous(&attempt, organization, &definition, seconds).await {
                Ok(open) => engine.commit(open).await,
                Err(error) => {
                    note_denial(&attempt, &error);
                    Err(engine.refuse(&attempt, error).await)
                }
            }
        })
        .await
    }

    async fn prepare_open_anonymous(
        &self,
        attempt: &Attempt,
        organization: String,
        definition: &str,
        seconds: u64,
    ) -> Result<OpenAnonymous, Error> {
        let seconds = lifetime(seconds)?;
        let (entered, resolved) =
            self.resolve_anonymous(attempt, &organization, definition, Mode::Open, Level::Open).await?;
        let owner = Owner { organization: entered.organization.id, environment: None, revision: 0 };
        let opening = self.opening(attempt, owner, &resolved, seconds, "latest").await?;
        let others = others(&resolved, Level::Open);
        Ok(OpenAnonymous { attempt: attempt.clone(), organization, opening, others })
    }

    /// Resolves a definition that came with the request.
    pub(super) async fn resolve_anonymous(
        &self,
        attempt: &Attempt,
        organization: &str,
        definition: &str,
        mode: Mode<'_>,
        level: Level,
    ) -> Result<(Entered, Resolved), Error> {
        let enter = Enter { attempt: attempt.clone(), organization: organization.to_owned() };
        let entered = self.store().ask(enter).await??;
        attempt.target(Target::unresolved(TargetKind::Environment));
        let parsed = Program::parse(ANONYMOUS, definition);
        let program = parsed.program.ok_or(Error::Diagnostics(parsed.diagnostics))?;
        let root = Root { program: Arc::new(program), environment: None, imports: Vec::new(), rest: Rest::Follows };
        let resolved = self.resolve(attempt, &entered, root, mode, level).await?;
        Ok((entered, resolved))
    }

    /// Seals what was resolved, and notes what it reaches.
    async fn opening(
        &self,
        attempt: &Attempt,
        owner: Owner,
        resolved: &Resolved,
        seconds: u64,
        by: &'static str,
    ) -> Result<Opening, Error> {
        let id = SessionId::from_random(self.ambient().random());
        let (reads, count) = all_reads(resolved);
        let content: SecretBytes = lay_out(resolved, reads.as_ref(), count);
        let key = self.key_for(owner.organization, owner.environment).await?;
        let sealed = key.seal_session(id.as_str(), content.expose(), &*self.ambient().random);
        let detail = Detail::new()
            .word("by", by)
            .integer("imports", resolved.imports.len() as u64)
            .integer("reads", count)
            .id("session", id);
        attempt.reads(reads).detail(detail.clone().integer("lifetime", seconds));
        let cx = attempt.context();
        let account = cx.account().copied().ok_or(Error::Forbidden("only somebody with an account can open this"))?;
        let session = Session {
            id,
            organization: owner.organization,
            environment: owner.environment,
            account,
            revision: owner.revision,
            opened_by: attempt.id(),
            created_at: cx.now,
            expires_at: end(cx.now, seconds),
            sealed,
        };
        Ok(Opening { session, seconds, detail })
    }
}

/// A session that is ready to be stored.
struct Opening {
    session: Session,
    /// How long it was asked to live.
    seconds: u64,
    /// What the record says of it, but for how long it lives.
    detail: Detail,
}

impl Opening {
    /// Stores the session. Where what permitted it sets a bound, it lives no longer than that, and the
    /// record says how long it does. It is not refused: tools ask for two hours when nobody said
    /// anything, and whoever may open for one hour could not use them.
    async fn store<T: Tx>(&self, tx: &mut T, attempt: &Attempt, longest: Option<u64>) -> Result<Opened, Error> {
        let seconds = longest.map_or(self.seconds, |longest| longest.min(self.seconds));
        attempt.detail(self.detail.clone().integer("lifetime", seconds));
        let session = &self.session;
        if seconds == self.seconds {
            session::insert(tx, session).await?;
        } else {
            let expires_at = end(session.created_at, seconds);
            session::insert(tx, &Session { expires_at, ..session.clone() }).await?;
        }
        Ok(Opened { session: session.id })
    }
}

/// The end of a number of seconds.
fn end(start: i64, seconds: u64) -> i64 {
    start + i64::try_from(seconds).unwrap_or(0) * 1_000_000
}

/// Whose session it is.
#[derive(Clone, Copy)]
struct Owner {
    organization: OrganizationId,
    environment: Option<EnvironmentId>,
    revision: u64,
}

/// The environments that took part, to be checked again in the transaction.
pub(super) fn others(resolved: &Resolved, level: Level) -> Vec<(EnvironmentId, Level)> {
    let mut others: Vec<_> = resolved.imports.iter().map(|import| (import.id, level)).collect();
    others.sort_by_key(|(id, _)| *id);
    others.dedup();
    others
}
