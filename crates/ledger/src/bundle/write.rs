//! Writing a bundle, step by step in the order of its members.

use std::collections::BTreeSet;
use std::io;

use super::manifest::{FileFacts, Manifest};
use super::text::{AnchorText, EntryText, KeyText};
use super::{
    ANCHOR, About, BundleKind, CATALOGUE, CHECKPOINT, ENTRIES, EVENTS, KEYS, MANIFEST, OPENINGS, RANGE, README, ROWS,
    SERVER, SUMS, catalogue, text,
};
use crate::leaf::Leaf;
use crate::opening::Opening;
use crate::proof::range::RangeProof;
use crate::tree::{self, Hash};
use crate::zip::{ZipWriteError, ZipWriter};

/// How many openings are remembered, so that those that entries near each other share stand in the bundle once.
const REMEMBERED: usize = 1 << 15;

/// Why a bundle could not be written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The sink does not take the bytes.
    #[error("the bundle could not be written")]
    Sink(#[source] io::Error),
    /// An archive that every program can read has less than 4 GiB: a longer range becomes several bundles.
    #[error("the bundle would have 4 GiB or more")]
    TooLarge,
    /// There were not as many entries as the range has places, or not as many proofs as entries.
    #[error("the bundle has {found} entries where {expected} were announced")]
    Count {
        /// What the range or the entries ask for.
        expected: u64,
        /// What there was.
        found: u64,
    },
}

/// What all steps share.
struct Core<W> {
    zip: ZipWriter<W>,
    manifest: Manifest,
    /// How many bytes of content the open member has.
    bytes: u64,
}

/// The first step: the leaves, in their order.
pub struct Events<W> {
    core: Core<W>,
    /// The first bytes of the hash of each leaf.
    sums: Vec<[u8; 4]>,
}

/// The second step: the openings, as the leaves need them.
pub struct Openings<W> {
    core: Core<W>,
    recent: BTreeSet<Hash>,
    before: BTreeSet<Hash>,
}

/// A step of filtered bundles: a proof for each entry, in the order of the entries.
pub struct Rows<W> {
    core: Core<W>,
    proved: u64,
    line: String,
}

/// The step after the proofs: entries outside of the range that explain something in it, destructions before all.
pub struct Explanations<W>(Core<W>);

/// The last step: the changes of the keys that sign, and what ends the bundle.
pub struct Changes<W>(Core<W>);

/// A change of keys, for whoever knows only a key before it.
#[derive(Clone, Debug)]
pub struct KeyChange<'a> {
    /// The new key, as its users name it (`<name>+<id>+<key>`).
    pub key: &'a str,
    /// The record of the change, in this log or in that of the server.
    pub leaf: Leaf<'a>,
    /// Its `.tlog-proof`, with a checkpoint that the key before signed.
    pub proof: &'a str,
}

/// What the log of the server says of this log.
#[derive(Clone, Debug)]
pub struct Anchor<'a> {
    /// The record, in the log of the server.
    pub leaf: Leaf<'a>,
    /// Its place there.
    pub index: u64,
    /// The proof that it is there, under the checkpoint.
    pub proof: &'a [Hash],
    /// The checkpoint of the log of the server.
    pub checkpoint: &'a str,
    /// The slot of this log.
    pub slot: u64,
    /// The place of its line in the list.
    pub place: u64,
    /// How many lines the list has.
    pub logs: u64,
    /// The proof that the line is there.
    pub list: &'a [Hash],
    /// The size of this log then.
    pub size: u64,
    /// Its root then.
    pub root: Hash,
    /// The proof that the smaller of both trees of this log, that one and the bundle's, is the beginning of the larger.
    pub consistency: &'a [Hash],
}

