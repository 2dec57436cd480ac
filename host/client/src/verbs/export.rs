//! `tenant export`: everything of a tenant but its secrets, written as it comes.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use writeback_policy::Exit;

use crate::desk::Desk;
use crate::error::Error;
use crate::http::Ask;
use crate::secret;

/// How long the server may be silent.
const SILENCE: Duration = Duration::from_secs(60);
/// How a whole export ends.
const END: &str = "\"complete\":true}";

/// Saves the export in a new file, or prints it.
pub async fn export(name: &str, out: Option<&Path>, desk: &mut Desk) -> Result<(), Error> {
    let what = format!("the export of the tenant `{name}`");
    let ask = Ask::new(Method::GET, &what, &["tenants", name, "export"]).endless();
    let early =
        || Error::new(Exit::Retry, "unreachable", format!("{what} ended early")).hint("try again");
    let opened = tokio::time::timeout(SILENCE, desk.api.open(&ask)).await;
    let mut response = opened.map_err(|_| early())??;
    let mut file = match out {
        None => None,
        Some(path) => Some(secret::new_file(path).map_err(|cause| unwritable(path, &cause))?),
    };
    let mut tail = Vec::new();
    loop {
        let chunk = tokio::time::timeout(SILENCE, response.chunk()).await;
        let chunk = chunk.map_err(|_| early())?;
        let Some(chunk) = chunk.map_err(|cause| early().because(&cause.without_url()))? else {
            break;
        };
        tail.extend_from_slice(&chunk);
        tail.drain(..tail.len().saturating_sub(2 * END.len()));
        match (&mut file, out) {
            (Some(file), Some(path)) => {
                file.write_all(&chunk)
                    .map_err(|cause| unwritable(path, &cause))?;
            }
            _ => desk.io.print_bytes(&chunk)?,
        }
    }
    if !tail.trim_ascii_end().ends_with(END.as_bytes()) {
        return Err(early());
    }
    saved(name, file.as_ref(), out, desk)
}

fn saved(
    name: &str,
    file: Option<&File>,
    out: Option<&Path>,
    desk: &mut Desk,
) -> Result<(), Error> {
    let (Some(file), Some(path)) = (file, out) else {
        return desk.io.print("\n");
    };
    file.sync_all().map_err(|cause| unwritable(path, &cause))?;
    desk.note(&format!(
        "saved the tenant `{name}` in `{}`",
        path.display()
    ));
    Ok(())
}

fn unwritable(path: &Path, cause: &std::io::Error) -> Error {
    Error::configuration(
        "file-unwritable",
        format!("cannot write `{}`", path.display()),
    )
    .because(cause)
    .hint("name a file that does not exist yet")
}
