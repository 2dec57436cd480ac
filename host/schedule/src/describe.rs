//! A schedule in plain words.

use crate::document::{Bound, CatchUp, Schedule, When, Window};
use crate::words::{MonthDay, Nth, NthWeekday, TimeOfDay, Unit, Weekday};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

impl Schedule {
    /// What it says, as in `every 15 minutes from 08:00 to 18:00 on Mon-Fri, Europe/Berlin`.
    #[must_use]
    pub fn describe(&self) -> String {
        if self.is_manual() {
            return "by hand only".to_owned();
        }
        let mut text = format!("{}, {}", words(&self.when), self.time_zone);
        if let Some(start) = self.start {
            text += &format!(", from {start}");
        }
        match self.end {
            Some(Bound::Day(date)) => text += &format!(", through {date}"),
            Some(Bound::Moment(moment)) => text += &format!(", before {moment}"),
            None => {}
        }
        if self.jitter_seconds > 0 {
            text += &format!(", up to {} s later", self.jitter_seconds);
        }
        if self.catch_up == CatchUp::RunOnce {
            text += ", missed ones made up for once";
        }
        text
    }
}

fn words(when: &When) -> String {
    match when {
        When::Manual {} => "by hand".to_owned(),
        When::Interval {
            every,
            unit,
            window,
            weekdays,
        } => {
            let unit = match unit {
                Unit::Minutes => "minute",
                Unit::Hours => "hour",
            };
            let window = window.map(hours).unwrap_or_default();
            let days = match weekdays.as_slice() {
                [] => String::new(),
                days => format!(" on {}", weekday_names(days)),
            };
            format!("{}{window}{days}", each(*every, unit))
        }
        When::Daily { at, every } => format!("{}{}", each(*every, "day"), times(at)),
        When::Weekdays { at } => format!("Mon-Fri{}", times(at)),
        When::Weekly { days, at, every } => {
            let week = each(*every, "week");
            format!("{week} on {}{}", weekday_names(days), times(at))
        }
        When::Monthly {
            days,
            nth,
            months,
            at,
        } => {
            let days = days.iter().map(|day| month_day(*day));
            let all: Vec<_> = days
                .chain(nth.iter().map(|nth| nth_weekday(*nth)))
                .collect();
            let names = months
                .iter()
                .map(|m| MONTHS[usize::from(m.0) - 1].to_owned());
            let months = match months.as_slice() {
                [] => "every month".to_owned(),
                _ => listed(&names.collect::<Vec<_>>()),
            };
            format!("on {} of {months}{}", listed(&all), times(at))
        }
        When::Cron { expression } => format!("cron `{expression}`"),
    }
}

fn each(every: u16, unit: &str) -> String {
    match every {
        1 => format!("every {unit}"),
        every => format!("every {every} {unit}s"),
    }
}

fn hours(window: Window) -> String {
    format!(" from {:02}:00 to {:02}:00", window.from, window.until)
}

fn times(at: &[TimeOfDay]) -> String {
    let times: Vec<_> = at.iter().map(ToString::to_string).collect();
    format!(" at {}", listed(&times))
}

/// `Mon-Fri`, or each by its name.
fn weekday_names(days: &[Weekday]) -> String {
    match days {
        [first, .., last]
            if days.len() > 2 && *last as usize - *first as usize + 1 == days.len() =>
        {
            format!("{}-{}", first.name(), last.name())
        }
        days => listed(
            &days
                .iter()
                .map(|day| day.name().to_owned())
                .collect::<Vec<_>>(),
        ),
    }
}

fn month_day(day: MonthDay) -> String {
    match day {
        MonthDay::Day(day) => format!("the {}", ordinal(day)),
        MonthDay::Last(_) => "the last day".to_owned(),
    }
}

fn nth_weekday(nth: NthWeekday) -> String {
    let which = match nth.nth {
        Nth::Number(number) => ordinal(number),
        Nth::Last(_) => "last".to_owned(),
    };
    format!("the {which} {}", nth.weekday.name())
}

fn ordinal(number: u8) -> String {
    let ending = match (number % 10, number / 10) {
        (1, tens) if tens != 1 => "st",
        (2, tens) if tens != 1 => "nd",
        (3, tens) if tens != 1 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// `a, b and c`
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
