//! Components that attack the host, for the suite. They are built with everything else and shipped
//! with nothing.
//!
//! It holds bytes and never looks into them.
#![forbid(unsafe_code)]

/// A connector whose job names the attack (`tests/hostile/guest`).
pub const BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hostile.wasm"));

/// A connector that makes a table grow for ever: what Rust has no words for.
pub const TABLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/table.wasm"));

/// A connector that also imports `wasi:cli/environment`.
pub const ENVIRONMENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/environment.wasm"));
