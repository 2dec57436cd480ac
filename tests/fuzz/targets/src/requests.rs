//! What holds for every request that the connector builds from words it was given: it stays below its
//! service's base URL, and every reader of URLs sees the same path.

use url::Url;
use writeback_connector::message::Request;

pub(crate) const GRAPH: &str = "https://graph.microsoft.com/v1.0";

/// Asserts it. A dot segment would be resolved by one reader and not by the other.
pub(crate) fn assert_below(base: &str, request: &Request) {
    assert_url_below(base, &request.url);
}

/// The same for a URL.
pub(crate) fn assert_url_below(base: &str, url: &str) {
    let (read, base) = (Url::parse(url).unwrap(), Url::parse(base).unwrap());
    assert_eq!(read.origin(), base.origin(), "{url}");
    let below = read.path().strip_prefix(base.path().trim_end_matches('/'));
    assert!(below.is_some_and(|rest| rest.starts_with('/')), "{url}");
    let other: http::Uri = url.parse().unwrap();
    assert_eq!(other.path(), read.path(), "{url}");
    assert_eq!(other.query(), read.query(), "{url}");
    assert!(url.is_ascii() && read.fragment().is_none(), "{url}");
}
