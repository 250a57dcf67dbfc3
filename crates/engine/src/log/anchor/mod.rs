//! The anchor: the newest signed head of each log, kept outside the database.
//!
//! Whoever can write the database can make it tell another past, with hashes that fit. They cannot make it fit what was
//! signed, if that lies where they cannot write. So the publisher moves the anchor before it shows a checkpoint, and a
//! database that does not extend its anchor is believed no more.

mod file;
mod text;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::Pin;

use ledger::{Hash, Origin};
use thiserror::Error;

pub use file::AnchorFile;

/// The head of a log: its size, and the root of its tree.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// How many entries.
    pub size: u64,
    /// The root of their tree.
    pub root: Hash,
}

impl std::fmt::Debug for TreeHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.size, seal::hex(&self.root))
    }
}

/// The newest signed head of each log.
pub type Anchored = BTreeMap<Origin, TreeHead>;

/// A step of one log: from what the anchor must hold to what it then holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which log.
    pub origin: Origin,
    /// What the anchor holds; none for a log that it does not know.
    pub from: Option<TreeHead>,
    /// What it holds afterwards; none for a log that is given up, which the log of the server says by then.
    pub to: Option<TreeHead>,
}

/// What an anchor does, later.
pub type Anchoring<'a, T> = Pin<Box<dyn Future<Output = Result<T, AnchorError>> + Send + 'a>>;

/// A place outside the database that remembers heads: a file now, an object in a store or a witness as well.
pub trait Anchor: Send + Sync + 'static {
    /// What it holds; none if there is no anchor yet.
    fn load(&self) -> Anchoring<'_, Option<Anchored>>;

    /// Takes all steps, or none: each only if the anchor holds what the step starts from. Durable when it returns.
    fn advance<'a>(&'a self, steps: &'a [Step]) -> Anchoring<'a, ()>;

    /// What it is, for messages.
    fn describe(&self) -> String;
}

/// Why an anchor did not do what it was asked for.
#[derive(Debug, Error)]
pub enum AnchorError {
    /// It holds something else than the step starts from; nothing was changed. Somebody else advanced it.
    #[error("the anchor of log {origin} is not where it was")]
    Moved {
        /// The log.
        origin: Origin,
    },
    /// Whether it was advanced is not known: what it holds must be asked for again, not guessed.
    #[error("whether the anchor {} was written is not known", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        #[source]
        source: std::io::Error,
    },
    /// It cannot be read or written; nothing was changed.
    #[error("cannot use the anchor {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        #[source]
        source: std::io::Error,
    },
    /// Others than its owner may write it.
    #[error("others may write the anchor {} (mode {mode:04o}); run: chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It was damaged, or is none.
    #[error("the anchor {} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
}
