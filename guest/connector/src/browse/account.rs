//! Tests an account: signs in, and says what is missing for a writeback. It reads at most, and never writes.

use crate::account::Account;
use crate::call::Run;
use crate::check::{Report, Status, permissions, stop};
use crate::domo;
use crate::error::Failure;
use crate::export::{self, Ownership};
use crate::ports::{Identity, Ports, Secret};
use crate::refusal::Service;
use serde_json::{Value, json};

const DOMO: [&str; 3] = ["sign-in", "datasets", "owners"];
const SHAREPOINT: [&str; 2] = ["sign-in", "permissions"];

/// The answer in JSON: findings, and what the token says of itself.
pub(super) fn test<P: Ports>(run: &mut Run<'_, P>, name: &str) -> Result<String, Failure> {
    let service = service(run, name);
    let checks: &'static [&'static str] = match service {
        Service::Domo => &DOMO,
        Service::SharePoint => &SHAREPOINT,
    };
    let mut report = Report::new(name, checks);
    let account = run.account(service, name);
    let account = report.settle("sign-in", account, |account| told(&account.identity));
    let identity = account
        .as_ref()
        .ok()
        .map(|account| account.identity.clone());
    let tested = account.and_then(|account| match service {
        Service::Domo => of_domo(run, &account, &mut report),
        Service::SharePoint => {
            permissions(&account, false, &mut report);
            Ok(())
        }
    });
    tested.or_else(stop)?;
    let document = json!({
        "kind": "account",
        "items": report.documents(),
        "more": false,
        "service": service.to_string(),
        "identity": identity.map(shown),
    });
    Ok(document.to_string())
}

/// Whose account it is, by the service that it knows.
fn service<P: Ports>(run: &Run<'_, P>, name: &str) -> Service {
    let graph = Service::SharePoint.endpoint();
    match run
        .ports
        .secret(name)
        .and_then(|secret| secret.endpoint(graph))
    {
        Ok(_) => Service::SharePoint,
        Err(_) => Service::Domo,
    }
}

fn told(identity: &Identity) -> String {
    let somebody = "somebody whom the token does not name";
    format!("as {}", identity.subject.as_deref().unwrap_or(somebody))
}

fn shown(identity: Identity) -> Value {
    json!({
        "subject": identity.subject,
        "roles": identity.roles,
        "scopes": identity.scopes,
        "expires": identity.expires,
    })
}

fn of_domo<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    report: &mut Report,
) -> Result<(), Failure> {
    let request = domo::datasets(&account.base, 0, None);
    let page = run
        .call(account, "listing DataSets", &request)
        .map_err(Failure::from);
    let seen = page.map(|reply| domo::read_datasets(&reply));
    let seen = report.settle("datasets", seen, |seen| match seen.as_slice() {
        [] => "the client's user sees no DataSet".to_owned(),
        _ => "the client's user sees DataSets".to_owned(),
    })?;
    let Ok(instance) = account.secret.endpoint("instance") else {
        let text = "the account names no `instance`, so an owner is seen, and no co-owner";
        report.add("owners", Status::NotChecked, text);
        return Ok(());
    };
    let Some(dataset) = seen.first() else {
        report.add(
            "owners",
            Status::NotChecked,
            "there is no DataSet to try it on",
        );
        return Ok(());
    };
    let ownership = export::ownership(run, account, &instance, &dataset.id);
    report.settle("owners", ownership, |seen| match seen {
        Ownership::Perhaps(_) => "owners and co-owners are seen, the user's groups are not: the client has no scope `user`",
        _ => "owners and co-owners are seen",
    }.to_owned())?;
    Ok(())
}
