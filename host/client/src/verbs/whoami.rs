//! `whoami`: whose token it is.

use crate::desk::Desk;
use crate::error::Error;
use crate::render::{As, Table};

const IDENTITY: Table = Table(&[
    ("TOKEN", "token", As::Plain),
    ("ROLE", "role", As::Plain),
    ("TENANT", "tenant", As::Plain),
]);

/// Asks the server.
pub async fn whoami(desk: &mut Desk) -> Result<(), Error> {
    let who = desk.get("the token", &["whoami"]).await?;
    desk.show(&who, |who| IDENTITY.fields(who))
}
