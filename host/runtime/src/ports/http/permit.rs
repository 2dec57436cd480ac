//! Decides whether a request may be sent, from its text and the run's accounts alone. A denial
//! names the origin and, where a line of configuration would allow it, that line.

use std::sync::Arc;

use ::http::Method;
use url::Url;

use crate::credentials::Account;
use crate::egress::{Origin, parse_url};
use crate::links::{Link, Links};
use crate::sandbox::Lent;

/// Where a permitted request goes.
pub(crate) struct Target {
    pub(crate) url: Url,
    pub(crate) origin: Origin,
    /// The account whose services, or whose link, this is.
    pub(crate) account: Option<Arc<Account>>,
    /// Set where the URL itself is a credential.
    pub(crate) link: Option<Link>,
}

pub(crate) fn permit(
    method: &Method,
    url: &str,
    auth: Option<&Arc<Account>>,
    lent: &Lent,
    links: &Links,
) -> Result<Target, String> {
    if url.starts_with("link:") {
        return permit_link(url, auth, links);
    }
    let (url, origin) = parse_url(url).map_err(|why| format!("the request is denied: {why}"))?;
    let owner = match auth {
        Some(account) => account
            .reach
            .permits(method, &url, &origin)
            .map(|verdict| (account, verdict)),
        None => lent.values().flatten().find_map(|account| {
            account
                .reach
                .permits(method, &url, &origin)
                .map(|verdict| (account, verdict))
        }),
    };
    let denied = |why: &str| format!("the request to `{origin}` is denied: {why}");
    match (owner, auth) {
        (Some((account, Ok(()))), _) => {
            let account = auth.is_some().then(|| Arc::clone(account));
            Ok(Target {
                url,
                origin,
                account,
                link: None,
            })
        }
        (Some((_, Err(why))), _) => Err(denied(&why)),
        (None, Some(account)) => {
            let services = account
                .reach
                .services
                .iter()
                .map(|service| format!("`{}`", service.endpoint.url()));
            let services = services.collect::<Vec<_>>().join(", ");
            Err(denied(&format!(
                "account `{}` is only spent on {services}",
                account.name
            )))
        }
        (None, None) => Err(denied("it belongs to no account of this run")),
    }
}

fn permit_link(name: &str, auth: Option<&Arc<Account>>, links: &Links) -> Result<Target, String> {
    if auth.is_some() {
        return Err("a link is sent without an account".to_owned());
    }
    let shown: String = name.chars().take(32).collect();
    let link = links
        .find(name)
        .ok_or_else(|| format!("`{shown}` is not a link of this run"))?;
    let (url, origin) = parse_url(&link.url).map_err(|why| format!("`{name}` is denied: {why}"))?;
    if !link.account.reach.takes_link(&origin) {
        return Err(denied_link(&link.account, &origin));
    }
    Ok(Target {
        url,
        origin,
        account: Some(Arc::clone(&link.account)),
        link: Some(link),
    })
}

fn denied_link(account: &Account, origin: &Origin) -> String {
    let hosts = account.hosts.iter().cloned().chain([origin.as_host()]);
    let hosts = hosts
        .map(|host| format!("\"{host}\""))
        .collect::<Vec<_>>()
        .join(", ");
    let name = &account.name;
    format!(
        "the request to `{origin}` is denied: it is not one of the `hosts` of account `{name}`\n\
         hint: set `hosts = [{hosts}]` under `[accounts.{name}]`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::test_account;

    struct Run {
        account: Arc<Account>,
        lent: Lent,
        links: Links,
    }

    fn given() -> Run {
        let account = Arc::new(test_account());
        let lent = Lent::from([("sharepoint".to_owned(), Ok(Arc::clone(&account)))]);
        Run {
            account,
            lent,
            links: Links::default(),
        }
    }

    impl Run {
        fn denial(&self, url: &str, auth: bool) -> String {
            let auth = auth.then_some(&self.account);
            permit(&Method::GET, url, auth, &self.lent, &self.links)
                .map(|_| ())
                .unwrap_err()
        }
    }

    #[test]
    fn an_account_is_spent_on_its_services_alone() {
        let run = given();
        let target = permit(
            &Method::GET,
            "https://graph.microsoft.com/v1.0/sites/root",
            Some(&run.account),
            &run.lent,
            &run.links,
        );
        assert!(target.unwrap().account.is_some());
        for url in [
            "https://graph.microsoft.com/beta/sites",
            "https://graph.microsoft.com.evil.example/v1.0",
            "https://contoso.sharepoint.com/",
        ] {
            let denial = run.denial(url, true);
            assert!(denial.ends_with("is denied: account `sharepoint` is only spent on `https://graph.microsoft.com/v1.0`"), "{denial}");
        }
    }

    #[test]
    fn without_an_account_the_same_services_are_reached() {
        let run = given();
        assert!(
            permit(
                &Method::GET,
                "https://graph.microsoft.com/v1.0/",
                None,
                &run.lent,
                &run.links
            )
            .unwrap()
            .account
            .is_none()
        );
        assert_eq!(
            run.denial("https://example.com/x?secret", false),
            "the request to `https://example.com` is denied: it belongs to no account of this run"
        );
        assert!(
            run.denial(
                "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token",
                false
            )
            .contains("no account")
        );
    }

    #[test]
    fn a_link_leads_to_the_accounts_hosts_without_an_account() {
        let run = given();
        let name = run.links.hide(
            "https://contoso.sharepoint.com/upload?tempauth=x",
            &run.account,
        );
        let target = permit(&Method::PUT, &name, None, &run.lent, &run.links).unwrap();
        assert_eq!(
            target.url.as_str(),
            "https://contoso.sharepoint.com/upload?tempauth=x"
        );
        assert_eq!(run.denial(&name, true), "a link is sent without an account");
        assert_eq!(
            run.denial("link:7", false),
            "`link:7` is not a link of this run"
        );
    }

    #[test]
    fn a_link_elsewhere_is_denied_with_the_line_that_would_allow_it() {
        let run = given();
        let name = run.links.hide(
            "https://fabrikam.sharepoint.com/upload?tempauth=x",
            &run.account,
        );
        assert_eq!(
            run.denial(&name, false),
            "the request to `https://fabrikam.sharepoint.com` is denied: it is not one of the `hosts` of account `sharepoint`\n\
             hint: set `hosts = [\"contoso.sharepoint.com\", \"fabrikam.sharepoint.com\"]` under `[accounts.sharepoint]`"
        );
    }
}
