//! Domo's two rules about whose data it is: the owner's, and the restricted rows'.
//!
//! Pure judgements over metadata and token; `run` and `check` act on them.

use crate::domo::DataSet;
use crate::error::{Code, Failure};
use crate::job::{OwnerRule, PdpRule};
use crate::ports::Identity;

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Nothing to say.
    Fine,
    /// Go on, and tell.
    Warn(String),
    /// Do not go on.
    Refuse(Failure),
}

/// Which rows of a restricted DataSet the client sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visible {
    /// All of them: owners and admins always do.
    All,
    /// Perhaps only some.
    Perhaps,
}

const BLIND: &str = "co-owners cannot be seen through Domo's public API";

/// Domo's rule: who writes a DataSet back must own it (or be an admin).
pub fn owner(rule: OwnerRule, dataset: &DataSet, identity: &Identity) -> Judgement {
    if rule == OwnerRule::Off || is_owner(dataset, identity) || is_admin(identity) {
        return Judgement::Fine;
    }
    let id = &dataset.id;
    let text = match (&identity.subject, &dataset.owner) {
        (Some(user), Some(owner)) => {
            let name = match owner.name.as_str() {
                "" => String::new(),
                name => format!(" ({name})"),
            };
            format!(
                "the Domo client's user {user} is not the owner of DataSet `{id}`, user {}{name}; {BLIND}",
                owner.id
            )
        }
        (None, _) => format!(
            "Domo's token does not say whose it is, so the owner of DataSet `{id}` could not be compared; {BLIND}"
        ),
        (_, None) => format!("Domo does not say who owns DataSet `{id}`; {BLIND}"),
    };
    match rule {
        OwnerRule::Enforce => Judgement::Refuse(
            Failure::new(Code::NotOwner, text)
                .hint("use a client made by the DataSet's owner, or set `owner = \"warn\"` if its user is a co-owner"),
        ),
        _ => Judgement::Warn(text),
    }
}

/// What to make of personalized data permissions.
pub fn pdp(rule: PdpRule, dataset: &DataSet, identity: &Identity) -> Judgement {
    if !dataset.pdp || rule == PdpRule::Allow {
        return Judgement::Fine;
    }
    let id = &dataset.id;
    let seen = match visible(dataset, identity) {
        Visible::All => {
            "the Domo client's user is its owner or an admin, so *all* rows are exported, whoever may read the file"
        }
        Visible::Perhaps => {
            "the file has the rows that the Domo client's user may see, which may not be all"
        }
    };
    let text = format!("DataSet `{id}` has personalized data permissions (PDP): {seen}");
    match rule {
        PdpRule::Refuse => Judgement::Refuse(Failure::new(Code::PdpRefused, text).hint(
            "set `pdp = \"warn\"` or `pdp = \"allow\"` if readers of the file may see these rows",
        )),
        _ => Judgement::Warn(text),
    }
}

/// What to say of columns that the metadata do not know, or that did not come.
pub fn columns(dataset: &DataSet, exported: u64) -> Option<String> {
    let told = dataset.columns.filter(|told| *told != exported)?;
    let id = &dataset.id;
    Some(format!(
        "the export of DataSet `{id}` has {exported} columns, Domo's metadata say {told}"
    ))
}

/// Which rows the client sees.
pub fn visible(dataset: &DataSet, identity: &Identity) -> Visible {
    match !dataset.pdp || is_owner(dataset, identity) || is_admin(identity) {
        true => Visible::All,
        false => Visible::Perhaps,
    }
}

fn is_owner(dataset: &DataSet, identity: &Identity) -> bool {
    let owner = dataset.owner.as_ref().map(|owner| owner.id.as_str());
    owner.is_some() && owner == identity.subject.as_deref()
}

fn is_admin(identity: &Identity) -> bool {
    identity
        .roles
        .iter()
        .any(|role| role.eq_ignore_ascii_case("admin"))
}
