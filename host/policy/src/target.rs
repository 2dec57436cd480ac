//! Which URLs a request may have. The answer depends on text alone: nothing is resolved here and
//! no secret has been read yet.

use http::Method;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::origin::{Endpoint, Origin};

/// How often a path may be percent-encoded.
const DECODINGS: u32 = 8;

/// A service of an account: where it is and what may be done there.
#[derive(Clone, Debug)]
pub struct Service {
    /// What components call it.
    pub name: &'static str,
    /// Its base URL.
    pub endpoint: Endpoint,
    /// The methods in use there.
    pub methods: &'static [Method],
}

/// Where an account's requests may go.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The services.
    pub services: Vec<Service>,
    /// The host's alone, even where it shares an origin with a service.
    pub token_endpoint: Endpoint,
    /// Where links may lead.
    pub hosts: Vec<Origin>,
}

impl Reach {
    /// Whether a request lies within one of the services. `None`: none of them is there.
    #[must_use]
    pub fn permits(
        &self,
        method: &Method,
        url: &Url,
        origin: &Origin,
    ) -> Option<Result<(), String>> {
        let service = self
            .services
            .iter()
            .find(|service| service.endpoint.contains(origin, url.path()))?;
        if self.is_token_endpoint(url, origin) {
            return Some(Err(format!(
                "the token endpoint of `{origin}` is the host's alone"
            )));
        }
        if !service.methods.contains(method) {
            return Some(Err(format!(
                "{method} is not used on `{}`",
                service.endpoint.url()
            )));
        }
        Some(Ok(()))
    }

    /// Whether a URL, however it is spelled, is one of the token endpoint's.
    #[must_use]
    pub fn is_token_endpoint(&self, url: &Url, origin: &Origin) -> bool {
        let canonical = |path: &str| canonical_path(path).unwrap_or_default();
        let token = canonical(self.token_endpoint.path());
        let path = canonical(url.path());
        origin == self.token_endpoint.origin()
            && path
                .strip_prefix(&token)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether links may lead to `origin`.
    #[must_use]
    pub fn takes_link(&self, origin: &Origin) -> bool {
        self.hosts.contains(origin)
    }

    /// Whether one of the services is at `origin`.
    #[must_use]
    pub fn owns(&self, origin: &Origin) -> bool {
        self.services
            .iter()
            .any(|service| service.endpoint.origin() == origin)
    }
}

/// Reads a URL that a component wants: absolute, and the same to every reader.
///
/// # Errors
/// How two readers could read it differently.
pub fn parse_url(text: &str) -> Result<(Url, Origin), String> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('\\') {
        return Err("the URL has characters that must be percent-encoded".to_owned());
    }
    let url = Url::parse(text).map_err(|error| format!("the URL cannot be read: {error}"))?;
    let origin =
        Origin::of(&url).ok_or_else(|| format!("`{}:` URLs are not sent", url.scheme()))?;
    // The parser takes `https:host` and `https:///host` too.
    let authority = text
        .split_once("://")
        .map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    if authority.is_none_or(str::is_empty) {
        return Err("the URL is not absolute".to_owned());
    }
    if authority.is_some_and(|authority| authority.contains('@')) {
        return Err("the URL carries user information".to_owned());
    }
    if url.fragment().is_some() {
        return Err("the URL has a fragment".to_owned());
    }
    canonical_path(url.path()).ok_or("the URL's path climbs with an encoded `..`")?;
    Ok((url, origin))
}

/// The path as a lenient server may read it: decoded, lower case, without empty segments and
/// matrix parameters. `None` where a decoded segment is `..`, or hidden too deeply to be seen.
fn canonical_path(path: &str) -> Option<String> {
    let decoded = decoded(path)?.to_lowercase();
    let mut canonical = String::new();
    for segment in decoded.split(['/', '\\']) {
        let segment = segment.split(';').next().unwrap_or_default().trim();
        match segment {
            "" | "." => {}
            ".." => return None,
            _ => {
                canonical.push('/');
                canonical.push_str(segment);
            }
        }
    }
    Some(canonical)
}

/// Decoded until nothing is left to decode: a server behind another one decodes once more. `None` where
/// that takes longer than anybody encodes in earnest.
fn decoded(path: &str) -> Option<String> {
    let mut path = path.to_owned();
    for _ in 0..DECODINGS {
        let next = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        if next == path {
            return Some(path);
        }
        path = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach() -> Reach {
        Reach {
            services: vec![Service {
                name: "api",
                endpoint: Endpoint::parse("https://api.domo.com").unwrap(),
                methods: &[Method::GET, Method::POST],
            }],
            token_endpoint: Endpoint::parse("https://api.domo.com/oauth/token").unwrap(),
            hosts: vec![],
        }
    }

    fn permits(method: &Method, text: &str) -> Option<Result<(), String>> {
        let (url, origin) = parse_url(text).unwrap();
        reach().permits(method, &url, &origin)
    }

    #[test]
    fn a_service_is_reached() {
        assert_eq!(
            permits(&Method::GET, "https://api.domo.com/v1/datasets?limit=50"),
            Some(Ok(()))
        );
        assert_eq!(
            permits(&Method::GET, "https://API.domo.com:443/v1"),
            Some(Ok(()))
        );
    }

    #[test]
    fn nothing_else_is() {
        for text in [
            "https://api.domo.com.evil.example/",
            "https://api.domo.com:444/",
            "http://api.domo.com/",
            "https://10.0.0.1/",
        ] {
            assert_eq!(permits(&Method::GET, text), None, "{text}");
        }
        assert!(
            permits(&Method::DELETE, "https://api.domo.com/v1/datasets/x")
                .unwrap()
                .is_err()
        );
    }

    #[test]
    fn the_token_endpoint_is_the_hosts_however_it_is_spelled() {
        for path in [
            "oauth/token",
            "oauth/token/",
            "oauth//token?grant_type=x",
            "OAuth/Token",
            "%6fauth/token",
            "oauth%2Ftoken",
            "oauth%252Ft%256fken",
            "v1/../oauth/token",
            "v1/%2e%2e/oauth/token",
            "oauth/./token",
            "oauth/token;x=1",
            "oauth;x/token",
            "oauth/token/x",
            "oauth/token%20",
        ] {
            let verdict = permits(&Method::GET, &format!("https://api.domo.com/{path}"));
            assert!(verdict.unwrap().is_err(), "{path}");
        }
        assert_eq!(
            permits(&Method::GET, "https://api.domo.com/oauth/tokens"),
            Some(Ok(()))
        );
    }

    #[test]
    fn urls_that_two_readers_read_differently_are_refused() {
        for text in [
            "api.domo.com/v1",
            "/v1",
            "https:api.domo.com",
            "https:///api.domo.com",
            "https://user@api.domo.com/",
            "https://@api.domo.com/",
            "https://user:pass@api.domo.com/",
            "https://api.domo.com\\@evil.example/",
            "https://api.domo.com/#a",
            "https://api.domo.com/a b",
            "https://api.domo.com/ä",
            "ftp://api.domo.com/",
            "file:///etc/passwd",
            "https://api.domo.com/v1/..%2foauth/token",
            "https://api.domo.com/v1/..%5coauth",
            "https://api.domo.com/v1/%252e%25252e/oauth",
            "https://api.domo.com/v1/%2525252525252525252e./oauth",
            "",
            "link:1",
        ] {
            assert!(parse_url(text).is_err(), "{text}");
        }
    }
}
