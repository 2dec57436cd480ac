//! The connector's imports on plain WASI 0.2: HTTP by `wasi:http`, secrets from the environment or a
//! configuration store, a spool in memory or in a preopened folder.
//!
//! The policy and the sign-ins are the crates that the native host uses; here is only what differs, and
//! what of it needs no platform compiles natively, where its tests run.

#![cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "natively only the tests use it")
)]

mod certificate;
mod chunks;
mod documents;

#[cfg(target_arch = "wasm32")]
mod platform;