macro_rules! sink {
    ($($name:ident: $($core:tt).+;)+) => {$(
        impl<W: io::Write> $name<W> {
            /// The sink, for a caller that takes from it what is written so far.
            pub const fn sink(&mut self) -> &mut W {
                self.$($core).+.zip.sink()
            }
        }
    )+};
}
sink! {
    Events: core;
    Openings: core;
    Rows: core;
    Explanations: 0;
    Changes: 0;
}

impl<W: io::Write> Events<W> {
    /// Begins a bundle.
    pub fn begin(sink: W, about: &About<'_>) -> Result<Self, BundleError> {
        let mut core = Core { zip: ZipWriter::new(sink), manifest: Manifest::new(about), bytes: 0 };
        core.begin(EVENTS)?;
        Ok(Self { core, sums: Vec::new() })
    }

    /// Adds a leaf.
    pub fn leaf(&mut self, leaf: &Leaf<'_>) -> Result<(), BundleError> {
        self.core.manifest.entries += 1;
        self.sums.push(*tree::leaf_hash(leaf.as_bytes()).first_chunk().expect("a hash is longer"));
        self.core.write(leaf.as_bytes())?;
        self.core.write(b"\n")
    }

    /// Goes on to the openings.
    pub fn end(mut self) -> Result<Openings<W>, BundleError> {
        self.core.end(EVENTS)?;
        self.core.begin(SUMS)?;
        for sum in self.sums {
            self.core.write(format!("{:08x}\n", u32::from_be_bytes(sum)).as_bytes())?;
        }
        self.core.end(SUMS)?;
        self.core.begin(OPENINGS)?;
        Ok(Openings { core: self.core, recent: BTreeSet::new(), before: BTreeSet::new() })
    }
}

impl<W: io::Write> Openings<W> {
    /// Adds the openings of an entry, but for those that are there already. Those that are withheld are not given.
    pub fn openings(&mut self, openings: &[Opening]) -> Result<(), BundleError> {
        for opening in openings {
            if self.recent.contains(&opening.commitment) {
                continue;
            }
            if self.recent.len() == REMEMBERED {
                self.before = std::mem::take(&mut self.recent);
            }
            self.recent.insert(opening.commitment);
            if !self.before.contains(&opening.commitment) {
                self.core.write(opening.line().as_bytes())?;
            }
        }
        Ok(())
    }

    /// Says that the leaves are all that there are in the range, and goes on to what explains them.
    pub fn complete(mut self, size: u64, proof: &RangeProof) -> Result<Explanations<W>, BundleError> {
        let range = self.core.manifest.range;
        counted(range.end - range.begin, self.core.manifest.entries)?;
        self.core.end(OPENINGS)?;
        self.core.store(RANGE, text::range(&(range.begin..range.end), size, proof).as_bytes())?;
        Explanations::begin(self.core)
    }

    /// Says that the leaves are some of those in the range, which ones in words, and goes on to their proofs.
    pub fn filtered(mut self, filter: &str) -> Result<Rows<W>, BundleError> {
        self.core.end(OPENINGS)?;
        self.core.manifest.kind = BundleKind::Filtered;
        self.core.manifest.filter = Some(filter.to_owned());
        self.core.begin(ROWS)?;
        Ok(Rows { core: self.core, proved: 0, line: String::new() })
    }
}

impl<W: io::Write> Rows<W> {
    /// Adds the place of the next entry and the proof of its inclusion.
    pub fn row(&mut self, index: u64, proof: &[Hash]) -> Result<(), BundleError> {
        self.proved += 1;
        self.line.clear();
        text::row(&mut self.line, index, proof);
        self.core.write(self.line.as_bytes())
    }

    /// Goes on to what explains the entries.
    pub fn end(mut self) -> Result<Explanations<W>, BundleError> {
        counted(self.core.manifest.entries, self.proved)?;
        self.core.end(ROWS)?;
        Explanations::begin(self.core)
    }
}

impl<W: io::Write> Explanations<W> {
    fn begin(mut core: Core<W>) -> Result<Self, BundleError> {
        core.begin(ENTRIES)?;
        Ok(Self(core))
    }

