//! Fuzzes how property paths are read and printed.
#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::prepare(), |data: &[u8]| fuzz::uphold("path", data));
