//! `run`: started, listed, followed, cancelled.

use reqwest::Method;
use serde_json::{Value, json};
use writeback_policy::Exit;

use super::follow::{self, Talk};
use crate::cli::RunVerb;
use crate::desk::Desk;
use crate::error::Error;
use crate::http::Ask;
use crate::render::{self, As, Table};

const RUNS: Table = Table(&[
    ("RUN", "id", As::Plain),
    ("STATE", "state", As::Plain),
    ("CAUSE", "cause", As::Plain),
    ("QUEUED (UTC)", "queued_at_ms", As::Time),
    ("ENDED (UTC)", "ended_at_ms", As::Time),
    ("TRIES", "attempts", As::Plain),
    ("FAILURE", "failure.code", As::Plain),
    ("JOB", "job", As::Plain),
]);

/// Does what was typed after `run`.
pub async fn run(verb: &RunVerb, desk: &mut Desk) -> Result<Exit, Error> {
    let tenant = desk.tenant().await?;
    let runs = ["tenants", &tenant, "runs"];
    match verb {
        RunVerb::Start {
            job,
            wait,
            following,
        } => {
            let path = ["tenants", &tenant, "jobs", job, "runs"];
            let ask = Ask::new(Method::POST, format!("the job `{job}`"), &path);
            let started = desk.api.send(ask).await?.value;
            return begun(&started, *wait, following.timeout, &tenant, desk).await;
        }
        RunVerb::Again {
            run,
            wait,
            following,
        } => {
            let path = [&runs[..], &[run, "again"]].concat();
            let started = desk
                .api
                .send(Ask::new(Method::POST, called(run), &path))
                .await?
                .value;
            return begun(&started, *wait, following.timeout, &tenant, desk).await;
        }
        RunVerb::Follow { run, following } => {
            return follow::follow(run, Talk::All, following.timeout, &tenant, desk).await;
        }
        RunVerb::Wait { run, following } => {
            return follow::follow(run, Talk::End, following.timeout, &tenant, desk).await;
        }
        RunVerb::List {
            job,
            state,
            listing,
        } => {
            let given = [("job", job), ("state", state)];
            let given = given
                .into_iter()
                .filter_map(|(key, value)| Some((key, value.clone()?)));
            let query: Vec<(&str, String)> = given.collect();
            let items = desk.list("the runs", &runs, &query, listing.limit).await?;
            desk.show_list(items, &RUNS)?;
        }
        RunVerb::Show { run } => {
            let shown = desk.get(called(run), &[&runs[..], &[run]].concat()).await?;
            desk.show(&shown, render::any)?;
        }
        RunVerb::Logs { run } => {
            let path = [&runs[..], &[run, "logs"]].concat();
            let lines = desk.list(&called(run), &path, &[], usize::MAX).await?;
            desk.show(&json!({ "items": lines }), |lines| {
                lines["items"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(follow::line)
                    .collect()
            })?;
        }
        RunVerb::Cancel { run } => {
            let path = [&runs[..], &[run, "cancel"]].concat();
            let ended = desk
                .api
                .send(Ask::new(Method::POST, called(run), &path))
                .await?
                .value;
            let state = ended["state"].as_str().unwrap_or_default();
            let how = match state {
                "cancelled" => "is cancelled",
                _ => "will end soon",
            };
            desk.note(&format!("the run `{run}` {how}"));
            shown(&ended, desk)?;
        }
    }
    Ok(Exit::Done)
}

fn called(run: &str) -> String {
    format!("the run `{run}`")
}

fn shown(run: &Value, desk: &mut Desk) -> Result<(), Error> {
    match desk.json() {
        true => desk.show(run, |_| String::new()),
        false => Ok(()),
    }
}

/// Tells of a run that was asked for, and follows it where that is wanted.
async fn begun(
    started: &Value,
    wait: bool,
    timeout: Option<u64>,
    tenant: &str,
    desk: &mut Desk,
) -> Result<Exit, Error> {
    let id = started["id"].as_str().unwrap_or_default().to_owned();
    if wait {
        desk.note(&format!("started the run `{id}`"));
        return follow::follow(&id, Talk::All, timeout, tenant, desk).await;
    }
    desk.note(&format!("started; `run follow {id}` shows how it goes on"));
    match desk.json() {
        true => desk.show(started, |_| String::new())?,
        false => desk.io.print(&format!("{id}\n"))?,
    }
    Ok(Exit::Done)
}
