//! Fuzzes how a CSV with every field is checked.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::prepare(), |data: &[u8]| fuzz::uphold("ledger_csv", data));
