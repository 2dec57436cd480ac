//! One call of the connector, whoever asks for it, and the streams that both fronts read and write.
#![allow(dead_code, reason = "each front uses its part")]

use crate::ended::Failed;
use crate::route::{Route, query};

wit_bindgen::generate!({
    path: ["../../wit", "../adapter/wit"],
    world: "writeback:portable/call",
    generate_all,
});

pub(crate) use wasi::io::streams::{InputStream, OutputStream};
pub(crate) use writeback::portable::session::setting;

use wasi::io::streams::StreamError;
use writeback::connector::types::Failure;
use writeback::connector::writeback as connector;
use writeback::portable::session;

/// Larger jobs are not written by anyone.
pub(crate) const JOB_BYTES: usize = 1 << 20;
/// What a stream takes at a time.
const WRITE_BYTES: usize = 4096;

/// What cannot be read as a job.
pub(crate) enum Unreadable {
    TooLarge,
    /// The stream's own words.
    Broken(String),
    NotUtf8,
}

/// Reads the configuration, and a job or query as the JSON that the connector takes.
pub(crate) fn begin(document: &str) -> Result<String, Failed> {
    Ok(session::begin(document)?)
}

/// The connector's answer. It has begun, where there is a document.
pub(crate) fn answer(route: &Route, document: &str) -> Result<String, Failed> {
    Ok(match route {
        Route::Describe => connector::describe(),
        Route::Browse(list) => connector::browse(&query(document, list.as_deref()))?,
        Route::Check => connector::check(document)?,
        Route::Run => run(document)?,
    })
}

fn run(job: &str) -> Result<String, Failed> {
    let resume = session::resume(job)?;
    let ended = connector::run(job, resume.as_deref()).map_err(Failed::from);
    session::end(ended.as_ref().is_err_and(Failed::may_go_on));
    ended
}

/// All of a stream, as text.
pub(crate) fn read(stream: &InputStream) -> Result<String, Unreadable> {
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(64 << 10) {
            Ok(more) => bytes.extend_from_slice(&more),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(Unreadable::Broken(error.to_debug_string()));
            }
        }
        if bytes.len() > JOB_BYTES {
            return Err(Unreadable::TooLarge);
        }
    }
    String::from_utf8(bytes).map_err(|_| Unreadable::NotUtf8)
}

/// Writes as much as somebody takes.
pub(crate) fn write(stream: &OutputStream, text: &str) {
    for part in text.as_bytes().chunks(WRITE_BYTES) {
        if stream.blocking_write_and_flush(part).is_err() {
            break;
        }
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self::new(
            failure.code,
            failure.message,
            failure.hint,
            failure.retry_after,
        )
    }
}
