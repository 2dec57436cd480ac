//! What an app may do where: application roles, and the per-site grants behind `Sites.Selected`.

use super::refusal::{Answer, Refusal};
use super::store::Inner;
use super::tenant::Site;
use crate::token::Token;

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To look at a site.
    ReadSite,
    /// To look at libraries and items.
    ReadFiles,
    /// To change items.
    WriteFiles,
    /// To grant access to a site.
    Control,
}

const READ_SITES: &[&str] = &[
    "Sites.Read.All",
    "Sites.ReadWrite.All",
    "Sites.Manage.All",
    "Sites.FullControl.All",
];
const READ_FILES: &[&str] = &["Files.Read.All", "Files.ReadWrite.All"];
const WRITE: &[&str] = &[
    "Sites.ReadWrite.All",
    "Sites.Manage.All",
    "Sites.FullControl.All",
    "Files.ReadWrite.All",
];

/// Whether the app may search and list sites: never with `Sites.Selected` alone.
///
/// # Errors
/// 403.
pub fn check_all_sites(token: &Token) -> Answer<()> {
    if any(token, READ_SITES) {
        Ok(())
    } else {
        Err(Refusal::access_denied())
    }
}

/// Whether the app may do this on the site.
///
/// # Errors
/// 403.
pub fn check(inner: &Inner, token: &Token, site: &Site, need: Need) -> Answer<()> {
    let by_role = match need {
        Need::ReadSite => any(token, READ_SITES),
        Need::ReadFiles => any(token, READ_SITES) || any(token, READ_FILES),
        Need::WriteFiles => any(token, WRITE),
        Need::Control => token.has_role("Sites.FullControl.All"),
    };
    if by_role || (token.has_role("Sites.Selected") && granted(inner, token, site, need)) {
        return Ok(());
    }
    Err(Refusal::access_denied())
}

fn granted(inner: &Inner, token: &Token, site: &Site, need: Need) -> bool {
    let from_token = token
        .grants
        .iter()
        .filter(|(name, _)| *name == site.name)
        .map(|(_, role)| role);
    let held =
        |(id, client, _): &&(String, String, String)| *id == site.id && *client == token.client;
    let mut roles = inner
        .grants
        .iter()
        .filter(held)
        .map(|(_, _, role)| role)
        .chain(from_token);
    roles.any(|role| match need {
        Need::ReadSite | Need::ReadFiles => true,
        Need::WriteFiles => ["write", "manage", "owner", "fullcontrol"].contains(&role.as_str()),
        Need::Control => ["owner", "fullcontrol"].contains(&role.as_str()),
    })
}

fn any(token: &Token, roles: &[&str]) -> bool {
    roles.iter().any(|role| token.has_role(role))
}
