//! `account`: what a writeback.toml says of one goes to the server, with its secrets. They never come back.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::AccountVerb;
use crate::desk::Desk;
use crate::document;
use crate::error::Error;
use crate::http::Ask;
use crate::render::{self, As, Table};
use crate::secret::{self, Filled};

const ACCOUNTS: Table = Table(&[
    ("NAME", "name", As::Plain),
    ("KIND", "kind", As::Plain),
    ("CLIENT", "account.client_id", As::Plain),
    ("DIRECTORY", "account.tenant", As::Plain),
    ("CHANGED (UTC)", "updated_at_ms", As::Time),
]);

/// Does what was typed after `account`.
pub async fn account(verb: &AccountVerb, desk: &mut Desk) -> Result<(), Error> {
    let tenant = desk.tenant().await?;
    let path = ["tenants", &tenant, "accounts"];
    match verb {
        AccountVerb::List(listing) => {
            let items = desk.list("the accounts", &path, &[], listing.limit).await?;
            desk.show_list(items, &ACCOUNTS)
        }
        AccountVerb::Show { name } => {
            let account = desk
                .get(called(name), &[&path[..], &[name]].concat())
                .await?;
            desk.show(&account, render::any)
        }
        AccountVerb::Put { name, file, from } => {
            let from = from.as_deref().unwrap_or(name);
            put(name, file, from, &path, desk).await
        }
        AccountVerb::Remove { name, pause_jobs } => {
            let path = [&path[..], &[name]].concat();
            let mut ask = Ask::new(Method::DELETE, called(name), &path);
            if *pause_jobs {
                ask = ask.query("stop_jobs", true);
            }
            let removed = match desk.api.send(ask).await {
                Err(error) if error.code == "account-in-use" => {
                    return Err(error.hint("`account remove --pause-jobs` does that"));
                }
                sent => sent?.value,
            };
            let paused = removed["jobs"].as_array().map_or(0, Vec::len);
            desk.note(&format!(
                "removed the account `{name}`; jobs paused: {paused}"
            ));
            match removed.is_null() || paused == 0 {
                true => Ok(()),
                false => desk.show(&removed, render::any),
            }
        }
        AccountVerb::Test { name } => {
            let path = [&path[..], &[name, "test"]].concat();
            let ask = Ask::new(Method::POST, called(name), &path).long();
            let found = desk.api.send(ask).await?.value;
            desk.show(&found, render::any)
        }
    }
}

fn called(name: &str) -> String {
    format!("the account `{name}`")
}

async fn put(
    name: &str,
    file: &Path,
    from: &str,
    path: &[&str],
    desk: &mut Desk,
) -> Result<(), Error> {
    let mut config = document::read(file)?;
    let mut accounts = document::take(&mut config, "accounts");
    let table = document::take(&mut accounts, from);
    if !table.is_object() {
        let there = accounts
            .as_object()
            .into_iter()
            .flat_map(|accounts| accounts.keys());
        let there: Vec<&str> = there
            .filter(|key| *key != from)
            .map(String::as_str)
            .collect();
        return Err(Error::configuration(
            "account-unknown",
            format!("`{}` has no account `{from}`", file.display()),
        )
        .hint(format!(
            "it has: {}; `--from NAME` names one",
            there.join(", ")
        )));
    }
    let one = [path, &[name]].concat();
    // Before anybody is asked for a secret.
    let old = desk
        .api
        .find(Ask::new(Method::GET, called(name), &one))
        .await?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let filled = secret::fill(table, "", folder, &mut desk.io).await?;
    let content = Filled::Members(vec![
        ("name".to_owned(), Filled::Plain(Value::from(name))),
        ("account".to_owned(), filled),
    ]);
    let (ask, done) = match &old {
        None => (Ask::new(Method::POST, called(name), path), "made"),
        Some(old) => (
            Ask::new(Method::PUT, called(name), &one).if_match(old.etag.as_deref()),
            "replaced",
        ),
    };
    let written = desk.api.send(ask.json(&content)?).await?.value;
    desk.note(&format!(
        "{done} the account `{name}`; `account test {name}` tells whether it works"
    ));
    match desk.json() {
        true => desk.show(&written, |_| String::new()),
        false => desk.show(
            &json!({ "name": name, "account": written["account"] }),
            render::any,
        ),
    }
}
