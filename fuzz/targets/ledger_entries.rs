//! Fuzzes how bundles of entries are read.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::prepare(), |data: &[u8]| fuzz::uphold("ledger_entries", data));
