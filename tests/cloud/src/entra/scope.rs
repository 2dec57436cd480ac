//! Which scopes may be asked for: `.default` by an app, and what people and administrators consented to.

use super::GRAPH;
use super::apps::App;
use super::refusal::Refusal;
use super::sign_in::Lent;
use crate::state::State;

/// What the person consents to.
const CONSENTED: [&str; 3] = ["Files.ReadWrite.All", "Sites.ReadWrite.All", "User.Read"];
/// Known, and consented to by nobody.
const UNCONSENTED: [&str; 2] = ["Sites.FullControl.All", "Mail.Send"];
/// Not of Graph, and never in `scp`.
const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// `{graph}/.default`, and the bare `.default` that rclone sends.
pub(super) fn judge_default<'a>(state: &State, scope: &'a str) -> Result<(), Refusal<'a>> {
    let Some(resource) = scope.strip_suffix(".default") else {
        return Err(Refusal::BadScope(scope));
    };
    let resource = resource.trim_end_matches('/');
    if resource.is_empty() || resource == GRAPH || resource == state.urls.graph {
        Ok(())
    } else if resource.contains(' ') || !resource.contains("://") {
        Err(Refusal::BadScope(scope))
    } else {
        Err(Refusal::UnknownResource(resource))
    }
}

/// What a person lends an app that asks for these scopes.
pub(super) fn lent<'a>(
    state: &State,
    app: &'static App,
    text: &'a str,
) -> Result<Lent, Refusal<'a>> {
    let mut lent = Lent {
        scopes: Vec::new(),
        offline: false,
    };
    for word in text.split_whitespace() {
        let name = [GRAPH, &state.urls.graph]
            .iter()
            .find_map(|resource| word.strip_prefix(resource)?.strip_prefix('/'))
            .unwrap_or(word);
        match name {
            ".default" => lent.scopes.extend(CONSENTED.map(str::to_owned)),
            "offline_access" => lent.offline = true,
            _ if OPENID.contains(&name) => {}
            _ if CONSENTED.contains(&name) => lent.scopes.push(name.to_owned()),
            _ if UNCONSENTED.contains(&name) => return Err(Refusal::NoConsent(app)),
            _ => return Err(Refusal::BadScope(word)),
        }
    }
    Ok(lent)
}
