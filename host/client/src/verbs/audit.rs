//! `audit`: who changed what.

use crate::desk::Desk;
use crate::error::Error;
use crate::render::{As, Table};

const ENTRIES: Table = Table(&[
    ("AT (UTC)", "at_ms", As::Time),
    ("ACTOR", "actor", As::Plain),
    ("ACTION", "action", As::Plain),
    ("SUBJECT", "subject", As::Plain),
]);

/// Lists the newest entries.
pub async fn audit(limit: usize, installation: bool, desk: &mut Desk) -> Result<(), Error> {
    let tenant = match installation {
        true => None,
        false => Some(desk.tenant().await?),
    };
    let path = match &tenant {
        None => vec!["audit"],
        Some(tenant) => vec!["tenants", tenant, "audit"],
    };
    let items = desk.list("the audit log", &path, &[], limit).await?;
    desk.show_list(items, &ENTRIES)
}
