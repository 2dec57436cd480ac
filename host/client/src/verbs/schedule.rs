//! `schedule`: when a job is due.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::cli::{Flags, ScheduleVerb, Source};
use crate::desk::Desk;
use crate::document;
use crate::error::Error;
use crate::http::Ask;
use crate::render::{As, Table};

const SCHEDULES: Table = Table(&[
    ("ID", "id", As::Plain),
    ("NEXT (UTC)", "next_at_ms", As::Time),
    ("WHEN", "description", As::Plain),
]);
const TICKS: Table = Table(&[
    ("LOCAL", "local", As::Plain),
    ("DUE (UTC)", "due_at_ms", As::Time),
]);

/// Does what was typed after `schedule`.
pub async fn schedule(verb: &ScheduleVerb, desk: &mut Desk) -> Result<(), Error> {
    match verb {
        ScheduleVerb::Preview { source, count } => {
            let content = content(source)?;
            let ask = Ask::new(Method::POST, "the schedule", &["schedules", "preview"]);
            let ticks = desk
                .api
                .send(ask.query("count", count).json(&content)?)
                .await?
                .value;
            desk.show(&ticks, ticks_text)
        }
        ScheduleVerb::List { job } => {
            let items = schedules(job, desk).await?;
            desk.show_list(items, &SCHEDULES)
        }
        ScheduleVerb::Add { job, source } => {
            let content = content(source)?;
            let tenant = desk.tenant().await?;
            let path = ["tenants", &tenant, "jobs", job, "schedules"];
            let ask = Ask::new(Method::POST, of(job), &path).json(&content)?;
            let made = desk.api.send(ask).await?.value;
            told("made", &made, desk)
        }
        ScheduleVerb::Put {
            job,
            schedule,
            source,
        } => {
            let content = content(source)?;
            let tenant = desk.tenant().await?;
            let path = ["tenants", &tenant, "jobs", job, "schedules", schedule];
            let old = desk.read(called(schedule), &path).await?;
            let ask = Ask::new(Method::PUT, called(schedule), &path).if_match(old.etag.as_deref());
            let written = desk.api.send(ask.json(&content)?).await?.value;
            told("replaced", &written, desk)
        }
        ScheduleVerb::Remove { job, schedule } => {
            let tenant = desk.tenant().await?;
            let path = ["tenants", &tenant, "jobs", job, "schedules", schedule];
            desk.api
                .send(Ask::new(Method::DELETE, called(schedule), &path))
                .await?;
            desk.note(&format!("removed the schedule `{schedule}`"));
            Ok(())
        }
        ScheduleVerb::Next {
            job,
            schedule,
            count,
        } => next(job, schedule.as_deref(), *count, desk).await,
    }
}

fn called(schedule: &str) -> String {
    format!("the schedule `{schedule}`")
}

fn of(job: &str) -> String {
    format!("the schedules of the job `{job}`")
}

fn told(done: &str, schedule: &Value, desk: &mut Desk) -> Result<(), Error> {
    let id = schedule["id"].as_str().unwrap_or_default();
    desk.note(&format!("{done} the schedule `{id}`"));
    desk.show(schedule, |schedule| SCHEDULES.fields(schedule))
}

async fn schedules(job: &str, desk: &mut Desk) -> Result<Vec<Value>, Error> {
    let tenant = desk.tenant().await?;
    let path = ["tenants", &tenant, "jobs", job, "schedules"];
    let mut list = desk.get(of(job), &path).await?;
    Ok(document::take_items(&mut list))
}

async fn next(job: &str, schedule: Option<&str>, count: u32, desk: &mut Desk) -> Result<(), Error> {
    let ids: Vec<String> = match schedule {
        Some(schedule) => vec![schedule.to_owned()],
        None => {
            let items = schedules(job, desk).await?;
            items
                .iter()
                .filter_map(|item| item["id"].as_str().map(str::to_owned))
                .collect()
        }
    };
    let tenant = desk.tenant().await?;
    let mut all = Vec::new();
    for id in &ids {
        let path = ["tenants", &tenant, "jobs", job, "schedules", id, "ticks"];
        let ask = Ask::new(Method::GET, called(id), &path).query("count", count);
        let mut ticks = desk.api.send(ask).await?.value;
        if let Some(members) = ticks.as_object_mut() {
            members.insert("schedule".to_owned(), id.as_str().into());
        }
        all.push(ticks);
    }
    if all.is_empty() {
        desk.note(&format!("the job `{job}` has no schedule"));
    }
    desk.show(&json!({ "items": all }), |all| {
        let each = all["items"].as_array().into_iter().flatten();
        each.map(ticks_text).collect::<Vec<_>>().join("\n")
    })
}

fn ticks_text(ticks: &Value) -> String {
    let items = ticks["items"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let description = ticks["description"].as_str().unwrap_or_default();
    match items.is_empty() {
        true => format!("{description}\n  never\n"),
        false => format!("{description}\n{}", TICKS.text(items)),
    }
}

/// The document of a file, or the one that flags describe.
fn content(source: &Source) -> Result<Value, Error> {
    match &source.file {
        Some(file) => document::read(file),
        None => described(&source.flags),
    }
}

fn described(flags: &Flags) -> Result<Value, Error> {
    let mut content = Map::new();
    content.insert("when".to_owned(), when(flags)?);
    let texts = [
        ("time_zone", &flags.time_zone),
        ("start", &flags.start),
        ("end", &flags.end),
        ("catch_up", &flags.catch_up),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            content.insert(key.to_owned(), text.as_str().into());
        }
    }
    if let Some(jitter) = flags.jitter {
        content.insert("jitter_seconds".to_owned(), jitter.into());
    }
    Ok(Value::Object(content))
}

fn when(flags: &Flags) -> Result<Value, Error> {
    if let Some(expression) = &flags.cron {
        return Ok(json!({ "kind": "cron", "expression": expression }));
    }
    if let Some(every) = &flags.every {
        return interval(every, flags);
    }
    if !flags.daily.is_empty() {
        return Ok(json!({ "kind": "daily", "at": flags.daily }));
    }
    if !flags.weekdays.is_empty() {
        return Ok(json!({ "kind": "weekdays", "at": flags.weekdays }));
    }
    Err(Error::configuration("usage", "nothing says when").hint(
        "give `--daily 06:30`, `--every 15m`, `--weekdays 07:15`, `--cron '…'` or a document",
    ))
}

fn interval(every: &str, flags: &Flags) -> Result<Value, Error> {
    let wrong = |flag: &str, form: &str| {
        Error::configuration("usage", format!("`{flag}` is not of the form {form}"))
    };
    let (number, unit) = match (every.strip_suffix('m'), every.strip_suffix('h')) {
        (Some(number), _) => (number, "minutes"),
        (_, Some(number)) => (number, "hours"),
        _ => return Err(wrong("--every", "15m or 2h")),
    };
    let number: u16 = number.parse().map_err(|_| wrong("--every", "15m or 2h"))?;
    let mut when = json!({ "kind": "interval", "every": number, "unit": unit });
    if let Some(window) = &flags.window {
        let hours = window
            .split_once('-')
            .and_then(|(from, until)| Some((from.parse::<u8>().ok()?, until.parse::<u8>().ok()?)));
        let (from, until) = hours.ok_or_else(|| wrong("--window", "8-18"))?;
        when["window"] = json!({ "from": from, "until": until });
    }
    if !flags.on.is_empty() {
        when["weekdays"] = json!(flags.on);
    }
    Ok(when)
}
