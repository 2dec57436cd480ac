//! Requests that should never be sent, or never be answered.

use serde_json::{Value, json};

use crate::outcome::{Outcome, got, number, text};
use crate::writeback::connector::http::{self, Content, Header, Method, Request, Response};
use crate::writeback::connector::secrets::{self, Secret};
use crate::writeback::connector::time;
use crate::writeback::connector::types::Failure;

/// What of a reply is shown.
const SHOWN_BYTES: u32 = 500;

pub fn attack(name: &str, job: &Value) -> Option<Outcome> {
    Some(match name {
        "open-account" => open_account(job),
        "send" => send(job).and_then(|reply| shown(&reply)),
        "send-on-and-on" => on_and_on(job),
        "follow" => follow(job),
        "renew" => renew(job),
        "read-to-the-end" => read_to_the_end(job),
        "read-at-most" => read_at_most(job),
        "leave-unread" => leave_unread(job),
        _ => return None,
    })
}

fn open_account(job: &Value) -> Outcome {
    let account = secrets::open(text(job, "name"))?;
    got(json!({ "opened": account.identity()?.subject }))
}

/// The account that the job lends by this argument, where there is one.
pub fn account(job: &Value) -> Result<Option<Secret>, Failure> {
    match job["args"]["with"].as_str() {
        Some(name) => Ok(Some(secrets::open(name)?)),
        None => Ok(None),
    }
}

/// The request that the arguments describe.
pub fn request(job: &Value) -> Request<'static> {
    let args = &job["args"];
    let headers = args["headers"].as_array().into_iter().flatten();
    let repeated = headers.flat_map(|header| {
        let times = header[2].as_u64().unwrap_or(1);
        (0..times).map(|_| Header {
            name: header[0].as_str().unwrap_or_default().to_owned(),
            value: header[1].as_str().unwrap_or_default().to_owned(),
        })
    });
    Request {
        method: method(args["method"].as_str().unwrap_or("GET")),
        url: format!(
            "{}{}",
            text(job, "url"),
            "a".repeat(number(job, "longer_by") as usize)
        ),
        headers: repeated.collect(),
        content: match number(job, "bytes") {
            0 => Content::Empty,
            bytes => Content::Bytes(vec![b'x'; bytes as usize]),
        },
    }
}

fn method(name: &str) -> Method {
    match name {
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => Method::Get,
    }
}

fn send(job: &Value) -> Result<Response, Failure> {
    Ok(http::send(&request(job), account(job)?.as_ref())?)
}

fn shown(reply: &Response) -> Outcome {
    let body = reply.read(SHOWN_BYTES)?;
    let location = location(reply);
    got(
        json!({ "status": reply.status(), "location": location, "body": String::from_utf8_lossy(&body) }),
    )
}

fn location(reply: &Response) -> Option<String> {
    let headers = reply.headers();
    let found = headers.into_iter().find(|header| header.name == "location");
    found.map(|header| header.value)
}

fn on_and_on(job: &Value) -> Outcome {
    loop {
        drop(send(job)?);
    }
}

/// Goes where the reply's `Location` points, with the account where `again` says so.
fn follow(job: &Value) -> Outcome {
    let reply = send(job)?;
    let next = Request {
        method: Method::Get,
        url: location(&reply).unwrap_or_default(),
        headers: Vec::new(),
        content: Content::Empty,
    };
    let again = job["args"]["again"].as_bool() == Some(true);
    let account = account(job)?.filter(|_| again);
    shown(&http::send(&next, account.as_ref())?)
}

fn renew(job: &Value) -> Outcome {
    let account = account(job)?;
    loop {
        account.as_ref().map_or(Ok(()), Secret::renew)?;
    }
}

fn read_to_the_end(job: &Value) -> Outcome {
    let reply = send(job)?;
    while !reply.read(u32::MAX)?.is_empty() {}
    got(json!({ "status": reply.status() }))
}

/// What reads of no bytes, and of the most that can be asked for, bring.
fn read_at_most(job: &Value) -> Outcome {
    let reply = send(job)?;
    let (none, most) = (reply.read(0)?.len(), reply.read(u32::MAX)?.len());
    got(json!({ "none": none, "most_is_bounded": most <= 1 << 20 }))
}

/// Asks for a reply and leaves the service sitting on it.
fn leave_unread(job: &Value) -> Outcome {
    let reply = send(job)?;
    time::sleep(u64::MAX)?;
    shown(&reply)
}
