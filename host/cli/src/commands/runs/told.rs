//! A run on record as programs are told of it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use writeback_host::state::{Outcome, RunInfo};

/// The run without its job and its outcome.
pub fn brief(run: &RunInfo) -> Value {
    json!({
        "run": run.key.as_str(),
        "job": run.title,
        "state": run.state.word(),
        "started": moment(run.started),
        "attempted": moment(run.attempted),
        "ended": run.outcome.as_ref().map(|(_, ended)| moment(*ended)),
        "attempts": run.attempts,
        "spool_bytes": run.spool_bytes,
    })
}

/// All of it.
pub fn whole(run: &RunInfo) -> Value {
    let mut told = brief(run);
    told["schema"] = json!(1);
    told["document"] = json_of(&run.job);
    (told["receipt"], told["failure"]) = match &run.outcome {
        Some((Outcome::Receipt(receipt), _)) => (json_of(receipt), Value::Null),
        Some((Outcome::Failure { failure, .. }, _)) => (Value::Null, json!(failure)),
        None => (Value::Null, Value::Null),
    };
    told
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// A moment in UTC, to the second: `2031-05-01T02:00:00Z`.
pub fn moment(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let moment = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    moment.unwrap_or_default().to_string()
}
