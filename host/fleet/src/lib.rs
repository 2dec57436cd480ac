//! Runs jobs of many tenants for the server, each in a sandbox of its own: the server's port [`Runner`] in terms of
//! `writeback-host`.
//!
//! A tenant is built from what the server says of it, under what the operator allows, and kept while it is used.
//! Tenants share the compiled connector and nothing else: connections, tokens and spools are each one's own, and
//! what lies on disk of an export is encrypted under its tenant's key.
//!
//! [`Runner`]: writeback_server::runner::Runner
#![forbid(unsafe_code)]

mod failure;
mod fleet;
mod folder;
mod members;
mod narrow;
mod options;
mod secrets;
mod spool;
mod watch;

pub use fleet::Fleet;
pub use options::Options;
