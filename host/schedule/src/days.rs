//! On which dates a schedule is due.

use croner::CronPattern;
use jiff::civil::{Date, Weekday as JiffWeekday};

use crate::words::{Month, MonthDay, Nth, NthWeekday, Weekday};

#[derive(Clone, Debug)]
pub(crate) enum Days {
    /// None.
    Never,
    /// Every so many days.
    Every { every: u16, from: Date },
    /// These of every so many weeks.
    Weeks {
        every: u16,
        from: Date,
        days: Vec<Weekday>,
    },
    /// These of these months; of all months where there are none.
    Months {
        days: Vec<MonthDay>,
        nth: Vec<NthWeekday>,
        months: Vec<Month>,
    },
    /// Those of a cron expression.
    Cron(Box<CronPattern>),
}

impl Days {
    pub(crate) fn hold(&self, date: Date) -> bool {
        match self {
            Self::Never => false,
            Self::Every { every, from } => is_multiple(days_between(*from, date), *every),
            Self::Weeks { every, from, days } => {
                let weeks = days_between(monday_of(*from), monday_of(date)) / 7;
                days.contains(&Weekday::of(date)) && is_multiple(weeks, *every)
            }
            Self::Months { days, nth, months } => {
                let in_month = months.is_empty()
                    || months
                        .iter()
                        .any(|m| i64::from(m.0) == i64::from(date.month()));
                in_month
                    && (days.iter().any(|day| is_month_day(*day, date))
                        || nth.iter().any(|nth| is_nth(*nth, date)))
            }
            Self::Cron(pattern) => is_cron_day(pattern, date),
        }
    }
}

fn days_between(from: Date, date: Date) -> i64 {
    from.duration_until(date).as_hours() / 24
}

fn is_multiple(count: i64, every: u16) -> bool {
    count.rem_euclid(i64::from(every)) == 0
}

/// The Monday of its week, as a distance of weeks is counted from there. Saturates at the calendar's first week.
fn monday_of(date: Date) -> Date {
    let back = jiff::Span::new().days(date.weekday().to_monday_zero_offset());
    date.saturating_sub(back)
}

fn is_month_day(day: MonthDay, date: Date) -> bool {
    match day {
        MonthDay::Day(day) => i64::from(day) == i64::from(date.day()),
        MonthDay::Last(_) => date.day() == date.days_in_month(),
    }
}

fn is_nth(nth: NthWeekday, date: Date) -> bool {
    let right = match nth.nth {
        Nth::Number(nth) => i64::from(nth) == i64::from((date.day() - 1) / 7 + 1),
        Nth::Last(_) => date.day() + 7 > date.days_in_month(),
    };
    right && Weekday::of(date) == nth.weekday
}

fn is_cron_day(pattern: &CronPattern, date: Date) -> bool {
    let month = date.month().unsigned_abs().into();
    let day = date.day().unsigned_abs().into();
    let weekday = weekday(date.weekday());
    // Both fail for dates that there are not, and this one there is.
    pattern.month_match(month).unwrap_or(false)
        && pattern
            .day_match(date.year().into(), month, day, weekday)
            .unwrap_or(false)
}

fn weekday(weekday: JiffWeekday) -> croner::Weekday {
    croner::Weekday::from_days_from_sunday(weekday.to_sunday_zero_offset().unsigned_abs().into())
}
