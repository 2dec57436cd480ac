//! The simulated cloud, asked by right and wrong clients over real sockets.
#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test fail like the test"
)]

mod client;
mod control;
mod domo_data;
mod domo_oauth;
mod entra;
mod entra_assertion;
mod entra_person;
mod faults;
mod setup;
