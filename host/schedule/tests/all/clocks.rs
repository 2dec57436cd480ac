//! What happens where clocks are set forward or back.

use serde_json::{Value, json};

use crate::{at, local, timetable};

const BERLIN: &str = "Europe/Berlin"; // 2026-03-29 02:00 -> 03:00, 2026-10-25 03:00 -> 02:00
const NEW_YORK: &str = "America/New_York"; // 2026-03-08 02:00 -> 03:00, 2026-11-01 02:00 -> 01:00
const LORD_HOWE: &str = "Australia/Lord_Howe"; // 2026-10-04 02:00 -> 02:30, 2026-04-05 02:00 -> 01:30

fn daily(time: &str) -> Value {
    json!({ "kind": "daily", "at": [time] })
}

fn every(every: u16, unit: &str) -> Value {
    json!({ "kind": "interval", "every": every, "unit": unit })
}

fn cron(expression: &str) -> Value {
    json!({ "kind": "cron", "expression": expression })
}

#[track_caller]
fn check(when: &Value, zone: &str, from: &str, until: &str, expected: &[&str]) {
    let found = local(&timetable(when, zone), zone, from, until);
    assert_eq!(found, expected, "{when} in {zone}");
}

#[test]
fn a_time_that_does_not_exist_runs_when_the_gap_ends() {
    let around = ("2026-03-27T23:30:00Z", "2026-03-30T04:00:00Z");
    for when in [daily("02:30"), daily("02:00"), cron("30 2 * * *")] {
        let found = local(&timetable(&when, BERLIN), BERLIN, around.0, around.1);
        assert_eq!(found[1], "03-29 03:00+02:00", "{when}");
        assert_eq!(found.len(), 3, "{found:?}");
    }
    check(
        &daily("02:59"),
        NEW_YORK,
        "2026-03-07T12:00:00Z",
        "2026-03-09T12:00:00Z",
        &["03-08 03:00-04:00", "03-09 02:59-04:00"],
    );
    check(
        &daily("02:10"),
        LORD_HOWE,
        "2026-10-02T16:00:00Z",
        "2026-10-04T16:00:00Z",
        &["10-04 02:30+11:00", "10-05 02:10+11:00"],
    );
}

#[test]
fn several_that_do_not_exist_run_once_together() {
    check(
        &json!({ "kind": "daily", "at": ["02:10", "02:30", "03:00"] }),
        BERLIN,
        "2026-03-28T12:00:00Z",
        "2026-03-29T12:00:00Z",
        &["03-29 03:00+02:00"],
    );
}

#[test]
fn a_time_that_comes_twice_runs_the_first_time() {
    for when in [daily("02:30"), cron("30 2 * * *"), cron("30 2-3 * * 0")] {
        let found = local(
            &timetable(&when, BERLIN),
            BERLIN,
            "2026-10-24T12:00:00Z",
            "2026-10-25T01:45:00Z",
        );
        assert_eq!(found, ["10-25 02:30+02:00"], "{when}");
    }
    check(
        &daily("01:30"),
        NEW_YORK,
        "2026-10-31T12:00:00Z",
        "2026-11-02T12:00:00Z",
        &["11-01 01:30-04:00", "11-02 01:30-05:00"],
    );
    check(
        &daily("01:45"),
        LORD_HOWE,
        "2026-04-04T00:00:00Z",
        "2026-04-06T00:00:00Z",
        &["04-05 01:45+11:00", "04-06 01:45+10:30"],
    );
}

#[test]
fn the_second_time_is_not_due_when_asked_in_between() {
    // 02:45 for the first time; 02:30 comes again in 45 minutes.
    let next = timetable(&daily("02:30"), BERLIN).next_after(at("2026-10-25T00:45:00Z"));
    assert_eq!(next.unwrap().nominal, at("2026-10-26T01:30:00Z"));
}

#[test]
fn short_intervals_step_through_real_time() {
    for when in [
        every(15, "minutes"),
        every(30, "minutes"),
        every(1, "hours"),
        cron("*/15 * * * *"),
    ] {
        for day in ["2026-03-29", "2026-10-25"] {
            let start = at(&format!("{day}T00:00:00+00:00"));
            let ticks = timetable(&when, BERLIN).ticks(start, 20);
            let mut apart = ticks
                .windows(2)
                .map(|two| two[0].nominal.duration_until(two[1].nominal));
            let first = apart.next().unwrap();
            assert!(
                apart.all(|next| next == first),
                "{when} on {day}: {ticks:?}"
            );
        }
    }
}

#[test]
fn an_interval_no_longer_than_what_is_repeated_runs_in_both() {
    check(
        &every(30, "minutes"),
        LORD_HOWE,
        "2026-04-04T14:15:00Z",
        "2026-04-04T16:00:00Z",
        &[
            "04-05 01:30+11:00",
            "04-05 01:30+10:30",
            "04-05 02:00+10:30",
            "04-05 02:30+10:30",
        ],
    );
    check(
        &every(1, "hours"),
        LORD_HOWE,
        "2026-04-04T13:30:00Z",
        "2026-04-04T17:00:00Z",
        &[
            "04-05 01:00+11:00",
            "04-05 02:00+10:30",
            "04-05 03:00+10:30",
        ],
    );
}

