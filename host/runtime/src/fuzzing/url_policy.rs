//! Which URLs a request may have: what is permitted leads to a bound origin, below its path, with a method
//! of its service, never to a token endpoint, and to the same place for another reader of URLs.

use std::sync::Arc;

use http::{Method, Uri};
use writeback_policy::{Endpoint, Links, Origin, Policy, Target};

use super::ACCOUNTS;

const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

/// The target: a line `METHOD ACCOUNT URL`, where the account may be `-`.
pub fn url_policy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut words = text.splitn(3, ' ');
    let (Some(word), Some(account), Some(url)) = (words.next(), words.next(), words.next()) else {
        return;
    };
    let method = METHODS.iter().find(|method| method.as_str() == word);
    let method = method.unwrap_or(&Method::GET);
    let auth = ACCOUNTS.iter().find(|known| known.name == account);
    let links = Links::default();
    if let Ok(target) = policy(&links).permit(method, url, auth) {
        assert_same_to_others(&target);
        assert_bound(method, &target);
        assert_eq!(target.account.is_some(), auth.is_some());
    }
    link(method, url, &links);
    named(url);
}

/// What goes onto the wire is read by another reader, as the server's is.
fn assert_same_to_others(target: &Target) {
    let uri: Uri = target.url.as_str().parse().expect("a URL that is sent");
    let authority = uri.authority().expect("an absolute URL");
    assert!(!authority.as_str().contains('@'), "{uri}");
    let secure = uri.scheme_str() == Some("https");
    let port = match (authority.port_u16(), secure) {
        (Some(443), true) | (Some(80), false) | (None, _) => String::new(),
        (Some(port), _) => format!(":{port}"),
    };
    let scheme = if secure { "https" } else { "http" };
    let origin = format!("{scheme}://{}{port}", authority.host().to_lowercase());
    assert_eq!(origin, target.origin.to_string());
    assert_eq!(uri.path(), target.url.path());
    assert!(target.url.fragment().is_none());
}

fn assert_bound(method: &Method, target: &Target) {
    let path = target.url.path();
    match target.origin.to_string().as_str() {
        "https://api.domo.com" => {
            assert!([Method::GET, Method::POST].contains(method));
            assert!(!is_token(path), "{path}");
        }
        "https://graph.microsoft.com" => {
            assert!(path == "/v1.0" || path.starts_with("/v1.0/"), "{path}");
        }
        other => panic!("{other} is nobody's"),
    }
}

/// Whether a lenient server would take the path for Domo's token endpoint.
fn is_token(path: &str) -> bool {
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    let words = path.split(['/', '\\']).map(|word| {
        let word = word.split(';').next().unwrap_or_default();
        word.trim().to_lowercase()
    });
    let words: Vec<String> = words
        .filter(|word| !word.is_empty() && word != ".")
        .collect();
    assert!(!words.iter().any(|word| word == ".."), "{path}");
    words.starts_with(&["oauth".to_owned(), "token".to_owned()])
}

/// A URL that a reply brought leads to the account's hosts or nowhere.
fn link(method: &Method, url: &str, links: &Links) {
    let account = &ACCOUNTS[1];
    let name = links.hide(url, account);
    assert_eq!(
        links.find(&name).map(|link| link.url.to_string()),
        Some(url.to_owned())
    );
    assert!(policy(links).permit(method, &name, Some(account)).is_err());
    if let Ok(target) = policy(links).permit(method, &name, None) {
        assert_same_to_others(&target);
        assert_eq!(target.origin.to_string(), "https://contoso.sharepoint.com");
        assert!(
            target
                .account
                .is_some_and(|owner| Arc::ptr_eq(&owner, account))
        );
    }
}

/// Origins and endpoints of the configuration are read again as they are shown.
fn named(text: &str) {
    if let Ok(origin) = Origin::from_host(text) {
        assert_eq!(Origin::from_host(&origin.to_string()), Ok(origin.clone()));
        assert_eq!(Origin::from_host(&origin.as_host()), Ok(origin));
    }
    if let Ok(endpoint) = Endpoint::parse(text) {
        let again = Endpoint::parse(&endpoint.url()).expect("it was one");
        assert_eq!(again.url(), endpoint.url());
        assert!(again.contains(endpoint.origin(), endpoint.path()));
    }
}

/// Nothing is allowed besides the accounts.
fn policy(links: &Links) -> Policy<'_> {
    Policy {
        accounts: &ACCOUNTS,
        links,
        allow: &[],
    }
}
