//! Fuzzes how leaves and openings are read.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::prepare(), |data: &[u8]| fuzz::uphold("ledger_leaf", data));
