//! Fuzzes how secrets are put into and taken out of a text.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::prepare(), |data: &[u8]| fuzz::uphold("edit", data));
