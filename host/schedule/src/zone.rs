//! Time zones from the database that the program brings along, so that every scheduler knows the same ones, and what becomes in
//! them of a local time.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use crate::problems::nearest;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

pub(crate) fn find(name: &str) -> Option<TimeZone> {
    DATABASE.get(name).ok()
}

/// The zone that was probably meant: a near name, or the one of this city (`Berlin`).
pub(crate) fn near(name: &str) -> Option<String> {
    let names: Vec<String> = DATABASE.available().map(|name| name.to_string()).collect();
    let city = name.replace(' ', "_").to_lowercase();
    let of_city = names.iter().find(|known| {
        let last = known.rsplit('/').next().unwrap_or_default();
        last.to_lowercase() == city
    });
    of_city
        .map(String::as_str)
        .or_else(|| nearest(name, names.iter().map(String::as_str)))
        .map(str::to_owned)
}

/// The moments at which clocks in a zone show a local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Local {
    /// As nearly always.
    Once(Timestamp),
    /// Clocks were set back: they show it again.
    Twice(Timestamp, Timestamp),
    /// Clocks were set forward past it, at this moment.
    Never(Timestamp),
}

impl Local {
    /// The moment for something that happens once: the first one, or where the gap ends.
    pub(crate) fn first(self) -> Timestamp {
        match self {
            Self::Once(moment) | Self::Twice(moment, _) | Self::Never(moment) => moment,
        }
    }
}

/// None outside the calendar.
pub(crate) fn moments(zone: &TimeZone, local: DateTime) -> Option<Local> {
    Some(match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => Local::Once(offset.to_timestamp(local).ok()?),
        AmbiguousOffset::Fold { before, after } => Local::Twice(
            before.to_timestamp(local).ok()?,
            after.to_timestamp(local).ok()?,
        ),
        AmbiguousOffset::Gap { after, .. } => {
            // With the later offset it lies before the change, so the next change is this one.
            let early = after.to_timestamp(local).ok()?;
            Local::Never(zone.following(early).next()?.timestamp())
        }
    })
}

/// The first moment of a date.
pub(crate) fn midnight(zone: &TimeZone, date: Date) -> Option<Timestamp> {
    moments(zone, date.to_datetime(Time::midnight())).map(Local::first)
}

/// The first moment of a date on which clocks run through from 00:00 to 24:00, and which they show only once.
pub(crate) fn plain_day(zone: &TimeZone, date: Date) -> Option<Timestamp> {
    let Local::Once(start) = moments(zone, date.to_datetime(Time::midnight()))? else {
        return None;
    };
    // Clocks that are set back shortly after its end may show a part of it again.
    let next_end = start.checked_add(SignedDuration::from_hours(48)).ok()?;
    match zone.following(start).next() {
        Some(change) if change.timestamp() < next_end => None,
        _ => Some(start),
    }
}
