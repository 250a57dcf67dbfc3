//! A command made of steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ledger::{
    AccountId, Actor, ActorId, ActorKind, Client, Credential, Detail, Event, EventId, NodeId, OrganizationId, Origin,
    Outcome, Reason, Record, RequestId, Statement, Target,
};
use store::anchor_list::{self, AnchorList};
use store::organization::{self, Organization};
use store::session::{self, Session};
use store::{Addressed, Ambient, Command, Done, LogKey, Question, Read, Records, Sql, StoreError, Tx, log, opening};
use thiserror::Error;

/// Why a command of the tests gave nothing.
#[derive(Debug, Error)]
pub(crate) enum TestError {
    #[error("refused by a step")]
    Refused,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One thing that a command does.
#[derive(Clone)]
pub(crate) enum Step {
    /// Adds one to a counter.
    Add(&'static str),
    /// Makes room for a log.
    CreateLog(LogKey, Origin),
    /// Stores a session.
    OpenSession(Session),
    /// Founds an organisation.
    CreateOrganization(Organization),
    /// Makes room for a log of an organisation.
    CreateLogOf(LogKey, Origin, OrganizationId),
    /// Continues a log with another one.
    Succeed(LogKey, LogKey, Origin),
    /// Takes a frozen log into use again.
    Unfreeze(LogKey),
    /// Keeps a list that an entry commits to.
    InsertAnchorList(AnchorList),
    /// Destroys the openings that speak of somebody.
    Destroy(LogKey, ActorId),
    /// Breaks a constraint of the schema.
    Break,
    /// Refuses.
    Refuse,
    /// Panics, which no command should.
    Panic,
}

/// A command that takes its steps in order and says what it was told to say.
#[derive(Clone, Default)]
pub(crate) struct Act {
    steps: Vec<Step>,
    said: Vec<Said>,
    refusals: Vec<Said>,
    /// How often `refused` was asked about an error of the database.
    database_errors: Arc<AtomicU64>,
}

impl Act {
    pub(crate) fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// What the log says when it succeeded.
    pub(crate) fn said(mut self, said: Said) -> Self {
        self.said.push(said);
        self
    }

    /// What the log says when it did not.
    pub(crate) fn refusal(mut self, said: Said) -> Self {
        self.refusals.push(said);
        self
    }

    pub(crate) fn counting_database_errors(mut self, count: &Arc<AtomicU64>) -> Self {
        self.database_errors = Arc::clone(count);
        self
    }
}

impl Command for Act {
    /// The value of the last counter.
    type Output = i64;
    type Error = TestError;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<i64>, TestError> {
        static ADD: Sql = Sql::new("UPDATE counter SET value = value + 1 WHERE name = $1");
        static BREAK: Sql =
            Sql::new("INSERT INTO instance (id, name, key_fingerprint, created_at) VALUES (2, '', '', 0)");
        let mut output = 0;
        for step in &self.steps {
            match step {
                Step::Add(counter) => {
                    tx.execute(&ADD, &[(*counter).into()]).await?;
                    output = Counter(counter).ask(tx).await?;
                }
                Step::CreateLog(key, origin) => log::create(tx, *key, origin.log(), origin, None).await?,
                Step::OpenSession(session) => session::insert(tx, session).await?,
                Step::CreateOrganization(organization) => organization::insert(tx, organization).await?,
                Step::CreateLogOf(key, origin, organization) => {
                    log::create(tx, *key, origin.log(), origin, Some(organization)).await?;
                }
                Step::Succeed(old, new, origin) => log::succeed(tx, *old, *new, origin.log(), origin).await?,
                Step::Unfreeze(log) => log::unfreeze(tx, *log).await?,
                Step::InsertAnchorList(list) => anchor_list::insert(tx, list).await?,
                Step::Destroy(log, subject) => {
                    let destroying = opening::destroying(tx).await?;
                    let destroyed = opening::destroy(tx, &destroying, *log, &(*subject).into()).await?;
                    output = i64::try_from(destroyed.len()).unwrap();
                }
                Step::Break => {
                    tx.execute(&BREAK, &[]).await?;
                }
                Step::Refuse => return Err(TestError::Refused),
                Step::Panic => panic!("a step that panics"),
            }
        }
        Ok(Done { output, records: records(&self.said) })
    }

    fn refused(&self, error: &TestError) -> Records {
        if matches!(error, TestError::Store(_)) {
            self.database_errors.fetch_add(1, Ordering::SeqCst);
        }
        records(&self.refusals)
    }
}

fn records(said: &[Said]) -> Records {
    let mut said = said.iter().map(Said::addressed);
    let first = Records::one(said.next().expect("every command says something"));
    said.fold(first, Records::and)
}

/// What a counter shows.
pub(crate) struct Counter(pub(crate) &'static str);

impl Question for Counter {
    type Answer = i64;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<i64, StoreError> {
        static VALUE: Sql = Sql::new("SELECT value FROM counter WHERE name = $1");
        Ok(read.query_opt(&VALUE, &[self.0.into()], |row| row.integer(0)).await?.expect("the counter is there"))
    }
}

/// One record and where it goes.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) log: LogKey,
    pub(crate) account: Option<AccountId>,
    pub(crate) record: Record,
}

impl Said {
    /// An account opened an environment.
    pub(crate) fn by(ambient: &Ambient, log: LogKey, account: AccountId) -> Self {
        let client = Client { addr: Some("192.0.2.7"), how: Some("socket"), ua: Some("esc/0.14"), peer: None };
        let wall = ambient.clock.wall();
        let record = Record {
            id: EventId::new(wall.unsigned_abs() / 1_000, ambient.random()),
            event: Event::EnvironmentOpen,
            actor: Actor { kind: ActorKind::User, id: None },
            behalf: None,
            credential: Credential::NONE,
            authorization: None,
            target: None,
            outcome: Outcome::Succeeded,
            cause: Vec::new(),
            detail: Detail::new(),
            request: RequestId::from_random(ambient.random()),
            node: NodeId::from_random(ambient.random()),
            salt: ambient.random(),
            statements: [Some(Statement::stranger("ada", "Ada Lovelace")), Statement::client(None, &client)]
                .into_iter()
                .flatten()
                .collect(),
            wall,
        };
        Self { log, account: Some(account), record }
    }

    pub(crate) fn event(&self) -> EventId {
        self.record.id
    }

    pub(crate) fn denied(mut self) -> Self {
        self.record.outcome = Outcome::Denied(Reason::PermissionMissing);
        self
    }

    pub(crate) fn with(mut self, statement: Statement) -> Self {
        self.record.statements.push(statement);
        self
    }

    pub(crate) fn detail(mut self, detail: Detail) -> Self {
        self.record.detail = detail;
        self
    }

    pub(crate) fn on(mut self, target: Target) -> Self {
        self.record.target = Some(target);
        self
    }

    pub(crate) fn account(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }

    /// A record that no leaf can hold.
    pub(crate) fn impossible(self) -> Self {
        self.detail(Detail::new().integer("nonsense", 1))
    }

    fn addressed(&self) -> Addressed {
        Addressed { log: self.log, account: self.account, record: self.record.clone() }
    }
}
