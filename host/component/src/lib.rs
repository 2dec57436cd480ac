//! The writeback connector as a WebAssembly component, built from `guest/connector`, and its contract.
//!
//! It holds bytes and never looks into them.
#![forbid(unsafe_code)]

mod wit;

pub use wit::WIT;

/// The component, in binary form.
pub const BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/connector.wasm"));
