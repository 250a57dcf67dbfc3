//! The only way to write: a command, whose effect and record are one commit.

use std::sync::Arc;

use ledger::Record;
use ledger::{AccountId, EventId};

use crate::StoreError;
use crate::sql::{Row, Sql, Value};

/// A place to read from: a transaction, or a connection that only reads.
pub trait Read: Send {
    /// All rows of a statement.
    fn query<T: Send>(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> impl Future<Output = Result<Vec<T>, StoreError>> + Send;

    /// The first row of a statement, if it has one.
    fn query_opt<T: Send>(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read: fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> impl Future<Output = Result<Option<T>, StoreError>> + Send;
}

/// A transaction.
pub trait Tx: Read {
    /// Runs a statement and says how many rows it touched.
    fn execute(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Readies this transaction, before its first statement, for destroying texts. Where the database can do that,
    /// what is deleted is overwritten with zeros, and not only forgotten. Where others could commit a record that
    /// shares a text while it is destroyed, they wait.
    fn ready_to_destroy(&mut self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A question: reads, and changes nothing.
pub trait Question: Send + 'static {
    /// What it answers.
    type Answer: Send + 'static;

    /// Reads the answer.
    fn ask<R: Read>(&self, read: &mut R) -> impl Future<Output = Result<Self::Answer, StoreError>> + Send;
}

/// One unit of what a caller asked for *and* what the log will say of it.
///
/// A command may be run more than once (PostgreSQL retries a serialisation failure), so `run`
/// takes `&self` and leaves nothing behind but what it did in the transaction.
pub trait Command: Send + Sync + 'static {
    /// What it gives when it succeeded.
    type Output: Send + 'static;
    /// Why it refused or failed.
    type Error: From<StoreError> + Send + 'static;

    /// Checks permission and preconditions, changes state, and says what happened.
    fn run<T: Tx>(&self, tx: &mut T) -> impl Future<Output = Result<Done<Self::Output>, Self::Error>> + Send;

    /// What the log says when `run` refused or failed. What `run` changed is undone by then.
    fn refused(&self, error: &Self::Error) -> Records;
}

/// One that may have to be committed again.
impl<C: Command> Command for Arc<C> {
    type Output = C::Output;
    type Error = C::Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<C::Output>, C::Error> {
        C::run(self, tx).await
    }

    fn refused(&self, error: &C::Error) -> Records {
        C::refused(self, error)
    }
}

/// What a command did, and what the log says of it.
pub struct Done<T> {
    /// Goes to the caller once the commit is durable.
    pub output: T,
    /// Goes into the logs, in the same commit.
    pub records: Records,
}

/// The number of a log in this database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogKey(pub i64);

impl LogKey {
    /// The server's own log. The first migration makes room for it, `set_up` opens it.
    pub const SERVER: Self = Self(1);
}

/// A record, and the log it goes to.
#[derive(Debug)]
pub struct Addressed {
    /// Which log.
    pub log: LogKey,
    /// Whose actor identifier the store fills in where the record has none: an identifier is
    /// minted per log, the first time an account acts there.
    pub account: Option<AccountId>,
    /// What the log says.
    pub record: Record,
}

/// At least one record. Nothing that a caller can do or see has none.
#[derive(Debug)]
pub struct Records {
    first: Box<Addressed>,
    more: Vec<Addressed>,
}

impl Records {
    /// One record.
    pub fn one(record: Addressed) -> Self {
        Self { first: Box::new(record), more: Vec::new() }
    }

    /// One record more.
    #[must_use]
    pub fn and(mut self, record: Addressed) -> Self {
        self.more.push(record);
        self
    }

    /// All of these too.
    #[must_use]
    pub fn and_all(mut self, records: Self) -> Self {
        self.more.push(*records.first);
        self.more.extend(records.more);
        self
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Addressed> {
        std::iter::once(&*self.first).chain(&self.more)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Addressed> {
        std::iter::once(&mut *self.first).chain(&mut self.more)
    }

    pub(crate) fn events(&self) -> Vec<EventId> {
        self.iter().map(|addressed| addressed.record.id).collect()
    }
}

/// A value whose record is durable. Only a finished commit makes one.
#[derive(Debug)]
pub struct Recorded<T> {
    value: T,
    events: Vec<EventId>,
}

impl<T> Recorded<T> {
    pub(crate) fn new(value: T, events: Vec<EventId>) -> Self {
        Self { value, events }
    }

    /// Turns the value into another. It takes a function pointer, so that nothing of the
    /// surroundings can be smuggled in as recorded.
    pub fn map<U>(self, turn: fn(T) -> U) -> Recorded<U> {
        Recorded { value: turn(self.value), events: self.events }
    }

    /// The events that record it, the first one being the answer's own.
    pub fn events(&self) -> &[EventId] {
        &self.events
    }

    /// The value, for looking at.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// The value and the events that record it, at the place where the answer is made.
    pub fn into_parts(self) -> (T, Vec<EventId>) {
        (self.value, self.events)
    }
}

/// Why a command gave nothing.
#[derive(Debug)]
pub enum Failure<E> {
    /// It refused or failed, and the log says so.
    Refused(Recorded<E>),
    /// Neither its effect nor a record could be written.
    Unrecorded(StoreError),
}
