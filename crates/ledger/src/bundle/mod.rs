//! A bundle: a part of a log that can be checked without the server, as a ZIP archive.
//!
//! A *range* holds every entry from one place to another, with one proof for all of them. A *filtered* bundle holds
//! some entries, each with a proof of its own: they are authentic, and others may be missing. `docs/log-format.md` says
//! what stands in each member.
//!
//! Writing is a walk through the members in their order, at constant memory: the steps are types, so that none can be
//! forgotten. What it needs must come from one snapshot of the database, with a checkpoint that covers all of it: an
//! opening destroyed between two of the steps would be missing without a record.

mod catalogue;
mod manifest;
mod text;
mod write;

pub use manifest::{About, BundleKind};
pub use write::{Anchor, BundleError, Changes, Events, Explanations, KeyChange, Openings, Rows};

pub(crate) use manifest::Manifest;
pub(crate) use text::{AnchorText, EntryText, KeyText, anchor_line, hash, read_range, read_row};

/// The format that a bundle says it has.
pub const FORMAT: &str = "escriba-bundle-v1";

/// The longest line of a member: no opening and no explanation may be longer.
pub const LONGEST_LINE: usize = 16 << 20;

/// The members, in the order in which they stand in the archive.
pub(crate) const MEMBERS: [&str; 13] =
    [EVENTS, SUMS, OPENINGS, RANGE, ROWS, ENTRIES, KEYS, CHECKPOINT, ANCHOR, SERVER, CATALOGUE, README, MANIFEST];
pub(crate) const EVENTS: &str = "events.jsonl";
pub(crate) const SUMS: &str = "events.sums";
pub(crate) const OPENINGS: &str = "openings.tsv";
pub(crate) const RANGE: &str = "range.proof";
pub(crate) const ROWS: &str = "proofs.tsv";
pub(crate) const ENTRIES: &str = "explain/entries.jsonl";
pub(crate) const KEYS: &str = "explain/keys.jsonl";
pub(crate) const CHECKPOINT: &str = "checkpoint";
pub(crate) const ANCHOR: &str = "server/anchor.json";
pub(crate) const SERVER: &str = "server/checkpoint";
pub(crate) const CATALOGUE: &str = "catalogue.json";
pub(crate) const README: &str = "README";
pub(crate) const MANIFEST: &str = "manifest.json";
