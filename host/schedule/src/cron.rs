//! Cron expressions of five fields. Reading and matching are `croner`'s; what it knows beyond the plain fields is refused, for
//! the document has its own words for that.

use croner::CronPattern;
use croner::parser::{CronParser, Seconds, Year};

const FIELDS: [&str; 5] = [
    "minute",
    "hour",
    "day of the month",
    "month",
    "day of the week",
];
const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The message and the hint of what is wrong.
type Wrong = (String, String);

/// A pattern of five fields, days as POSIX has them: where both the day of the month and the day of the week are given (neither is
/// `*`), either is enough.
pub(crate) fn parse(expression: &str) -> Result<CronPattern, Wrong> {
    check_fields(expression)?;
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    match parser.parse(expression) {
        Ok(cron) => Ok(cron.pattern),
        Err(error) => Err((
            format!("`{expression}` is no cron expression: {error}"),
            "write minute (0-59), hour (0-23), day (1-31), month (1-12), weekday (0-7): `*/10 6-18 * * 1-5`".to_owned(),
        )),
    }
}

fn check_fields(expression: &str) -> Result<(), Wrong> {
    let fields: Vec<&str> = expression.split_whitespace().collect();
    if expression.contains('?') || matches!(fields.len(), 6 | 7) {
        return Err((
            format!("`{expression}` looks like Quartz, with seconds or `?`"),
            "leave out the seconds, write `*` for `?`, `13-59/30` for `13/30`, and weekdays as names: there Sunday is 1, here 0"
                .to_owned(),
        ));
    }
    if fields.len() != FIELDS.len() {
        return Err((
            format!("`{expression}` has {} fields instead of 5", fields.len()),
            format!("write {}", FIELDS.join(", ")),
        ));
    }
    for (index, field) in fields.iter().enumerate() {
        check_field(index, field)?;
    }
    Ok(())
}

fn check_field(index: usize, field: &str) -> Result<(), Wrong> {
    let names: &[&str] = match index {
        3 => &MONTHS,
        4 => &WEEKDAYS,
        _ => &[],
    };
    let upper = field.to_uppercase();
    let known = |part: &str| {
        part == "*"
            || names.contains(&part)
            || (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    if upper.split([',', '-', '/']).all(known) {
        return Ok(());
    }
    let hint = match index {
        2 | 4 if upper.contains(['L', 'W', '#']) => {
            "for the last day or the second Sunday of a month use `\"kind\": \"monthly\"`"
                .to_owned()
        }
        _ if names.is_empty() => "use numbers, `*`, `,`, `-` and `/`".to_owned(),
        _ => format!(
            "use numbers, names such as `{}`, `*`, `,`, `-` and `/`",
            names[1]
        ),
    };
    Err((format!("`{field}` is no {}", FIELDS[index]), hint))
}

/// The minutes of the day on which it is due, on a day on which it is.
pub(crate) fn minutes(pattern: &CronPattern) -> Vec<u16> {
    let minutes = pattern.minutes.values();
    let hours = pattern.hours.values().into_iter();
    hours
        .flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute))
        .collect()
}

/// Whether it is due in every hour.
pub(crate) fn is_hourly(pattern: &CronPattern) -> bool {
    pattern.hours.values().len() == 24
}
