//! Which headers a component may send. What frames a message or signs it in is the host's.

use http::{HeaderMap, HeaderName, HeaderValue};

const HEADERS: usize = 64;
const HEADER_BYTES: usize = 16 * 1024;

/// Owned by the host: credentials, message framing (RFC 9112), connection management (RFC 9110, 7.6).
const OWNED: [&str; 13] = [
    "authorization",
    "cookie",
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

/// The headers as they may be sent. `bound` knows those in which the host places a credential.
pub(crate) fn police<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    bound: impl Fn(&HeaderName) -> bool,
) -> Result<HeaderMap, String> {
    let mut policed = HeaderMap::new();
    let mut bytes = 0;
    for (name, value) in headers {
        bytes += name.len() + value.len();
        if policed.len() >= HEADERS || bytes > HEADER_BYTES {
            return Err(format!(
                "the request has more than {HEADERS} headers or {HEADER_BYTES} bytes of them"
            ));
        }
        let (name, value) = police_one(name, value)?;
        if bound(&name) {
            return Err(format!("the header `{name}` is the host's to set"));
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
    if (OWNED.contains(&word) || word.starts_with("proxy-")) && !harmless {
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
        police_bound(headers, |name| name == "x-bound")
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
    fn smuggled_and_oversized_headers_are_refused() {
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
        assert!(police(std::iter::repeat_n(("a", "x"), HEADERS + 1)).is_err());
        assert!(police([("a", "x".repeat(HEADER_BYTES).as_str())]).is_err());
    }
}
