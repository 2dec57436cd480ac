//! The owner rule as exactly as the account lets it be seen: by the metadata's one owner, and, where the account
//! reaches the company's own Domo, by its list of owners and co-owners.

use super::rules::{self, Judgement, Ownership};
use crate::account::Account;
use crate::call::{CallError, Run};
use crate::domo::{self, DataSet, Owners};
use crate::error::{Code, Failure};
use crate::job::OwnerRule;
use crate::ports::{Ports, Secret};

/// What the account calls the company's own Domo.
const INSTANCE: &str = "instance";

/// Judges whether the client's user owns the DataSet.
pub fn owner<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    rule: OwnerRule,
    dataset: &DataSet,
) -> Judgement {
    let plain = rules::owner(rule, dataset, &account.identity, &Ownership::Unseen);
    if plain == Judgement::Fine {
        return plain;
    }
    let Ok(instance) = account.secret.endpoint(INSTANCE) else {
        return plain;
    };
    match ownership(run, account, &instance, &dataset.id) {
        Ok(seen) => rules::owner(rule, dataset, &account.identity, &seen),
        Err(failure) if rule == OwnerRule::Enforce => Judgement::Refuse(failure),
        Err(failure) => Judgement::Warn(failure.message),
    }
}

/// Whether the client's user is among the owners and co-owners.
pub fn ownership<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    instance: &str,
    dataset: &str,
) -> Result<Ownership, Failure> {
    let Some(user) = account.identity.subject.as_deref() else {
        return Ok(Ownership::Unseen);
    };
    let what = format!("reading the owners of DataSet `{dataset}`");
    let request = domo::permissions(instance, dataset);
    let reply = run.call(account, &what, &request).map_err(unread)?;
    let owners = domo::read_owners(&reply).ok_or_else(|| {
        let text = format!("{what} failed: the reply is no list of owners");
        Failure::new(Code::DomoRefused, text).hint("check the account's `instance`")
    })?;
    if owners.users.iter().any(|owner| owner.id == user) {
        return Ok(Ownership::Shared);
    }
    Ok(match member(run, account, user, &owners) {
        Some(true) => Ownership::Shared,
        Some(false) => Ownership::Others(owners),
        None => Ownership::Perhaps(owners.groups),
    })
}

/// Whether the user is in one of the groups that own. `None`: the client may not see its user's groups.
fn member<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    user: &str,
    owners: &Owners,
) -> Option<bool> {
    if owners.groups.is_empty() {
        return Some(false);
    }
    let what = format!("reading the groups of user {user}");
    let reply = run
        .call(account, &what, &domo::user(&account.base, user))
        .ok()?;
    let groups = domo::read_groups(&reply)?;
    Some(owners.groups.iter().any(|group| groups.contains(&group.id)))
}

fn unread(error: CallError) -> Failure {
    let hint = "check `developer_token`: it has to be one of the company that `instance` names, of a user who may see the DataSet";
    match error.status() {
        Some(status @ (401 | 403)) => error.coded(status, Code::SignInDomo, hint),
        _ => error.into(),
    }
}
