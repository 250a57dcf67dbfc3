//! What holds for any bytes. The property tests, the fuzzer and its stored findings put the same laws to the test.

mod archive;
mod texts;

#[cfg(test)]
pub(crate) use archive::{FULL, KEY};

/// A law: it panics where it is broken.
type Law = fn(&[u8]);

/// Every law, under the name of its fuzz target.
pub(crate) const LAWS: [(&str, Law); 8] = [
    ("ledger_note", texts::notes_are_read_as_they_are_written),
    ("ledger_proof", texts::proofs_are_read_as_they_are_written),
    ("ledger_leaf", texts::leaves_have_one_spelling),
    ("ledger_entries", texts::entries_are_read_as_they_are_written),
    ("ledger_tile", texts::tiles_are_read_as_they_are_written),
    ("ledger_csv", texts::rows_are_consistent_or_refused),
    ("ledger_bundle", archive::bundles_are_judged),
    ("ledger_edit", archive::no_edit_of_a_bundle_is_verified),
];
