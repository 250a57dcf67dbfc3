//! Fuzzes how a definition is checked and opened.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::prepare(), |data: &[u8]| fuzz::uphold("evaluation", data));
