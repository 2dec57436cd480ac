//! What a program that embeds the host brings of its own: a place for secrets, one for blobs.

#[path = "../../host/runtime/examples/memory_spool/memory.rs"]
mod memory;
#[path = "../../host/runtime/examples/secret_store/store.rs"]
pub mod safe;
mod secrets;
mod shelf;
mod spools;
