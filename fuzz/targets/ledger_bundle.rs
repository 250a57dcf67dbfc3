//! Fuzzes how an archive is judged.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::prepare(), |data: &[u8]| fuzz::uphold("ledger_bundle", data));
