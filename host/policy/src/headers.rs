//! Which headers a component may send. What frames a message or signs it in is the host's.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::config::Limits;
use crate::limit::LimitExceeded;

/// How many headers a message may have, and how large they may be: names and values together.
#[derive(Clone, Copy, Debug)]
pub struct HeaderLimits {
    /// How many.
    pub headers: u64,
    /// Bytes of names and values.
    pub bytes: u64,
}

impl HeaderLimits {
    /// Those of a configuration.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            headers: limits.headers,
            bytes: limits.header_bytes,
        }
    }

    /// Whether a message may have these headers.
    ///
    /// # Errors
    /// The limit that they exceed.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), LimitExceeded> {
        self.check_size(headers.len() as u64, header_bytes(headers))
    }

    fn check_size(&self, headers: u64, bytes: u64) -> Result<(), LimitExceeded> {
        if headers > self.headers {
            Err(LimitExceeded::Headers(self.headers))
        } else if bytes > self.bytes {
            Err(LimitExceeded::HeaderBytes(self.bytes))
        } else {
            Ok(())
        }
    }

    /// As many headers, for what allocates them.
    #[must_use]
    pub fn count(&self) -> usize {
        usize::try_from(self.headers)
            .unwrap_or(usize::MAX)
            .min(1 << 16)
    }

    /// Bytes of a message's head that need not be refused unread: twice the headers, which also come
    /// with separators and a status line.
    #[must_use]
    pub fn buffer(&self) -> usize {
        usize::try_from(self.bytes.saturating_mul(2)).unwrap_or(usize::MAX)
    }

    /// The same for HTTP/2, where each header counts for 32 bytes more (RFC 9113, 6.5.2).
    #[must_use]
    pub fn list_size(&self) -> u32 {
        let size = self
            .bytes
            .saturating_mul(2)
            .saturating_add(self.headers.saturating_mul(64));
        u32::try_from(size).unwrap_or(u32::MAX)
    }
}

/// Bytes of names and values.
#[must_use]
pub fn header_bytes(headers: &HeaderMap) -> u64 {
    let sizes = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    sizes.sum::<usize>() as u64
}

/// Why headers may not be sent.
#[derive(Debug, PartialEq, Eq)]
pub enum HeadersRefused {
    /// The header is the host's, or cannot be one.
    Denied(String),
    /// There are too many, or they are too large.
    Limit(LimitExceeded),
}

/// Credentials.
const CREDENTIALS: [&str; 2] = ["authorization", "cookie"];

/// Message framing (RFC 9112) and connection management (RFC 9110, 7.6).
const FRAMING: [&str; 11] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "http2-settings",
    "accept-encoding",
];

/// Whether a header frames a message or manages a connection: whoever sends the message sets it.
#[must_use]
pub fn is_framing(name: &HeaderName) -> bool {
    FRAMING.contains(&name.as_str()) || name.as_str().starts_with("proxy-")
}

/// The headers as they may be sent. `bound` knows those in which the host places a credential.
///
/// # Errors
/// The first header that may not be sent.
pub fn police<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    bound: impl Fn(&HeaderName) -> bool,
    limits: HeaderLimits,
) -> Result<HeaderMap, HeadersRefused> {
    let mut policed = HeaderMap::new();
    let (mut count, mut bytes) = (0, 0);
    for (name, value) in headers {
        count += 1;
        bytes += (name.len() + value.len()) as u64;
        limits
            .check_size(count, bytes)
            .map_err(HeadersRefused::Limit)?;
        let (name, value) = police_one(name, value).map_err(HeadersRefused::Denied)?;
        if bound(&name) {
            let why = format!("the header `{name}` is the host's to set");
            return Err(HeadersRefused::Denied(why));
        }
        policed.append(name, value);
    }
    Ok(policed)
}

fn police_one(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| "a header's name is not a token".to_owned())?;
    let word = name.as_str();
    // Replies are read for links, so they must not be compressed: asking for no compression changes nothing.
    let harmless = word == "accept-encoding" && value.eq_ignore_ascii_case("identity");
    if (CREDENTIALS.contains(&word) || is_framing(&name)) && !harmless {
        return Err(format!("the header `{word}` is the host's to set"));
    }
    let visible = value
        .bytes()
        .all(|byte| byte == b' ' || byte.is_ascii_graphic());
    match HeaderValue::from_str(value) {
        Ok(value) if visible => Ok((name, value)),
        _ => Err(format!(
            "the value of the header `{word}` is not visible ASCII"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::police as police_bound;
    use super::*;

    fn police<'a>(
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<HeaderMap, String> {
        let limits = HeaderLimits {
            headers: 5,
            bytes: 100,
        };
        police_bound(headers, |name| name == "x-bound", limits).map_err(|refused| match refused {
            HeadersRefused::Denied(why) => why,
            HeadersRefused::Limit(limit) => limit.to_string(),
        })
    }

    #[test]
    fn ordinary_headers_pass() {
        let headers = police([
            ("User-Agent", "NONISV|Writeback|Connector/0.1.0"),
            ("accept", "text/csv, */*"),
            ("Accept-Encoding", "identity"),
        ]);
        assert_eq!(
            headers.unwrap()["user-agent"],
            "NONISV|Writeback|Connector/0.1.0"
        );
    }

    #[test]
    fn the_hosts_headers_are_refused() {
        for name in [
            "Authorization",
            "COOKIE",
            "host",
            "Content-Length",
            "transfer-encoding",
            "Connection",
            "Proxy-Authorization",
            "proxy-x",
            "TE",
            "X-Bound",
        ] {
            assert_eq!(
                police([(name, "x")]).unwrap_err(),
                format!("the header `{}` is the host's to set", name.to_lowercase())
            );
        }
        assert!(police([("accept-encoding", "gzip")]).is_err());
    }

    #[test]
    fn smuggled_headers_are_refused() {
        for (name, value) in [
            ("a b", "x"),
            ("", "x"),
            ("a:", "x"),
            ("a\r\nb", "x"),
            ("a", "x\r\nAuthorization: y"),
            ("a", "x\ny"),
            ("a", "\u{e4}"),
            ("a", "\0"),
        ] {
            assert!(police([(name, value)]).is_err(), "{name:?}: {value:?}");
        }
    }

    #[test]
    fn more_headers_than_the_limit_are_refused_by_its_name() {
        assert!(police([("a", "x"); 5]).is_ok());
        assert_eq!(
            police([("a", "x"); 6]).unwrap_err(),
            "there are more than 5 headers (the limit is `limits.headers`)"
        );
        assert!(police([("a", "x".repeat(99).as_str())]).is_ok());
        assert_eq!(
            police([("a", "x".repeat(100).as_str())]).unwrap_err(),
            "the headers have more than 100 bytes (the limit is `limits.header_bytes`)"
        );
    }
}
