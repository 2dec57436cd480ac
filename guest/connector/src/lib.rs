//! The writeback connector: a Domo DataSet becomes a file in SharePoint Online, and is
//! proven to have landed whole.
//!
//! Data flows one way: job, metadata, export, blob, upload, verification, receipt. All
//! that the logic may touch comes through [`ports`]; the same code runs in the sandbox
//! (behind [`component`](../src/component.rs)) and natively in its tests.

#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

pub mod account;
pub mod browse;
pub mod call;
pub mod check;
pub mod checkin;
#[cfg(target_arch = "wasm32")]
mod component;
pub mod describe;
pub mod domo;
pub mod error;
pub mod export;
pub mod filename;
pub mod graph;
pub mod guard;
pub mod job;
pub mod message;
pub mod place;
pub mod ports;
pub mod quickxor;
pub mod receipt;
pub mod recover;
pub mod refusal;
pub mod resume;
pub mod retry;
pub mod table;
pub mod turn;
pub mod upload;
pub mod verify;
pub mod writeback;
