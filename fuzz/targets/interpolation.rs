//! Fuzzes how `${…}` in a text is read.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::prepare(), |data: &[u8]| fuzz::uphold("interpolation", data));
