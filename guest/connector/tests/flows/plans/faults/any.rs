//! What any service may do to any request.

use crate::pieces::error;
use crate::world::{Act, answer, reset};
use writeback_connector::ports::HttpError;

/// A name, and what happens.
pub type Named = (&'static str, fn() -> Act);

/// Trouble of a service that has its moments, by name.
pub const MOODS: &[Named] = &[
    ("reset", || Act::Error(reset())),
    ("timeout", || {
        Act::Error(HttpError::Timeout("no byte in 60 s".to_owned()))
    }),
    ("429 for seconds", || answer(429, &[("retry-after", "7")])),
    ("429 until a date", || {
        answer(429, &[("retry-after", "Thu, 01 Jan 2026 00:00:40 GMT")])
    }),
    ("429 without a word", || answer(429, &[])),
    ("429 for an hour", || {
        answer(429, &[("retry-after", "3600")])
    }),
    ("503 for seconds", || answer(503, &[("retry-after", "20")])),
    ("503 without a word", || answer(503, &[])),
    ("500", || error(500, "generalException")),
    ("a page", page),
];

/// What cannot succeed, by name.
pub const REFUSALS: &[Named] = &[
    ("400", || error(400, "invalidRequest")),
    ("403", || error(403, "accessDenied")),
    ("507", || error(507, "quotaLimitReached")),
];

/// A web page where a program's reply is due.
pub fn page() -> Act {
    let kind = ("content-type", "text/html".to_owned());
    Act::Answer(200, vec![kind], "<html>Maintenance</html>".to_owned())
}
