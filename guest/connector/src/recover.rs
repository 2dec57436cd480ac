//! What is left to a person when SharePoint holds something else than what it was sent: which version
//! of the file was the last good one, and how to get it back. Nothing is changed here.

use crate::account::Account;
use crate::call::Run;
use crate::error::Failure;
use crate::graph::item::Item;
use crate::graph::version::{self, Version};
use crate::place::Place;
use crate::ports::Ports;
use crate::resume::Before;

/// Adds to a mismatch what there was before the upload. Trouble in finding out does not hide the mismatch.
pub fn advise<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    place: &Place,
    item: &Item,
    before: Option<&Before>,
    failure: Failure,
) -> Failure {
    let Some(before) = before else {
        let message = format!("{}; the file is new", failure.message);
        return Failure { message, ..failure }
            .hint("delete the file and run the job again; if SharePoint itself alters such files, set `verify = \"warn\"`");
    };
    let what = format!("listing the versions of `{}`", place.file(&item.name));
    let request = version::all_of(&account.base, &place.drive.id, &item.id);
    let listed = run
        .call(account, &what, &request)
        .map(|reply| version::read_page(&reply.json()));
    let found = match &listed {
        Ok(versions) => last_good(versions, before),
        Err(_) => None,
    };
    let Some(good) = found else {
        let why = match listed {
            Ok(_) => "SharePoint lists no version of it from before this run".to_owned(),
            Err(error) => Failure::from(error).message,
        };
        let message = format!("{}; {why}", failure.message);
        return Failure { message, ..failure }.hint(
            "look into the file's *Version history* in the browser and restore the version from before this run, or run the job again",
        );
    };
    let message = format!(
        "{}; the version before this run is {}",
        failure.message,
        described(good)
    );
    let url = version::restore(&account.base, &place.drive.id, &item.id, &good.id);
    Failure { message, ..failure }.hint(format!(
        "restore version `{}` under *Version history* of the file in the browser, or with `POST {url}`; if SharePoint itself alters such files, set `verify = \"warn\"`",
        good.id
    ))
}

/// The version that was the current one before the upload, of a list with the newest first.
fn last_good<'a>(versions: &'a [Version], before: &Before) -> Option<&'a Version> {
    let known = |version: &&Version| Some(&version.id) == before.version.as_ref();
    let alike = |version: &&Version| version.size == before.size;
    let older = versions.get(1..).unwrap_or_default();
    versions
        .iter()
        .find(known)
        .or_else(|| older.iter().find(alike))
        .or_else(|| older.first())
}

fn described(version: &Version) -> String {
    let mut text = format!("`{}`", version.id);
    if let Some(time) = &version.modified {
        text.push_str(&format!(" of {time}"));
    }
    if let Some(size) = version.size {
        text.push_str(&format!(" with {size} bytes"));
    }
    text
}
