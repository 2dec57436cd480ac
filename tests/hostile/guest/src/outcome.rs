//! How an attack ends: with what it got, or in the host's words.

use serde_json::Value;

use crate::writeback::connector::types::Failure;
use crate::writeback::connector::{checkpoint, http, secrets, spool, time};

/// What an attack got, or what stopped it.
pub type Outcome = Result<String, Failure>;

/// A failure of this kind with this text.
pub fn stopped(code: &str, message: &str) -> Failure {
    Failure {
        code: code.to_owned(),
        message: message.to_owned(),
        hint: None,
        retry_after: None,
    }
}

/// A receipt.
pub fn got(what: Value) -> Outcome {
    Ok(what.to_string())
}

/// An argument that is text.
pub fn text<'a>(job: &'a Value, name: &str) -> &'a str {
    job["args"][name].as_str().unwrap_or_default()
}

/// An argument that is a whole number.
pub fn number(job: &Value, name: &str) -> u64 {
    job["args"][name].as_u64().unwrap_or_default()
}

impl From<secrets::Error> for Failure {
    fn from(error: secrets::Error) -> Self {
        match error {
            secrets::Error::Undeclared(text) => stopped("undeclared", &text),
            secrets::Error::Refused(text) => stopped("refused", &text),
            secrets::Error::Unavailable(text) => stopped("unavailable", &text),
            secrets::Error::Cancelled => stopped("cancelled", ""),
        }
    }
}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Self {
        match error {
            http::Error::Denied(text) => stopped("denied", &text),
            http::Error::Limit(text) => stopped("limit", &text),
            http::Error::Timeout(text) => stopped("timeout", &text),
            http::Error::Transport(text) => stopped("transport", &text),
            http::Error::SignIn(text) => stopped("sign-in", &text),
            http::Error::Cancelled => stopped("cancelled", ""),
        }
    }
}

impl From<spool::Error> for Failure {
    fn from(error: spool::Error) -> Self {
        match error {
            spool::Error::Full(text) => stopped("spool-full", &text),
            spool::Error::Io(text) => stopped("spool", &text),
            spool::Error::Cancelled => stopped("cancelled", ""),
        }
    }
}

impl From<checkpoint::Error> for Failure {
    fn from(checkpoint::Error::Io(text): checkpoint::Error) -> Self {
        stopped("checkpoint", &text)
    }
}

impl From<time::Cancelled> for Failure {
    fn from(_: time::Cancelled) -> Self {
        stopped("cancelled", "")
    }
}
