//! A library that requires check-out keeps a new file checked out, and invisible to
//! others, until it is checked in. This checks in the file that the run uploaded, and
//! nothing else.

use crate::account::Account;
use crate::call::{CallError, Run};
use crate::error::{Code, Failure};
use crate::graph::item::{self, Item};
use crate::place::Place;
use crate::ports::Ports;

/// Checks the item in where it is checked out. The file has landed whole by now:
/// whatever stands in the way is a warning.
pub fn check_in<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    place: &Place,
    item: Item,
) -> Result<Item, Failure> {
    let file = place.file(&item.name);
    let seen = match look(run, account, place, &item) {
        Ok(seen) => seen,
        Err(error) => {
            let failure = passing(error)?;
            run.warn(format!(
                "whether `{file}` is checked out could not be seen: {}",
                failure.message
            ));
            return Ok(item);
        }
    };
    if !seen.checked_out {
        return Ok(item);
    }
    let request = item::check_in(&account.base, &place.drive.id, &item.id);
    let done = run.call(account, &format!("checking in `{file}`"), &request);
    let done = done.map(|_| ()).map_err(passing);
    if let Err(Err(cancelled)) = done {
        return Err(cancelled);
    }
    // A reply may have been lost: the item tells whether it is in, and its new version.
    match (look(run, account, place, &item), done) {
        (Ok(seen), _) if !seen.checked_out => {
            return Ok(Item {
                etag: seen.etag,
                ..item
            });
        }
        (Err(error), Ok(())) => drop(passing(error)?),
        (_, Err(Ok(failure))) => run.warn(invisible(&file, &failure.message)),
        _ => run.warn(invisible(
            &file,
            "SharePoint accepted the check-in without effect",
        )),
    }
    Ok(item)
}

fn look<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    place: &Place,
    item: &Item,
) -> Result<Item, CallError> {
    let what = format!(
        "reading whether `{}` is checked out",
        place.file(&item.name)
    );
    let request = item::with_publication(&account.base, &place.drive.id, &item.id);
    let reply = run.call(account, &what, &request)?;
    Ok(item::read(&reply.json()).unwrap_or_default())
}

/// A failure to warn of; a cancelled run ends.
fn passing(error: CallError) -> Result<Failure, Failure> {
    let failure = Failure::from(error);
    match failure.code {
        Code::Cancelled => Err(failure),
        _ => Ok(failure),
    }
}

fn invisible(file: &str, why: &str) -> String {
    format!(
        "`{file}` is still checked out, so only the application sees it: {why}; check it in by hand"
    )
}
