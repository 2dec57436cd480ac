//! The embeddable host: runs a writeback component in a sandbox and lends it HTTP, secrets, a
//! spool, a checkpoint, a clock and a progress line for the length of one job.
//!
//! It takes component bytes and a tenant's accounts. It never knows what a Domo DataSet or a
//! SharePoint library is, except that there are two presets of OAuth credentials; it has no
//! command line, no server and no database.
//!
//! ```no_run
//! # async fn example(component: &[u8], config: writeback_host::config::Config, job: &str)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! use writeback_host::{Engine, EngineOptions, Tenant};
//!
//! let connector = Engine::new(EngineOptions::default())?.load(component)?;
//! let tenant = Tenant::new(config.into_tenant())?;
//! println!("{}", connector.run(&tenant).run(job).await?);
//! # Ok(())
//! # }
//! ```
#![deny(unsafe_code)]

mod bindings;
mod boxed;
#[cfg(test)]
mod busy_tests;
mod cache;
mod cancel;
mod clock;
mod connector;
mod cpu_clock;
mod credentials;
mod egress;
mod engine;
mod error;
mod file_lock;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod hex;
mod meter;
mod ports;
mod printable;
mod private;
mod probe;
mod progress;
mod quota;
mod run;
mod sandbox;
pub mod spool;
pub mod state;
mod tenant;
#[cfg(feature = "vault")]
mod vault;

pub use boxed::BoxFuture;
pub use cache::CodeSource;
pub use cancel::CancelToken;
pub use clock::{Clock, Sleep, SystemClock};
pub use connector::Connector;
pub use credentials::Sources;
pub use credentials::login::DevicePrompt;
pub use engine::{Engine, EngineOptions};
pub use error::{Error, Failure, RunError};
#[doc(hidden)]
pub use probe::Probe;
pub use progress::{Level, NoProgress, Progress, Step};
pub use run::Run;
pub use tenant::{Tenant, TenantBuilder};
#[cfg(feature = "vault")]
pub use vault::VaultEdit;
pub use writeback_policy::{LimitExceeded, config};
