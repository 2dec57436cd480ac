//! The multi-tenant server: tenants, their accounts, jobs, schedules and runs, in a database, behind an API.
//!
//! It knows neither the sandbox nor Domo nor SharePoint: runs go through a port, [`runner::Runner`].

#[allow(
    clippy::result_large_err,
    reason = "a problem is large, made once, and goes to the client"
)]
pub mod api;
mod app;
pub mod db;
mod destination;
pub mod erase;
pub mod error;
mod ids;
pub mod keys;
mod listen;
mod metrics;
pub mod notify;
pub mod runner;
pub mod serve;
pub mod settings;
mod setup;
mod store;
pub mod telemetry;
pub mod time;
mod tls;
mod work;

pub use app::App;
pub use work::{Role, Work};
