//! What the benchmarks run: the connector's own sources, and csv-core beside them, behind one trait. Linked
//! natively, and built as a plain WebAssembly module whose exports are in `exports`. It imports nothing.
#![deny(unsafe_code)]

mod exports;
mod peers;
#[path = "../../../../guest/connector/src/quickxor.rs"]
pub mod quickxor;
#[path = "../../../../guest/connector/src/table/mod.rs"]
pub mod table;

pub use exports::CHUNK;
pub use peers::{Peer, PeerKind};
