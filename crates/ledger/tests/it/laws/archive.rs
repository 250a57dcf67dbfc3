//! Bundles: whatever stands in one, it is judged; and only what was written is verified.

use std::io::Cursor;
use std::sync::LazyLock;

use ledger::note::VerifierKey;
use ledger::verify::{Report, TrustRoots, Verdict, verify_bundle};

use crate::parts::Parts;

/// Who signed the bundle at hand.
pub(crate) const KEY: &str =
    "a4dqobyha4dqobyh.escriba/org/aeaqcaibaeaqcaib+0d5262c9+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";

/// A bundle with something in each member.
pub(crate) static FULL: &[u8] = include_bytes!("../../../../../fuzz/seeds/ledger_bundle/full.zip");

static PARTS: LazyLock<Parts> = LazyLock::new(|| Parts::of(FULL));

pub(super) fn key() -> VerifierKey {
    KEY.parse().expect("a key")
}

pub(super) fn bundles_are_judged(data: &[u8]) {
    judge(data);
}

fn judge(bundle: &[u8]) -> Report {
    let trust = TrustRoots::new(vec![key()], None);
    let report = verify_bundle(Cursor::new(bundle), &trust).expect("memory can be read");
    assert_eq!(report.fault.is_some(), report.verdict == Verdict::Tampered, "{report}");
    report
}

/// The first four bytes say which member, where, how much goes, and whether the helping hashes are made to fit; the rest
/// comes instead.
pub(super) fn no_edit_of_a_bundle_is_verified(data: &[u8]) {
    let Some(([member, place @ .., cut], put)) = data.split_first_chunk::<4>() else { return };
    let mut parts = PARTS.clone();
    let count = parts.0.len();
    let member_at = usize::from(member >> 1) % count;
    let name = PARTS.0[member_at].0.as_str();
    let content = &mut parts.0[member_at].1;
    // Who signs besides, and which keys were introduced, are no part of what was written; and what explains the format to
    // people is signed by nobody.
    let free = ["checkpoint", "server/checkpoint", "explain/keys.jsonl", "catalogue.json", "README"];
    let is_free = free.contains(&name);
    let start = usize::from(u16::from_be_bytes(*place)) % (content.len() + 1);
    let end = (start + usize::from(*cut)).min(content.len());
    content.splice(start..end, put.iter().copied());
    if name == "events.jsonl" && std::str::from_utf8(content).is_err() || name == "manifest.json" {
        return;
    }
    let is_repaired = member & 1 == 1;
    let is_same = parts.0 == PARTS.0 || is_repaired && name == "events.sums";
    let bundle = if is_repaired { parts.zip_with_sums() } else { parts.zip() };
    let report = judge(&bundle);
    assert!(is_same || is_free || report.verdict != Verdict::Verified, "{report}");
}
