//! A run to its end: its events as they come, and the exit code that it would have had on this machine.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use writeback_policy::Exit;

use crate::desk::Desk;
use crate::error::Error;
use crate::http::Ask;
use crate::render;
use crate::sse::{Event, Events};

/// The server says at least that it is there within this time.
const SILENCE: Duration = Duration::from_secs(60);
/// How often the stream may break in a row without anything new.
const BREAKS: u32 = 5;
/// How often bytes are told of.
const OFTEN: Duration = Duration::from_secs(5);
/// Between two tries; longer after each.
const PAUSE: Duration = Duration::from_secs(1);

/// How much is told on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talk {
    /// Steps and log lines.
    All,
    /// The end alone.
    End,
}

/// What is known of a run that is followed.
#[derive(Debug, Default)]
struct Seen {
    line: i64,
    place: String,
    told: Option<Instant>,
    step: String,
    end: Option<Value>,
    news: bool,
}

/// Follows a run to its end, and prints that.
pub async fn follow(
    run: &str,
    talk: Talk,
    timeout: Option<u64>,
    tenant: &str,
    desk: &mut Desk,
) -> Result<Exit, Error> {
    let watching = watch(run, talk, tenant, desk);
    let ended = match timeout {
        None => watching.await?,
        Some(seconds) => tokio::time::timeout(Duration::from_secs(seconds), watching)
            .await
            .map_err(|_| {
                Error::new(
                    Exit::Retry,
                    "timeout",
                    format!("the run `{run}` was not over after {seconds} s"),
                )
                .hint(format!(
                    "it goes on: `run follow {run}`, or `run cancel {run}`"
                ))
            })??,
    };
    let failure = failure(run, &ended);
    if desk.json() {
        desk.show(&ended, |_| String::new())?;
        return Ok(failure.map_or(Exit::Done, |error| error.exit));
    }
    match failure {
        Some(error) => Err(error),
        None => {
            desk.show(&ended, text)?;
            Ok(Exit::Done)
        }
    }
}

async fn watch(run: &str, talk: Talk, tenant: &str, desk: &mut Desk) -> Result<Value, Error> {
    let mut seen = Seen::default();
    let mut breaks = 0;
    loop {
        let broken = stream(run, talk, tenant, &mut seen, desk).await;
        if let Some(end) = seen.end.take() {
            return Ok(end);
        }
        breaks = if std::mem::take(&mut seen.news) {
            1
        } else {
            breaks + 1
        };
        match broken {
            // What the server refuses, it refuses again.
            Err(error) if breaks >= BREAKS || error.exit != Exit::Retry => return Err(error),
            Ok(()) if breaks >= BREAKS => return Err(silent(run)),
            _ => tokio::time::sleep(PAUSE * breaks).await,
        }
    }
}

/// One connection: until the run is over, or the connection is.
async fn stream(
    run: &str,
    talk: Talk,
    tenant: &str,
    seen: &mut Seen,
    desk: &mut Desk,
) -> Result<(), Error> {
    let path = ["tenants", tenant, "runs", run, "events"];
    let ask = Ask::new(Method::GET, format!("the run `{run}`"), &path).endless();
    let opened = tokio::time::timeout(SILENCE, desk.api.open(&ask)).await;
    let mut response = opened.map_err(|_| silent(run))??;
    let mut events = Events::default();
    while seen.end.is_none() {
        let chunk = tokio::time::timeout(SILENCE, response.chunk()).await;
        let Ok(Some(chunk)) = chunk.map_err(|_| silent(run))? else {
            return Ok(());
        };
        if !events.push(&chunk) {
            return Err(Error::failed(format!(
                "the run `{run}`: the server sent an event that is too long"
            )));
        }
        for event in events.by_ref() {
            take(&event, talk, seen, desk);
        }
    }
    Ok(())
}

