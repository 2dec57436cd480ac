//! How long a server asks to be left alone: seconds come out as they went in, dates never as a pause from
//! before the epoch, and no reply makes a pause longer than it said.

use crate::input::reply;
use writeback_connector::message::Headers;
use writeback_connector::retry::{Random, Tries, asked_pause};

const NOW: u64 = 1_767_225_600_000;

/// The target.
pub fn retry_after(data: &[u8]) {
    let Some(reply) = reply(data) else { return };
    let asked = asked_pause(&reply.headers, NOW);
    let mut tries = Tries::default();
    let pause = tries.pause(asked, &mut Random::new((1, 2)));
    match asked {
        Some(asked) if asked > 0 => assert_eq!(pause, asked),
        _ => assert!((1_000..=60_000).contains(&pause)),
    }
    let (retry, reset) = (
        reply.headers.get("retry-after"),
        reply.headers.get("ratelimit-reset"),
    );
    if retry.is_none() && reset.is_none() {
        assert_eq!(asked, None);
    }
    if let Some(seconds) = retry.and_then(plain) {
        assert!(asked.is_some_and(|asked| asked >= seconds * 1000));
    }
    earlier(&reply.headers);
}

/// Seconds as RFC 9110 has them, as many as fit.
fn plain(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: u64 = text.parse().ok().filter(|_| digits)?;
    (seconds <= u64::MAX / 1000).then_some(seconds)
}

/// The later it is, the shorter the pause until a date.
fn earlier(headers: &Headers) {
    let pause = |now| asked_pause(headers, now).unwrap_or_default();
    assert!(pause(NOW) >= pause(NOW + 86_400_000));
}
