//! The multi-tenant server: tenants, their accounts, jobs, schedules and runs, in a database, behind an API.
//!
//! It knows neither the sandbox nor Domo nor SharePoint: runs go through a port, [`runner::Runner`].

pub mod runner;
