//! Origins and endpoints: where requests go, compared without surprises.

use std::fmt;
use std::net::SocketAddr;

use url::{Host, Url};

/// Scheme, host and port. Shows itself as people write it, without the scheme's own port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    secure: bool,
    host: Host<String>,
    port: u16,
}

impl Origin {
    /// The origin of an `http` or `https` URL.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        Some(Self {
            secure,
            host: url.host()?.to_owned(),
            port: url.port_or_known_default()?,
        })
    }

    /// Reads an entry of `hosts`: `host`, `host:port` (both https) or a whole origin.
    ///
    /// # Errors
    /// What is no host.
    pub fn from_host(text: &str) -> Result<Self, String> {
        if text.contains('*') {
            return Err(format!("`{text}` has a wildcard: name each host"));
        }
        let full = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        let url = parse_base(&full).map_err(|_| not_a_host(text))?;
        // The parser decodes `%2a` in a host.
        let plain = url.host_str().is_some_and(|host| !host.contains('*'));
        if url.path() != "/" || text.ends_with('/') || !plain {
            return Err(not_a_host(text));
        }
        Self::of(&url).ok_or_else(|| not_a_host(text))
    }

    /// Whether it is https.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Its name or address.
    #[must_use]
    pub fn host(&self) -> &Host<String> {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Plain http is spoken to exempt addresses alone.
    ///
    /// # Errors
    /// Says so of any other.
    pub fn check_scheme(&self, exempt: &[SocketAddr]) -> Result<(), String> {
        if self.secure
            || self
                .address()
                .is_some_and(|address| exempt.contains(&address))
        {
            return Ok(());
        }
        Err(format!(
            "`{self}` must be https, or its address be listed in `egress.allow_addresses`"
        ))
    }

    /// The address, where the host is an IP literal.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match self.host {
            Host::Ipv4(ip) => Some(SocketAddr::from((ip, self.port))),
            Host::Ipv6(ip) => Some(SocketAddr::from((ip, self.port))),
            Host::Domain(_) => None,
        }
    }

    /// The entry that `hosts` would need to name this origin.
    #[must_use]
    pub fn as_host(&self) -> String {
        let text = self.to_string();
        text.strip_prefix("https://")
            .map_or(text.clone(), str::to_owned)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.secure {
            ("https", 443)
        } else {
            ("http", 80)
        };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == usual {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

fn not_a_host(text: &str) -> String {
    format!("`{text}` is not a host such as `contoso.sharepoint.com`, `host:port` or an origin")
}

/// A service's base URL: an origin and a path prefix.
#[derive(Clone, Debug)]
pub struct Endpoint {
    origin: Origin,
    /// Without a trailing slash; empty for the root.
    prefix: String,
}

impl Endpoint {
    /// Reads a base URL.
    ///
    /// # Errors
    /// What is not one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = parse_base(text)?;
        let origin =
            Origin::of(&url).ok_or_else(|| format!("`{text}` is not an http or https URL"))?;
        Ok(Self {
            origin,
            prefix: url.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its path, without a trailing slash.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.prefix
    }

    /// The base URL without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.origin, self.prefix)
    }

    /// Whether a URL of this origin and path lies within.
    #[must_use]
    pub fn contains(&self, origin: &Origin, path: &str) -> bool {
        *origin == self.origin
            && path
                .strip_prefix(&self.prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Reads `egress.proxy`: scheme, host and port. The text of a wrong one may hold a password.
///
/// # Errors
/// What is no proxy.
pub fn proxy_origin(text: &str) -> Result<Origin, String> {
    if text.contains('@') {
        return Err("must not hold a login: use `proxy_user` and `proxy_password`".to_owned());
    }
    let url = text.strip_suffix('/').unwrap_or(text);
    match Origin::from_host(url) {
        Ok(origin) if url.contains("://") => Ok(origin),
        _ => Err(format!(
            "`{text}` is not a proxy such as `http://proxy.example.com:3128`"
        )),
    }
}

fn parse_base(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is not a URL: {error}"))?;
    let plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !plain || text.contains('@') || url.host_str().is_none_or(str::is_empty) {
        return Err(format!(
            "`{text}` must be a base URL: scheme, host, port and path alone"
        ));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_hosts_ports_or_origins() {
        for (text, origin) in [
            ("contoso.sharepoint.com", "https://contoso.sharepoint.com"),
            (
                "Contoso.SharePoint.com:443",
                "https://contoso.sharepoint.com",
            ),
            ("contoso.example:8443", "https://contoso.example:8443"),
            ("http://127.0.0.1:4321", "http://127.0.0.1:4321"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]"),
        ] {
            assert_eq!(Origin::from_host(text).unwrap().to_string(), origin);
        }
    }

    #[test]
    fn hosts_with_anything_else_are_refused() {
        for text in [
            "*.sharepoint.com",
            "%2a.sharepoint.com",
            "",
            "a/b",
            "https://a/",
            "ftp://a",
            "user@a",
            "https://a?x",
            "a b",
        ] {
            assert!(Origin::from_host(text).is_err(), "{text}");
        }
    }

    #[test]
    fn http_is_for_exempt_addresses() {
        let exempt = ["127.0.0.1:80".parse().unwrap()];
        assert!(
            Origin::from_host("http://127.0.0.1")
                .unwrap()
                .check_scheme(&exempt)
                .is_ok()
        );
        assert!(
            Origin::from_host("http://127.0.0.1:81")
                .unwrap()
                .check_scheme(&exempt)
                .is_err()
        );
        assert!(
            Origin::from_host("http://localhost")
                .unwrap()
                .check_scheme(&exempt)
                .is_err()
        );
    }

    #[test]
    fn an_endpoint_ends_at_a_segment() {
        let endpoint = Endpoint::parse("https://graph.microsoft.com/v1.0/").unwrap();
        let origin = endpoint.origin().clone();
        assert!(endpoint.contains(&origin, "/v1.0"));
        assert!(endpoint.contains(&origin, "/v1.0/sites"));
        assert!(!endpoint.contains(&origin, "/v1.01/sites"));
        assert!(!endpoint.contains(&origin, "/beta"));
        assert!(!endpoint.contains(
            &Origin::from_host("graph.microsoft.com:444").unwrap(),
            "/v1.0"
        ));
    }
}
