//! Fuzzes [`writeback_host::fuzzing::links`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| writeback_host::fuzzing::links(data));
