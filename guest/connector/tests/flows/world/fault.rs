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
    /// The same, and something happens with it.
    LoseReplyAnd(fn(&mut State)),
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
    pub method: Method,
    pub part: String,
    /// Matching requests that it lets pass first.
    pub skip: u32,
    /// How many it meets after that.
    pub times: u32,
    pub act: Act,
    /// How many it has met.
    pub fired: u32,
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
    let matches = |fault: &&mut Fault| {
        fault.fired < fault.times
            && fault.method == request.method
            && request.url.contains(&fault.part)
    };
    for fault in state.faults.iter_mut().filter(matches) {
        if fault.skip == 0 {
            fault.fired += 1;
            return Some(fault.act.clone());
        }
        fault.skip -= 1;
    }
    None
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
