//! `target`: who is told when runs fail, recover or become stale.

use std::path::Path;

use reqwest::Method;
use writeback_policy::Exit;

use crate::cli::TargetVerb;
use crate::desk::Desk;
use crate::document;
use crate::error::Error;
use crate::http::Ask;
use crate::render::{self, As, Table};
use crate::secret;

const TARGETS: Table = Table(&[
    ("ID", "id", As::Plain),
    ("NAME", "name", As::Plain),
    ("KIND", "to.kind", As::Plain),
    ("EVENTS", "events", As::Plain),
    ("CHANGED (UTC)", "updated_at_ms", As::Time),
]);

/// Does what was typed after `target`.
pub async fn target(verb: &TargetVerb, desk: &mut Desk) -> Result<(), Error> {
    let tenant = desk.tenant().await?;
    let path = ["tenants", &tenant, "targets"];
    match verb {
        TargetVerb::List(listing) => {
            let items = desk.list("the targets", &path, &[], listing.limit).await?;
            desk.show_list(items, &TARGETS)
        }
        TargetVerb::Put { file, id } => put(file, id.as_deref(), &path, desk).await,
        TargetVerb::Remove { id } => {
            let path = [&path[..], &[id]].concat();
            desk.api
                .send(Ask::new(Method::DELETE, called(id), &path))
                .await?;
            desk.note(&format!("removed the target `{id}`"));
            Ok(())
        }
        TargetVerb::Test { id } => {
            let path = [&path[..], &[id, "test"]].concat();
            let trial = desk
                .api
                .send(Ask::new(Method::POST, called(id), &path).long())
                .await?
                .value;
            match trial["delivered"] == true {
                true => desk.note(&format!("a message arrived at the target `{id}`")),
                false => {
                    let why = trial["error"]
                        .as_str()
                        .unwrap_or("the server does not say why");
                    let text = format!("no message arrived at the target `{id}`: {why}");
                    return Err(Error::new(Exit::Failed, "not-delivered", text));
                }
            }
            match desk.json() {
                true => desk.show(&trial, |_| String::new()),
                false => Ok(()),
            }
        }
    }
}

fn called(id: &str) -> String {
    format!("the target `{id}`")
}

async fn put(file: &Path, id: Option<&str>, path: &[&str], desk: &mut Desk) -> Result<(), Error> {
    let document = document::read(file)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let filled = secret::fill(document, "", folder, &mut desk.io).await?;
    let (ask, done) = match id {
        None => (Ask::new(Method::POST, "the target", path), "made"),
        Some(id) => {
            let one = [path, &[id]].concat();
            let old = desk.read(called(id), &one).await?;
            (
                Ask::new(Method::PUT, called(id), &one).if_match(old.etag.as_deref()),
                "replaced",
            )
        }
    };
    let written = desk.api.send(ask.json(&filled)?).await?.value;
    desk.note(&format!(
        "{done} the target `{}`",
        written["id"].as_str().unwrap_or_default()
    ));
    desk.show(&written, render::any)
}
