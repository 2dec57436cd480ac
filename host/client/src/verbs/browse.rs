//! `browse`: what the tenant's accounts can see, through the server's sandbox.

use reqwest::Method;
use serde_json::{Map, Value, json};
use writeback_policy::toml_text;

use crate::cli::{Browse, What};
use crate::desk::Desk;
use crate::document::take_items;
use crate::error::Error;
use crate::http::Ask;
use crate::render::{As, Table};

const DATASETS: Table = Table(&[
    ("NAME", "name", As::Plain),
    ("ROWS", "rows", As::Plain),
    ("COLUMNS", "columns", As::Plain),
    ("UPDATED (UTC)", "updated_at", As::Plain),
    ("OWNER", "owner", As::Plain),
    ("PASTE INTO [domo]", "line", As::Plain),
]);
const PLACES: Table = Table(&[
    ("NAME", "name", As::Plain),
    ("PASTE INTO [sharepoint]", "line", As::Plain),
]);

/// Asks the server, and prints what was found.
pub async fn browse(browse: &Browse, desk: &mut Desk) -> Result<(), Error> {
    let tenant = desk.tenant().await?;
    let (kind, account_kind, mut query) = match &browse.what {
        What::Datasets(search) => (
            "datasets",
            "domo",
            json!({ "search": search.text, "limit": search.limit }),
        ),
        What::Sites(search) => (
            "sites",
            "entra",
            json!({ "search": search.text, "limit": search.limit }),
        ),
        What::Libraries { site } => ("libraries", "entra", json!({ "site": place(site)? })),
        What::Folders {
            site,
            library,
            folder,
        } => (
            "folders",
            "entra",
            json!({ "site": place(site)?, "library": library, "folder": folder }),
        ),
    };
    let account = match &browse.account {
        Some(account) => account.clone(),
        None => only(account_kind, &tenant, desk).await?,
    };
    query["kind"] = kind.into();
    query["account"] = account.into();
    let query = without_nulls(query);
    let path = ["tenants", &tenant, "browse"];
    let ask = Ask::new(Method::POST, format!("the {kind}"), &path)
        .long()
        .json(&query)?;
    let mut found = desk.api.send(ask).await?.value;
    if desk.json() {
        return desk.show(&found, |_| String::new());
    }
    let items = take_items(&mut found);
    desk.show_list(
        items,
        if kind == "datasets" {
            &DATASETS
        } else {
            &PLACES
        },
    )?;
    if found["more"] == true {
        desk.note("note: there are more; `--limit` or `--search` shows others");
    }
    Ok(())
}

/// The one account of this kind.
async fn only(kind: &str, tenant: &str, desk: &mut Desk) -> Result<String, Error> {
    let accounts = desk
        .list("the accounts", &["tenants", tenant, "accounts"], &[], 1000)
        .await?;
    let fitting = accounts.iter().filter(|account| account["kind"] == kind);
    let names: Vec<&str> = fitting
        .filter_map(|account| account["name"].as_str())
        .collect();
    match names.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(Error::configuration(
            "account-unknown",
            format!("the tenant has no account of the kind `{kind}`"),
        )
        .hint("`account put NAME writeback.toml` makes one")),
        many => Err(Error::configuration(
            "usage",
            format!("several accounts fit: {}", many.join(", ")),
        )
        .hint("name one with `--account NAME`")),
    }
}

fn without_nulls(query: Value) -> Value {
    match query {
        Value::Object(members) => {
            let some = members.into_iter().filter(|(_, member)| !member.is_null());
            Value::Object(some.collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// A site as a job would say it: text, or an inline table such as `{ group = "…" }`.
fn place(typed: &str) -> Result<Value, Error> {
    if !typed.trim_start().starts_with('{') {
        return Ok(Value::from(typed));
    }
    match toml_text::value_or_text(typed) {
        table @ toml::Value::Table(_) => toml_text::value_to_json(&table, "site").ok(),
        _ => None,
    }
    .ok_or_else(|| {
        Error::configuration("usage", format!("`--site {typed}` is not an inline table"))
            .hint("write `--site '{ group = \"GUID\" }'`")
    })
}
