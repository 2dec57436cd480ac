//! What goes wrong, on purpose.

use super::{Answer, State};
use serde_json::Value;
use writeback_connector::message::{Method, Request};
use writeback_connector::ports::HttpError;

/// What happens to a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// The service is not asked; this is the answer.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// The service is not asked; the host reports this.
    Error(HttpError),
    /// The service does its work; the reply is lost.
    LoseReply,
    /// The body ends with a transport error after so many bytes.
    Cut(usize),
    /// The body ends after so many bytes as if that were all.
    Truncate(usize),
    /// The service does its work, then its JSON answer is changed.
    Alter(fn(&mut Value)),
    /// Something happens just before.
    Before(fn(&mut State)),
    /// Something happens right after.
    After(fn(&mut State)),
}

/// A fault for requests that match.
pub struct Fault {
    method: Method,
    part: String,
    times: u32,
    act: Act,
}

impl Fault {
    pub fn new(method: Method, part: &str, times: u32, act: Act) -> Self {
        Self {
            method,
            part: part.to_owned(),
            times,
            act,
        }
    }
}

/// An answer with a JSON body.
pub fn json_answer(status: u16, body: Value) -> Act {
    let kind = ("content-type", "application/json".to_owned());
    Act::Answer(status, vec![kind], body.to_string())
}

/// An answer with headers and no body.
pub fn answer(status: u16, headers: &[(&'static str, &str)]) -> Act {
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    Act::Answer(status, headers.collect(), String::new())
}

/// The next fault for a request.
pub fn next(state: &mut State, request: &Request) -> Option<Act> {
    let found = state.faults.iter_mut().find(|fault| {
        fault.times > 0 && fault.method == request.method && request.url.contains(&fault.part)
    })?;
    found.times -= 1;
    Some(found.act.clone())
}

impl Answer {
    pub fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }
}
