//! What holds of bundles: that a clean one verifies, and that nothing can be changed in one.

mod clean;
mod csv;
mod hostile;
pub(crate) mod log;
mod proof;
mod second;
mod tampered;
mod tiles;
mod tiles_tampered;

use std::io::Cursor;

use ledger::verify::{Report, TrustRoots, Verdict, verify_bundle};

pub(crate) fn verify(bundle: &[u8], trust: &TrustRoots) -> Report {
    verify_bundle(Cursor::new(bundle), trust).expect("memory can be read")
}

/// The bundle must fail, and its first place is that.
#[track_caller]
fn fails(bundle: &[u8], trust: &TrustRoots, place: &str) {
    let report = verify(bundle, trust);
    let found = report.fault.as_ref().map(ToString::to_string);
    assert_eq!((report.verdict, found.as_deref()), (Verdict::Tampered, Some(place)));
    assert_eq!(report.verdict.exit_code(), 1);
}
