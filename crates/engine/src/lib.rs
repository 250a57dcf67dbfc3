//! Who may do what, and what is recorded.
//!
//! Everything that a caller can ask for is a method of [`Engine`]. What reveals or changes
//! something gives a [`Recorded`] value: it exists only once its record is durable. Operations
//! run in tasks of their own, so that a caller who hangs up is in the log all the same.

mod access;
mod audit;
mod context;
pub mod egress;
mod environment;
mod error;
mod identity;
mod keys;
mod log;
mod name;
mod oidc;
mod outside;
mod providers;
mod resolve;
mod rotators;
mod schedule;
mod setup;
mod tag;
mod team;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use ledger::NodeId;
use store::{Ambient, Command, LogKey, Statistics, Store};

pub use access::{Act, Explanation, Ground, Level, OPERATIONS, Role, Scope};
pub use context::{Client, Context, Facts, Who};
pub use environment::{
    AccessPage, CheckedDefinition, Decrypted, Definition, EnvironmentPage, EnvironmentTag, Kept, Listed, Metadata,
    Opened, Plaintexts, ReferrerPage, RetractionReason, RevisionInfo, RevisionTag, Revisions, RotationEvent,
    RotationOrder, RotationSchedule, Secrets, SessionAnswer, TagPage, TagUpdate, TagValues, Updated,
};
pub use error::{Error, Unauthenticated, What};
pub use identity::{
    EraseAgainError, Erased, ErasedLog, Erasures, ErasuresError, Exports, InviteInfo, InvitePurpose, InviteState,
    IssuedInvite, IssuedLink, IssuedToken, Joining, LinkPurpose, LongestOpen, MachineOwner, MachineTokenInfo, Me,
    Member, MemberPage, NewInvite, NewMachineToken, NewUser, OrganizationInfo, Reach, RoleChange, RoleChoice,
    RoleDeletion, RoleDescription, RoleHolders, RoleInfo, RoleKind, RoleName, SignedIn, TeamCreators, TeamGrantChange,
    TeamInfo, TeamMemberChange, TokenDescription, TokenInfo, TokenName,
};
pub use log::{
    Adopted, Anchor, AnchorError, AnchorFile, Anchored, Anchoring, BackedUp, Becomes, Bucket, BundleFailure, Distrust,
    EntryPage, EpochError, Expected, Export, ExportFormat, Exported, FacetCounts, Facets, Fault, Filter, Finding,
    Histogram, Listener, LogIdentity, LogName, LogReport, LogShape, NamedKeys, Progress, PublishError, Published,
    Report, Resumed, Rolled, RotateError, Rotated, SearchPage, Step, Summary, Told, TreeHead, WhichLog, fsck,
    is_signed,
};
pub use name::{EnvironmentName, Version, check_login, check_organization};
pub use oidc::{
    Admits, BegunSignIn, Decision, Exchange, Exchanged, Flaw, IssuerChange, IssuerInfo, NewIssuer, PolicyInfo,
    Provider, ReturnedSignIn, Rule, TokenType, Unrecognised, WantedToken,
};
pub use outside::{KeptApart, Outside};
pub use providers::{Listed as ListedProvider, providers};
pub use rotators::rotators;
pub use schedule::{
    Cron, CronError, RotationPath, RunState, Schedule, ScheduleRun, ScheduleRuns, ScheduleUpdate, Scheduled, When,
};
pub use setup::{Installed, SetUp, SetUpError, installation};
pub use tag::{EnvironmentTagName, EnvironmentTagValue, RevisionTagName};
pub use team::{TeamDescription, TeamDisplayName, TeamName};

pub use lang;
pub use ledger::{self, EventId, ScheduleId, SessionId};
pub use seal;
pub use store;
pub use store::{Failure, Recorded};

/// What an operation that is recorded gives.
pub type Answer<T> = Result<Recorded<T>, Failure<Error>>;
/// What a look-up gives: recorded only when it was refused.
pub type Sight<T> = Result<T, Failure<Error>>;

/// The product: every operation that a caller can ask for. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Store,
    outside: Outside,
    node: NodeId,
    keys: keys::Keys,
    programs: resolve::Programs,
    authenticated: identity::Authenticated,
    issuers: oidc::KnownIssuers,
    log_keys: log::LogKeys,
    publisher: log::Publisher,
    scrubber: log::Scrubber,
    /// The number of the server's log, as it goes on today.
    server_log: AtomicI64,
    started: i64,
    /// Where others reach this server; known once it listens.
    public_url: OnceLock<String>,
    /// By whom people sign in, if the operator named somebody.
    provider: OnceLock<Arc<Provider>>,
}

