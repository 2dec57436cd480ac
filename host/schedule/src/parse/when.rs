//! Reads `when`.

use serde_json::Value;

use crate::cron;
use crate::document::{When, Window};
use crate::fields::{Fields, number, word};
use crate::problems::Problems;
use crate::words::{Month, MonthDay, Nth, NthWeekday, TheLast, TimeOfDay, Unit, Weekday};

const KINDS: [&str; 7] = [
    "manual", "interval", "daily", "weekdays", "weekly", "monthly", "cron",
];

/// Enough for every half hour.
const TIMES: usize = 48;

/// What it reads has holes where there are problems.
pub(super) fn read_when(value: &Value, has_start: bool, problems: &mut Problems) -> Option<When> {
    let mut fields = Fields::new(value, "when", problems);
    let kind = fields
        .required("kind", "write `\"kind\": \"daily\"`, for example")
        .and_then(|kind| fields.word("kind", kind, &KINDS))?;
    let when = match KINDS[kind] {
        "manual" => When::Manual {},
        "interval" => read_interval(&mut fields),
        "daily" => When::Daily {
            at: read_times(&mut fields),
            every: read_every(&mut fields, 366, "days", has_start),
        },
        "weekdays" => When::Weekdays {
            at: read_times(&mut fields),
        },
        "weekly" => When::Weekly {
            days: fields.filled("days", 7, "write `[\"mon\"]`, for example", read_weekday),
            at: read_times(&mut fields),
            every: read_every(&mut fields, 52, "weeks", has_start),
        },
        "monthly" => read_monthly(&mut fields),
        _ => read_cron(&mut fields),
    };
    fields.finish();
    Some(when)
}

fn read_interval(fields: &mut Fields<'_, '_>) -> When {
    let unit = fields
        .required("unit", "write `\"unit\": \"minutes\"`, for example")
        .and_then(|unit| fields.word("unit", unit, &["minutes", "hours"]));
    let (unit, most) = match unit {
        Some(1) => (Unit::Hours, 12),
        _ => (Unit::Minutes, 720),
    };
    let hint = "write how many minutes or hours lie between two runs";
    let every = fields
        .required("every", hint)
        .and_then(|_| fields.number("every", 1..=most));
    let weekdays = fields.optional("weekdays");
    When::Interval {
        every: every.unwrap_or(1),
        unit,
        window: read_window(fields),
        weekdays: weekdays
            .map(|days| fields.list("weekdays", days, 7, read_weekday))
            .unwrap_or_default(),
    }
}

fn read_window(fields: &mut Fields<'_, '_>) -> Option<Window> {
    let value = fields.optional("window")?;
    let path = fields.path("window");
    let mut window = Fields::new(value, &path, fields.problems());
    let hint =
        "write the first hour and the one at which it ends: `{ \"from\": 8, \"until\": 18 }`";
    let from = window
        .required("from", hint)
        .and_then(|_| window.number("from", 0..=23_u8));
    let until = window
        .required("until", hint)
        .and_then(|_| window.number("until", 1..=24_u8));
    window.finish();
    let read = Window {
        from: from?,
        until: until?,
    };
    if read.from == read.until {
        let message = format!("begins and ends at {}", read.from);
        fields.problem("window", message, "leave `window` out to run all day");
    }
    Some(read)
}

fn read_every(fields: &mut Fields<'_, '_>, most: u16, unit: &str, has_start: bool) -> u16 {
    let every = fields.number("every", 1..=most).unwrap_or(1);
    if every > 1 && !has_start {
        let message = format!("every {every} {unit} needs a day to count from");
        fields.problem(
            "every",
            message,
            "write `\"start\": \"2026-12-01\"` next to `when`",
        );
    }
    every
}

fn read_monthly(fields: &mut Fields<'_, '_>) -> When {
    let (days, nth) = (fields.optional("days"), fields.optional("nth"));
    let months = fields.optional("months");
    if [days, nth].into_iter().flatten().all(is_empty_list) {
        let hint = "write `\"days\": [1, \"last\"]` or `\"nth\": [{ \"nth\": 2, \"weekday\": \"sun\" }]`, or both";
        fields.problem("days", "is missing, and so is `nth`", hint);
    }
    When::Monthly {
        days: days
            .map(|days| fields.list("days", days, 32, read_month_day))
            .unwrap_or_default(),
        nth: nth
            .map(|nth| fields.list("nth", nth, 42, read_nth_weekday))
            .unwrap_or_default(),
        months: months
            .map(|months| fields.list("months", months, 12, read_month))
            .unwrap_or_default(),
        at: read_times(fields),
    }
}

fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

fn read_cron(fields: &mut Fields<'_, '_>) -> When {
    let hint = "write minute, hour, day of the month, month and day of the week: `0 6 * * 1-5`";
    let expression = fields
        .required("expression", hint)
        .and_then(|value| fields.text("expression", value, hint));
    if let Some(Err((message, hint))) = expression.map(cron::parse) {
        fields.problem("expression", message, hint);
    }
    let words = expression.unwrap_or_default().split_whitespace();
    When::Cron {
        expression: words.collect::<Vec<_>>().join(" "),
    }
}

fn read_times(fields: &mut Fields<'_, '_>) -> Vec<TimeOfDay> {
    let hint = "write local times from `00:00` to `23:59`, as in `[\"06:30\"]`";
    fields.filled("at", TIMES, hint, |item, path, problems| {
        let time = item.as_str().and_then(|text| text.parse().ok());
        if time.is_none() {
            let message = format!("{} is not a time of day", shown(item));
            problems.add(path, message, hint);
        }
        time
    })
}

fn read_weekday(item: &Value, path: &str, problems: &mut Problems) -> Option<Weekday> {
    word(item, path, &Weekday::WORDS, problems).map(|index| Weekday::ALL[index])
}

fn read_month_day(item: &Value, path: &str, problems: &mut Problems) -> Option<MonthDay> {
    match item.is_string() {
        true => word(item, path, &["last"], problems).map(|_| MonthDay::Last(TheLast::Last)),
        false => number(item, path, 1..=31, problems).map(MonthDay::Day),
    }
}

fn read_month(item: &Value, path: &str, problems: &mut Problems) -> Option<Month> {
    number(item, path, 1..=12, problems).map(Month)
}

fn read_nth_weekday(item: &Value, path: &str, problems: &mut Problems) -> Option<NthWeekday> {
    let mut fields = Fields::new(item, path, problems);
    let nth = fields
        .required("nth", "write 1 to 5, or `\"last\"`")
        .and_then(|value| match value.is_string() {
            true => fields
                .word("nth", value, &["last"])
                .map(|_| Nth::Last(TheLast::Last)),
            false => fields.number("nth", 1..=5).map(Nth::Number),
        });
    let weekday = fields
        .required("weekday", "write `\"sun\"`, for example")
        .and_then(|value| fields.word("weekday", value, &Weekday::WORDS))
        .map(|index| Weekday::ALL[index]);
    fields.finish();
    Some(NthWeekday {
        nth: nth?,
        weekday: weekday?,
    })
}

fn shown(item: &Value) -> String {
    match item.as_str() {
        Some(text) => format!("`{text}`"),
        None => "what is not a string".to_owned(),
    }
}
