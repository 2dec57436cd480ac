//! A simulated Domo, Entra ID and Microsoft Graph on loopback: stateful, strict, faultable.
//!
//! [`Cloud::start`] binds four listeners (Domo, login, Graph, upload) and serves until stopped. It refuses what
//! the real services refuse. It never talks to anything outside, and it holds no DataSet or file in memory:
//! DataSets are generated while they are sent, stored files live on disk.

#![forbid(unsafe_code)]

mod clock;
mod config;
mod control;
mod credentials;
mod describe;
mod fault;
mod guid;
mod log;
mod reply;
mod server;
mod state;
mod tls;
mod token;

pub mod domo;
pub mod entra;
pub mod graph;

pub use describe::{CertificateFiles, ClientCredentials, DatasetSummary, Description, SiteSummary};
pub use fault::{Action, BodyEnd, Fault, HOOKS, Hooks};
pub use graph::StoredFile;
pub use guid::guid;
pub use log::LogEntry;
pub use reply::RequestId;
pub use server::{Cloud, Options};
pub use state::{Service, State, Urls};
pub use token::{GraphAuthError, Token};
