//! The simulated Graph and SharePoint, asked by right and wrong clients.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where a reply is not what it should be"
)]

mod access;
mod client;
mod controls;
mod downloads;
mod folders;
mod items;
mod sessions;
mod simple;
mod sites;