impl Engine {
    /// Puts the engine together over a database that is set up.
    pub(crate) fn assemble(store: Store, outside: Outside, log_keys: seal::LogKeys, server_log: LogKey) -> Self {
        let node = NodeId::from_random(store.ambient().random());
        let started = store.ambient().clock.steady();
        Self(Arc::new(Inner {
            store,
            outside,
            node,
            keys: keys::Keys::default(),
            programs: resolve::Programs::default(),
            authenticated: identity::Authenticated::default(),
            issuers: oidc::KnownIssuers::default(),
            log_keys: log::LogKeys::new(log_keys),
            publisher: log::Publisher::default(),
            scrubber: log::Scrubber::default(),
            server_log: AtomicI64::new(server_log.0),
            started,
            public_url: OnceLock::new(),
            provider: OnceLock::new(),
        }))
    }

    /// The clock and the source of randomness.
    pub fn ambient(&self) -> &Ambient {
        self.0.store.ambient()
    }

    /// This process, as its records name it.
    pub fn node(&self) -> NodeId {
        self.0.node
    }

    /// Which database stands behind: `sqlite` or `postgres`.
    pub fn database(&self) -> &'static str {
        self.0.store.kind()
    }

    /// What lies outside of the database, and is to be kept apart from copies of it.
    pub fn kept_apart(&self) -> KeptApart {
        let Outside { ring_file, anchor, erasures, .. } = &self.0.outside;
        KeptApart { key_file: ring_file.clone(), anchor: anchor.describe(), erasures: erasures.path().to_owned() }
    }

    /// What the store did since the start.
    pub fn statistics(&self) -> Statistics {
        self.0.store.statistics()
    }

    /// Closes the database, after what waits is done.
    pub fn close(&self) {
        self.0.store.close();
    }

    /// The server's log, as it goes on today.
    pub(crate) fn server_log(&self) -> LogKey {
        LogKey(self.0.server_log.load(Ordering::Relaxed))
    }

    /// Says where others reach this server: what it issues names that as its issuer. The first word counts.
    pub fn reached_at(&self, public_url: &str) {
        // Whoever says it again says the same.
        let _ = self.0.public_url.set(public_url.trim_end_matches('/').to_owned());
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn egress(&self) -> &egress::Egress {
        &self.0.outside.egress
    }

    fn attempt(&self, cx: &Context, event: ledger::Event) -> audit::Attempt {
        audit::Attempt::new(self.ambient(), self.0.node, self.server_log(), cx, event)
    }

    /// Runs an operation in a task of its own: once begun it ends in the log, whoever waits.
    async fn detached<T: Send + 'static>(&self, operation: impl Future<Output = T> + Send + 'static) -> T {
        match tokio::spawn(operation).await {
            Ok(output) => output,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is going down, and this task with it.
                Err(_) => std::future::pending().await,
            },
        }
    }

    async fn commit<C: Command<Error = Error>>(&self, command: C) -> Answer<C::Output> {
        self.0.store.commit(command).await
    }

    /// Records a refusal that was found before there was anything to commit.
    async fn refuse(&self, attempt: &audit::Attempt, error: Error) -> Failure<Error> {
        error.tell_operator();
        match self.commit(audit::Refuse { attempt: attempt.clone(), error }).await {
            Ok(never) => match never.into_parts().0 {},
            Err(failure) => failure,
        }
    }

    /// Gives what was seen, or records why nothing was.
    async fn seen<T>(&self, attempt: &audit::Attempt, sight: Result<T, Error>) -> Sight<T> {
        match sight {
            Ok(seen) => Ok(seen),
            Err(error) => Err(self.refuse(attempt, error).await),
        }
    }

    fn now(&self) -> i64 {
        self.ambient().clock.wall()
    }
}

/// The identifiers that records of one request have in common.
impl Engine {
    /// A fresh request identifier.
    pub fn request_id(&self) -> ledger::RequestId {
        ledger::RequestId::from_random(self.ambient().random())
    }

    /// A context for what the server does by itself.
    pub fn system_context(&self) -> Context {
        Context::new(Facts {
            who: Who::System,
            credential: ledger::Credential::INTERNAL,
            client: Client::default(),
            request: self.request_id(),
            now: self.now(),
        })
    }

    /// A context for what somebody at the shell of the host does.
    pub fn operator_context(&self, user: &str) -> Context {
        Context::new(Facts {
            who: Who::Operator(user.into()),
            credential: ledger::Credential::LOCAL_CLI,
            client: Client::default(),
            request: self.request_id(),
            now: self.now(),
        })
    }

    /// A context for a caller that nobody knows yet.
    pub fn anonymous_context(&self, client: Client) -> Context {
        Context::new(Facts {
            who: Who::Anonymous,
            credential: ledger::Credential::NONE,
            client,
            request: self.request_id(),
            now: self.now(),
        })
    }
}
