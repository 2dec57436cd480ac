//! Handles that were never given, were given back, or are of another kind.

use serde_json::{Value, json};

use crate::outcome::{Outcome, got, text};
use crate::requests::request;
use crate::writeback::connector::http;
use crate::writeback::connector::secrets::{self, Secret};
use crate::writeback::connector::spool;

pub fn attack(name: &str, job: &Value) -> Option<Outcome> {
    Some(match name {
        "drop-twice" => drop_twice(job),
        "use-after-drop" => use_after_drop(job),
        "forge-handle" => forge(12_345),
        "confuse-handles" => confuse(job),
        "read-a-reply-as-a-secret" => read_a_reply_as_a_secret(job),
        _ => return None,
    })
}

/// A handle of this number, whoever it belongs to.
fn secret(number: u32) -> Secret {
    // SAFETY: an index into the host's table; the host judges it at every use.
    unsafe { Secret::from_handle(number) }
}

fn drop_twice(job: &Value) -> Outcome {
    let number = secrets::open(text(job, "name"))?.take_handle();
    drop(secret(number));
    drop(secret(number));
    got(json!({ "dropped": "twice" }))
}

fn use_after_drop(job: &Value) -> Outcome {
    let number = secrets::open(text(job, "name"))?.take_handle();
    drop(secret(number));
    got(json!({ "identity": secret(number).identity()?.subject }))
}

fn forge(number: u32) -> Outcome {
    got(json!({ "identity": secret(number).identity()?.subject }))
}

/// Hands in a blob where an account is asked for.
fn confuse(_: &Value) -> Outcome {
    let number = spool::open("one")?.take_handle();
    forge(number)
}

fn read_a_reply_as_a_secret(job: &Value) -> Outcome {
    let account = secrets::open(text(job, "name"))?;
    let number = http::send(&request(job), Some(&account))?.take_handle();
    forge(number)
}
