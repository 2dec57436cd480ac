//! Texts that steer a terminal, pretend to be the host, or never end.

use serde_json::Value;

use crate::outcome::{Outcome, number, text};
use crate::writeback::connector::types::Failure;

pub fn attack(name: &str, job: &Value) -> Option<Outcome> {
    Some(match name {
        "receipt" => Ok(repeated(job, "receipt")),
        "failure" => Err(Failure {
            code: repeated(job, "code"),
            message: repeated(job, "message"),
            hint: job["args"]["hint"].as_str().map(str::to_owned),
            retry_after: job["args"]["retry_after"].as_u64(),
        }),
        _ => return None,
    })
}

fn repeated(job: &Value, name: &str) -> String {
    text(job, name).repeat(number(job, "longer_by").max(1) as usize)
}