    /// Adds an entry of this log, with its openings and the proof of its inclusion: every record of a destruction that
    /// stands outside of the range belongs here.
    pub fn entry(
        &mut self,
        index: u64,
        leaf: &Leaf<'_>,
        openings: &[Opening],
        proof: &[Hash],
    ) -> Result<(), BundleError> {
        self.0.write(EntryText::line(index, leaf, openings, proof).as_bytes())
    }

    /// Goes on to the changes of keys.
    pub fn end(mut self) -> Result<Changes<W>, BundleError> {
        self.0.end(ENTRIES)?;
        self.0.begin(KEYS)?;
        Ok(Changes(self.0))
    }
}

impl<W: io::Write> Changes<W> {
    /// Adds a change of keys; the oldest first.
    pub fn change(&mut self, change: &KeyChange<'_>) -> Result<(), BundleError> {
        self.0.write(KeyText::line(change.key, &change.leaf, change.proof).as_bytes())
    }

    /// Ends the bundle with the checkpoint under which all of it is proved, and with what the log of the server says.
    pub fn finish(self, checkpoint: &str, anchor: Option<&Anchor<'_>>) -> Result<W, BundleError> {
        let mut core = self.0;
        core.end(KEYS)?;
        core.store(CHECKPOINT, checkpoint.as_bytes())?;
        if let Some(anchor) = anchor {
            core.store(ANCHOR, AnchorText::line(anchor).as_bytes())?;
            core.store(SERVER, anchor.checkpoint.as_bytes())?;
        }
        core.store(CATALOGUE, catalogue::text().as_bytes())?;
        core.zip.store(README, readme(&core.manifest).as_bytes())?;
        core.zip.store(MANIFEST, core.manifest.to_text().as_bytes())?;
        Ok(core.zip.finish()?)
    }
}

impl<W: io::Write> Core<W> {
    fn begin(&mut self, name: &'static str) -> Result<(), BundleError> {
        self.bytes = 0;
        Ok(self.zip.begin(name)?)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), BundleError> {
        self.bytes += bytes.len() as u64;
        Ok(self.zip.write(bytes)?)
    }

    fn end(&mut self, name: &str) -> Result<(), BundleError> {
        let digests = self.zip.end()?;
        self.manifest.files.insert(name.to_owned(), FileFacts::new(self.bytes, &digests));
        Ok(())
    }

    fn store(&mut self, name: &'static str, content: &[u8]) -> Result<(), BundleError> {
        let digests = self.zip.store(name, content)?;
        self.manifest.files.insert(name.to_owned(), FileFacts::new(content.len() as u64, &digests));
        Ok(())
    }
}

const fn counted(expected: u64, found: u64) -> Result<(), BundleError> {
    if expected == found { Ok(()) } else { Err(BundleError::Count { expected, found }) }
}

impl From<ZipWriteError> for BundleError {
    fn from(error: ZipWriteError) -> Self {
        match error {
            ZipWriteError::Sink(error) => Self::Sink(error),
            ZipWriteError::TooLarge => Self::TooLarge,
        }
    }
}

fn readme(manifest: &Manifest) -> String {
    let (begin, end) = (manifest.range.begin, manifest.range.end);
    let what = match manifest.kind {
        BundleKind::Range => format!("every entry from {begin} on, before {end}"),
        BundleKind::Filtered => format!("some of the entries from {begin} on, before {end}; others may be missing"),
    };
    format!(
        "A part of the audit log {}\n\
         with {what}.\n\
         \n\
         To check it without the server that made it:\n\
         \n    escriba audit verify --key <the key of the log> <this archive>\n\
         \n\
         The key must come from somewhere else than this archive. What stands in each file, and how to write another\n\
         program that checks it, is described in docs/log-format.md of Escriba. This file proves nothing.\n",
        manifest.origin,
    )
}
