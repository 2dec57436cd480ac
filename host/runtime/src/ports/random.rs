//! A seed for the jitter between attempts. It need not be secret and is not.

use std::hash::{BuildHasher, RandomState};

use crate::bindings::wasi::random::insecure_seed::Host;
use crate::sandbox::Sandbox;

impl Host for Sandbox {
    async fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        let state = RandomState::new();
        Ok((state.hash_one(0_u8), state.hash_one(1_u8)))
    }
}
