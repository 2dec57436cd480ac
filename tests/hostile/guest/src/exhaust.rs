//! Using up what the host has: memory, time, handles, lines.

use std::hint::black_box;

use serde_json::{Value, json};

use crate::outcome::{Outcome, got, number, stopped, text};
use crate::requests::{account, request};
use crate::writeback::connector::progress::{self, Level, Step};
use crate::writeback::connector::secrets;
use crate::writeback::connector::{checkpoint, http, spool, time};

pub fn attack(name: &str, job: &Value) -> Option<Outcome> {
    Some(match name {
        "nothing" => got(json!({})),
        "grow-memory" => grow_memory(),
        "loop" => spin(),
        "loop-over-the-host" => spin_over_the_host(),
        "recurse" => got(json!({ "depth": recurse(0) })),
        "sleep" => sleep(job),
        "hold" => hold(job),
        "log" => log(job),
        "report" => report(job),
        "checkpoint" => save(job),
        _ => return None,
    })
}

fn grow_memory() -> Outcome {
    let mut held = Vec::new();
    loop {
        held.push(black_box(vec![1_u8; 1 << 20]));
    }
}

fn spin() -> Outcome {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

fn spin_over_the_host() -> Outcome {
    loop {
        black_box(time::now());
    }
}

#[expect(unconditional_recursion, reason = "the attack")]
fn recurse(depth: u64) -> u64 {
    black_box(recurse(black_box(depth + 1)) + 1)
}

/// Sleeps so often, or without end.
fn sleep(job: &Value) -> Outcome {
    let milliseconds = job["args"]["milliseconds"].as_u64().unwrap_or(u64::MAX);
    for _ in 0..number(job, "times") {
        time::sleep(milliseconds)?;
    }
    got(json!({ "slept": number(job, "times") }))
}

/// Opens what `of` says and never lets go.
fn hold(job: &Value) -> Outcome {
    let mut secrets = Vec::new();
    let mut blobs = Vec::new();
    let mut replies = Vec::new();
    loop {
        match text(job, "of") {
            "secrets" => secrets.push(secrets::open(text(job, "name"))?),
            "blobs" => blobs.push(spool::open("one")?),
            "names" => blobs.push(spool::open(&format!("blob-{}", blobs.len()))?),
            "replies" => replies.push(http::send(&request(job), account(job)?.as_ref())?),
            other => return Err(stopped("unknown-attack", other)),
        }
    }
}

fn log(job: &Value) -> Outcome {
    let line = text(job, "text").repeat(number(job, "longer_by").max(1) as usize);
    for _ in 0..number(job, "times") {
        progress::log(Level::Warn, &line);
    }
    got(json!({ "lines": number(job, "times") }))
}

/// Steps that go backwards, past the end, and on and on.
fn report(job: &Value) -> Outcome {
    for step in 0..number(job, "times") {
        progress::report(Step::Uploading((u64::MAX - step, step % 2)));
        progress::report(Step::Exporting(u64::MAX));
        progress::report(Step::Waiting(u64::MAX));
    }
    got(json!({ "steps": number(job, "times") }))
}

fn save(job: &Value) -> Outcome {
    checkpoint::save(&vec![0; number(job, "bytes") as usize])?;
    got(json!({ "saved": number(job, "bytes") }))
}
