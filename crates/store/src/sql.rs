//! SQL texts, parameters and rows: the small common ground of the two databases.
//!
//! A statement is written once, in the subset both databases accept, with `$1`
//! placeholders. Five kinds of value exist: null, integer, text, bytes, and
//! booleans as the integers 0 and 1. A test prepares every text of this crate on
//! both databases.

use std::sync::OnceLock;

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::StoreError;

/// One statement. Declare it as a `static` right above its use.
pub struct Sql {
    text: &'static str,
    sqlite: OnceLock<String>,
}

impl Sql {
    /// A statement in the common subset.
    pub const fn new(text: &'static str) -> Self {
        Self { text, sqlite: OnceLock::new() }
    }

    /// The text as PostgreSQL takes it.
    pub(crate) fn postgres(&self) -> &'static str {
        self.text
    }

    /// The text as SQLite takes it. There `$1` would be a *named* parameter, numbered by
    /// first appearance; `?1` is the one that means what PostgreSQL means by `$1`.
    pub(crate) fn sqlite(&self) -> &str {
        self.sqlite.get_or_init(|| numbered(self.text))
    }
}

/// Turns `$1` into `?1`. No text of ours has a dollar sign for anything else.
pub(crate) fn numbered(text: &str) -> String {
    text.replace('$', "?")
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// SQL `NULL`.
    Null,
    /// A 64-bit integer, a time in microseconds, or a boolean as 0 or 1.
    Integer(i64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a, K: ledger::id::Kind> From<&'a ledger::Id<K>> for Value<'a> {
    fn from(value: &'a ledger::Id<K>) -> Self {
        Self::Text(value.as_str())
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(value) => value.to_sql(ty, out),
            Self::Text(value) => value.to_sql(ty, out),
            Self::Bytes(value) => value.to_sql(ty, out),
        }
    }

    // The schema has only these; a statement whose parameter came out as another type is a
    // mistake that the test which prepares every text would show as an error here.
    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::TEXT | Type::BYTEA)
    }

    to_sql_checked!();
}

/// A row, as either driver gives it. Columns are numbered from 0, as they stand in the text.
pub enum Row<'a> {
    /// From SQLite.
    Sqlite(&'a rusqlite::Row<'a>),
    /// From PostgreSQL.
    Postgres(&'a tokio_postgres::Row),
}

impl<'a> Row<'a> {
    /// An integer that is not null.
    pub fn integer(&self, column: usize) -> Result<i64, StoreError> {
        match self {
            Self::Sqlite(row) => Ok(row.get_ref(column)?.as_i64()?),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// An integer, or null.
    pub fn integer_opt(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self {
            Self::Sqlite(row) => Ok(row.get_ref(column)?.as_i64_or_null()?),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// Text that is not null.
    pub fn text(&self, column: usize) -> Result<&'a str, StoreError> {
        match self {
            Self::Sqlite(row) => Ok(row.get_ref(column)?.as_str()?),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// Text, or null.
    pub fn text_opt(&self, column: usize) -> Result<Option<&'a str>, StoreError> {
        match self {
            Self::Sqlite(row) => Ok(row.get_ref(column)?.as_str_or_null()?),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// Bytes that are not null.
    pub fn bytes(&self, column: usize) -> Result<&'a [u8], StoreError> {
        match self {
            Self::Sqlite(row) => Ok(row.get_ref(column)?.as_blob()?),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// Bytes, or null.
    pub fn bytes_opt(&self, column: usize) -> Result<Option<&'a [u8]>, StoreError> {
        match self {
            Self::Sqlite(row) => Ok(row.get_ref(column)?.as_blob_or_null()?),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// A boolean, kept as 0 or 1.
    pub fn boolean(&self, column: usize) -> Result<bool, StoreError> {
        Ok(self.integer(column)? != 0)
    }

    /// A number that is never negative: a revision, an index, a count.
    pub fn count(&self, column: usize) -> Result<u64, StoreError> {
        self.integer(column)?.try_into().map_err(|_| StoreError::bad_value("a count", column))
    }

    /// An identifier of ours.
    pub fn id<K: ledger::id::Kind>(&self, column: usize) -> Result<ledger::Id<K>, StoreError> {
        self.text(column)?.parse().map_err(|_| StoreError::bad_value("an identifier", column))
    }

    /// An identifier of ours, or null.
    pub fn id_opt<K: ledger::id::Kind>(&self, column: usize) -> Result<Option<ledger::Id<K>>, StoreError> {
        self.text_opt(column)?
            .map(|text| text.parse().map_err(|_| StoreError::bad_value("an identifier", column)))
            .transpose()
    }

    /// An array of exactly `N` bytes.
    pub fn array<const N: usize>(&self, column: usize) -> Result<[u8; N], StoreError> {
        self.bytes(column)?.try_into().map_err(|_| StoreError::bad_value("a digest", column))
    }

    /// The identifier of an event.
    pub fn event(&self, column: usize) -> Result<ledger::EventId, StoreError> {
        ledger::EventId::from_bytes(self.array(column)?).ok_or(StoreError::bad_value("an event", column))
    }
}
