//! Which document library: the default one, or one by name, URL segment or id.

use crate::account::Account;
use crate::call::Run;
use crate::error::{Code, Failure};
use crate::graph::drive::{self, Drive};
use crate::graph::path;
use crate::graph::site::Site;
use crate::ports::Ports;
use std::ops::ControlFlow;

/// Finds the library.
pub fn library<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    site: &Site,
    wanted: Option<&str>,
) -> Result<Drive, Failure> {
    match wanted {
        None => default(run, account, site),
        Some(wanted) => pick(all(run, account, site)?, wanted, site),
    }
}

fn default<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    site: &Site,
) -> Result<Drive, Failure> {
    let what = format!("finding the default library of site `{}`", site.name);
    let reply = run.call(account, &what, &drive::default_of(&account.base, &site.key));
    let hint = "the site has no document library: create one, or choose another site";
    let reply = reply.map_err(|error| error.coded(404, Code::LibraryNotFound, hint))?;
    drive::read(&reply.json()).ok_or_else(|| {
        Failure::new(
            Code::SharePointRefused,
            format!("{what} failed: the reply is no library"),
        )
    })
}

/// All libraries of a site.
pub fn all<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    site: &Site,
) -> Result<Vec<Drive>, Failure> {
    let what = format!("listing the libraries of site `{}`", site.name);
    let mut drives: Vec<Drive> = Vec::new();
    let first = drive::all_of(&account.base, &site.key);
    run.pages(account, &what, first, |page| {
        for found in drive::read_page(page) {
            if drives.iter().all(|known| known.id != found.id) {
                drives.push(found);
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(drives)
}

/// The id decides before the display name, the display name before the URL segment.
fn pick(drives: Vec<Drive>, wanted: &str, site: &Site) -> Result<Drive, Failure> {
    let same = |name: &str| name.to_lowercase() == wanted.to_lowercase();
    let by_id = |drive: &Drive| drive.id == wanted;
    let by_name = |drive: &Drive| same(&drive.name);
    // Copied from the browser, a segment may still have its percent signs.
    let segment = path::decoded(wanted).to_lowercase();
    let by_url = |drive: &Drive| drive.url_name().to_lowercase() == segment;
    let ways: [&dyn Fn(&Drive) -> bool; 3] = [&by_id, &by_name, &by_url];
    for way in ways {
        let found: Vec<&Drive> = drives.iter().filter(|drive| way(drive)).collect();
        match found.as_slice() {
            [] => {}
            [only] => return Ok((*only).clone()),
            several => return Err(ambiguous(wanted, several)),
        }
    }
    let names: Vec<String> = drives
        .iter()
        .map(|drive| format!("`{}`", drive.name))
        .collect();
    let known = match names.is_empty() {
        true => "none that the application can see".to_owned(),
        false => names.join(", "),
    };
    let message = format!(
        "site `{}` has no library `{wanted}`; it has {known}",
        site.name
    );
    Err(Failure::new(Code::LibraryNotFound, message)
        .hint("name one of these, or leave `library` out for the default one"))
}

fn ambiguous(wanted: &str, found: &[&Drive]) -> Failure {
    let lines: Vec<String> = found
        .iter()
        .map(|d| format!("  {} {}", d.id, d.url))
        .collect();
    let message = format!(
        "{} libraries are called `{wanted}`:\n{}",
        found.len(),
        lines.join("\n")
    );
    Failure::new(Code::LibraryAmbiguous, message).hint("put the id of the right one into `library`")
}
