//! How long a server asks to be left alone.
//!
//! `Retry-After` comes as seconds or as a date (RFC 9110, 10.2.3); SharePoint adds
//! `RateLimit-Reset` in seconds. The greater one counts.

use crate::message::Headers;
use std::time::UNIX_EPOCH;

/// The pause asked for, in milliseconds.
pub fn asked_pause(headers: &Headers, now: u64) -> Option<u64> {
    let retry = headers
        .get("retry-after")
        .and_then(|value| seconds(value).or_else(|| until(value, headers, now)));
    let exhausted = headers.get("ratelimit-remaining").and_then(seconds) == Some(0);
    let reset = headers.get("ratelimit-reset").and_then(seconds);
    match (retry, reset) {
        (Some(retry), Some(reset)) => Some(retry.max(reset)),
        (None, Some(reset)) if exhausted => Some(reset),
        (retry, _) => retry,
    }
}

/// Whole or fractional seconds as milliseconds.
fn seconds(value: &str) -> Option<u64> {
    let value = value.trim();
    let number = value.split('.').next().unwrap_or(value);
    number.parse::<u64>().ok()?.checked_mul(1000)
}

/// Milliseconds until a date, by the server's own clock where it tells it.
fn until(value: &str, headers: &Headers, now: u64) -> Option<u64> {
    let then = millis(value)?;
    let now = headers.get("date").and_then(millis).unwrap_or(now);
    Some(then.saturating_sub(now))
}

fn millis(date: &str) -> Option<u64> {
    let time = httpdate::parse_http_date(date).ok()?;
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}
