//! Fuzzes how the text of a definition is read.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::prepare(), |data: &[u8]| fuzz::uphold("yaml", data));
