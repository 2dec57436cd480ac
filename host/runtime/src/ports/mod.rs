//! The capabilities that a run is lent: one capability, one file. Each checks its own arguments;
//! what a component passes is never trusted.

pub(crate) mod checkpoint;
pub(crate) mod exclusive;
pub(crate) mod http;
mod progress;
mod random;
pub(crate) mod secrets;
pub(crate) mod spool;
mod time;

/// Interfaces that have types only.
impl crate::bindings::writeback::connector::types::Host for crate::sandbox::Sandbox {}
