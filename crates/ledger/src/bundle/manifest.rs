//! What a bundle says of itself, and the digests of its members.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{FORMAT, MANIFEST, MEMBERS, README};
use crate::canonical;
use crate::id::Origin;
use crate::opening;
use crate::tree::Hash;
use crate::words::StatementName;
use crate::zip::Digests;

/// What whoever makes a bundle says of it. Nothing of this can be proved.
#[derive(Clone, Debug)]
pub struct About<'a> {
    /// The log.
    pub origin: &'a Origin,
    /// The places that the bundle holds, or, if it is filtered, among which the entries were chosen.
    pub range: Range<u64>,
    /// The span of time that was asked for, microseconds UTC. A range then has the entries just before and after it
    /// too, so that it shows itself to be complete.
    pub window: Option<Range<i64>>,
    /// Who made it, in words.
    pub exporter: &'a str,
    /// When, microseconds UTC.
    pub made: i64,
    /// Statements whose openings were left out on purpose.
    pub withheld: &'a [StatementName],
}

/// What a bundle can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BundleKind {
    /// Every entry from one place to another.
    Range,
    /// Some entries.
    Filtered,
}

/// The member `manifest.json`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) entries: u64,
    pub(crate) exporter: String,
    pub(crate) files: BTreeMap<String, FileFacts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) filter: Option<String>,
    format: String,
    pub(crate) kind: BundleKind,
    pub(crate) made: i64,
    pub(crate) origin: String,
    pub(crate) range: Places,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) window: Option<Times>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) withheld: Vec<String>,
}

/// The places of the entries; the last one is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Places {
    pub(crate) begin: u64,
    pub(crate) end: u64,
}

/// A span of time; its end is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Times {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

/// What is said of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileFacts {
    pub(crate) bytes: u64,
    /// Of the bytes in the archive: DEFLATE can say the same in many ways.
    packed: String,
    sha256: String,
}

impl FileFacts {
    pub(super) fn new(bytes: u64, digests: &Digests) -> Self {
        Self { bytes, packed: base64(&digests.packed), sha256: base64(&digests.content) }
    }

    /// Whether the member is the one meant.
    pub(crate) fn agree(&self, digests: &Digests) -> bool {
        self.packed == base64(&digests.packed) && self.sha256 == base64(&digests.content)
    }
}

impl Manifest {
    pub(super) fn new(about: &About<'_>) -> Self {
        Self {
            entries: 0,
            exporter: about.exporter.to_owned(),
            files: BTreeMap::new(),
            filter: None,
            format: FORMAT.to_owned(),
            kind: BundleKind::Range,
            made: about.made,
            origin: about.origin.to_string(),
            range: Places { begin: about.range.start, end: about.range.end },
            window: about.window.as_ref().map(|window| Times { from: window.start, until: window.end }),
            withheld: about.withheld.iter().map(|name| name.as_str().to_owned()).collect(),
        }
    }

    /// The bytes of the member: canonical JSON, with the digest of that without this digest.
    pub(super) fn to_text(&self) -> String {
        let mut value = serde_json::to_value(self).expect("a manifest is JSON");
        let bare = canonical::to_string(&value).expect("a manifest has no other numbers than integers");
        value["sha256"] = base64(&crate::tree::sha256(bare.as_bytes())).into();
        canonical::to_string(&value).expect("a manifest has no other numbers than integers")
    }

    /// Reads the member; what it says must be canonical, of this format, and agree with its own digest.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        let mut value: serde_json::Value = serde_json::from_str(text).map_err(|_| "it is not JSON")?;
        if canonical::to_string(&value).ok().as_deref() != Some(text) {
            return Err("it is not canonical JSON");
        }
        let members = value.as_object_mut().ok_or("it is not an object")?;
        let digest = members.remove("sha256").ok_or("it has no digest of itself")?;
        let bare = canonical::to_string(&value).map_err(|_| "it is not canonical JSON")?;
        if digest != base64(&crate::tree::sha256(bare.as_bytes())) {
            return Err("it is not what its own digest says");
        }
        if value["format"] != FORMAT {
            return Err("it is of a format that this version does not know");
        }
        serde_json::from_value(value).map_err(|_| "it lacks a member, or has one that it should not have")
    }

    /// Whether it speaks of every member of its archive but itself and the README, and of no other.
    pub(crate) fn lists<'a>(&self, names: impl Iterator<Item = &'a str>) -> bool {
        let mut names: Vec<&str> = names.filter(|name| ![MANIFEST, README].contains(name)).collect();
        names.sort_unstable();
        self.files.keys().map(String::as_str).eq(names)
    }

    /// The members that a bundle of this kind has; those of the server are there together or not at all.
    pub(crate) fn expected(&self, with_server: bool) -> impl Iterator<Item = &'static str> {
        let absent = match self.kind {
            BundleKind::Range => super::ROWS,
            BundleKind::Filtered => super::RANGE,
        };
        let server = [super::ANCHOR, super::SERVER];
        MEMBERS.into_iter().filter(move |name| *name != absent && (with_server || !server.contains(name)))
    }
}

pub(super) fn base64(hash: &Hash) -> String {
    opening::encode(hash, &mut [0; 44]).to_owned()
}
