//! The remote command against a real server: its API on a socket, SQLite in a temporary folder, a fake sandbox.
#![allow(clippy::unwrap_used, reason = "what cannot go on in a test panics")]

#[path = "client/world.rs"]
mod world;

#[path = "client/accounts.rs"]
mod accounts;
#[path = "client/docs.rs"]
mod docs;
#[path = "client/errors.rs"]
mod errors;
#[path = "client/jobs.rs"]
mod jobs;
#[path = "client/leaving.rs"]
mod leaving;
#[path = "client/retries.rs"]
mod retries;
#[path = "client/runs.rs"]
mod runs;
#[path = "client/schedules.rs"]
mod schedules;
#[path = "client/tenants.rs"]
mod tenants;
#[path = "client/tls.rs"]
mod tls;
#[path = "client/whole.rs"]
mod whole;
