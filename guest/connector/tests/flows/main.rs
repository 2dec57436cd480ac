//! The whole logic against stateful fakes of Domo and SharePoint, in virtual time.
//!
//! One test a rule; every text that people read is asserted to the letter somewhere.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod ahead;
mod bounds;
mod browse;
mod check;
mod dataset;
mod errors;
mod export;
mod guard;
mod locked;
mod lost;
mod pieces;
mod place;
mod plans;
mod resume;
mod retry;
mod rules;
mod run;
mod session;
mod simple;
mod turn;
mod verify;
mod world;
