//! `job`: job files on their way to the server and back, and what becomes of them there.

use std::path::Path;

use reqwest::Method;
use serde_json::{Map, Value, json};
use writeback_policy::Exit;

use crate::cli::{JobPut, JobVerb};
use crate::desk::Desk;
use crate::document;
use crate::error::Error;
use crate::http::Ask;
use crate::render::{self, As, Table};

const JOBS: Table = Table(&[
    ("NAME", "name", As::Plain),
    ("STATE", "state", As::Plain),
    ("FAILING", "failing", As::Flag),
    ("STALE", "stale", As::Flag),
    ("WENT WELL (UTC)", "succeeded_at_ms", As::Time),
    ("REVISION", "revision", As::Plain),
    ("DESCRIPTION", "description", As::Plain),
]);
const REVISIONS: Table = Table(&[
    ("REVISION", "revision", As::Plain),
    ("CHANGED (UTC)", "changed_at_ms", As::Time),
    ("BY", "changed_by", As::Plain),
    ("STATE", "content.state", As::Plain),
]);
const STATS: Table = Table(&[
    ("RUNS", "runs", As::Plain),
    ("DONE", "done", As::Plain),
    ("FAILED", "failed", As::Plain),
    ("CANCELLED", "cancelled", As::Plain),
    ("SUCCESS", "success_rate", As::Rate),
    ("AVERAGE", "average_ms", As::Duration),
    ("BYTES WRITTEN", "bytes", As::Plain),
]);
/// What of a job is sent when it is replaced.
const CONTENT: [&str; 7] = [
    "name",
    "description",
    "state",
    "priority",
    "retry",
    "stale_after_seconds",
    "job",
];

/// Does what was typed after `job`.
pub async fn job(verb: &JobVerb, desk: &mut Desk) -> Result<Exit, Error> {
    let tenant = desk.tenant().await?;
    let path = ["tenants", &tenant, "jobs"];
    match verb {
        JobVerb::List(listing) => {
            let items = desk.list("the jobs", &path, &[], listing.limit).await?;
            desk.show_list(items, &JOBS)?;
        }
        JobVerb::Show { name } => {
            let job = desk
                .get(called(name), &[&path[..], &[name]].concat())
                .await?;
            desk.show(&job, render::any)?;
        }
        JobVerb::Put(arguments) => put(arguments, &path, desk).await?,
        JobVerb::Get {
            name,
            revision,
            out,
        } => get(name, *revision, out.as_deref(), &path, desk).await?,
        JobVerb::Enable { name } => state(name, "enabled", &path, desk).await?,
        JobVerb::Pause { name } => state(name, "paused", &path, desk).await?,
        JobVerb::Remove { name, yes } => {
            desk.confirm(
                yes.yes,
                &format!("The job `{name}` and its schedules will be gone. Remove it?"),
            )?;
            let path = [&path[..], &[name]].concat();
            desk.api
                .send(Ask::new(Method::DELETE, called(name), &path))
                .await?;
            desk.note(&format!(
                "removed the job `{name}`; its runs stay in the history"
            ));
        }
        JobVerb::Check { name } => return check(name, &path, desk).await,
        JobVerb::History { name, days } => history(name.as_deref(), *days, &tenant, desk).await?,
        JobVerb::Revisions { name, listing } => {
            let path = [&path[..], &[name, "revisions"]].concat();
            let items = desk.list(&called(name), &path, &[], listing.limit).await?;
            desk.show_list(items, &REVISIONS)?;
        }
    }
    Ok(Exit::Done)
}

fn called(name: &str) -> String {
    format!("the job `{name}`")
}

/// Makes the job, or replaces what it is: of its settings, what is not given stays.
async fn put(arguments: &JobPut, path: &[&str], desk: &mut Desk) -> Result<(), Error> {
    let name = arguments.name.as_str();
    let job = document::read(&arguments.file)?;
    let one = [path, &[name]].concat();
    let old = desk
        .api
        .find(Ask::new(Method::GET, called(name), &one))
        .await?;
    if old.is_some() && arguments.paused {
        return Err(Error::configuration(
            "usage",
            format!("the job `{name}` is there already: `--paused` is for a new one"),
        )
        .hint(format!("`job pause {name}` pauses it")));
    }
    let before = old.as_ref().map(|old| content_of(&old.value));
    let mut content = before.clone().unwrap_or_default();
    if before.is_none() {
        content.insert("name".to_owned(), name.into());
    }
    content.insert("job".to_owned(), job);
    given(arguments, &mut content);
    let (ask, done) = match &old {
        None => (Ask::new(Method::POST, called(name), path), "made"),
        Some(_) if before.as_ref() == Some(&content) => {
            desk.note(&format!("the job `{name}` is like that already"));
            return shown(&old.map(|old| old.value).unwrap_or_default(), desk);
        }
        Some(old) => {
            let ask = Ask::new(Method::PUT, called(name), &one).if_match(old.etag.as_deref());
            (ask, "replaced")
        }
    };
    let written = desk.api.send(ask.json(&content)?).await?.value;
    desk.note(&format!(
        "{done} the job `{name}`, revision {}",
        written["revision"]
    ));
    shown(&written, desk)
}

