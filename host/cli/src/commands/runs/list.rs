//! `runs list`: the runs on record.

use serde_json::{Value, json};
use writeback_host::state::{RunInfo, Runs};

use super::told;
use crate::cli::RunsList;
use crate::error::Error;
use crate::exit::Exit;
use crate::render::{listing, units};
use crate::settings::{Settings, Talk};
use crate::stdout;

/// Prints the runs, the newest first.
pub fn list(arguments: &RunsList, runs: &Runs, settings: &Settings) -> Result<Exit, Error> {
    let runs = runs.list()?;
    if arguments.json {
        let told: Vec<_> = runs.iter().map(told::brief).collect();
        stdout::json_line(&json!({"schema": 1, "runs": told}))?;
        return Ok(Exit::Done);
    }
    let rows: Vec<_> = runs.iter().map(row).collect();
    let table = listing::text(&json!({"kind": "runs", "items": rows}), settings.stdout);
    stdout::write(table.as_deref().unwrap_or_default().as_bytes())?;
    if runs.is_empty() && settings.talk > Talk::Quiet {
        eprintln!("no runs on record");
    }
    Ok(Exit::Done)
}

fn row(run: &RunInfo) -> Value {
    let mut row = told::brief(run);
    row["on_disk"] = match run.spool_bytes {
        0 => json!(""),
        bytes => json!(units::bytes(bytes)),
    };
    row
}
