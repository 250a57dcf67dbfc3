//! Fuzzes how parts of a definition are read, set and deleted.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::prepare(), |data: &[u8]| fuzz::uphold("change", data));
