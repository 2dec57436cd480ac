//! `tenant`: made, shown, changed, suspended.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{erase, export};
use crate::cli::{Limits, TenantVerb};
use crate::desk::Desk;
use crate::document;
use crate::error::Error;
use crate::http::Ask;
use crate::render::{As, Table};

const TENANTS: Table = Table(&[
    ("NAME", "name", As::Plain),
    ("TITLE", "title", As::Plain),
    ("STATE", "state", As::Plain),
    ("ID", "id", As::Plain),
    ("MADE (UTC)", "created_at_ms", As::Time),
]);
const ONE: Table = Table(&[
    ("NAME", "name", As::Plain),
    ("TITLE", "title", As::Plain),
    ("ID", "id", As::Plain),
    ("STATE", "state", As::Plain),
    ("CONCURRENCY", "settings.concurrency", As::Plain),
    ("QUEUED RUNS", "settings.queued_runs", As::Plain),
    ("JOBS", "settings.jobs", As::Plain),
    ("KEEP RUNS DAYS", "settings.keep_runs_days", As::Plain),
    ("LIMITS", "settings.limits", As::Plain),
    ("ALLOW", "settings.allow", As::Plain),
    ("MADE (UTC)", "created_at_ms", As::Time),
    ("CHANGED (UTC)", "updated_at_ms", As::Time),
]);

/// Does what was typed after `tenant`.
pub async fn tenant(verb: &TenantVerb, desk: &mut Desk) -> Result<(), Error> {
    match verb {
        TenantVerb::List(listing) => {
            let items = desk
                .list("the tenants", &["tenants"], &[], listing.limit)
                .await?;
            desk.show_list(items, &TENANTS)
        }
        TenantVerb::Create {
            name,
            title,
            limits,
        } => {
            let content = json!({
                "name": name,
                "title": title.as_deref().unwrap_or_default(),
                "settings": settings(limits)?,
            });
            let ask = Ask::new(Method::POST, called(name), &["tenants"]).json(&content)?;
            let made = desk.api.send(ask).await?.value;
            desk.note(&format!(
                "made the tenant `{name}`; next: `--tenant {name} token create …`"
            ));
            desk.show(&made, |tenant| ONE.fields(tenant))
        }
        TenantVerb::Show { name } => {
            let name = named(name.as_deref(), desk).await?;
            let tenant = desk.get(called(&name), &["tenants", &name]).await?;
            desk.show(&tenant, |tenant| ONE.fields(tenant))
        }
        TenantVerb::Set {
            name,
            title,
            limits,
        } => set(name, title.as_deref(), limits, desk).await,
        TenantVerb::Suspend { name } => state(name, "suspended", desk).await,
        TenantVerb::Resume { name } => state(name, "active", desk).await,
        TenantVerb::Export { name, out } => {
            let name = named(name.as_deref(), desk).await?;
            export::export(&name, out.as_deref(), desk).await
        }
        TenantVerb::Erase { name, yes } => {
            let question =
                format!("Everything of the tenant `{name}` will be gone for good. Erase it?");
            desk.confirm(yes.yes, &question)?;
            erase::erase(name, desk).await
        }
    }
}

fn called(name: &str) -> String {
    format!("the tenant `{name}`")
}

async fn named(name: Option<&str>, desk: &mut Desk) -> Result<String, Error> {
    match name {
        Some(name) => Ok(name.to_owned()),
        None => desk.tenant().await,
    }
}

/// What flags and the settings' file say, the flags over the file.
fn settings(limits: &Limits) -> Result<Map<String, Value>, Error> {
    let mut settings = match &limits.settings {
        None => Map::new(),
        Some(path) => match document::read(path)? {
            Value::Object(members) => members,
            _ => {
                return Err(Error::configuration(
                    "usage",
                    format!("`{}` is not an object", path.display()),
                ));
            }
        },
    };
    let numbers = [
        ("concurrency", limits.concurrency),
        ("queued_runs", limits.queued_runs),
        ("jobs", limits.jobs),
        ("keep_runs_days", limits.keep_runs_days),
    ];
    for (key, number) in numbers {
        if let Some(number) = number {
            settings.insert(key.to_owned(), number.into());
        }
    }
    if !limits.allow.is_empty() {
        settings.insert("allow".to_owned(), json!(limits.allow));
    }
    Ok(settings)
}

async fn set(
    name: &str,
    title: Option<&str>,
    limits: &Limits,
    desk: &mut Desk,
) -> Result<(), Error> {
    let path = ["tenants", name];
    let read = desk.read(called(name), &path).await?;
    let given = settings(limits)?;
    let mut change = Map::new();
    if let Some(title) = title {
        change.insert("title".to_owned(), title.into());
    }
    if !given.is_empty() {
        let mut whole = read.value["settings"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        whole.extend(given);
        change.insert("settings".to_owned(), whole.into());
    }
    if change.is_empty() {
        return Err(Error::configuration("usage", "nothing to change was given")
            .hint("`tenant set --help` lists what can be set"));
    }
    let ask = Ask::new(Method::PATCH, called(name), &path)
        .if_match(read.etag.as_deref())
        .json(&change)?;
    let changed = desk.api.send(ask).await?.value;
    desk.note(&format!("changed the tenant `{name}`"));
    desk.show(&changed, |tenant| ONE.fields(tenant))
}

async fn state(name: &str, state: &str, desk: &mut Desk) -> Result<(), Error> {
    let path = ["tenants", name];
    let read = desk.read(called(name), &path).await?;
    let ask = Ask::new(Method::PATCH, called(name), &path)
        .if_match(read.etag.as_deref())
        .json(&json!({ "state": state }))?;
    let changed = desk.api.send(ask).await?.value;
    desk.note(&format!("the tenant `{name}` is {state}"));
    match desk.json() {
        true => desk.show(&changed, |_| String::new()),
        false => Ok(()),
    }
}
