//! Every kind of `when` by table: what it says in words, and its next moments.

use serde_json::{Value, json};

use crate::{next, schedule};

const NOW: &str = "2026-11-26T05:30:00Z"; // a Thursday

#[track_caller]
fn check(when: Value, zone: &str, words: &str, expected: &[&str]) {
    assert_eq!(schedule(&when, zone).describe(), words);
    assert_eq!(next(&when, zone, NOW, expected.len()), expected, "{when}");
}

#[test]
fn manual_is_never_due() {
    let when = json!({ "kind": "manual" });
    assert_eq!(schedule(&when, "UTC").describe(), "by hand only");
    assert!(next(&when, "UTC", NOW, 1).is_empty());
}

#[test]
fn a_window_ends_before_its_last_hour() {
    check(
        json!({ "kind": "interval", "every": 15, "unit": "minutes", "window": { "from": 8, "until": 9 }, "weekdays": ["mon", "tue", "wed", "thu", "fri"] }),
        "Europe/Berlin",
        "every 15 minutes from 08:00 to 09:00 on Mon-Fri, Europe/Berlin",
        &[
            "2026-11-26 08:00 Thu",
            "2026-11-26 08:15 Thu",
            "2026-11-26 08:30 Thu",
            "2026-11-26 08:45 Thu",
            "2026-11-27 08:00 Fri",
            "2026-11-27 08:15 Fri",
            "2026-11-27 08:30 Fri",
            "2026-11-27 08:45 Fri",
            "2026-11-30 08:00 Mon",
        ],
    );
}

#[test]
fn a_window_may_go_past_midnight() {
    check(
        json!({ "kind": "interval", "every": 1, "unit": "hours", "window": { "from": 22, "until": 2 } }),
        "UTC",
        "every hour from 22:00 to 02:00, UTC",
        &[
            "2026-11-26 22:00 Thu",
            "2026-11-26 23:00 Thu",
            "2026-11-27 00:00 Fri",
            "2026-11-27 01:00 Fri",
            "2026-11-27 22:00 Fri",
        ],
    );
    check(
        json!({ "kind": "interval", "every": 6, "unit": "hours", "window": { "from": 12, "until": 24 } }),
        "UTC",
        "every 6 hours from 12:00 to 24:00, UTC",
        &[
            "2026-11-26 12:00 Thu",
            "2026-11-26 18:00 Thu",
            "2026-11-27 12:00 Fri",
        ],
    );
}

#[test]
fn an_interval_counts_from_midnight() {
    let when = json!({ "kind": "interval", "every": 7, "unit": "minutes" });
    let across = next(&when, "UTC", "2026-11-26T23:50:00Z", 3);
    let expected = [
        "2026-11-26 23:55 Thu",
        "2026-11-27 00:00 Fri",
        "2026-11-27 00:07 Fri",
    ];
    assert_eq!(across, expected);
    let when = json!({ "kind": "interval", "every": 5, "unit": "hours" });
    let across = next(&when, "Asia/Kolkata", "2026-11-26T12:00:00Z", 3);
    let expected = [
        "2026-11-26 20:00 Thu",
        "2026-11-27 00:00 Fri",
        "2026-11-27 05:00 Fri",
    ];
    assert_eq!(across, expected);
}

#[test]
fn daily() {
    check(
        json!({ "kind": "daily", "at": ["18:30", "06:00"] }),
        "UTC",
        "every day at 06:00 and 18:30, UTC",
        &[
            "2026-11-26 06:00 Thu",
            "2026-11-26 18:30 Thu",
            "2026-11-27 06:00 Fri",
        ],
    );
}

#[test]
fn weekdays() {
    check(
        json!({ "kind": "weekdays", "at": ["06:00"] }),
        "Asia/Tokyo",
        "Mon-Fri at 06:00, Asia/Tokyo",
        &[
            "2026-11-27 06:00 Fri",
            "2026-11-30 06:00 Mon",
            "2026-12-01 06:00 Tue",
        ],
    );
}

#[test]
fn weekly() {
    check(
        json!({ "kind": "weekly", "days": ["sun", "mon"], "at": ["00:00"] }),
        "UTC",
        "every week on Mon and Sun at 00:00, UTC",
        &[
            "2026-11-29 00:00 Sun",
            "2026-11-30 00:00 Mon",
            "2026-12-06 00:00 Sun",
        ],
    );
}

#[test]
fn monthly_by_days() {
    check(
        json!({ "kind": "monthly", "days": ["last", 30, 1], "at": ["12:00"] }),
        "UTC",
        "on the 1st, the 30th and the last day of every month at 12:00, UTC",
        &[
            "2026-11-30 12:00 Mon", // both the 30th and the last
            "2026-12-01 12:00 Tue",
            "2026-12-30 12:00 Wed",
            "2026-12-31 12:00 Thu",
            "2027-01-01 12:00 Fri",
            "2027-01-30 12:00 Sat",
            "2027-01-31 12:00 Sun",
            "2027-02-01 12:00 Mon",
            "2027-02-28 12:00 Sun",
        ],
    );
}

