//! Decides whether a request may be sent, from its text and the run's accounts alone. A denial
//! names the origin and, where a line of configuration would allow it, that line.

use std::sync::Arc;

use http::Method;
use url::Url;

use crate::allow::AllowedOrigin;
use crate::binding::Binding;
use crate::links::{Link, Links};
use crate::origin::Origin;
use crate::target::parse_url;

/// Where a permitted request goes.
pub struct Target {
    /// As it is sent.
    pub url: Url,
    /// Of `url`.
    pub origin: Origin,
    /// The account whose services, or whose link, this is.
    pub account: Option<Arc<Binding>>,
    /// Set where the URL itself is a credential.
    pub link: Option<Link>,
}

/// What a run may reach.
#[derive(Clone, Copy)]
pub struct Policy<'a> {
    /// The run's accounts.
    pub accounts: &'a [Arc<Binding>],
    /// The run's links.
    pub links: &'a Links,
    /// What the operator allows besides.
    pub allow: &'a [AllowedOrigin],
}

impl Policy<'_> {
    /// Where a request goes, with the account `auth` or without one.
    ///
    /// # Errors
    /// Why it may not be sent.
    pub fn permit(
        self,
        method: &Method,
        url: &str,
        auth: Option<&Arc<Binding>>,
    ) -> Result<Target, String> {
        if url.starts_with("link:") {
            return self.permit_link(url, auth);
        }
        let (url, origin) =
            parse_url(url).map_err(|why| format!("the request is denied: {why}"))?;
        let permitted = match auth {
            Some(account) => permit_account(account, method, &url, &origin),
            None => self.permit_plain(method, &url, &origin),
        };
        permitted.map_err(|why| format!("the request to `{origin}` is denied: {why}"))?;
        Ok(Target {
            url,
            origin,
            account: auth.cloned(),
            link: None,
        })
    }

    /// Without an account: to the services of the run's accounts, and to what the operator allows.
    fn permit_plain(self, method: &Method, url: &Url, origin: &Origin) -> Result<(), String> {
        let mut accounts = self.accounts.iter();
        if accounts.any(|account| account.reach.is_token_endpoint(url, origin)) {
            return Err(format!(
                "the token endpoint of `{origin}` is the host's alone"
            ));
        }
        if self.allows(origin) {
            return Ok(());
        }
        let mut accounts = self.accounts.iter();
        let verdict = accounts.find_map(|account| account.reach.permits(method, url, origin));
        verdict.unwrap_or_else(|| {
            let entries = self.allow.iter().map(ToString::to_string);
            let allow = listed(entries.chain([origin.to_string()]));
            Err(format!(
                "it belongs to no account of this run\nhint: set `allow = [{allow}]` under `[egress]`"
            ))
        })
    }

    fn permit_link(self, name: &str, auth: Option<&Arc<Binding>>) -> Result<Target, String> {
        if auth.is_some() {
            return Err("a link is sent without an account".to_owned());
        }
        let shown: String = name.chars().take(32).collect();
        let link = self
            .links
            .find(name)
            .ok_or_else(|| format!("`{shown}` is not a link of this run"))?;
        let (url, origin) =
            parse_url(&link.url).map_err(|why| format!("`{name}` is denied: {why}"))?;
        if !link.account.reach.takes_link(&origin) && !self.allows(&origin) {
            return Err(denied_link(&link.account, &origin));
        }
        Ok(Target {
            url,
            origin,
            account: Some(Arc::clone(&link.account)),
            link: Some(link),
        })
    }

    fn allows(self, origin: &Origin) -> bool {
        self.allow.iter().any(|entry| entry.matches(origin))
    }
}

/// An account goes to its services, whatever else is allowed.
fn permit_account(
    account: &Binding,
    method: &Method,
    url: &Url,
    origin: &Origin,
) -> Result<(), String> {
    account
        .reach
        .permits(method, url, origin)
        .unwrap_or_else(|| Err(foreign(account, origin)))
}

fn foreign(account: &Binding, origin: &Origin) -> String {
    let (name, services) = (&account.name, &account.reach.services);
    let urls = services
        .iter()
        .map(|service| format!("`{}`", service.endpoint.url()));
    let urls = urls.collect::<Vec<_>>().join(", ");
    let why = format!("account `{name}` is only spent on {urls}");
    match services
        .iter()
        .find(|service| service.endpoint.origin() != origin)
    {
        Some(service) => format!(
            "{why}\nhint: set `{} = \"{origin}\"` under `[accounts.{name}.endpoints]`",
            service.name
        ),
        None => why,
    }
}

fn denied_link(account: &Binding, origin: &Origin) -> String {
    let hosts = listed(account.hosts.iter().cloned().chain([origin.as_host()]));
    let name = &account.name;
    format!(
        "the request to `{origin}` is denied: it is not one of the `hosts` of account `{name}`\n\
         hint: set `hosts = [{hosts}]` under `[accounts.{name}]`"
    )
}