#[test]
fn longer_intervals_keep_their_times_of_day_and_lose_none() {
    let two_hours = every(2, "hours");
    check(
        &two_hours,
        BERLIN,
        "2026-03-28T22:00:00Z",
        "2026-03-29T04:00:00Z",
        &[
            "03-29 00:00+01:00",
            "03-29 03:00+02:00",
            "03-29 04:00+02:00",
            "03-29 06:00+02:00",
        ],
    );
    check(
        &two_hours,
        BERLIN,
        "2026-10-24T21:00:00Z",
        "2026-10-25T05:00:00Z",
        &[
            "10-25 00:00+02:00",
            "10-25 02:00+02:00",
            "10-25 04:00+01:00",
            "10-25 06:00+01:00",
        ],
    );
    check(
        &every(1, "hours"),
        LORD_HOWE,
        "2026-10-03T14:00:00Z",
        "2026-10-03T17:00:00Z",
        &[
            "10-04 01:00+10:30",
            "10-04 02:30+11:00",
            "10-04 03:00+11:00",
            "10-04 04:00+11:00",
        ],
    );
}

#[test]
fn a_window_that_is_skipped_is_not_made_up_for() {
    let when = json!({ "kind": "interval", "every": 15, "unit": "minutes", "window": { "from": 2, "until": 3 } });
    let found = local(
        &timetable(&when, BERLIN),
        BERLIN,
        "2026-03-28T00:45:00Z",
        "2026-03-30T00:00:00Z",
    );
    let days: Vec<&str> = found.iter().map(|tick| &tick[..8]).collect();
    assert_eq!(
        days,
        ["03-28 02", "03-28 02", "03-28 02", "03-28 02", "03-30 02"]
    );
}

#[test]
fn an_hourly_cron_runs_in_the_repeated_hour_again() {
    check(
        &cron("30 * * * *"),
        BERLIN,
        "2026-10-25T00:00:00Z",
        "2026-10-25T03:00:00Z",
        &[
            "10-25 02:30+02:00",
            "10-25 02:30+01:00",
            "10-25 03:30+01:00",
        ],
    );
    check(
        &cron("30 * * * *"),
        BERLIN,
        "2026-03-29T00:00:00Z",
        "2026-03-29T02:00:00Z",
        &[
            "03-29 01:30+01:00",
            "03-29 03:00+02:00",
            "03-29 03:30+02:00",
        ],
    );
}

#[test]
fn days_without_a_midnight_and_without_an_end() {
    // Clocks go from 00:00 to 01:00, and from 01:00 back to 00:00.
    check(
        &daily("00:00"),
        "America/Havana",
        "2026-03-07T12:00:00Z",
        "2026-03-09T12:00:00Z",
        &["03-08 01:00-04:00", "03-09 00:00-04:00"],
    );
    check(
        &daily("00:30"),
        "America/Havana",
        "2027-11-06T12:00:00Z",
        "2027-11-08T12:00:00Z",
        &["11-07 00:30-04:00", "11-08 00:30-05:00"],
    );
    // 2011-12-30 did not take place; a minute after midnight clocks went back to the evening before.
    check(
        &daily("12:00"),
        "Pacific/Apia",
        "2011-12-29T00:00:00Z",
        "2011-12-31T12:00:00Z",
        &[
            "12-29 12:00-10:00",
            "12-31 00:00+14:00",
            "12-31 12:00+14:00",
        ],
    );
    check(
        &every(1, "hours"),
        "America/St_Johns",
        "2010-11-07T00:31:00Z",
        "2010-11-07T05:00:00Z",
        &[
            "11-06 23:00-02:30",
            "11-07 00:00-02:30",
            "11-07 00:00-03:30",
            "11-07 01:00-03:30",
        ],
    );
}

#[test]
fn an_evening_that_comes_again_after_midnight_is_not_lost() {
    // A minute after midnight clocks went back to 23:01, so ticks of the evening before follow one of the new day.
    check(
        &every(30, "minutes"),
        "America/St_Johns",
        "2010-11-07T02:00:30Z",
        "2010-11-07T04:00:00Z",
        &[
            "11-07 00:00-02:30",
            "11-06 23:30-03:30",
            "11-07 00:00-03:30",
            "11-07 00:30-03:30",
        ],
    );
    let next =
        timetable(&every(30, "minutes"), "America/St_Johns").next_after(at("2010-11-07T02:30:00Z"));
    assert_eq!(next.unwrap().nominal, at("2010-11-07T03:00:00Z"));
}

#[test]
fn a_start_on_a_day_without_midnight_is_its_first_moment() {
    let document = json!({ "when": every(30, "minutes"), "time_zone": "America/Havana", "start": "2026-03-08", "end": "2026-03-08" });
    let ticks = crate::parse(&document)
        .timetable("")
        .ticks(at("2026-01-01T00:00:00Z"), 60);
    assert_eq!(ticks[0].nominal, at("2026-03-08T05:00:00Z"));
    assert_eq!(ticks.len(), 46, "a day of 23 hours");
}

#[test]
fn nothing_happens_where_clocks_are_left_alone() {
    for zone in ["UTC", "Asia/Kolkata", "America/Phoenix"] {
        let ticks =
            timetable(&every(20, "minutes"), zone).ticks(at("2026-01-01T00:00:00Z"), 72 * 365);
        let apart =
            |two: &[writeback_schedule::Tick]| two[0].nominal.duration_until(two[1].nominal);
        assert!(
            ticks.windows(2).all(|two| apart(two).as_mins() == 20),
            "{zone}"
        );
    }
}
