//! The index that filters of the logs are answered from: built behind the writer, and derived from what is stored.
//!
//! Entries stand in blocks. For each block and each value of a [facet](ledger::search::Facet) that stands in leaves
//! there is a posting: which entries of the block have it. Values that stand in openings lead to the openings that say
//! them, and those have postings. So a text is in the dictionary once, an entry with a long list of secrets is in few
//! postings, and an opening that is destroyed takes along what was known of it.
//!
//! What is not yet a whole block is not indexed. Whoever asks looks at those entries themselves.

mod bits;
mod build;
mod forget;
mod look;
mod marks;

use ledger::search::Facet;

use crate::StoreError;
use crate::command::{LogKey, Read};
use crate::sql::Sql;

pub use build::Block;
pub(crate) use build::{Due, Gather};
pub(crate) use forget::{Gone, begin_again, forget};
pub use look::{block_times, count_common, first_times, links, mark, mark_requests, term, terms};
pub use marks::Marks;

/// How many entries a block has, where nothing else was asked for.
pub const WIDTH: u64 = 4_096;

/// A value of a facet, or an opening, by its number in this database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TermId(pub(crate) i64);

/// How far the index of a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// How many blocks are indexed, from the first on.
    pub blocks: u64,
    /// How many entries a block has.
    pub width: u64,
    /// How often something was taken out. What was looked up before means nothing any more.
    pub changes: u64,
    terms: u64,
}

impl State {
    /// The first entry that is not indexed.
    pub const fn end(&self) -> u64 {
        self.blocks * self.width
    }

    /// The block of an entry.
    pub const fn block(&self, index: u64) -> u64 {
        index / self.width
    }
}

/// How far the index of a log is.
pub async fn state<R: Read>(read: &mut R, log: LogKey) -> Result<State, StoreError> {
    static STATE: Sql = Sql::new("SELECT blocks, width, changes, terms FROM log_index WHERE log_id = $1");
    let params = [log.0.into()];
    let state = read.query_opt(&STATE, &params, |row| {
        Ok(State { blocks: row.count(0)?, width: row.count(1)?, changes: row.count(2)?, terms: row.count(3)? })
    });
    Ok(state.await?.unwrap_or(State { blocks: 0, width: WIDTH, changes: 0, terms: 0 }))
}

/// What a row of the dictionary stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Kind {
    Value(Facet),
    Statement,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Value(facet) => facet.as_str(),
            Self::Statement => "statement",
        }
    }
}

/// By what a row of the dictionary is found.
type Digest = [u8; 16];

/// The digest of a value.
fn digest(value: &str) -> Digest {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, value.as_bytes());
    *digest.as_ref().first_chunk().expect("SHA-256 has 32 bytes")
}

/// The same of an opening: its commitment is a digest already.
fn digest_of_statement(commitment: &[u8; 32]) -> Digest {
    *commitment.first_chunk().expect("16 of 32 bytes")
}

/// What is kept of an entry's request.
fn request_mark(request: &str) -> [u8; 3] {
    let [a, b, c, ..] = digest(request);
    [a, b, c]
}

/// The number of a term: that of the log above, a count below, so that it is the only one in the database.
const fn term_number(log: LogKey, count: u64) -> i64 {
    (log.0 << 32) | count.cast_signed()
}
