//! The state of runs: what is kept so that a run can go on after a crash, whenever that comes.
//!
//! A run has a folder under `runs` of the state folder, named by its key:
//!
//! - `lock`: held by the process that has the run under way
//! - `run`: what the run is of
//! - `spool/`: blobs, sealed ones with a checksum, unless the program keeps them elsewhere
//! - `checkpoint` and `links`: what the component wants to find again, and the URLs that it may not see
//! - `outcome`: the receipt, or the failure
//!
//! A program that keeps runs in a database has checkpoint and links there instead: [`Keeper`].

pub(crate) mod blob_file;
pub(crate) mod disk;
pub(crate) mod frame;
mod info;
mod keeper;
mod key;
mod lease;
mod record;
mod runs;
pub(crate) mod saved_links;
mod sweep;
mod turns;

#[doc(hidden)]
pub use disk::{Disk, DiskFile, SystemDisk};
pub use info::{RunInfo, RunState};
pub(crate) use keeper::Handed;
pub use keeper::Keeper;
pub use key::{BadRunKey, RunKey};
pub(crate) use lease::Kept;
pub use lease::{Adopted, Lease};
pub(crate) use record::Digests;
pub use record::Outcome;
pub(crate) use runs::run_folder;
pub use runs::{NewRun, Opened, Runs, StateError};
pub use turns::Turns;
