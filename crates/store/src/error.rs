//! What can go wrong in the database.

use thiserror::Error;

/// An error of the store. Its text never holds a parameter, so it holds no secret.
#[derive(Debug, Error)]
pub enum StoreError {
    /// SQLite refused or failed.
    #[error("the database failed")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL refused or failed.
    #[error("the database failed")]
    Postgres(#[from] tokio_postgres::Error),
    /// No connection to PostgreSQL could be had.
    #[error("the database cannot be reached")]
    Pool(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The command's record could not be committed, so neither was its effect.
    #[error("the record could not be written, so nothing was done")]
    NotRecorded(#[source] std::sync::Arc<StoreError>),
    /// The answer to `COMMIT` was lost: the effect and its record are both there, or neither is.
    #[error("the connection was lost while committing, so the outcome is unknown")]
    CommitUnknown,
    /// Concurrent commands got in each other's way more often than the store retries.
    #[error("too many concurrent changes to the same thing")]
    Conflict,
    /// More work is waiting than the store takes on.
    #[error("too many requests are waiting for the database")]
    Overloaded,
    /// The store is closing.
    #[error("the database is closed")]
    Closed,
    /// A stored value breaks the schema's promise.
    #[error("column {column} of a row does not hold {expected}")]
    BadValue {
        /// What the column should hold.
        expected: &'static str,
        /// The column's place in the statement.
        column: usize,
    },
    /// A record breaks the format of the log.
    #[error("a record breaks the format of the log")]
    Record(#[from] ledger::RecordError),
    /// A stored leaf is not what the format allows.
    #[error("entry {index} of log {log} is not a leaf")]
    BadLeaf {
        /// The log's number in this database.
        log: i64,
        /// The entry's index.
        index: u64,
    },
    /// A bundle of entries is not what the format allows, or not of the entries that it should have.
    #[error("bundle {number} of log {log} does not hold its entries")]
    BadBundle {
        /// The log's number in this database.
        log: i64,
        /// The bundle's number.
        number: u64,
    },
    /// Nothing is appended to a log that is not what it should be.
    #[error("the log {origin} is frozen: {reason}")]
    Frozen {
        /// The log.
        origin: ledger::Origin,
        /// Why it was frozen, in words for people.
        reason: String,
    },
    /// What is stored of a log does not fit together.
    #[error("the log {origin} is damaged: {what}")]
    Damaged {
        /// The log.
        origin: ledger::Origin,
        /// What does not fit.
        what: &'static str,
    },
    /// A checkpoint has another root than the log's tree, or than the checkpoint that was published for the
    /// same size.
    #[error("the log {origin} has another root at size {size}")]
    OtherRoot {
        /// The log.
        origin: ledger::Origin,
        /// The size.
        size: u64,
    },
    /// This database has means of its own for that.
    #[error("{0}")]
    Elsewhere(&'static str),
    /// A migration cannot be applied.
    #[error("{0}")]
    Migration(String),
    /// The database's files cannot be opened or locked.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
}

impl StoreError {
    pub(crate) fn bad_value(expected: &'static str, column: usize) -> Self {
        Self::BadValue { expected, column }
    }

    /// The frozen log that was to be appended to, if that is what is wrong.
    pub fn frozen(&self) -> Option<&Self> {
        match self {
            Self::Frozen { .. } => Some(self),
            Self::NotRecorded(source) => source.frozen(),
            _ => None,
        }
    }

    /// Whether running the command again may succeed: a serialisation failure, a deadlock, or
    /// two commands that minted the same shared row at once.
    pub(crate) fn is_conflict(&self) -> bool {
        let error = match self {
            Self::Conflict => return true,
            Self::Postgres(error) => error,
            _ => return false,
        };
        error.code().is_some_and(|code| {
            use tokio_postgres::error::SqlState;
            [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::UNIQUE_VIOLATION]
                .contains(code)
        })
    }
}

impl From<rusqlite::types::FromSqlError> for StoreError {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::Sqlite(error.into())
    }
}

impl From<deadpool_postgres::PoolError> for StoreError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(error) => Self::Postgres(error),
            other => Self::Pool(Box::new(other)),
        }
    }
}
