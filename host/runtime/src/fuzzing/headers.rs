//! Headers both ways: none that the host owns, or that splits a message, leaves; and a pause that a service
//! asks for comes in seconds.

use http::{HeaderMap, HeaderValue, header};
use writeback_policy::{HeaderLimits, police};

use crate::config::Limits;
use crate::credentials::ask::retry_after;

const OWNED: [&str; 8] = [
    "authorization",
    "cookie",
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "proxy-authorization",
    "x-bound",
];

/// The target: headers `NAME: VALUE`, each ended by a NUL, so that line breaks are theirs to have.
pub fn headers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let pairs = || text.split('\0').filter_map(|line| line.split_once(": "));
    let limits = HeaderLimits::new(&Limits::default());
    if let Ok(headers) = police(pairs(), |name| name == "x-bound", limits) {
        assert!(limits.check(&headers).is_ok());
        assert_eq!(headers.len(), pairs().count());
        for (name, value) in &headers {
            assert!(!OWNED.contains(&name.as_str()), "{name}");
            let visible = |byte: &u8| (b' '..=b'~').contains(byte);
            assert!(value.as_bytes().iter().all(visible), "{value:?}");
        }
    }
    if let Ok(value) = HeaderValue::from_bytes(data) {
        pause(value);
    }
}

fn pause(value: HeaderValue) {
    let text = value.to_str().unwrap_or_default().trim().to_owned();
    let seconds = retry_after(&HeaderMap::from_iter([(header::RETRY_AFTER, value)]));
    match text.parse::<u64>() {
        Ok(written) => assert_eq!(seconds, Some(written)),
        // A date has the year in it.
        Err(_) => assert!(seconds.is_none() || text.len() >= 24, "{text}"),
    }
}
