//! Spools on disk, encrypted under their tenant's key: files below a folder of the tenant, one folder a run. A run
//! that nobody goes on with has files without a name, which end with the process however it ends.
//!
//! What is found again is what was sealed, in the same place of the same run of the same tenant, to the last byte:
//! anything else is as if it had never been there, and the run exports again.

mod blob;
mod cipher;
mod file;
mod reader;
mod store;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use store::Spools;
