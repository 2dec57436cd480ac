//! The embeddable host: runs a writeback component in a sandbox and lends it HTTP, secrets, a
//! spool, a checkpoint, a clock and a progress line for the length of one job.
//!
//! It takes component bytes and a tenant's accounts. It never knows what a Domo DataSet or a
//! SharePoint library is, except that there are two presets of OAuth credentials, and where one of them takes
//! rows ([`Tenant::append_rows`]); it has no command line, no server and no database.
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
//!
//! One [`Engine`] a process, one [`Tenant`] for each set of accounts, one [`Run`] for each job, on a tokio
//! runtime with I/O and time. A run goes on after a crash when it keeps its state under a lease:
//!
//! ```no_run
//! # async fn example(connector: writeback_host::Connector, tenant: writeback_host::Tenant, job: &str)
//! # -> Result<String, Box<dyn std::error::Error>> {
//! use writeback_host::state::{NewRun, Opened};
//!
//! let lease = match tenant.runs().open(&NewRun::new(&connector, job).title("daily sales"))? {
//!     Opened::Ready(lease) => lease,
//!     Opened::Finished { receipt, .. } => return Ok(receipt),
//! };
//! Ok(connector.run(&tenant).keep(lease).run(job).await?)
//! # }
//! ```
//!
//! A program brings what is its own by implementing a trait: where secrets are ([`SecretStore`]), where an export
//! lies between download and upload ([`spool::SpoolStore`]), who is told what happens ([`Progress`]), and the time
//! ([`Clock`]). [`Tenant::builder`] and [`Run`] take them.
//!
//! `docs/embedding.md` of the repository says the rest: threads, cancellation, limits, which errors to act on, and
//! what is stable. In short: everything here that is not hidden follows semantic versioning; enums and structs that
//! may grow are `#[non_exhaustive]`; traits to implement get new methods with a default only; texts are for people.
#![deny(unsafe_code)]

#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
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
#[cfg(test)]
mod edited;
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
mod post;
mod printable;
mod private;
mod probe;
mod progress;
mod quota;
mod rows;
mod run;
mod sandbox;
pub mod spool;
pub mod state;
mod task;
mod tenant;
mod usage;
#[cfg(feature = "vault")]
mod vault;

pub use boxed::BoxFuture;
pub use cache::CodeSource;
pub use cancel::CancelToken;
pub use clock::{Clock, Sleep, SystemClock};
pub use connector::Connector;
pub use credentials::login::DevicePrompt;
pub use credentials::{SecretError, SecretSources, SecretStore};
pub use engine::{Engine, EngineOptions};
pub use error::{Error, Failure, RunError};
#[doc(hidden)]
pub use probe::Probe;
pub use progress::{Level, NoProgress, Progress, Step};
pub use run::Run;
pub use tenant::{Tenant, TenantBuilder};
pub use usage::{Usage, UsageMeter};
#[cfg(feature = "vault")]
pub use vault::VaultEdit;
#[doc(inline)]
pub use writeback_policy::{LimitExceeded, config};

// What the traits for programs speak of.
#[doc(no_inline)]
pub use bytes::Bytes;
#[doc(no_inline)]
pub use futures_util::Stream;
#[doc(no_inline)]
pub use zeroize::Zeroizing;
