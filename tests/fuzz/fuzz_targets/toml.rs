//! Fuzzes [`writeback_fuzz_targets::toml`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| writeback_fuzz_targets::toml(data));