fn shown(job: &Value, desk: &mut Desk) -> Result<(), Error> {
    match desk.json() {
        true => desk.show(job, |_| String::new()),
        false => Ok(()),
    }
}

fn content_of(job: &Value) -> Map<String, Value> {
    let members = job.as_object().into_iter().flatten();
    let members = members.filter(|(key, _)| CONTENT.contains(&key.as_str()));
    members
        .map(|(key, member)| (key.clone(), member.clone()))
        .collect()
}

fn given(arguments: &JobPut, content: &mut Map<String, Value>) {
    let retry = |content: &mut Map<String, Value>, key: &str, value: Value| {
        let retry = content.entry("retry").or_insert_with(|| json!({}));
        if let Some(retry) = retry.as_object_mut() {
            retry.insert(key.to_owned(), value);
        }
    };
    if let Some(description) = &arguments.description {
        content.insert("description".to_owned(), description.as_str().into());
    }
    if let Some(priority) = arguments.priority {
        content.insert("priority".to_owned(), priority.into());
    }
    if let Some(retries) = arguments.retries {
        retry(content, "retries", retries.into());
    }
    if let Some(wait) = arguments.retry_wait {
        retry(content, "wait_seconds", wait.into());
    }
    if let Some(after) = arguments.stale_after {
        content.insert("stale_after_seconds".to_owned(), after.into());
    }
    if arguments.paused {
        content.insert("state".to_owned(), "paused".into());
    }
}

async fn get(
    name: &str,
    revision: Option<i64>,
    out: Option<&Path>,
    path: &[&str],
    desk: &mut Desk,
) -> Result<(), Error> {
    let job = match revision {
        None => {
            let mut read = desk.get(called(name), &[path, &[name]].concat()).await?;
            document::take(&mut read, "job")
        }
        Some(revision) => {
            let number = revision.to_string();
            let what = format!("revision {number} of the job `{name}`");
            let mut read = desk
                .get(what, &[path, &[name, "revisions", &number]].concat())
                .await?;
            document::take(&mut document::take(&mut read, "content"), "job")
        }
    };
    if desk.json() {
        return desk.show(&job, |_| String::new());
    }
    let text = document::to_toml(&job)?;
    match out {
        None => desk.io.print(&text),
        Some(file) => {
            std::fs::write(file, text).map_err(|cause| {
                Error::failed(format!("cannot write `{}`", file.display())).because(&cause)
            })?;
            desk.note(&format!("wrote the job `{name}` into `{}`", file.display()));
            Ok(())
        }
    }
}

async fn state(name: &str, state: &str, path: &[&str], desk: &mut Desk) -> Result<(), Error> {
    let one = [path, &[name]].concat();
    let read = desk.read(called(name), &one).await?;
    let ask = Ask::new(Method::PATCH, called(name), &one)
        .if_match(read.etag.as_deref())
        .json(&json!({ "state": state }))?;
    let changed = desk.api.send(ask).await?.value;
    desk.note(&format!("the job `{name}` is {state}"));
    shown(&changed, desk)
}

async fn check(name: &str, path: &[&str], desk: &mut Desk) -> Result<Exit, Error> {
    let path = [path, &[name, "check"]].concat();
    let ask = Ask::new(Method::POST, called(name), &path).long();
    let report = desk.api.send(ask).await?.value;
    desk.show(&report, findings)?;
    let found = report["findings"].as_array().into_iter().flatten();
    let failed = found.filter(|finding| finding["status"] == "failed");
    let exits = failed.map(|finding| {
        let code = finding["code"].as_str().unwrap_or_default();
        Exit::of_failure(code, finding["retry_after"].as_u64())
    });
    Ok(exits.max().unwrap_or(Exit::Done))
}

fn findings(report: &Value) -> String {
    let found = report["findings"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let text = |value: &Value| render::printable(value.as_str().unwrap_or_default());
    let mut lines = String::new();
    for finding in found {
        let status = text(&finding["status"]).replace('-', " ");
        lines += &format!(
            "  {status:<11}  {}: {}\n",
            text(&finding["check"]),
            text(&finding["message"])
        );
        if let Some(hint) = finding["hint"].as_str() {
            lines += &format!("               hint: {}\n", render::printable(hint));
        }
    }
    let failed = found
        .iter()
        .filter(|finding| finding["status"] == "failed")
        .count();
    lines
        + &match failed {
            0 => "nothing stands in the way\n".to_owned(),
            1 => "1 check failed\n".to_owned(),
            many => format!("{many} checks failed\n"),
        }
}

async fn history(
    name: Option<&str>,
    days: u32,
    tenant: &str,
    desk: &mut Desk,
) -> Result<(), Error> {
    let (what, path) = match name {
        None => ("the history".to_owned(), vec!["tenants", tenant, "history"]),
        Some(name) => (
            called(name),
            vec!["tenants", tenant, "jobs", name, "history"],
        ),
    };
    let ask = Ask::new(Method::GET, what, &path).query("days", days);
    let stats = desk.api.send(ask).await?.value;
    desk.show(&stats, |stats| STATS.fields(stats))
}