/// The entries of a list as TOML writes them.
fn listed(entries: impl Iterator<Item = String>) -> String {
    entries
        .map(|entry| format!("\"{entry}\""))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binding::test_binding;

    struct Run {
        account: Arc<Binding>,
        links: Links,
        allow: Vec<AllowedOrigin>,
    }

    fn given() -> Run {
        Run {
            account: Arc::new(test_binding()),
            links: Links::default(),
            allow: Vec::new(),
        }
    }

    impl Run {
        fn allowing(entries: &[&str]) -> Self {
            let entries = entries
                .iter()
                .map(|text| AllowedOrigin::parse(text).unwrap());
            Self {
                allow: entries.collect(),
                ..given()
            }
        }

        fn permit(&self, method: &Method, url: &str, auth: bool) -> Result<Target, String> {
            let policy = Policy {
                accounts: std::slice::from_ref(&self.account),
                links: &self.links,
                allow: &self.allow,
            };
            policy.permit(method, url, auth.then_some(&self.account))
        }

        fn denial(&self, url: &str, auth: bool) -> String {
            self.permit(&Method::GET, url, auth)
                .map(|_| ())
                .unwrap_err()
        }
    }

    const GRAPH: &str = "https://graph.microsoft.com/v1.0/sites/root";

    #[test]
    fn an_account_is_spent_on_its_services_alone() {
        // Whatever is allowed besides.
        let run = Run::allowing(&["https://*.example", "https://graph.microsoft.com"]);
        assert!(
            run.permit(&Method::GET, GRAPH, true)
                .unwrap()
                .account
                .is_some()
        );
        assert_eq!(
            run.denial("https://graph.microsoft.com.evil.example/v1.0", true),
            "the request to `https://graph.microsoft.com.evil.example` is denied: \
             account `sharepoint` is only spent on `https://graph.microsoft.com/v1.0`\n\
             hint: set `graph = \"https://graph.microsoft.com.evil.example\"` under `[accounts.sharepoint.endpoints]`"
        );
        for url in [
            "https://contoso.sharepoint.com/",
            "https://graph.microsoft.com:444/v1.0",
        ] {
            assert!(run.denial(url, true).contains("is only spent on"), "{url}");
        }
        assert!(
            run.denial("https://graph.microsoft.com/beta/sites", true)
                .ends_with("is only spent on `https://graph.microsoft.com/v1.0`")
        );
    }

    #[test]
    fn without_an_account_the_same_services_are_reached() {
        let run = given();
        assert!(
            run.permit(&Method::GET, GRAPH, false)
                .unwrap()
                .account
                .is_none()
        );
        assert_eq!(
            run.denial("https://example.com/x?secret", false),
            "the request to `https://example.com` is denied: it belongs to no account of this run\n\
             hint: set `allow = [\"https://example.com\"]` under `[egress]`"
        );
        assert!(run.denial(TOKENS, false).contains("the host's alone"));
    }

    const TOKENS: &str =
        "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token";

    #[test]
    fn without_an_account_what_is_allowed_is_reached_too() {
        let run = Run::allowing(&["https://*.example.com", "https://login.microsoftonline.com"]);
        let target = run
            .permit(&Method::DELETE, "https://a.example.com/x", false)
            .unwrap();
        assert!(target.account.is_none());
        assert!(
            run.permit(
                &Method::GET,
                "https://login.microsoftonline.com/common",
                false
            )
            .is_ok()
        );
        assert!(run.denial(TOKENS, false).contains("the host's alone"));
        assert_eq!(
            run.denial("http://a.example.com/", false),
            "the request to `http://a.example.com` is denied: it belongs to no account of this run\n\
             hint: set `allow = [\"https://*.example.com\", \"https://login.microsoftonline.com\", \"http://a.example.com\"]` under `[egress]`"
        );
    }

    #[test]
    fn a_link_leads_to_the_accounts_hosts_without_an_account() {
        let run = given();
        let name = run.links.hide(
            "https://contoso.sharepoint.com/upload?tempauth=x",
            &run.account,
        );
        let target = run.permit(&Method::PUT, &name, false).unwrap();
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
        let elsewhere = "https://fabrikam.sharepoint.com/upload?tempauth=x";
        let run = given();
        let name = run.links.hide(elsewhere, &run.account);
        assert_eq!(
            run.denial(&name, false),
            "the request to `https://fabrikam.sharepoint.com` is denied: it is not one of the `hosts` of account `sharepoint`\n\
             hint: set `hosts = [\"contoso.sharepoint.com\", \"fabrikam.sharepoint.com\"]` under `[accounts.sharepoint]`"
        );
        let run = Run::allowing(&["https://*.sharepoint.com"]);
        let name = run.links.hide(elsewhere, &run.account);
        assert!(
            run.permit(&Method::PUT, &name, false)
                .unwrap()
                .link
                .is_some()
        );
    }
}
