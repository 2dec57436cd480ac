//! Paths and queries in Graph's URLs: RFC 3986, one segment at a time.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but RFC 3986's `pchar`.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// A query's value: what `pchar` allows, less what a query gives a meaning to.
const VALUE: &AsciiSet = &SEGMENT
    .add(b'&')
    .add(b'+')
    .add(b'=')
    .add(b'\'')
    .add(b'$')
    .add(b';');

/// One path segment.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Several, with `/` between.
pub fn segments<S: AsRef<str>>(names: &[S]) -> String {
    let encoded: Vec<String> = names.iter().map(|name| segment(name.as_ref())).collect();
    encoded.join("/")
}

/// Whether a segment would be resolved instead of sent (RFC 3986, 5.2.4).
pub fn is_dots(segment: &str) -> bool {
    matches!(segment, "." | "..")
}

/// A value of a query.
pub fn value(text: &str) -> String {
    utf8_percent_encode(text, VALUE).to_string()
}

/// The text behind percent signs; unchanged where it is not UTF-8.
pub fn decoded(text: &str) -> String {
    let bytes = percent_decode_str(text).decode_utf8();
    bytes.map_or_else(|_| text.to_owned(), |text| text.into_owned())
}

/// The path of an absolute URL, decoded, without leading and trailing slash.
pub fn of_url(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    let bare = path.split(['?', '#']).next().unwrap_or_default();
    decoded(bare.trim_matches('/'))
}

/// The host (and port) of an absolute URL, in lower case.
pub fn host_of_url(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}
