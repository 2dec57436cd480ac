//! Domo's two rules about whose data it is: the owner's, and the restricted rows'.
//!
//! Pure judgements over metadata and token; `run` and `check` act on them.

use crate::domo::{DataSet, Owners, Party};
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

/// What is seen of the owners beyond the metadata's one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// Nothing: the account does not reach the company's own Domo.
    Unseen,
    /// The client's user is one of them.
    Shared,
    /// The client's user is in one of these groups, or not.
    Perhaps(Vec<Party>),
    /// These, and the client's user is none of them.
    Others(Owners),
}

const BLIND: &str = "co-owners cannot be seen through Domo's public API";

/// Domo's rule: who writes a DataSet back must own it (or be an admin).
pub fn owner(
    rule: OwnerRule,
    dataset: &DataSet,
    identity: &Identity,
    seen: &Ownership,
) -> Judgement {
    let owns = is_owner(dataset, identity) || is_admin(identity) || *seen == Ownership::Shared;
    if rule == OwnerRule::Off || owns {
        return Judgement::Fine;
    }
    let (text, hint) = match seen {
        Ownership::Others(owners) => (not_among(dataset, identity, owners), OWN),
        Ownership::Perhaps(groups) => (perhaps_among(dataset, groups), SCOPE),
        Ownership::Unseen | Ownership::Shared => (not_the_one(dataset, identity), CO_OWN),
    };
    match rule {
        OwnerRule::Enforce => Judgement::Refuse(Failure::new(Code::NotOwner, text).hint(hint)),
        _ => Judgement::Warn(text),
    }
}

const OWN: &str = "use a client made by one of them, or make its user a co-owner";
const SCOPE: &str = "give the client the scope `user`, so that its user's groups can be seen";
const CO_OWN: &str = "use a client made by the DataSet's owner; if its user is a co-owner, give the account `instance` and `developer_token`, or set `owner = \"warn\"`";

fn not_the_one(dataset: &DataSet, identity: &Identity) -> String {
    let id = &dataset.id;
    match (&identity.subject, &dataset.owner) {
        (Some(user), Some(owner)) => format!(
            "the Domo client's user {user} is not the owner of DataSet `{id}`, user {}; {BLIND}",
            named(&owner.id, &owner.name)
        ),
        (None, _) => format!(
            "Domo's token does not say whose it is, so the owner of DataSet `{id}` could not be compared; {BLIND}"
        ),
        (_, None) => format!("Domo does not say who owns DataSet `{id}`; {BLIND}"),
    }
}

fn not_among(dataset: &DataSet, identity: &Identity, owners: &Owners) -> String {
    let user = identity.subject.as_deref().unwrap_or_default();
    let users = owners
        .users
        .iter()
        .map(|owner| format!("user {}", named(&owner.id, &owner.name)));
    format!(
        "the Domo client's user {user} is not among the owners and co-owners of DataSet `{}`: {}",
        dataset.id,
        listed(users.chain(groups(&owners.groups)))
    )
}

fn perhaps_among(dataset: &DataSet, of: &[Party]) -> String {
    format!(
        "DataSet `{}` has groups as owners, and it could not be seen whether the Domo client's user is in one: {}",
        dataset.id,
        listed(groups(of))
    )
}

fn groups(of: &[Party]) -> impl Iterator<Item = String> {
    of.iter()
        .map(|group| format!("group {}", named(&group.id, &group.name)))
}

fn listed(parties: impl Iterator<Item = String>) -> String {
    let parties: Vec<String> = parties.collect();
    match parties.as_slice() {
        [] => "nobody is".to_owned(),
        parties => parties.join(", "),
    }
}

fn named(id: &str, name: &str) -> String {
    match name {
        "" => id.to_owned(),
        name => format!("{id} ({name})"),
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
