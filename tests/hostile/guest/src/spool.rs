//! Blobs: other runs' files, too many bytes, ranges that are not there.

use serde_json::{Value, json};

use crate::outcome::{Outcome, got, number, text};
use crate::requests::{account, request};
use crate::writeback::connector::http::{self, Content, Request, Slice};
use crate::writeback::connector::spool::{self, Blob};
use crate::writeback::connector::types::Failure;

pub fn attack(name: &str, job: &Value) -> Option<Outcome> {
    Some(match name {
        "open-blob" => open(job),
        "fill-spool" => fill(),
        "append-at-once" => append_at_once(job),
        "append-often" => append_often(job),
        "read-often" => read_often(job),
        "append-after-seal" => append_after_seal(),
        "read-blob" => read(job),
        "send-slice" => send_slice(job),
        _ => return None,
    })
}

fn open(job: &Value) -> Outcome {
    let blob = spool::open(text(job, "name"))?;
    got(json!({ "length": blob.length(), "sealed": blob.sealed() }))
}

fn fill() -> Outcome {
    let blob = spool::open("one")?;
    let bytes = vec![0; 1 << 20];
    loop {
        blob.append(&bytes)?;
    }
}

fn append_at_once(job: &Value) -> Outcome {
    spool::open("one")?.append(&vec![0; number(job, "bytes") as usize])?;
    got(json!({ "appended": number(job, "bytes") }))
}

fn append_often(job: &Value) -> Outcome {
    let blob = spool::open("one")?;
    let bytes = vec![0; number(job, "bytes") as usize];
    for _ in 0..number(job, "times") {
        blob.append(&bytes)?;
    }
    got(json!({ "length": blob.length() }))
}

fn read_often(job: &Value) -> Outcome {
    let blob = of(number(job, "bytes"))?;
    for _ in 0..number(job, "times") {
        blob.read(0, u32::MAX)?;
    }
    got(json!({ "length": blob.length() }))
}

fn append_after_seal() -> Outcome {
    let blob = of(10)?;
    blob.append(b"more")?;
    got(json!({ "length": blob.length() }))
}

fn read(job: &Value) -> Outcome {
    let bytes = of(10)?.read(number(job, "offset"), u32::MAX)?;
    got(json!({ "read": bytes.len() }))
}

fn send_slice(job: &Value) -> Outcome {
    let blob = of(number(job, "holds"))?;
    let wanted = Request {
        content: Content::Slice(Slice {
            blob: &blob,
            offset: number(job, "offset"),
            length: number(job, "length"),
        }),
        ..request(job)
    };
    let reply = http::send(&wanted, account(job)?.as_ref())?;
    got(json!({ "status": reply.status() }))
}

/// A sealed blob of so many bytes.
fn of(bytes: u64) -> Result<Blob, Failure> {
    const PIECE: u64 = 1 << 20;
    let blob = spool::open("one")?;
    let piece = vec![b'x'; PIECE as usize];
    let mut left = bytes;
    while left > 0 {
        let next = left.min(PIECE);
        blob.append(&piece[..next as usize])?;
        left -= next;
    }
    blob.seal()?;
    Ok(blob)
}
