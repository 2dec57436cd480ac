//! Breaking an upload that has begun.

use serde_json::Value;

use crate::outcome::{Outcome, stopped, text};
use crate::requests::account;
use crate::writeback::connector::http::{self, Content, Header, Method, Request, Response};
use crate::writeback::connector::types::Failure;

/// A fragment of the least size that SharePoint takes.
const FRAGMENT: usize = 327_680;

pub fn attack(name: &str, job: &Value) -> Option<Outcome> {
    (name == "trap-in-upload").then(|| trap_in_upload(job))
}

/// Opens an upload session, sends the first of two fragments and traps.
fn trap_in_upload(job: &Value) -> Outcome {
    let opened = open_session(job)?;
    let body = opened.read(u32::MAX)?;
    let session: Value = serde_json::from_slice(&body).unwrap_or_default();
    let Some(link) = session["uploadUrl"].as_str() else {
        return Err(stopped("no-session", &String::from_utf8_lossy(&body)));
    };
    let range = format!("bytes 0-{}/{}", FRAGMENT - 1, 2 * FRAGMENT);
    let first = Request {
        method: Method::Put,
        url: link.to_owned(),
        headers: vec![header("content-range", &range)],
        content: Content::Bytes(vec![b'x'; FRAGMENT]),
    };
    let reply = http::send(&first, None)?;
    if reply.status() != 202 {
        return Err(stopped("no-fragment", &reply.status().to_string()));
    }
    std::process::abort()
}

fn open_session(job: &Value) -> Result<Response, Failure> {
    let opening = Request {
        method: Method::Post,
        url: text(job, "url").to_owned(),
        headers: vec![header("content-type", "application/json")],
        content: Content::Bytes(b"{}".to_vec()),
    };
    Ok(http::send(&opening, account(job)?.as_ref())?)
}

fn header(name: &str, value: &str) -> Header {
    Header {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}
