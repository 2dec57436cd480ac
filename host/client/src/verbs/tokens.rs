//! `token`: made, listed, revoked. A token's text is shown once.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cli::{Role, Token, TokenCreate, TokenVerb};
use crate::desk::Desk;
use crate::error::Error;
use crate::http::Ask;
use crate::render::{As, Table};
use crate::secret;

const TOKENS: Table = Table(&[
    ("ID", "id", As::Plain),
    ("NAME", "name", As::Plain),
    ("ROLE", "role", As::Plain),
    ("MADE (UTC)", "created_at_ms", As::Time),
    ("USED (UTC)", "used_at_ms", As::Time),
    ("ENDS (UTC)", "expires_at_ms", As::Time),
    ("REVOKED (UTC)", "revoked_at_ms", As::Time),
]);

/// Does what was typed after `token`.
pub async fn token(token: &Token, desk: &mut Desk) -> Result<(), Error> {
    let tenant = match token.installation {
        true => None,
        false => Some(desk.tenant().await?),
    };
    let path = match &tenant {
        None => vec!["tokens"],
        Some(tenant) => vec!["tenants", tenant, "tokens"],
    };
    match &token.verb {
        TokenVerb::List(listing) => {
            let items = desk.list("the tokens", &path, &[], listing.limit).await?;
            desk.show_list(items, &TOKENS)
        }
        TokenVerb::Create(new) => create(new, token.installation, &path, desk).await,
        TokenVerb::Revoke { id } => {
            let path = [&path[..], &[id]].concat();
            desk.api
                .send(Ask::new(Method::DELETE, format!("the token `{id}`"), &path))
                .await?;
            desk.note(&format!("revoked the token `{id}`"));
            Ok(())
        }
    }
}

async fn create(
    new: &TokenCreate,
    installation: bool,
    path: &[&str],
    desk: &mut Desk,
) -> Result<(), Error> {
    if let Some(out) = new.out.as_deref().filter(|out| out.exists()) {
        // Before the token is made: its text is shown once.
        return Err(unwritable(out).hint("name a file that does not exist yet"));
    }
    let role = match (installation, new.role) {
        (true, _) => "installation",
        (_, Role::Viewer) => "viewer",
        (_, Role::Operator) => "operator",
        (_, Role::Admin) => "admin",
    };
    let mut content = json!({ "name": new.name, "role": role });
    if let Some(days) = new.days {
        content["days"] = days.into();
    }
    let ask = Ask::new(Method::POST, format!("the token `{}`", new.name), path).json(&content)?;
    let mut made = desk.api.send(ask).await?.value;
    let text = made.as_object_mut().and_then(|made| made.remove("text"));
    let Some(Value::String(text)) = text else {
        return Err(Error::failed("the server's answer has no token"));
    };
    let text = Zeroizing::new(text);
    let id = made["id"].as_str().unwrap_or_default().to_owned();
    if let Some(out) = &new.out {
        secret::write_new(out, &text).map_err(|cause| {
            unwritable(out).because(&cause).hint(format!(
                "revoke the token that nobody has now: `token revoke {id}`"
            ))
        })?;
        desk.note(&format!(
            "made the token `{id}` ({role}); its text is in `{}`",
            out.display()
        ));
        return match desk.json() {
            true => desk.show(&made, |_| String::new()),
            false => Ok(()),
        };
    }
    desk.note(&format!(
        "made the token `{id}` ({role}); this is its text, shown now and never again:"
    ));
    match desk.json() {
        true => {
            // Asked for as data: the one place where the text is printed, as without `--json`.
            made["text"] = text.as_str().into();
            desk.show(&made, |_| String::new())
        }
        false => desk.io.print(&Zeroizing::new(format!("{}\n", *text))),
    }
}

fn unwritable(path: &Path) -> Error {
    Error::configuration(
        "file-unwritable",
        format!("cannot write the token into `{}`", path.display()),
    )
}
