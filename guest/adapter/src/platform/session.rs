//! What the fronts ask for around one call of the connector.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use writeback_policy::config::Config;
use writeback_policy::{Link, Links};
use zeroize::Zeroizing;

use super::exports::writeback::portable::session::{Failure, Guest};
use super::settings::setting;
use super::state::{DEAD_SECONDS, RunFolder, StateError};
use super::{Adapter, files, progress, world};
use crate::documents;

const CONFIG_BYTES: u64 = 1 << 20;

impl Guest for Adapter {
    fn setting(name: String) -> Option<String> {
        setting(&name).map(|value| value.to_string())
    }

    fn begin(document: String) -> Result<String, Failure> {
        configure()?;
        let document = documents::document(&document).map_err(|why| failure("job-syntax", &why))?;
        Ok(document.to_string())
    }

    fn resume(job: String) -> Result<Option<Vec<u8>>, Failure> {
        let world = world::world();
        let name: String = Sha256::digest(job.as_bytes())[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let opened = RunFolder::open(&name, world.resume_within);
        let folder = opened.map_err(|error| match error {
            StateError::Busy => Failure {
                code: "run-under-way".to_owned(),
                message: format!(
                    "another run of this job is under way, or ended less than {DEAD_SECONDS} s ago without a word"
                ),
                hint: Some("start it again later".to_owned()),
                retry_after: Some(DEAD_SECONDS),
            },
            StateError::Failed(why) => failure(
                "state",
                &format!("the state folder cannot be used: {why}\nhint: let the platform open `/state` for writing"),
            ),
        })?;
        let Some(folder) = folder else {
            return Ok(None);
        };
        let links = folder
            .links()
            .into_iter()
            .filter_map(|(number, url, account)| {
                let account = world.accounts.get(&account)?;
                let link = Link {
                    url: Arc::new(Zeroizing::new(url)),
                    account: Arc::clone(&account.binding),
                };
                Some((number, link))
            });
        world
            .links
            .replace(Rc::new(Links::restored(links.collect())));
        let checkpoint = folder.checkpoint();
        if checkpoint.is_some() {
            progress::note("going on with a run that was cut off");
        }
        world.folder.replace(Some(folder));
        Ok(checkpoint)
    }

    fn end(keep: bool) {
        let world = world::world();
        // The blobs' files first: they lie in the folder.
        world.blobs.borrow_mut().clear();
        if let Some(folder) = world.folder.take() {
            folder.end(keep);
        }
    }
}

/// Reads the configuration.
pub(super) fn configure() -> Result<(), Failure> {
    let config = configuration()?;
    let ignored = documents::left_to_the_platform(&config);
    if !ignored.is_empty() {
        let keys = ignored.join("`, `");
        progress::warn(&format!(
            "`{keys}`: the platform decides, not the configuration"
        ));
    }
    world::begin(&config).map_err(|why| failure("config-invalid", &why))
}

fn configuration() -> Result<Config, Failure> {
    let invalid = |why: String| failure("config-invalid", &why);
    if let Some(text) = setting("WRITEBACK_CONFIG_TEXT") {
        return documents::configuration(&text, Path::new("/")).map_err(invalid);
    }
    let path = setting("WRITEBACK_CONFIG").ok_or_else(|| {
        failure(
            "config-missing",
            "there is no configuration\n\
             hint: set `WRITEBACK_CONFIG_TEXT` to it, or `WRITEBACK_CONFIG` to its path in a preopened folder",
        )
    })?;
    let bytes = files::read(&path, CONFIG_BYTES).map_err(|why| failure("config-missing", &why))?;
    let text = String::from_utf8_lossy(&bytes);
    let folder = Path::new(path.as_str()).parent().unwrap_or(Path::new("/"));
    documents::configuration(&text, folder).map_err(|why| invalid(format!("`{}`: {why}", *path)))
}

/// The last line of a text may be `hint: …`.
fn failure(code: &str, text: &str) -> Failure {
    let (message, hint) = match text.rsplit_once("\nhint: ") {
        Some((message, hint)) => (message, Some(hint.to_owned())),
        None => (text, None),
    };
    Failure {
        code: code.to_owned(),
        message: message.to_owned(),
        hint,
        retry_after: None,
    }
}
