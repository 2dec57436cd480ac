//! Which configured account a job or a query means. Knows names, kinds and hosts; never a credential.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use writeback_host::config::{AccountConfig, Config, nearest};

use crate::error::Error;

/// The configured accounts by name.
#[derive(Debug, Default)]
pub struct Accounts(BTreeMap<String, Account>);

#[derive(Debug)]
struct Account {
    kind: &'static str,
    hosts: Option<Vec<String>>,
}

/// A place in a job that names an account, and the kinds that fit there.
#[derive(Debug, Deserialize)]
pub struct Slot {
    pointer: String,
    kinds: Vec<String>,
}

impl Accounts {
    /// Of a configuration.
    pub fn of(config: &Config) -> Self {
        let each = config.accounts.iter().map(|(name, account)| {
            let hosts = match account {
                AccountConfig::Entra(account) => Some(account.hosts.clone()),
                _ => None,
            };
            (
                name.clone(),
                Account {
                    kind: account.kind(),
                    hosts,
                },
            )
        });
        Self(each.collect())
    }

    /// The accounts that `job` names in `slots`. One that it leaves out is the connector's to report.
    pub fn named_by(&self, job: &Value, slots: &[Slot]) -> Result<Vec<String>, Error> {
        let named = slots
            .iter()
            .filter_map(|slot| Some((slot, job.pointer(&slot.pointer)?.as_str()?)));
        named
            .map(|(slot, name)| self.fitting(name, &slot.kinds, &slot.key()))
            .collect()
    }

    /// The account called `name`, or the only one of `kind`.
    pub fn choose(&self, name: Option<&str>, kind: &str) -> Result<String, Error> {
        if let Some(name) = name {
            return self.fitting(name, &[kind.to_owned()], "--account");
        }
        let fitting: Vec<_> = self
            .0
            .iter()
            .filter(|(_, account)| account.kind == kind)
            .map(|(name, _)| name)
            .collect();
        match fitting.as_slice() {
            [only] => Ok((*only).clone()),
            [] => Err(Error::configuration(
                "account-undeclared",
                format!("no account of kind `{kind}` is configured"),
            )
            .hint(format!(
                "add `[accounts.NAME]` with `kind = \"{kind}\"` to the configuration"
            ))),
            several => Err(Error::configuration(
                "account-ambiguous",
                format!(
                    "several accounts of kind `{kind}` are configured: {}",
                    quoted(several)
                ),
            )
            .hint("name one with `--account`")),
        }
    }

    /// The account called `name`, of whichever kind.
    pub fn named(&self, name: &str) -> Result<String, Error> {
        match self.0.contains_key(name) {
            true => Ok(name.to_owned()),
            false => Err(self.unknown(name, "")),
        }
    }

    /// Of the accounts called `names`, the first that says where links may lead, with what it says.
    pub fn hosts_of<'a>(&'a self, names: &'a [String]) -> Option<(&'a str, &'a [String])> {
        names
            .iter()
            .find_map(|name| Some((name.as_str(), self.0.get(name)?.hosts.as_deref()?)))
    }

    fn fitting(&self, name: &str, kinds: &[String], place: &str) -> Result<String, Error> {
        let kind = self
            .0
            .get(name)
            .map(|account| account.kind)
            .ok_or_else(|| self.unknown(name, &format!(" in `{place}`")))?;
        if kinds.iter().any(|fits| fits == kind) {
            return Ok(name.to_owned());
        }
        let wanted = kinds
            .iter()
            .map(|kind| format!("`{kind}`"))
            .collect::<Vec<_>>()
            .join(" or ");
        Err(Error::configuration(
            "account-undeclared",
            format!("the account `{name}` in `{place}` is of kind `{kind}`, not {wanted}"),
        )
        .hint(self.listed()))
    }

    fn unknown(&self, name: &str, place: &str) -> Error {
        let error = Error::configuration(
            "account-undeclared",
            format!("the account `{name}`{place} is not configured"),
        );
        match nearest(name, self.0.keys().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`? {}", self.listed())),
            None => error.hint(self.listed()),
        }
    }

    fn listed(&self) -> String {
        match self.0.is_empty() {
            true => "the configuration has no accounts".to_owned(),
            false => format!(
                "configured are {}",
                self.0
                    .iter()
                    .map(|(name, account)| format!("`{name}` ({})", account.kind))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        }
    }
}

impl Slot {
    /// `/domo/account` as `domo.account`, the way a job file spells it.
    fn key(&self) -> String {
        self.pointer.trim_start_matches('/').replace('/', ".")
    }
}

fn quoted(names: &[&String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn accounts() -> Accounts {
        let account = |kind, hosts| Account { kind, hosts };
        Accounts(BTreeMap::from([
            ("domo".to_owned(), account("domo", None)),
            (
                "share".to_owned(),
                account("entra", Some(vec!["a.sharepoint.com".to_owned()])),
            ),
            ("other".to_owned(), account("entra", Some(Vec::new()))),
        ]))
    }

    fn slots() -> Vec<Slot> {
        serde_json::from_value(json!([{"pointer": "/domo/account", "kinds": ["domo"]}, {"pointer": "/sharepoint/account", "kinds": ["entra"]}])).unwrap()
    }

    #[test]
    fn a_job_names_its_accounts_by_pointer() {
        let job = json!({"domo": {"account": "domo"}, "sharepoint": {"account": "share"}});
        assert_eq!(
            accounts().named_by(&job, &slots()).unwrap(),
            ["domo", "share"]
        );
    }

    #[test]
    fn what_the_job_leaves_out_is_left_to_the_connector() {
        assert!(
            accounts()
                .named_by(&json!({"domo": 5}), &slots())
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn an_unknown_account_lists_those_that_exist() {
        let error = accounts()
            .named_by(&json!({"domo": {"account": "dome"}}), &slots())
            .unwrap_err();
        assert_eq!(
            error.message,
            "the account `dome` in `domo.account` is not configured"
        );
        assert_eq!(
            error.hints,
            ["did you mean `domo`? configured are `domo` (domo), `other` (entra), `share` (entra)"]
        );
    }

    #[test]
    fn an_account_of_the_wrong_kind_is_refused() {
        let error = accounts()
            .named_by(&json!({"domo": {"account": "share"}}), &slots())
            .unwrap_err();
        assert_eq!(
            error.message,
            "the account `share` in `domo.account` is of kind `entra`, not `domo`"
        );
    }

    #[test]
    fn the_only_account_of_a_kind_needs_no_name() {
        assert_eq!(accounts().choose(None, "domo").unwrap(), "domo");
        let error = accounts().choose(None, "entra").unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            (
                "account-ambiguous",
                "several accounts of kind `entra` are configured: `other`, `share`"
            )
        );
        assert_eq!(accounts().choose(Some("other"), "entra").unwrap(), "other");
        assert_eq!(
            Accounts::default().choose(None, "domo").unwrap_err().code,
            "account-undeclared"
        );
    }

    #[test]
    fn hosts_belong_to_the_account_that_has_them() {
        let names = ["domo".to_owned(), "share".to_owned()];
        assert_eq!(
            accounts().hosts_of(&names),
            Some(("share", ["a.sharepoint.com".to_owned()].as_slice()))
        );
        assert_eq!(accounts().hosts_of(&names[..1]), None);
    }
}
