//! Fuzzes [`writeback_fuzz_targets::filename`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| writeback_fuzz_targets::filename(data));