#[test]
fn monthly_by_weekdays() {
    check(
        json!({ "kind": "monthly", "nth": [{ "nth": 2, "weekday": "sun" }, { "nth": 4, "weekday": "sun" }], "at": ["03:00"] }),
        "UTC",
        "on the 2nd Sun and the 4th Sun of every month at 03:00, UTC",
        &[
            "2026-12-13 03:00 Sun",
            "2026-12-27 03:00 Sun",
            "2027-01-10 03:00 Sun",
        ],
    );
    check(
        json!({ "kind": "monthly", "nth": [{ "nth": "last", "weekday": "fri" }], "days": [15], "months": [12, 3], "at": ["03:00"] }),
        "UTC",
        "on the 15th and the last Fri of Mar and Dec at 03:00, UTC",
        &[
            "2026-12-15 03:00 Tue",
            "2026-12-25 03:00 Fri",
            "2027-03-15 03:00 Mon",
            "2027-03-26 03:00 Fri",
        ],
    );
    check(
        json!({ "kind": "monthly", "nth": [{ "nth": 5, "weekday": "sun" }], "months": [2], "at": ["03:00"] }),
        "UTC",
        "on the 5th Sun of Feb at 03:00, UTC",
        &["2032-02-29 03:00 Sun", "2060-02-29 03:00 Sun"],
    );
}

#[test]
fn the_last_weekday_is_one_alone() {
    let when =
        json!({ "kind": "monthly", "nth": [{ "nth": "last", "weekday": "thu" }], "at": ["12:00"] });
    let found = next(&when, "UTC", "2026-12-01T00:00:00Z", 2);
    assert_eq!(found, ["2026-12-31 12:00 Thu", "2027-01-28 12:00 Thu"]);
}

#[test]
fn leap_days_and_year_ends() {
    check(
        json!({ "kind": "monthly", "days": [29], "months": [2], "at": ["00:00"] }),
        "UTC",
        "on the 29th of Feb at 00:00, UTC",
        &["2028-02-29 00:00 Tue", "2032-02-29 00:00 Sun"],
    );
    let leap = json!({ "kind": "cron", "expression": "0 0 29 2 *" });
    let across_2100 = next(&leap, "UTC", "2096-03-01T00:00:00Z", 1);
    assert_eq!(across_2100, ["2104-02-29 00:00 Fri"]);
    let daily = json!({ "kind": "daily", "at": ["23:59", "00:00"] });
    let year_end = next(&daily, "America/New_York", "2027-01-01T04:00:00Z", 3);
    assert_eq!(
        year_end,
        [
            "2026-12-31 23:59 Thu",
            "2027-01-01 00:00 Fri",
            "2027-01-01 23:59 Fri"
        ]
    );
}

#[test]
fn cron_takes_either_day_where_both_are_given() {
    check(
        json!({ "kind": "cron", "expression": " 0 6  1 * MON " }),
        "UTC",
        "cron `0 6 1 * MON`, UTC",
        &[
            "2026-11-30 06:00 Mon",
            "2026-12-01 06:00 Tue", // the 1st, and no Monday
            "2026-12-07 06:00 Mon",
            "2026-12-14 06:00 Mon",
        ],
    );
    check(
        json!({ "kind": "cron", "expression": "0 6 1 * *" }),
        "UTC",
        "cron `0 6 1 * *`, UTC",
        &["2026-12-01 06:00 Tue", "2027-01-01 06:00 Fri"],
    );
    check(
        json!({ "kind": "cron", "expression": "*/30 5-6 * jan,nov thu,7" }),
        "UTC",
        "cron `*/30 5-6 * jan,nov thu,7`, UTC",
        &[
            "2026-11-26 06:00 Thu",
            "2026-11-26 06:30 Thu",
            "2026-11-29 05:00 Sun",
        ],
    );
}

#[test]
fn every_so_many_count_from_the_start() {
    let mut document = json!({ "when": { "kind": "daily", "at": ["06:00"], "every": 3 }, "start": "2026-11-26", "end": "2026-12-02", "jitter_seconds": 60, "catch_up": "run-once" });
    let schedule = crate::parse(&document);
    assert_eq!(
        schedule.describe(),
        "every 3 days at 06:00, UTC, from 2026-11-26, through 2026-12-02, up to 60 s later, missed ones made up for once"
    );
    let days = |document: &Value| -> Vec<i8> {
        let ticks = crate::parse(document)
            .timetable("")
            .ticks(crate::at("2026-01-01T00:00:00Z"), 9);
        let local = ticks
            .iter()
            .map(|tick| jiff::tz::TimeZone::UTC.to_datetime(tick.nominal));
        local.map(|local| local.day()).collect()
    };
    assert_eq!(days(&document), [26, 29, 2]);
    document["when"] =
        json!({ "kind": "weekly", "days": ["mon", "thu"], "at": ["06:00"], "every": 2 });
    document["end"] = json!("2026-12-25");
    // The week of the start counts, whatever its day; the Monday of that week lies before the start.
    assert_eq!(days(&document), [26, 7, 10, 21, 24]);
}

#[test]
fn start_is_inclusive_and_end_a_day_or_a_moment_before() {
    let moments = |start: &str, end: &str| -> Vec<String> {
        let document = json!({ "when": { "kind": "daily", "at": ["00:00", "23:59"] }, "time_zone": "Europe/Berlin", "start": start, "end": end });
        let ticks = crate::parse(&document)
            .timetable("")
            .ticks(crate::at(NOW), 20);
        ticks.iter().map(|tick| tick.nominal.to_string()).collect()
    };
    let all = [
        "2026-11-30T23:00:00Z",
        "2026-12-01T22:59:00Z",
        "2026-12-01T23:00:00Z",
        "2026-12-02T22:59:00Z",
    ];
    assert_eq!(moments("2026-12-01", "2026-12-02"), all);
    assert_eq!(
        moments("2026-12-01T00:00:00+01:00", "2026-12-02T23:59:00+01:00"),
        all[..3]
    );
    assert_eq!(
        moments("2026-12-01T00:00:01+01:00", "2026-12-02T23:59:01+01:00"),
        all[1..]
    );
}
