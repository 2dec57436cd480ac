//! Fuzzes [`writeback_host::fuzzing::url_policy`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| writeback_host::fuzzing::url_policy(data));
