//! The members of a bundle that are text of our own making.

use std::fmt::Write as _;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::manifest::base64;
use crate::canonical;
use crate::leaf::Leaf;
use crate::opening::{self, Opening};
use crate::proof::range::RangeProof;
use crate::tree::Hash;

/// `range.proof`: begin, end and size of the tree in one line, then the hashes, left ones first. How many of them are
/// left ones follows from the numbers.
pub(super) fn range(range: &Range<u64>, size: u64, proof: &RangeProof) -> String {
    let mut text = format!("{}\t{}\t{size}\n", range.start, range.end);
    for hash in proof.left.iter().chain(&proof.right) {
        text.push_str(opening::encode(hash, &mut [0; 44]));
        text.push('\n');
    }
    text
}

/// Reads `range.proof`.
pub(crate) fn read_range(text: &str) -> Option<(Range<u64>, u64, RangeProof)> {
    let (numbers, hashes) = text.split_once('\n')?;
    let mut numbers = numbers.split('\t').map(number);
    let (begin, end, size) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let (left, right) = RangeProof::shape(&(begin..end), size)?;
    let hashes = hashes.strip_suffix('\n').into_iter().flat_map(|hashes| hashes.split('\n'));
    let mut hashes: Vec<Hash> = hashes.map(hash).collect::<Option<_>>()?;
    let no_rest = numbers.next().is_none() && hashes.len() == left + right;
    let proof = no_rest.then(|| RangeProof { right: hashes.split_off(left), left: hashes })?;
    // Nothing but its own text: neither leading zeros nor anything after the last line.
    let same = self::range(&(begin..end), size, &proof) == text;
    same.then_some((begin..end, size, proof))
}

/// A line of `proofs.tsv`: the place of the entry, and the hashes beside its way to the root.
pub(super) fn row(text: &mut String, index: u64, proof: &[Hash]) {
    write!(text, "{index}").expect("a string takes everything");
    for hash in proof {
        text.push('\t');
        text.push_str(opening::encode(hash, &mut [0; 44]));
    }
    text.push('\n');
}

/// Reads a line of `proofs.tsv`, without its line feed.
pub(crate) fn read_row(line: &str) -> Option<(u64, Vec<Hash>)> {
    let mut fields = line.split('\t');
    let index = number(fields.next()?)?;
    Some((index, fields.map(hash).collect::<Option<_>>()?))
}

/// A line of `explain/entries.jsonl`: an entry outside of those that the bundle is about.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryText<'a> {
    pub(crate) index: u64,
    #[serde(borrow)]
    leaf: &'a RawValue,
    openings: Vec<String>,
    proof: Vec<String>,
}

/// A line of `explain/keys.jsonl`: the record of a change of keys, proved under a checkpoint that the key before
/// signed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyText<'a> {
    /// The new key, as its users name it.
    pub(crate) key: String,
    #[serde(borrow)]
    leaf: &'a RawValue,
    /// A `.tlog-proof` of C2SP.
    pub(crate) proof: String,
}

/// `server/anchor.json`: what the log of the server says of this log.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnchorText<'a> {
    /// That the tree of the bundle's checkpoint and the anchored one are two states of one log.
    consistency: Vec<String>,
    /// That the line of this log stands in the list.
    list: Vec<String>,
    /// The record in the log of the server.
    #[serde(borrow)]
    leaf: &'a RawValue,
    /// Its place there.
    pub(crate) index: u64,
    /// How many logs are in the list.
    pub(crate) logs: u64,
    /// Where in the list this log stands.
    pub(crate) place: u64,
    /// That the record stands in the log of the server.
    proof: Vec<String>,
    /// The root of this log then.
    root: String,
    /// Its size then.
    pub(crate) size: u64,
    /// The slot of this log.
    pub(crate) slot: u64,
}

impl<'a> EntryText<'a> {
    pub(super) fn line(index: u64, leaf: &Leaf<'_>, openings: &[Opening], proof: &[Hash]) -> String {
        let leaf = raw(leaf);
        let openings = openings.iter().map(|opening| opening.line().trim_end_matches('\n').to_owned()).collect();
        line(&EntryText { index, leaf: &leaf, openings, proof: texts(proof) })
    }

    pub(crate) fn read(line: &'a str) -> Option<Self> {
        read(line)
    }

    pub(crate) fn leaf(&self) -> &'a str {
        self.leaf.get()
    }

    pub(crate) fn openings(&self) -> Option<Vec<Opening>> {
        self.openings.iter().map(|line| Opening::parse_line(&format!("{line}\n")).ok()).collect()
    }

    pub(crate) fn proof(&self) -> Option<Vec<Hash>> {
        hashes(&self.proof)
    }
}

impl<'a> KeyText<'a> {
    pub(super) fn line(key: &str, leaf: &Leaf<'_>, proof: &str) -> String {
        line(&KeyText { key: key.to_owned(), leaf: &raw(leaf), proof: proof.to_owned() })
    }

    pub(crate) fn read(line: &'a str) -> Option<Self> {
        read(line)
    }

    pub(crate) fn leaf(&self) -> &'a str {
        self.leaf.get()
    }
}

impl<'a> AnchorText<'a> {
    pub(super) fn line(anchor: &super::Anchor<'_>) -> String {
        line(&AnchorText {
            consistency: texts(anchor.consistency),
            list: texts(anchor.list),
            leaf: &raw(&anchor.leaf),
            index: anchor.index,
            logs: anchor.logs,
            place: anchor.place,
            proof: texts(anchor.proof),
            root: base64(&anchor.root),
            size: anchor.size,
            slot: anchor.slot,
        })
    }

    pub(crate) fn read(line: &'a str) -> Option<Self> {
        read(line)
    }

    pub(crate) fn leaf(&self) -> &'a str {
        self.leaf.get()
    }

    pub(crate) fn root(&self) -> Option<Hash> {
        hash(&self.root)
    }

    pub(crate) fn consistency(&self) -> Option<Vec<Hash>> {
        hashes(&self.consistency)
    }

    pub(crate) fn list(&self) -> Option<Vec<Hash>> {
        hashes(&self.list)
    }

    pub(crate) fn proof(&self) -> Option<Vec<Hash>> {
        hashes(&self.proof)
    }
}

/// The line of a log in the list that an anchor commits to.
pub(crate) fn anchor_line(slot: u64, origin: &str, size: u64, root: &Hash) -> String {
    format!("{slot}\n{origin}\n{size}\n{}\n", base64(root))
}

/// Reads the text of a hash.
pub(crate) fn hash(text: &str) -> Option<Hash> {
    // The decoder is strict, so there is one text for a hash.
    opening::decode(text)
}

fn hashes(texts: &[String]) -> Option<Vec<Hash>> {
    texts.iter().map(|text| hash(text)).collect()
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(base64).collect()
}

/// A leaf is JSON already, and stays the bytes that it is.
fn raw(leaf: &Leaf<'_>) -> Box<RawValue> {
    RawValue::from_string(leaf.as_str().to_owned()).expect("a leaf is JSON")
}

fn line(value: &impl Serialize) -> String {
    let value: Value = serde_json::to_string(value).and_then(|text| serde_json::from_str(&text)).expect("it is JSON");
    let mut line = canonical::to_string(&value).expect("it has no other numbers than integers");
    line.push('\n');
    line
}

/// Reads canonical JSON, without a line feed.
fn read<'a, T: Deserialize<'a>>(line: &'a str) -> Option<T> {
    canonical::is_canonical(line).then(|| serde_json::from_str(line).ok()).flatten()
}

/// A number in its only spelling.
fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    digits.then(|| text.parse().ok()).flatten()
}
