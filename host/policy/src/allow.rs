//! What the operator allows besides the accounts' own services: origins, exact or by the end of
//! their names. Text alone decides; addresses are vetted when a connection is opened.

use std::fmt;
use std::net::IpAddr;

use url::Host;

use crate::origin::Origin;

/// A host, or all hosts below a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPattern {
    /// This one alone.
    Exact(Host<String>),
    /// The domain. Hosts of one or more labels more, not the domain itself.
    Below(String),
}

impl HostPattern {
    /// Reads `host`, `*.suffix` or an IP address, without scheme and port.
    ///
    /// # Errors
    /// What is none of these.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bare = match text.parse::<IpAddr>() {
            Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
            _ => text.to_owned(),
        };
        let unreadable = || format!("`{text}` is not a host, `*.suffix` or IP address");
        let entry = AllowedOrigin::parse(&format!("https://{bare}")).map_err(|_| unreadable())?;
        match entry.port == 443 && !bare.ends_with(":443") {
            true => Ok(entry.host),
            false => Err(unreadable()),
        }
    }

    /// Whether this host is meant.
    #[must_use]
    pub fn matches(&self, host: &Host<String>) -> bool {
        match (self, host) {
            (Self::Exact(exact), host) => exact == host,
            (Self::Below(suffix), Host::Domain(name)) => name
                .strip_suffix(suffix.as_str())
                .and_then(|labels| labels.strip_suffix('.'))
                .is_some_and(|labels| !labels.is_empty()),
            (Self::Below(_), _) => false,
        }
    }

    /// Whether all hosts that `other` means are meant.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Exact(host)) => self.matches(host),
            (Self::Below(own), Self::Below(suffix)) => {
                own == suffix || self.matches(&Host::Domain(suffix.clone()))
            }
            (Self::Exact(_), Self::Below(_)) => false,
        }
    }
}

/// An entry of `egress.allow`.
#[derive(Clone, Debug)]
pub struct AllowedOrigin {
    text: String,
    secure: bool,
    host: HostPattern,
    port: u16,
}

impl AllowedOrigin {
    /// Reads `scheme://host[:port]`, where the host may be `*.suffix`.
    ///
    /// # Errors
    /// What is no origin.
    pub fn parse(text: &str) -> Result<Self, String> {
        let unreadable = || {
            format!(
                "`{text}` is not an origin such as `https://files.example.com`, \
                 `https://*.example.com` or `https://example.com:8443`"
            )
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(unreadable)?;
        let (below, rest) = match rest.strip_prefix("*.") {
            Some(suffix) => (true, suffix),
            None => (false, rest),
        };
        let origin = Origin::from_host(&format!("{scheme}://{rest}")).map_err(|_| unreadable())?;
        let host = match (below, origin.host()) {
            (false, host) => HostPattern::Exact(host.clone()),
            (true, Host::Domain(suffix)) => HostPattern::Below(suffix.clone()),
            (true, _) => return Err(unreadable()),
        };
        Ok(Self {
            text: text.to_owned(),
            secure: origin.is_secure(),
            host,
            port: origin.port(),
        })
    }

    /// Whether this origin is meant.
    #[must_use]
    pub fn matches(&self, origin: &Origin) -> bool {
        self.secure == origin.is_secure()
            && self.port == origin.port()
            && self.host.matches(origin.host())
    }

    /// Whether all that `other` means is meant.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.secure == other.secure && self.port == other.port && self.host.covers(&other.host)
    }

    /// The one origin that is meant, unless it is a suffix.
    #[must_use]
    pub fn exact(&self) -> Option<Origin> {
        match &self.host {
            HostPattern::Exact(_) => Origin::from_host(&self.text).ok(),
            HostPattern::Below(_) => None,
        }
    }

    /// Whether it is https.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(entry: &str, origin: &str) -> bool {
        AllowedOrigin::parse(entry)
            .unwrap()
            .matches(&Origin::from_host(origin).unwrap())
    }

    #[test]
    fn an_exact_entry_is_one_scheme_host_and_port() {
        let entry = "https://files.example.com";
        assert!(allows(entry, "https://files.example.com"));
        assert!(allows(entry, "https://FILES.example.com:443"));
        assert!(allows("https://files.example.com:443", "files.example.com"));
        assert!(allows(
            "https://example.com:8443",
            "https://example.com:8443"
        ));
        assert!(allows("http://127.0.0.1:80", "http://127.0.0.1"));
        for other in [
            "http://files.example.com",
            "http://files.example.com:443",
            "https://files.example.com:8443",
            "https://files.example.com.",
            "https://a.files.example.com",
            "https://example.com",
            "https://files.example.com.evil.example",
            "https://xfiles.example.com",
        ] {
            assert!(!allows(entry, other), "{other}");
        }
    }

    #[test]
    fn a_suffix_is_one_or_more_labels_longer() {
        let entry = "https://*.example.com";
        assert!(allows(entry, "https://a.example.com"));
        assert!(allows(entry, "https://a.b.example.com"));
        for other in [
            "https://example.com",
            "https://notexample.com",
            "https://example.com.evil.example",
            "https://a.example.com:444",
            "http://a.example.com",
            "https://93.184.216.34",
            "https://[2606:2800::1]",
        ] {
            assert!(!allows(entry, other), "{other}");
        }
    }

    #[test]
    fn other_entries_are_refused() {
        for text in [
            "files.example.com",
            "ftp://files.example.com",
            "https://",
            "https://*",
            "https://*.",
            "https://*.*.example.com",
            "https://a.*.example.com",
            "https://*example.com",
            "https://*.10.0.0.1",
            "https://*.[::1]",
            "https://example.com/",
            "https://example.com/path",
            "https://user@example.com",
            "https://example.com?x",
            "*",
        ] {
            assert!(AllowedOrigin::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_entry_covers_what_is_within_it() {
        let covers = |entry: &str, other: &str| {
            let read = |text| AllowedOrigin::parse(text).unwrap();
            read(entry).covers(&read(other))
        };
        for (entry, other) in [
            ("https://a.example.com", "https://a.example.com:443"),
            ("https://*.example.com", "https://a.example.com"),
            ("https://*.example.com", "https://*.example.com"),
            ("https://*.example.com", "https://*.a.example.com"),
        ] {
            assert!(covers(entry, other), "{entry} {other}");
        }
        for (entry, other) in [
            ("https://*.example.com", "https://example.com"),
            ("https://*.example.com", "https://*.com"),
            ("https://*.example.com", "https://*.notexample.com"),
            ("https://*.example.com", "https://a.example.com:8443"),
            ("https://*.example.com", "http://a.example.com"),
            ("https://a.example.com", "https://*.a.example.com"),
        ] {
            assert!(!covers(entry, other), "{entry} {other}");
        }
    }

    #[test]
    fn hosts_are_names_suffixes_or_addresses() {
        for (text, host) in [
            ("files.example.com", "files.example.com"),
            ("*.example.com", "files.example.com"),
            ("10.0.0.1", "10.0.0.1"),
            ("::1", "[::1]"),
        ] {
            let origin = Origin::from_host(host).unwrap();
            assert!(HostPattern::parse(text).unwrap().matches(origin.host()));
        }
        for text in ["", "a:80", "a:443", "https://a", "a/b", "[::1]:1", "*"] {
            assert!(HostPattern::parse(text).is_err(), "{text}");
        }
    }
}
