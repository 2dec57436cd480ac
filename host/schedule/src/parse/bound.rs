//! Reads `start` and `end`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::document::Bound;
use crate::fields::Fields;

const HINT: &str =
    "write a date (`2026-12-31`) or a moment with its offset (`2026-12-31T18:00:00+01:00`)";

pub(super) fn read_bound(top: &mut Fields<'_, '_>, key: &'static str) -> Option<Bound> {
    let value = top.optional(key)?;
    let text = top.text(key, value, HINT)?;
    let bound = bound(text);
    if bound.is_none() {
        let message = format!("`{text}` is neither a date nor a moment");
        top.problem(key, message, HINT);
    }
    bound
}

/// Nothing is read that would be forgotten, such as a zone in brackets; the years are those that schedules are made for.
fn bound(text: &str) -> Option<Bound> {
    let bound = match text.parse::<Date>() {
        Ok(date) if date.to_string() == text => Bound::Day(date),
        _ if text.contains('[') => return None,
        _ => Bound::Moment(text.parse::<Timestamp>().ok()?),
    };
    let year = match bound {
        Bound::Day(date) => date.year(),
        Bound::Moment(moment) => TimeZone::UTC.to_datetime(moment).year(),
    };
    (1970..=9000).contains(&year).then_some(bound)
}
