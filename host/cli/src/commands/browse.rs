//! `browse`: what the accounts can see, as a table with the line to paste, or as the connector's JSON.

use serde_json::{Map, Value, json};
use writeback_policy::toml_text;

use crate::cli::{Listing, Search, What};
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::stop_on_signal;
use crate::progress::Teller;
use crate::render::listing;
use crate::sandbox::Sandbox;
use crate::settings::{Settings, Talk};
use crate::{config, stdout};

/// Asks the connector and prints what it found.
pub async fn browse(what: &What, settings: &Settings) -> Result<Exit, Error> {
    let query = Query::of(what)?;
    let sandbox = Sandbox::open(config::load(&settings.config)?, settings).await?;
    let account = sandbox
        .accounts
        .choose(query.listing.account.as_deref(), query.account_kind)?;
    let cancel = stop_on_signal(settings)?;
    let teller = Teller::live(settings, query.kind);
    let document = query.document(&account).to_string();
    let outcome = sandbox
        .lend(&[account], &teller, &cancel)
        .browse(&document)
        .await;
    teller.finish();
    print(&outcome?, query.listing, settings)
}

/// A question to the connector.
struct Query<'a> {
    kind: &'static str,
    account_kind: &'static str,
    fields: Map<String, Value>,
    listing: &'a Listing,
}

impl<'a> Query<'a> {
    fn of(what: &'a What) -> Result<Self, Error> {
        let (kind, account_kind, fields, listing) = match what {
            What::Datasets { search, listing } => ("datasets", "domo", searched(search), listing),
            What::Sites { search, listing } => ("sites", "entra", searched(search), listing),
            What::Libraries { site, listing } => {
                ("libraries", "entra", json!({"site": place(site)?}), listing)
            }
            What::Folders {
                site,
                library,
                folder,
                listing,
            } => (
                "folders",
                "entra",
                json!({"site": place(site)?, "library": library, "folder": folder}),
                listing,
            ),
        };
        let Value::Object(fields) = fields else {
            unreachable!("each arm above is an object")
        };
        Ok(Self {
            kind,
            account_kind,
            fields,
            listing,
        })
    }

    fn document(&self, account: &str) -> Value {
        let mut document = self.fields.clone();
        document.insert("kind".to_owned(), self.kind.into());
        document.insert("account".to_owned(), account.into());
        Value::Object(document)
    }
}

fn searched(search: &Search) -> Value {
    json!({"search": search.text, "limit": search.limit})
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

fn print(result: &str, listing: &Listing, settings: &Settings) -> Result<Exit, Error> {
    let value: Value = serde_json::from_str(result)
        .map_err(|cause| Error::failed("the connector's list cannot be read").because(&cause))?;
    if listing.json {
        stdout::json_line(&value)?;
        return Ok(Exit::Done);
    }
    let table = listing::text(&value, settings.stdout);
    stdout::write(table.as_deref().unwrap_or_default().as_bytes())?;
    let note = match table {
        None => Some("nothing found"),
        Some(_) if value["more"] == true => {
            Some("there are more: raise `--limit`, or narrow the list with `--search`")
        }
        Some(_) => None,
    };
    if let Some(note) = note.filter(|_| settings.talk > Talk::Quiet) {
        eprintln!("{note}");
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        Listing {
            account: None,
            json: false,
        }
    }

    #[test]
    fn the_question_is_what_was_typed() {
        let what = What::Folders {
            site: "{ group = 'g' }".into(),
            library: None,
            folder: Some("a/b".into()),
            listing: listing(),
        };
        let document = Query::of(&what).unwrap().document("share");
        assert_eq!(
            document,
            json!({"kind": "folders", "account": "share", "site": {"group": "g"}, "library": null, "folder": "a/b"})
        );
    }

    #[test]
    fn a_site_is_text_unless_it_is_a_table() {
        assert_eq!(
            place("https://x/sites/1").unwrap(),
            json!("https://x/sites/1")
        );
        assert_eq!(place("12").unwrap(), json!("12"));
        assert_eq!(place("{ group = ").unwrap_err().code, "usage");
    }
}
