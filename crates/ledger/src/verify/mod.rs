//! Checks what the server hands out, without the server.
//!
//! Whom to trust comes from the user, never from what is checked. What is found is a [`Report`]: what holds, what
//! nobody should read into it, and the first place where something was changed.

mod anchor;
mod bundle;
mod keys;
mod proof;
mod report;
mod rows;
mod texts;
mod tiles;
mod trust;

pub use bundle::verify_bundle;
pub use proof::verify_proof;
pub use report::{Fault, MissingText, Report, TextsFound, Verdict};
pub use rows::{FindEntry, verify_csv_full};
pub use tiles::{TileSource, TilesExpected, verify_tiles};
pub use trust::TrustRoots;