fn silent(run: &str) -> Error {
    Error::new(
        Exit::Retry,
        "unreachable",
        format!("the run `{run}`: the server says nothing any more"),
    )
    .hint(format!(
        "the run goes on without you; `run follow {run}` looks again"
    ))
}

fn take(event: &Event, talk: Talk, seen: &mut Seen, desk: &mut Desk) {
    let Ok(value) = serde_json::from_str::<Value>(&event.data) else {
        return;
    };
    match event.kind.as_str() {
        "log" => {
            for entry in value.as_array().into_iter().flatten() {
                let number = entry["seq"].as_i64().unwrap_or_default();
                // A new connection begins with the first line again.
                if number > seen.line {
                    (seen.line, seen.news) = (number, true);
                    if talk == Talk::All {
                        desk.note(line(entry).trim_end());
                    }
                }
            }
        }
        "run" => {
            let place = place(&value);
            if place != seen.place {
                seen.news = true;
                let step = format!("{}{}", value["state"], value["step"]["step"]);
                let due = step != seen.step || seen.told.is_none_or(|told| told.elapsed() >= OFTEN);
                if talk == Talk::All && due {
                    desk.note(&place);
                    seen.told = Some(Instant::now());
                }
                (seen.place, seen.step) = (place, step);
            }
            if matches!(
                value["state"].as_str(),
                Some("done" | "failed" | "cancelled")
            ) {
                seen.end = Some(value);
            }
        }
        _ => {}
    }
}

/// Where a run is, in words.
fn place(run: &Value) -> String {
    let state = run["state"].as_str().unwrap_or_default();
    let step = &run["step"];
    let number = |key: &str| step[key].as_u64().unwrap_or_default();
    match (state, step["step"].as_str()) {
        ("running", Some("exporting")) => format!("exporting: {} bytes", number("bytes")),
        ("running", Some("uploading")) => format!(
            "uploading: {} of {} bytes",
            number("bytes"),
            number("total")
        ),
        ("running", Some("waiting")) => {
            format!("waiting: {} s, as a service asked for", number("seconds"))
        }
        ("running", Some(step)) => step.to_owned(),
        ("queued", _) if run["attempts"].as_i64().unwrap_or_default() > 0 => {
            let next = render::time(run["not_before_ms"].as_i64().unwrap_or_default());
            format!("queued for another attempt, not before {next} UTC")
        }
        _ => state.to_owned(),
    }
}

/// A line of a log.
pub fn line(entry: &Value) -> String {
    let at = render::time(entry["at_ms"].as_i64().unwrap_or_default());
    let text = |key: &str| render::printable(entry[key].as_str().unwrap_or_default());
    format!("{at} {:<5} {}\n", text("level"), text("line"))
}

/// A run that went well, for people: with its receipt.
fn text(run: &Value) -> String {
    let word = |value: &Value| render::printable(value.as_str().unwrap_or_default());
    let head = format!("{} {}\n", word(&run["state"]), word(&run["id"]));
    match run["receipt"].is_object() {
        true => head + &render::any(&run["receipt"]),
        false => head,
    }
}

/// Why a run that is over has no receipt.
fn failure(id: &str, run: &Value) -> Option<Error> {
    let failure = &run["failure"];
    let code = failure["code"].as_str().unwrap_or("internal");
    match run["state"].as_str() {
        Some("done") => None,
        Some("cancelled") => Some(
            Error::new(
                Exit::Retry,
                "cancelled",
                format!("the run `{id}` was cancelled"),
            )
            .hint(format!("`run again {id}` starts its job once more")),
        ),
        _ => {
            let exit = Exit::of_failure(code, failure["retry_after"].as_u64());
            let message = failure["message"].as_str().unwrap_or("it failed");
            let error = Error::new(exit, code, format!("the run `{id}`: {message} ({code})"));
            Some(match failure["hint"].as_str() {
                Some(hint) => error.hint(hint),
                None => error,
            })
        }
    }
}
