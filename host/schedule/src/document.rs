//! The document: what a schedule says. How it is read is in `parse.rs`, what follows from it in `timetable.rs`.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use crate::problems::Problems;
use crate::schema::ClosedWhen;
use crate::words::{Month, MonthDay, NthWeekday, TimeOfDay, Unit, Weekday};

/// When a job is due. There is none with a contradiction in it: [`Schedule::parse`] and `Deserialize` refuse those.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Value", deny_unknown_fields)]
pub struct Schedule {
    #[schema(value_type = ClosedWhen)]
    pub(crate) when: When,
    /// An IANA time zone, as in `Europe/Berlin`.
    #[schema(default = "UTC", required = false)]
    pub(crate) time_zone: String,
    /// Nothing before: a date (from its local midnight on) or a moment (inclusive).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) start: Option<Bound>,
    /// Nothing after: a date (through to its end) or a moment (exclusive).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) end: Option<Bound>,
    /// Each tick starts up to so many seconds later, so that not all jobs start at once.
    #[schema(default = 0, minimum = 0, maximum = 3600, required = false)]
    pub(crate) jitter_seconds: u32,
    /// What becomes of ticks that nobody saw to in time.
    #[schema(default = "skip", required = false)]
    pub(crate) catch_up: CatchUp,
}

impl Schedule {
    /// What it runs by.
    #[must_use]
    pub fn when(&self) -> &When {
        &self.when
    }

    /// Whether it has no tick of its own at all.
    #[must_use]
    pub fn is_manual(&self) -> bool {
        matches!(self.when, When::Manual {})
    }

    /// The name of its time zone.
    #[must_use]
    pub fn time_zone(&self) -> &str {
        &self.time_zone
    }

    /// What becomes of ticks that nobody saw to in time.
    #[must_use]
    pub fn catch_up(&self) -> CatchUp {
        self.catch_up
    }
}

impl TryFrom<Value> for Schedule {
    type Error = Problems;

    fn try_from(document: Value) -> Result<Self, Problems> {
        Self::parse(&document)
    }
}

/// What a schedule runs by. All times are local to its time zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum When {
    /// Only when somebody starts it.
    Manual {},
    /// Every so many minutes or hours, counted from each local midnight.
    Interval {
        /// How many: 1 to 720 minutes, 1 to 12 hours.
        #[schema(minimum = 1, maximum = 720)]
        every: u16,
        /// Of what.
        unit: Unit,
        /// Only in these hours.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        window: Option<Window>,
        /// Only on these days. All, where there are none.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[schema(required = false, max_items = 7)]
        weekdays: Vec<Weekday>,
    },
    /// On every day, or every so many days.
    Daily {
        /// At these times.
        #[schema(min_items = 1, max_items = 48)]
        at: Vec<TimeOfDay>,
        /// Every so many days, counted from `start`, which is then required.
        #[schema(default = 1, minimum = 1, maximum = 366, required = false)]
        every: u16,
    },
    /// From Monday to Friday.
    Weekdays {
        /// At these times.
        #[schema(min_items = 1, max_items = 48)]
        at: Vec<TimeOfDay>,
    },
    /// On given days of every week, or of every so many weeks.
    Weekly {
        /// On these days.
        #[schema(min_items = 1, max_items = 7)]
        days: Vec<Weekday>,
        /// At these times.
        #[schema(min_items = 1, max_items = 48)]
        at: Vec<TimeOfDay>,
        /// Every so many weeks (from Monday on), counted from the week of `start`, which is then required.
        #[schema(default = 1, minimum = 1, maximum = 52, required = false)]
        every: u16,
    },
    /// On given days of the month.
    Monthly {
        /// On these days.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[schema(required = false, max_items = 32)]
        days: Vec<MonthDay>,
        /// And on these weekdays.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[schema(required = false, max_items = 42)]
        nth: Vec<NthWeekday>,
        /// Only in these months. All, where there are none.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[schema(required = false, max_items = 12)]
        months: Vec<Month>,
        /// At these times.
        #[schema(min_items = 1, max_items = 48)]
        at: Vec<TimeOfDay>,
    },
    /// By a cron expression.
    Cron {
        /// Minute, hour, day of the month, month, day of the week.
        #[schema(example = "*/10 6-18 * * 1-5")]
        expression: String,
    },
}

/// The hours in which an interval is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The first hour.
    #[schema(minimum = 0, maximum = 23)]
    pub from: u8,
    /// The hour at whose beginning it ends: with 18 the last minute is 17:59. Below `from` it is one of the next morning.
    #[schema(minimum = 1, maximum = 24)]
    pub until: u8,
}

impl Window {
    /// Whether this hour of the day is in it.
    #[must_use]
    pub fn holds(self, hour: u8) -> bool {
        if self.from < self.until {
            (self.from..self.until).contains(&hour)
        } else {
            hour >= self.from || hour < self.until
        }
    }
}

/// Where a schedule begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A day in the schedule's time zone.
    Day(Date),
    /// A moment.
    Moment(Timestamp),
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(date) => date.fmt(f),
            Self::Moment(moment) => moment.fmt(f),
        }
    }
}

impl Serialize for Bound {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What becomes of ticks that nobody saw to in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CatchUp {
    /// They are left out.
    #[default]
    Skip,
    /// One run, for the last of them, makes up for all.
    RunOnce,
}
