//! The ports: everything that the logic may touch, as traits.
//!
//! They say what `wit/` says, in plain Rust. `component.rs` puts them on the
//! host's imports, the tests on stateful fakes in virtual time. No port gives a
//! secret's value, a socket or a file.

use crate::message::{Headers, Request};

/// The world that one run sees.
pub trait Ports {
    /// An account that may be spent but not read.
    type Secret: Secret;
    /// Bytes kept by the host.
    type Blob: Blob;
    /// A reply whose body is still to be read.
    type Response: Response;

    /// Opens an account by the name that the job gives it.
    fn secret(&self, name: &str) -> Result<Self::Secret, SecretError>;

    /// Opens or creates a blob; one left unsealed by an earlier attempt is empty.
    fn blob(&self, name: &str) -> Result<Self::Blob, SpoolError>;

    /// Sends one request once. `blob` is what a [`crate::message::Content::Slice`] is cut from.
    fn send(
        &self,
        request: &Request,
        blob: Option<&Self::Blob>,
        auth: Option<&Self::Secret>,
    ) -> Result<Self::Response, HttpError>;

    /// Says that this request, without content, is going to be sent: its reply may be on its way by then.
    fn prefetch(&self, request: &Request, auth: &Self::Secret);

    /// Milliseconds since the Unix epoch.
    fn now(&self) -> u64;

    /// Pauses.
    fn sleep(&self, milliseconds: u64) -> Result<(), Cancelled>;

    /// Replaces the run's checkpoint; it is durable on return.
    fn save(&self, state: &[u8]) -> Result<(), String>;

    /// Waits until no other run holds `name`, then holds it to the end of this one.
    /// Tells whether it had to wait.
    fn hold(&self, name: &str) -> Result<bool, TurnError>;

    /// Tells how far the run is.
    fn report(&self, step: Step);

    /// One line of text for people.
    fn log(&self, level: Level, text: &str);

    /// A seed for jitter and request ids. It may be predictable.
    fn seed(&self) -> (u64, u64);
}

/// One account, for the length of this run.
pub trait Secret {
    /// Base URL, without a trailing slash, of one of the account's services.
    fn endpoint(&self, service: &str) -> Result<String, SecretError>;
    /// Signs in where that has not happened yet, then describes the token.
    fn identity(&self) -> Result<Identity, SecretError>;
    /// Drops the current token and signs in again.
    fn renew(&self) -> Result<(), SecretError>;
}

/// A byte sequence: written once by appending, sealed, then read anywhere.
pub trait Blob {
    /// Adds bytes at the end.
    fn append(&self, bytes: &[u8]) -> Result<(), SpoolError>;
    /// Ends the writing; from then on the bytes come back after a crash, or not at all.
    fn seal(&self) -> Result<(), SpoolError>;
    /// Empties the blob and makes it writable again.
    fn reset(&self) -> Result<(), SpoolError>;
    /// Bytes written so far.
    fn length(&self) -> u64;
    /// Whether the blob is sealed.
    fn sealed(&self) -> bool;
}

/// A reply: status and headers are there, the body is read piece by piece.
pub trait Response {
    /// The HTTP status code.
    fn status(&self) -> u16;
    /// Headers in the order received.
    fn headers(&self) -> Headers;
    /// The next bytes of the body, at most `max`; empty at the end.
    fn read(&self, max: u32) -> Result<Vec<u8>, HttpError>;
}

/// What an account's current token says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Domo's user id, or Entra's object id of the app or user.
    pub subject: Option<String>,
    /// Application roles, or the Domo role.
    pub roles: Vec<String>,
    /// Delegated or client scopes.
    pub scopes: Vec<String>,
    /// End of the token's life, in milliseconds since the Unix epoch.
    pub expires: Option<u64>,
}

/// Why an account could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretError {
    /// The run has no account, or the account no service, of this name.
    Undeclared(String),
    /// The sign-in was refused.
    Refused(String),
    /// The sign-in service could not be reached.
    Unavailable(String),
    /// The run is being cancelled.
    Cancelled,
}

/// Why a request brought no reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpError {
    /// The host's policy forbids it.
    Denied(String),
    /// A limit of the run was reached.
    Limit(String),
    /// Nothing came in time.
    Timeout(String),
    /// DNS, TCP, TLS or HTTP failed.
    Transport(String),
    /// The account could not be signed in.
    SignIn(String),
    /// The run is being cancelled.
    Cancelled,
}

/// Why bytes could not be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpoolError {
    /// A limit would be exceeded; the text names it and its setting.
    Full(String),
    /// The host could not read or write.
    Io(String),
    /// The run is being cancelled.
    Cancelled,
}

/// Why a turn could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnError {
    /// The host could not hold the name.
    Io(String),
    /// The run is being cancelled.
    Cancelled,
}

/// The run is being cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled;

/// How far the run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Reading and checking what the job names.
    Preparing,
    /// Bytes exported so far.
    Exporting(u64),
    /// Bytes uploaded so far, of how many.
    Uploading(u64, u64),
    /// Pausing before another attempt, in milliseconds.
    Waiting(u64),
    /// Comparing what SharePoint holds with what left Domo.
    Verifying,
}

/// How loud a line of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For those who look for a fault.
    Debug,
    /// For the curious.
    Info,
    /// For everyone.
    Warn,
}
