//! Token requests and replies for Domo and Entra ID.
//!
//! Pure functions: a request is data to be sent, a reply is bytes to be read. Nothing here opens
//! a socket, reads a clock or keeps a token, so it serves the native host and compiles to wasm.
#![forbid(unsafe_code)]

mod attempts;
pub mod domo;
pub mod entra;
mod jwt;
mod reply;
mod token;

pub use attempts::{Attempts, SignInError};
pub use reply::{Refusal, Reply, TokenError, retry_after};
pub use token::{Identity, Token, TokenRequest, Verb};
