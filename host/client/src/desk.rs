//! What every verb works with: the server, the tenant, the streams, and how to print.

use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::{Cli, Options};
use crate::connect;
use crate::document::take_items;
use crate::error::Error;
use crate::http::{Answer, Api, Ask};
use crate::io::Io;
use crate::render::{Table, printable_lines};
use crate::token;

/// Entries that a page is asked for.
const PAGE: usize = 200;

/// What every verb works with.
#[derive(Debug)]
pub struct Desk {
    /// The server.
    pub api: Api,
    /// The streams.
    pub io: Io,
    json: bool,
    quiet: bool,
    tenant: Option<String>,
}

impl Desk {
    /// Prepares everything, without a request. Gives the streams back where that fails.
    pub fn open(cli: &Cli, io: Io) -> Result<Self, (Error, Io)> {
        match prepare(&cli.server, &cli.options, &io) {
            Err(error) => Err((error, io)),
            Ok((api, tenant)) => Ok(Self {
                api,
                io,
                json: cli.options.json,
                quiet: cli.options.quiet,
                tenant,
            }),
        }
    }

    /// The tenant: the one that was named, else the token's own.
    pub async fn tenant(&mut self) -> Result<String, Error> {
        if let Some(tenant) = &self.tenant {
            return Ok(tenant.clone());
        }
        let who = self.get("the token", &["whoami"]).await?;
        let own = who["tenant"].as_str().map(str::to_owned).ok_or_else(|| {
            Error::configuration(
                "usage",
                "the token is of the installation, and no tenant is named",
            )
            .hint("name one with `--tenant NAME` or WRITEBACK_TENANT; `tenant list` shows them")
        })?;
        self.tenant = Some(own.clone());
        Ok(own)
    }

    /// Reads something.
    pub async fn get(&self, what: impl Into<String>, path: &[&str]) -> Result<Value, Error> {
        Ok(self
            .api
            .send(Ask::new(Method::GET, what, path))
            .await?
            .value)
    }

    /// Reads something with its revision.
    pub async fn read(&self, what: impl Into<String>, path: &[&str]) -> Result<Answer, Error> {
        self.api.send(Ask::new(Method::GET, what, path)).await
    }

    /// Reads a list page by page, up to `limit` entries, and says on stderr where there are more.
    pub async fn list(
        &mut self,
        what: &str,
        path: &[&str],
        query: &[(&str, String)],
        limit: usize,
    ) -> Result<Vec<Value>, Error> {
        let mut items = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let wanted = PAGE.min(limit - items.len());
            let mut ask = Ask::new(Method::GET, what, path).query("limit", wanted);
            for (key, value) in query {
                ask = ask.query(key, value);
            }
            if let Some(after) = &after {
                ask = ask.query("after", after);
            }
            let mut page = self.api.send(ask).await?.value;
            items.append(&mut take_items(&mut page));
            let next = page["next"].as_str().map(str::to_owned);
            if next.is_none() || next == after {
                return Ok(items);
            }
            if items.len() >= limit {
                self.note(&format!(
                    "note: there are more than {limit}; `--limit` shows more"
                ));
                return Ok(items);
            }
            after = next;
        }
    }

    /// Prints a document: as it is with `--json`, else the text.
    pub fn show(
        &mut self,
        value: &Value,
        text: impl FnOnce(&Value) -> String,
    ) -> Result<(), Error> {
        match self.json {
            true => self.io.print(&format!("{value}\n")),
            false => {
                let text = printable_lines(&text(value));
                self.io.print(&text)
            }
        }
    }

    /// Prints a list: one document with `--json`, else a table.
    pub fn show_list(&mut self, items: Vec<Value>, table: &Table) -> Result<(), Error> {
        if self.json {
            return self.io.print(&format!("{}\n", json!({ "items": items })));
        }
        match items.is_empty() {
            true => self.note("there are none"),
            false => {
                let text = table.text(&items);
                self.io.print(&text)?;
            }
        }
        Ok(())
    }

    /// Tells that something was done: on stderr for people, and nothing where `--json` asks for data alone.
    pub fn note(&mut self, text: &str) {
        if !self.quiet {
            let text = printable_lines(text);
            self.io.tell(&format!("{text}\n"));
        }
    }

    /// Whether documents are printed.
    pub fn json(&self) -> bool {
        self.json
    }

    /// Asks whether to go on with what cannot be undone.
    pub fn confirm(&mut self, yes: bool, question: &str) -> Result<(), Error> {
        if yes {
            return Ok(());
        }
        if !self.io.person {
            return Err(Error::configuration(
                "usage",
                format!("{question} Nobody is here to say so"),
            )
            .hint("give `--yes`"));
        }
        self.io.tell(&format!("{question} [y/N]: "));
        let mut line = String::new();
        std::io::stdin()
            .read_line(&mut line)
            .map_err(|cause| Error::failed("the terminal does not answer").because(&cause))?;
        match line.trim() {
            "y" | "Y" | "yes" | "Yes" => Ok(()),
            _ => Err(Error::failed("nothing was done")),
        }
    }
}

fn prepare(server: &str, options: &Options, io: &Io) -> Result<(Api, Option<String>), Error> {
    let url = connect::address(server, options.insecure)?;
    let token = token::header(options.token_file.as_deref(), io)?;
    let client = connect::client(&url, options.ca_file.as_deref())?;
    let variable = || io.variable("WRITEBACK_TENANT")?.into_string().ok();
    let tenant = options.tenant.clone().or_else(variable);
    Ok((Api::new(client, url, token), tenant))
}
