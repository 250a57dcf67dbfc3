//! What can be wrong with a log.

use std::fmt;

use ledger::Hash;
use ledger::tile::TileId;

use super::anchor::TreeHead;

/// What is wrong with a log, and where it is noticed first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It has fewer entries than were signed of it.
    Shorter {
        /// What was signed.
        signed: TreeHead,
        /// How many entries there are.
        found: u64,
    },
    /// Its entries are not those that were signed.
    Forked {
        /// What was signed.
        signed: TreeHead,
        /// The root of as many entries.
        found: Hash,
    },
    /// An entry is not there.
    Missing {
        /// Its index.
        index: u64,
    },
    /// A bundle of entries cannot be read.
    Bundle {
        /// Its number.
        number: u64,
    },
    /// A tile is not there, or does not hold the hashes of what lies below it.
    Tile(TileId),
    /// What the next entry would continue is not the tree of the entries.
    Frontier {
        /// How many entries there are.
        size: u64,
    },
    /// The store found it damaged before it appended.
    Damaged,
}

impl Fault {
    /// The word that the log says of it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Shorter { .. } => "shorter",
            Self::Forked { .. } => "forked",
            Self::Missing { .. } => "entry-missing",
            Self::Bundle { .. } => "bundle-changed",
            Self::Tile(_) => "tile-changed",
            Self::Frontier { .. } => "frontier-changed",
            Self::Damaged => "damaged",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shorter { signed, found } => {
                write!(f, "it has {found} entries, fewer than the {} that were signed", signed.size)
            }
            Self::Forked { signed, .. } => {
                write!(f, "its first {} entries are not those that were signed", signed.size)
            }
            Self::Missing { index } => write!(f, "entry {index} is missing"),
            Self::Bundle { number } => write!(f, "bundle {number} of its entries cannot be read"),
            Self::Tile(TileId { level, number }) => {
                write!(f, "tile {number} of level {level} is not that of its entries")
            }
            Self::Frontier { size } => write!(f, "what is stored of its tree is not the tree of its {size} entries"),
            Self::Damaged => f.write_str("what is stored of it does not fit together"),
        }
    }
}
